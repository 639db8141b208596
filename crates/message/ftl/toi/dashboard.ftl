# DRAFT for review by speakers of Tonga, not yet checked. Plain letters only, so that every phone shows them.
# What is missing here is said in English.

no-meter-yet = Takuna kubalwa mita pe.
no-reading-since = Taku kubala kuzwa { $when }.
no-power-step = Tatutondezyi manambala kusikila mita yaambuula.
grid-is-off = Malaiti aa ZESCO azima.
all-homes-dark = Taku iinda lijisi malaiti pe.
some-homes-dark = Maanda { $count } aa { $homes_count } taajisi malaiti pe.
short-in-outage = Malaiti taakkwani boonse pe.
short-on-grid = Malaiti taakkwani nzyotuyanda pe.
idle = Taku cibelesya malaiti lino pe.
sun-carries = Zuba likkwana boonse lino.
sun-carries-fills = Zuba likkwana boonse, alimwi lizuzya batili.
sun-carries-sells = Zuba likkwana boonse, zisyeede tulauzya.
sun-carries-fills-sells = Zuba likkwana boonse, lizuzya batili, zisyeede tulauzya.
sun-carries-wastes = Zuba likkwana boonse. Nguzu zimwi taku uuzibelesya pe.
night-now = Mmasiku.
power-now = Nguzu lino
in-total = Zinjila { $amount }
out-total = Zizwa { $amount }
flow-in = Zinjila
flow-out = Zizwa
where-from = Kuzizwa
where-to = Kuziya
sun = Zuba
grid = ZESCO
generator = Jeneleta
homes = Maanda
battery = Batili
battery-giving = Batili, ipa
battery-filling = Batili, izula
battery-rests = Ilalyookezya.
filling = izula
giving = ipa
resting = ilalyookezya
now = lino
today = sunu
yesterday = jilo
no-reading = taku kubala
col-today = Sunu
col-yesterday = Jilo
col-house = Iinda
label-used-today = Zyabelesyegwa sunu
label-made-today = Zyapangwa sunu
price = Muulo
price-next = Muulo, mawoola aali 6 aatobela
cheap = muceya
usual = wazyoonse
dear = wadula
alerts = Zyakucenjezya
no-alert = Taku cakucenjezya lino pe.
severity-bad = Amucite lino.
severity-watch = Amulangisye.
severity-info = Amuzyibe.
our-funds = Mali eesu
has-power = lijisi malaiti
dark = taku malaiti
silent = lilauumuna
island = { $source ->
    [sun] Malaiti aa ZESCO azima. Zuba lilatugwasya.
    [battery] Malaiti aa ZESCO azima. Batili ilatugwasya.
    [neighbours] Malaiti aa ZESCO azima. Bamukkala aambali balatugwasya.
    [grid] Malaiti aa ZESCO azima. ZESCO ilatugwasya.
   *[generator] Malaiti aa ZESCO azima. Jeneleta ilatugwasya.
}
sun-helped = { $source ->
    [sun] Zuba lipa { $part } zyanguzu zyesu. Zuba lilagwasya.
    [battery] Zuba lipa { $part } zyanguzu zyesu. Batili ilagwasya.
    [neighbours] Zuba lipa { $part } zyanguzu zyesu. Bamukkala aambali balagwasya.
    [grid] Zuba lipa { $part } zyanguzu zyesu. ZESCO ilagwasya.
   *[generator] Zuba lipa { $part } zyanguzu zyesu. Jeneleta ilagwasya.
}
carried-all = { $source ->
    [sun] Zuba likkwana boonse.
    [battery] Batili ikkwana boonse.
    [neighbours] Bamukkala aambali bakkwana boonse.
    [grid] ZESCO ikkwana boonse.
   *[generator] Jeneleta ikkwana boonse.
}
carried-part = { $source ->
    [sun] Zuba lipa { $part } zyanguzu zyesu.
    [battery] Batili ipa { $part } zyanguzu zyesu.
    [neighbours] Bamukkala aambali bapa { $part } zyanguzu zyesu.
    [grid] ZESCO ipa { $part } zyanguzu zyesu.
   *[generator] Jeneleta ipa { $part } zyanguzu zyesu.
}
sun-today = Zuba sunu
use-today = Zyabelesegwa sunu
all-intervals = Buzuba boonse
all-homes = Maanda oonse
share-of-each = Cibeela ca ng'anda imwi aimwi sunu
homes-today = Sunu, ng'anda imwi aimwi
homes-all-power = { $count ->
    [one] Ng'anda yomwe ilijisi malaiti.
   *[other] Maanda oonse { $count } alijisi malaiti.
}
homes-some-power = Maanda { $yes_count } aali { $homes_count } alijisi malaiti.
homes-dark = { $count } taajisi malaiti.
homes-silent = { $count } aliumwine, tatuzyi.
part-all = zyoonse
part-nearly-all = afwiifwi zyoonse
part-three-quarters = zibeela zyotatwe muli zyone
part-two-thirds = zibeela zyobile muli zyotatwe
part-half = cisela
part-third = cibeela comwe muli zyotatwe
part-quarter = cibeela comwe muli zyone
part-small = asyoonto
own-part = Nguzu zyesu zyapa { $part } zyazyabelesegwa sunu.
own-part-all = Zyoonse zyabelesegwa sunu zyazwa kunguzu zyesu.
my-own-part = Nguzu zyesu zyapa { $part } zyanzyondabelesya.
curve-made-so-far = { $wh } zyapangwa kusikila lino.
curve-made-today = { $wh } zyapangwa sunu.
curve-yesterday-by-now = Jilo ciindi eeci: { $wh }.
curve-yesterday = Jilo: { $wh }.
curve-most = Zinji a { $when }: { $power }.
battery-fills = Iyakuzula a { $power_w }.
battery-gives = Ilapa { $power_w }.
battery-lasts = Zuba lyacileka lino, iyootola { $hours }.
battery-lasts-until = Mukubelesya ooku iyootola { $hours }, kusikila { $when }.
battery-reserve-only = Kwacaala zyakuyobola buyo.
price-average = a 1 kWh, aakati
price-same = Muulo uli mbubonya.
price-cheap-until = Uladuba kusikila { $until_clock }. Cisani naa pompani maanzi kaindi kaciliko.
price-dear-from = Uladula kuzwa { $from_clock }.
price-dear-until = Uladula kusikila { $until_clock }. Lindilani amilimo iilema.
price-usual-then-dear = Ngowalyoonse lino. Uladula kuzwa { $from_clock }.
price-usual-then-cheap = Ngowalyoonse lino. Uladuba kuzwa { $from_clock }.
scarce = nguzu zyaceya
price-scarce = Nguzu zyaceya lino. Amubelesye buyo nzyomuyanda.
price-own = a 1 kWh: nguzu zyesu, taku kubbadala
price-own-short = nguzu zyesu
price-free-all = Nguzu zyesu zyatukwana. Taku kubbadala.
sun-hours = mawoola aazuba
night = masiku
fund-equipment = Zibelesyo
fund-loan = Zikwelete
fund-emergency = Mapenzi aamanginzi
fund-maintenance = Kubambulula akucinca
fund-operating = Zyakubelesya
fund-surplus = Zyacaala
all-funds = Mali oonse
replacement-funded = Mali aazibelesyo zipya akkwene kusikila { $month }.
alert-homes-dark = Maanda { $count } taajisi malaiti.
alert-homes-dark-note = Amwaambile mubambi.
alert-grid-off-note = Tulabelesya nzyotujisi.
alert-battery-low = Batili ili a { $percent }.
alert-battery-low-note = Amubelesye asyoonto kusikila zuba lipasuke.
since = Kuzwa { $when }.
more-alerts = azimwi { $count }
sun-not-used = Zuba litabelesegwi
sold-to-grid = Zyakasambalwa ku ZESCO
lost = Zyasweeka mumawaya amubatili
lost-now = { $lost_w } zyasweeka, { $percent }
all-of-it = zyoonse
not-shown = tazitondezyegwi
common-use = Pompi azyabantu boonse
no-sun-until = taku zuba kusikila { $until_clock }
compare-kettles = { $count ->
    [one] mbuli ketulo yomwe
   *[other] mbuli maketulo { $count }
}
compare-below-kettle = ketulo iyanda 2,000{"\u00A0"}W
my-home-cost = Muulo kusikila lino
my-home-earned = Mwajana kusikila lino
my-home-power = Mubelesya lino
my-home-known = Eezi ninguzu zyamita yanu kusikila kukubala kwamamanino. Buzuba bulalembwa bwamana.
dues = Zyakubbadala
due-energy = Cikwelete canguzu
due-pledge = Zyakasyomezyegwa azibelesyo
due-paid-of = { $paid_ngwee } aali { $pledged_ngwee } zyabbadalwa.
dues-step = Amubbadale muyobozi wamali, ulalemba mubbuku lyanu.
