# DRAFT for review by speakers of Nyanja, not yet checked. Plain letters only, so that every phone shows them.
# What is missing here is said in English.

profile = Tsamba langa
my-groups = Magulu anga
my-name = Dzina langa
settings-saved = Zasungidwa.
inbox = Mauthenga
inbox-empty = Palibe uthenga.
no-groups = Simuli m'gulu lililonse.
no-groups-step = Lowani limodzi ndi kodi, kapena yambitsani latsopano.
