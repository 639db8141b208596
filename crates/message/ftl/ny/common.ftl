# DRAFT for review by speakers of Nyanja, not yet checked. Plain letters only, so that every phone shows them.
# What is missing here is said in English.

no-time = palibe nthawi
skip = Pitani ku nkhani
language-choice = Chilankhulo
language-draft = Chilankhulo ichi sichinatsimikizidwe ndi eni ake. Zotsala zili m'Chingelezi.
save = Sungani
cancel = Lekani
go-on = Pitirizani
back = Bwererani
optional = ngati mufuna
product-under = Magetsi athu tonse
nav = Zazikulu
nav-now = Tsopano
nav-homes = Nyumba
change-theme = Kuwala kapena mdima
show-table = Onetsani m'mizere
how-we-know = Tidziwa bwanji
months = Miyezi
stamp-none = Palibe zambiri
stamp-old = Zakale: { $when }
stamp-now = Pa { $when }
reading-age = Kuwerenga komaliza kwapita { $span }.
origin-modelled = Zachitsanzo: sizinapimidwe.
origin-simulated = Zachitsanzo: zongoyerekeza.
