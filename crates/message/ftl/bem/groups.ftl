# DRAFT for review by speakers of Bemba, not yet checked. Plain letters only, so that every phone shows them.
# What is missing here is said in English.

groups = Amabumba
no-group = Takulaba ibumba.
made-today = yapangwa lelo
used-today = yabomba lelo
