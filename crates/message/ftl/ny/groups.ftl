# DRAFT for review by speakers of Nyanja, not yet checked. Plain letters only, so that every phone shows them.
# What is missing here is said in English.

groups = Magulu
no-group = Palibe gulu pano.
made-today = yapangidwa lero
used-today = yagwira ntchito lero
