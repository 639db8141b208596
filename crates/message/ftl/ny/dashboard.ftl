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
