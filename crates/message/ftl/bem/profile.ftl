# DRAFT for review by speakers of Bemba, not yet checked. Plain letters only, so that every phone shows them.
# What is missing here is said in English.

profile = Ibula lyandi
my-groups = Amabumba yandi
my-name = Ishina lyandi
settings-saved = Fyasungwa.
inbox = Amameseji
inbox-empty = Takuli imeseji.
no-groups = Tamulaba mwibumba.
no-groups-step = Ingileni mu limo na kodi, nangu tampeni ilipya.
