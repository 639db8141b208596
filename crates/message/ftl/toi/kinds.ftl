# DRAFT for review by speakers of Tonga, not yet checked. Plain letters only, so that every phone shows them.
# What is missing here is said in English.

kind-micro = nkamu nsyoonto
kind-neighborhood = nkamu yaabakkala antoomwe
connection-off_grid = mawaya eesu, taku ZESCO
connection-one_point = ntambo yomwe ya ZESCO
connection-separate = iinda lyoonse lijisi ZESCO
