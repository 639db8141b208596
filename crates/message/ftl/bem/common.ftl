# DRAFT for review by speakers of Bemba, not yet checked. Plain letters only, so that every phone shows them.
# What is missing here is said in English.

no-time = takuli nshita
skip = Kabiyeni ku fyebo
language-choice = Ululimi
language-draft = Ululimi ulu lucili lulepituluka: bakalanda balwiko tabalalubelenga. Ifyashala fili mu cisungu.
save = Sungeni
cancel = Lekeni
go-on = Twalilileni
back = Bweleleni
optional = nga mulefwaya
product-under = Amaka ya malaiti ayesu bonse
nav = Icikalamba
nav-now = Nomba
nav-homes = Amayanda
change-theme = Ukulengesha nangu ukufiisha
show-table = Langeni pa tebulo
how-we-know = Efyo twishibe
months = Imyeshi
stamp-none = Takuli ifyebo
stamp-old = Fya kale: { $when }
stamp-now = Pa { $when }
reading-age = Ukubelenga kwa kulekelesha kwa { $span } ukwapita.
origin-modelled = Fya kulangilila: tafyapimwa.
origin-simulated = Fya kulangilila: fyaelenganishiwa.
