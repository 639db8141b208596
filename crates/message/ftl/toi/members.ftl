# DRAFT for review by speakers of Tonga, not yet checked. Plain letters only, so that every phone shows them.
# What is missing here is said in English.

house-no = Iinda { $number }
no-homes = Taku iinda lyakanjila pe.
col-today-kwh = Sunu, kWh
col-month-money = Mwezi ooyu
