# DRAFT for review by speakers of Nyanja, not yet checked. Plain letters only, so that every phone shows them.
# What is missing here is said in English.

no-meter-yet = Palibe mita imene yawerengedwa.
no-reading-since = Palibe kuwerenga kuyambira { $when }.
no-power-step = Sitionetsa manambala mpaka mita itayankhula.
grid-is-off = Magetsi a ZESCO azima.
all-homes-dark = Palibe nyumba imene ili ndi magetsi.
some-homes-dark = Nyumba { $count } pa { $homes_count } zilibe magetsi.
short-in-outage = Magetsi sakwanira onse.
short-on-grid = Magetsi sakwanira zimene tikufuna.
idle = Palibe chimene chikugwiritsa ntchito magetsi tsopano.
sun-carries = Dzuwa likukwanira onse tsopano.
sun-carries-fills = Dzuwa likukwanira onse, ndipo likudzaza batire.
sun-carries-sells = Dzuwa likukwanira onse, zotsala tikugulitsa.
sun-carries-fills-sells = Dzuwa likukwanira onse, likudzaza batire, zotsala tikugulitsa.
sun-carries-wastes = Dzuwa likukwanira onse. Mphamvu zina zilibe wozigwiritsa ntchito.
night-now = Ndi usiku.
power-now = Mphamvu tsopano
in-total = Zolowa { $amount }
out-total = Zotuluka { $amount }
flow-in = Zolowa
flow-out = Zotuluka
where-from = Kumene zichokera
where-to = Kumene zipita
sun = Dzuwa
grid = ZESCO
generator = Jenereta
homes = Nyumba
battery = Batire
battery-giving = Batire, ikupereka
battery-filling = Batire, ikudzaza
battery-rests = Ikupuma.
filling = ikudzaza
giving = ikupereka
resting = ikupuma
now = tsopano
today = lero
yesterday = dzulo
no-reading = palibe kuwerenga
col-today = Lero
col-yesterday = Dzulo
col-house = Nyumba
label-used-today = Zagwira ntchito lero
label-made-today = Zapangidwa lero
price = Mtengo
price-next = Mtengo, maola 6 akudza
cheap = wotsika
usual = wamba
dear = wokwera
alerts = Machenjezo
no-alert = Palibe chenjezo tsopano.
severity-bad = Chitani tsopano.
severity-watch = Yang'anirani.
severity-info = Dziwani.
our-funds = Ndalama zathu
has-power = ili ndi magetsi
dark = palibe magetsi
silent = yangokhala chete
island = { $source ->
    [sun] Magetsi a ZESCO azima. Dzuwa likutithandiza.
    [battery] Magetsi a ZESCO azima. Batire ikutithandiza.
    [neighbours] Magetsi a ZESCO azima. Anzathu akutithandiza.
    [grid] Magetsi a ZESCO azima. ZESCO ikutithandiza.
   *[generator] Magetsi a ZESCO azima. Jenereta ikutithandiza.
}
sun-helped = { $source ->
    [sun] Dzuwa likupereka { $part } za mphamvu zathu. Dzuwa likuthandiza.
    [battery] Dzuwa likupereka { $part } za mphamvu zathu. Batire ikuthandiza.
    [neighbours] Dzuwa likupereka { $part } za mphamvu zathu. Anzathu akuthandiza.
    [grid] Dzuwa likupereka { $part } za mphamvu zathu. ZESCO ikuthandiza.
   *[generator] Dzuwa likupereka { $part } za mphamvu zathu. Jenereta ikuthandiza.
}
carried-all = { $source ->
    [sun] Dzuwa likukwanira onse.
    [battery] Batire ikukwanira onse.
    [neighbours] Anzathu akukwanira onse.
    [grid] ZESCO ikukwanira onse.
   *[generator] Jenereta ikukwanira onse.
}
carried-part = { $source ->
    [sun] Dzuwa likupereka { $part } za mphamvu zathu.
    [battery] Batire ikupereka { $part } za mphamvu zathu.
    [neighbours] Anzathu akupereka { $part } za mphamvu zathu.
    [grid] ZESCO ikupereka { $part } za mphamvu zathu.
   *[generator] Jenereta ikupereka { $part } za mphamvu zathu.
}
sun-today = Dzuwa lero
use-today = Zogwiritsidwa lero
all-intervals = Tsiku lonse
all-homes = Nyumba zonse
share-of-each = Gawo la nyumba iliyonse lero
homes-today = Lero, nyumba ndi nyumba
homes-all-power = { $count ->
    [one] Nyumba imodzi ili ndi magetsi.
   *[other] Nyumba zonse { $count } zili ndi magetsi.
}
homes-some-power = Nyumba { $yes_count } mwa { $homes_count } zili ndi magetsi.
homes-dark = { $count } zilibe magetsi.
homes-silent = { $count } zangokhala chete, sitikudziwa.
part-all = zonse
part-nearly-all = pafupifupi zonse
part-three-quarters = magawo atatu mwa anayi
part-two-thirds = magawo awiri mwa atatu
part-half = theka
part-third = gawo limodzi mwa atatu
part-quarter = gawo limodzi mwa anayi
part-small = pang'ono
own-part = Mphamvu zathu zapereka { $part } za zogwiritsidwa lero.
own-part-all = Zonse zogwiritsidwa lero zachokera ku mphamvu zathu.
my-own-part = Mphamvu zathu zapereka { $part } za zomwe ndagwiritsa.
curve-made-so-far = { $wh } zapangidwa mpaka pano.
curve-made-today = { $wh } zapangidwa lero.
curve-yesterday-by-now = Dzulo nthawi ino: { $wh }.
curve-yesterday = Dzulo: { $wh }.
curve-most = Zambiri pa { $when }: { $power }.
battery-fills = Ikudzaza ndi { $power_w }.
battery-gives = Ikupereka { $power_w }.
battery-lasts = Dzuwa likasiya tsopano, idzakhala { $hours }.
battery-lasts-until = Pa magwiritsidwe awa idzakhala { $hours }, mpaka { $when }.
battery-reserve-only = Zatsala zosungidwa zokha.
price-average = pa 1 kWh, pa avareji
price-same = Mtengo ukhala chimodzimodzi.
price-cheap-until = Wotsika mpaka { $until_clock }. Sitani kapena pompani madzi zisanathe.
price-dear-from = Wokwera kuyambira { $from_clock }.
price-dear-until = Wokwera mpaka { $until_clock }. Dikirani ndi ntchito zolemetsa.
price-usual-then-dear = Wanthawi zonse tsopano. Wokwera kuyambira { $from_clock }.
price-usual-then-cheap = Wanthawi zonse tsopano. Wotsika kuyambira { $from_clock }.
scarce = mphamvu zachepa
price-scarce = Mphamvu zachepa tsopano. Gwiritsani zofunika zokha.
price-own = pa 1 kWh: mphamvu zathu, palibe kulipira
price-own-short = mphamvu zathu
price-free-all = Mphamvu zathu zikutikwanira. Palibe kulipira.
sun-hours = maola a dzuwa
night = usiku
fund-equipment = Zipangizo
fund-loan = Ngongole
fund-emergency = Zadzidzidzi
fund-maintenance = Kukonza ndi kusintha
fund-operating = Zoyendetsera
fund-surplus = Zotsala
all-funds = Ndalama zonse
replacement-funded = Ndalama za zipangizo zatsopano zikwanira mpaka { $month }.
alert-homes-dark = Nyumba { $count } zilibe magetsi.
alert-homes-dark-note = Uzani wokonza.
alert-grid-off-note = Tikugwiritsa zomwe tili nazo.
alert-battery-low = Batire ili pa { $percent }.
alert-battery-low-note = Gwiritsani pang'ono mpaka dzuwa lituluke.
since = Kuyambira { $when }.
more-alerts = ndi zina { $count }
sun-not-used = Dzuwa losagwiritsidwa
sold-to-grid = Zogulitsidwa ku ZESCO
lost = Zotayika mu mawaya ndi batire
lost-now = { $lost_w } zatayika, { $percent }
all-of-it = zonse
not-shown = sizionetsedwa
common-use = Pampu ndi za onse
no-sun-until = palibe dzuwa mpaka { $until_clock }
compare-kettles = { $count ->
    [one] ngati ketulo imodzi
   *[other] ngati maketulo { $count }
}
compare-below-kettle = ketulo imafuna 2,000{"\u00A0"}W
my-home-cost = Mtengo mpaka pano
my-home-earned = Mwapeza mpaka pano
my-home-power = Mukugwiritsa tsopano
my-home-known = Izi ndi mphamvu za pa mita yanu mpaka kuwerenga komaliza. Tsiku limalembedwa likatha.
dues = Zoyenera kulipira
due-energy = Ngongole ya mphamvu
due-pledge = Zolonjezedwa pa zipangizo
due-paid-of = { $paid_ngwee } mwa { $pledged_ngwee } zalipidwa.
dues-step = Lipirani msungichuma, amene amalemba m'buku lanu.
