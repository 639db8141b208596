# DRAFT for review by speakers of Tonga, not yet checked. Plain letters only, so that every phone shows them.
# What is missing here is said in English.

profile = Peeji lyangu
my-groups = Nkamu zyangu
my-name = Zina lyangu
settings-saved = Zyayobolwa.
inbox = Makani
inbox-empty = Taku makani pe.
no-groups = Tamuna njila nkamu pe.
no-groups-step = Amunjile imwi akkodi, naa amutalike impya.
