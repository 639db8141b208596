# DRAFT for review by speakers of Bemba, not yet checked. Plain letters only, so that every phone shows them.
# What is missing here is said in English.

no-meter-yet = Takulabelengwa mita nangu imo.
no-reading-since = Takuli ukubelenga ukufuma pa { $when }.
no-power-step = Tatulelanga amanambala mpaka mita ikalande.
grid-is-off = Amalaiti ya ZESCO nayaya.
all-homes-dark = Takuli ing'anda iili na malaiti.
some-homes-dark = Amayanda { $count } pali { $homes_count } tayakwete amalaiti.
short-in-outage = Amaka tayalekumanina bonse.
short-on-grid = Amaka tayalekumanina ifyo tulefwaya.
idle = Takuli icilebomfya amalaiti nomba.
sun-carries = Akasuba kalekumanina bonse nomba.
sun-carries-fills = Akasuba kalekumanina bonse, kabili kaleisusha batri.
sun-carries-sells = Akasuba kalekumanina bonse, ifyashalako tulashitisha.
sun-carries-fills-sells = Akasuba kalekumanina bonse, kaleisusha batri, ifyashala tulashitisha.
sun-carries-wastes = Akasuba kalekumanina bonse. Amaka yambi takuli uwakuyabomfya.
night-now = Ni bushiku.
power-now = Amaka nomba
in-total = Aleingila { $amount }
out-total = Alefuma { $amount }
flow-in = Aleingila
flow-out = Alefuma
where-from = Uko ayafuma
where-to = Uko aya
sun = Akasuba
grid = ZESCO
generator = Jeneleta
homes = Amayanda
battery = Batri
battery-giving = Batri, ilepeela
battery-filling = Batri, ileisula
battery-rests = Ilepusha.
filling = ileisula
giving = ilepeela
resting = ilepusha
now = nomba
today = lelo
yesterday = mailo
no-reading = takuli ukubelenga
col-today = Lelo
col-yesterday = Mailo
col-house = Ing'anda
label-used-today = Ayabomba lelo
label-made-today = Ayapangwa lelo
price = Umutengo
price-next = Umutengo, ama-awala 6 yalekonkapo
cheap = wachipa
usual = wa lyonse
dear = wadula
alerts = Ifya kucenjeshako
no-alert = Takuli ca kucenjeshako nomba.
severity-bad = Citeni nomba.
severity-watch = Ceceteni.
severity-info = Ishibeni.
our-funds = Indalama shesu
has-power = ili na malaiti
dark = takuli malaiti
silent = italele
island = { $source ->
    [sun] Amalaiti ya ZESCO nayaya. Akasuba kaletwafwa.
    [battery] Amalaiti ya ZESCO nayaya. Batri iletwafwa.
    [neighbours] Amalaiti ya ZESCO nayaya. Abena mupalamano baletwafwa.
    [grid] Amalaiti ya ZESCO nayaya. ZESCO iletwafwa.
   *[generator] Amalaiti ya ZESCO nayaya. Jeneleta iletwafwa.
}
sun-helped = { $source ->
    [sun] Akasuba kalepeela { $part } ifyo tulebomfya. Akasuba kaleafwako.
    [battery] Akasuba kalepeela { $part } ifyo tulebomfya. Batri ileafwako.
    [neighbours] Akasuba kalepeela { $part } ifyo tulebomfya. Abena mupalamano baleafwako.
    [grid] Akasuba kalepeela { $part } ifyo tulebomfya. ZESCO ileafwako.
   *[generator] Akasuba kalepeela { $part } ifyo tulebomfya. Jeneleta ileafwako.
}
carried-all = { $source ->
    [sun] Akasuba kalekumanina bonse.
    [battery] Batri ilekumanina bonse.
    [neighbours] Abena mupalamano balekumanina bonse.
    [grid] ZESCO ilekumanina bonse.
   *[generator] Jeneleta ilekumanina bonse.
}
carried-part = { $source ->
    [sun] Akasuba kalepeela { $part } ifyo tulebomfya.
    [battery] Batri ilepeela { $part } ifyo tulebomfya.
    [neighbours] Abena mupalamano balepeela { $part } ifyo tulebomfya.
    [grid] ZESCO ilepeela { $part } ifyo tulebomfya.
   *[generator] Jeneleta ilepeela { $part } ifyo tulebomfya.
}
sun-today = Akasuba lelo
use-today = Ayabomba lelo
all-intervals = Ubushiku bonse
all-homes = Amayanda yonse
share-of-each = Ifyo ing'anda imo na imo yabomfya lelo
homes-today = Lelo, ing'anda imo na imo
homes-all-power = { $count ->
    [one] Ing'anda imo ili na malaiti.
   *[other] Amayanda yonse { $count } yali na malaiti.
}
homes-some-power = Amayanda { $yes_count } pali { $homes_count } yali na malaiti.
homes-dark = { $count } takuli malaiti.
homes-silent = { $count } itali, tatwishibe.
part-all = yonse
part-nearly-all = mupepi yonse
part-three-quarters = ifiputulwa fitatu pali fine
part-two-thirds = ifiputulwa fibili pali fitatu
part-half = citika wa kati
part-third = iciputulwa cimo pali fitatu
part-quarter = iciputulwa cimo pali fine
part-small = akanono
own-part = Amaka yesu yapeele { $part } ya ifyabomba lelo.
own-part-all = Fyonse ifyabomba lelo fyafumine ku maka yesu.
my-own-part = Amaka yesu yapeele { $part } ya ifyo nabomfeshe.
curve-made-so-far = { $wh } yapangwa ukufika nomba.
curve-made-today = { $wh } yapangwa lelo.
curve-yesterday-by-now = Mailo iyi nshita: { $wh }.
curve-yesterday = Mailo: { $wh }.
curve-most = Ayengi pa { $when }: { $power }.
battery-fills = Ileisula na { $power_w }.
battery-gives = Ilepeela { $power_w }.
battery-lasts = Nga akasuba kaleka nomba, kuti yafika { $hours }.
battery-lasts-until = Nga tulebomfya ifi, yafika { $hours }, ukufika { $when }.
battery-reserve-only = Kwashala fye ifya kusunga.
price-average = pa 1 kWh, pa kati na nkati
price-same = Umutengo uli fye cimo cine.
price-cheap-until = Wachipa ukufika { $until_clock }. Ciseni nangu pompeni amenshi pa ntanshi.
price-dear-from = Wadula ukufuma { $from_clock }.
price-dear-until = Wadula ukufika { $until_clock }. Loleleni ne milimo yafina.
price-usual-then-dear = Nomba wa lyonse. Wadula ukufuma { $from_clock }.
price-usual-then-cheap = Nomba wa lyonse. Wachipa ukufuma { $from_clock }.
scarce = amaka yacepa
price-scarce = Amaka yacepa nomba. Bomfyeni fye ifyo mulefwaya.
price-own = pa 1 kWh: amaka yesu, takuli kulipila
price-own-short = amaka yesu
price-free-all = Amaka yesu yalekumanina. Takuli kulipila.
sun-hours = ama-awala ya kasuba
night = ubushiku
fund-equipment = Ifipe
fund-loan = Inkongole
fund-emergency = Ubwafya bwa mu kapampa
fund-maintenance = Ukulungisha no kupilibula
fund-operating = Ifya kubombela
fund-surplus = Ifyashalako
all-funds = Indalama shonse
replacement-funded = Indalama sha fipe fipya shilikumanina ukufika { $month }.
alert-homes-dark = Amayanda { $count } takuli malaiti.
alert-homes-dark-note = Ebeni uwa kulungisha.
alert-grid-off-note = Tulebomfya ifyo tukwete.
alert-battery-low = Batri ili pa { $percent }.
alert-battery-low-note = Bomfyeni panono mpaka akasuba kafume.
since = Ukufuma { $when }.
more-alerts = na fimbi { $count }
sun-not-used = Akasuba akashabomfiwe
sold-to-grid = Ashitishiwe kuli ZESCO
lost = Ayaluba mu ntambo na mu batri
lost-now = { $lost_w } yaluba, { $percent }
all-of-it = yonse
not-shown = tayalangwa
common-use = Pompi ne fya bonse
no-sun-until = takuli kasuba ukufika { $until_clock }
compare-kettles = { $count ->
    [one] kwati ketulo imo
   *[other] kwati ama ketulo { $count }
}
compare-below-kettle = ketulo ilefwaya 2,000{"\u00A0"}W
my-home-cost = Umutengo ukufika nomba
my-home-earned = Mwapangapo ukufika nomba
my-home-power = Mulebomfya nomba
my-home-known = Aya maka ya pa mita yenu ukufika ku kubelenga kwa kulekelesha. Ubushiku bulembwa nga bwapwa.
dues = Ifya kulipila
due-energy = Inkongole ya maka
due-pledge = Ifyo mwalaile pa fipe
due-paid-of = { $paid_ngwee } pali { $pledged_ngwee } yalipilwa.
dues-step = Lipileni kasunga wa ndalama, alelemba mwi buku lyenu.
