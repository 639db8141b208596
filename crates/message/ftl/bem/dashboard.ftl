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
