# DRAFT for review by speakers of Bemba, not yet checked. Plain letters only, so that every phone shows them.
# What is missing here is said in English.

kind-micro = ibumba linono
kind-neighborhood = ibumba lya mupalamano
connection-off_grid = amawaya yesu, takuli ZESCO
connection-one_point = umulongo umo uwa ZESCO
connection-separate = cila ng'anda ili na ZESCO
