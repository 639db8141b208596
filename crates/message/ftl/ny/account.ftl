# DRAFT for review by speakers of Nyanja, not yet checked. Plain letters only, so that every phone shows them.
# What is missing here is said in English.

welcome = Magetsi athu tonse
welcome-say = Yambitsani gulu, kapena lowani la anzanu oyandikana nawo.
sign-in = Lowani
sign-out = Tulukani
sign-up = Yambirani pano
have-account = Ndili ndi PIN
no-account = Ndine watsopano
choose-language = Sankhani chilankhulo chanu
phone = Nambala ya foni
phone-help = Monga mumaimbira, monga 097 123 4567.
pin = PIN
pin-forgotten = Ndaiwala PIN yanga
your-name = Dzina lanu
your-name-help = Monga anzanu oyandikana nawo amakuitanani.
stay-signed-in = Mudzakhala mutalowa pa foni iyi masiku 30.
sign-up-title = Foni yanu ndi PIN yanu
sign-up-button = Pangani akaunti yanga
pin-new = PIN yatsopano
pin-again = PIN yatsopano kachiwiri
pin-rule = Manambala 4 mpaka 6. Osati 1234, komanso osafanana onse.
reset-title = PIN yatsopano
reset-say = Osunga ndalama awiri a gulu lanu ayenera kuvomera. Kenako kodi ibwera pa SMS.
reset-code = Kodi ya mu SMS
reset-set = Ikani PIN yatsopano
reset-done = PIN yanu ndi yatsopano. Mafoni onse atulutsidwa.
pin-change = Sinthani PIN yanga
pin-old = PIN yakale
pin-changed = PIN yanu yasinthidwa.
sessions = Kumene mwalowera
session-this = foni iyi
session-end = Tulukani kumeneko
session-end-all = Tulukani kulikonse
signed-out = Mwatuluka.
