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
