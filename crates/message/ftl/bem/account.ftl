# DRAFT for review by speakers of Bemba, not yet checked. Plain letters only, so that every phone shows them.
# What is missing here is said in English.

welcome = Amaka ya malaiti ayesu bonse
welcome-say = Tampeni ibumba, nangu ingileni mu lya bena mupalamano.
sign-in = Ingileni
sign-out = Fumeni
sign-up = Tampileni pano
have-account = Ndi na PIN
no-account = Ndi mupya
choose-language = Saleni ululimi lwenu
phone = Inamba ya foni
phone-help = Nga filya mutumina, nga 097 123 4567.
pin = PIN
pin-forgotten = Nalaba PIN yandi
your-name = Ishina lyenu
your-name-help = Nga filya bena mupalamano bamwita.
stay-signed-in = Mukekala mwaingila pali iyi foni inshiku 30.
sign-up-title = Foni yenu na PIN yenu
sign-up-button = Panga akaunti yandi
pin-new = PIN ipya
pin-again = PIN ipya na kabili
pin-rule = Amanambala 4 ukufika kuli 6. Te 1234, kabili te yalingana yonse.
reset-title = PIN ipya
reset-say = Bakasunga wa ndalama babili mwibumba bafwile ukusumina. Elyo kodi ikesa pa SMS.
reset-code = Kodi ya mu SMS
reset-set = Bikeni PIN ipya
reset-done = PIN yenu ni ipya. Amafoni yonse yafumishiwa.
pin-change = Alula PIN yandi
pin-old = PIN ya kale
pin-changed = PIN yenu naialulwa.
sessions = Uko mwaingilila
session-this = iyi foni
session-end = Fumeni uko
session-end-all = Fumeni konse
signed-out = Mwafuma.
