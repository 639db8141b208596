# DRAFT for review by speakers of Tonga, not yet checked. Plain letters only, so that every phone shows them.
# What is missing here is said in English.

welcome = Malaiti eesu toonse
welcome-say = Amutalike nkamu, naa amunjile mu yabamukkala aambali.
sign-in = Amunjile
sign-out = Amuzwe
sign-up = Amutalikile aano
have-account = Ndijisi PIN
no-account = Ndili mupya
choose-language = Amusale mulaka wanu
phone = Nambala ya foni
phone-help = Mbuli mbomutuma, mbuli 097 123 4567.
pin = PIN
pin-forgotten = Ndaluba PIN yangu
your-name = Zina lyanu
your-name-help = Mbuli mbobamwiita bamukkala aambali.
stay-signed-in = Muyookkala mwanjila a foni eeyi mazuba aali 30.
sign-up-title = Foni yanu a PIN yanu
sign-up-button = Amubambe akaunti yangu
pin-new = PIN mpya
pin-again = PIN mpya alimwi
pin-rule = Manambala 4 kusika ku 6. Kutali 1234, alimwi atakozyanyi oonse.
reset-title = PIN mpya
reset-say = Bayobozi bamali bobilo bankamu yanu beelede kuzumina. Mpoonya kkodi iyoosika a SMS.
reset-code = Kkodi yamu SMS
reset-set = Amubikke PIN mpya
reset-done = PIN yanu njimpya. Mafoni oonse azwisyigwa.
pin-change = Amucince PIN yangu
pin-old = PIN yaciindi
pin-changed = PIN yanu yacincwa.
sessions = Kumwakanjilila
session-this = foni eeyi
session-end = Amuzwe kooko
session-end-all = Amuzwe koonse
signed-out = Mwazwa.
