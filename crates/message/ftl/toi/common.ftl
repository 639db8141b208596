# DRAFT for review by speakers of Tonga, not yet checked. Plain letters only, so that every phone shows them.
# What is missing here is said in English.

no-time = taku ciindi
skip = Amuunke ku makani
language-choice = Mulaka
language-draft = Mulaka ooyu tunakulanga kabotu. Zisyeede zili mu Cikuwa.
save = Amuyobole
cancel = Amuleke
go-on = Amuyinkilile
back = Amupiluke
optional = kuti kamuyanda
product-under = Malaiti eesu toonse
nav = Zipati
nav-now = Lino
nav-homes = Maanda
change-theme = Mumuni naa mudima
show-table = Amutondezye mumilongo
how-we-know = Mbotuzyi
months = Myezi
stamp-none = Taku makani
stamp-old = Zyakaindi: { $when }
stamp-now = A { $when }
reading-age = Kubala kwamamanino kwainda { $span }.
origin-modelled = Zyacikozyanyo: tazyakapimwa pe.
origin-simulated = Zyacikozyanyo: zyakuyeeyela.
