# DRAFT for review by speakers of Bemba, not yet checked. Plain letters only, so that every phone shows them.
# What is missing here is said in English.

house-no = Ing'anda { $number }
no-homes = Takulaba ing'anda iyaingila.
col-today-kwh = Lelo, kWh
col-month-money = Uyu mweshi
