# DRAFT for review by speakers of Tonga, not yet checked. Plain letters only, so that every phone shows them.
# What is missing here is said in English.

groups = Nkamu
no-group = Takuna kuba nkamu pe.
made-today = yapangwa sunu
used-today = yabelesyegwa sunu
