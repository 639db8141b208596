# DRAFT for review by speakers of Nyanja, not yet checked. Plain letters only, so that every phone shows them.
# What is missing here is said in English.

house-no = Nyumba { $number }
no-homes = Palibe nyumba imene yalowa.
col-today-kwh = Lero, kWh
col-month-money = Mwezi uno
