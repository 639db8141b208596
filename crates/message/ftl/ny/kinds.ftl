# DRAFT for review by speakers of Nyanja, not yet checked. Plain letters only, so that every phone shows them.
# What is missing here is said in English.

kind-micro = gulu laling'ono
kind-neighborhood = gulu la anzathu
connection-off_grid = mawaya athu, palibe ZESCO
connection-one_point = chingwe chimodzi cha ZESCO
connection-separate = nyumba iliyonse ili ndi ZESCO
