# The dashboard of a group: power now, today, homes, battery, price, alerts, funds.

# Title
power-now = Power now
# Side
flow-in = In
flow-out = Out
# Chart
in-by-source = Power coming in, by source
out-by-use = Power going out, by use
# Title
where-from = Where it comes from
where-to = Where it goes
# Flow
sun = Sun
battery-giving = Battery, giving
battery-filling = Battery, filling
other-groups = Other groups
to-other-groups = To other groups
grid = Grid
generator = Generator
# Flow and title
homes = Homes
# Flow
common-use = Pump and shared use
sold-to-grid = Sold to the grid
sun-not-used = Sun not used
lost = Lost in wires and battery
not-accounted = Not accounted for
# Note
not-served-note = This is not part of In or Out.
# Empty
no-meter-yet = No meter has been read yet.
# Next step
no-power-step = We show no numbers until a meter speaks.
# Column
col-part = Part
col-watts = Watts
col-of-all = Of all
col-hours = Hours
col-today = Today
col-yesterday = Yesterday
col-house = House
col-used-kwh = Used, kWh
col-own-kwh = Our own power, kWh
col-own-part = Our own, %
col-from = From
col-price = Price
col-word = Word
col-sky = Sky
# Title
sun-today = Sun today
use-today = Use today
# Caption
by-three-hours = kWh by three hours
# Link
all-intervals = All of the day
all-homes = All homes
# Key
today = today
yesterday = yesterday
estimated = estimated
# Note
partly-estimated = part estimated
with-gap = readings missing
so-far = so far
# Gap
no-reading = no reading
# In place of a figure that a home does not show to others; nothing is wrong with its meter.
not-shown = not shown
# In place of "100 %".
all-of-it = all of it
# Chart
now = now
# Caption
homes-today = Today, house by house
# Summary
share-of-each = Each home's share today
# Key
has-power = has power
dark = no power
silent = silent
one-house-is-five = one house stands for 5 homes
# Title
alerts = Alerts
# Empty
no-alert = There is no alert now.
# Title
battery = Battery
# State
filling = filling
giving = giving
resting = resting
# Row
battery-content = In it now
battery-reserve = Kept as reserve
battery-capacity = Holds when full
# Note
battery-last-known = This is the last known content.
# Figure
own-power = Own power
of-our-use = of our use
price = Price
# Title
price-next = Price, next 6 hours
# Basis
price-inside = for 1 kWh from a neighbour
price-average = for 1 kWh, on average
price-grid = for 1 kWh from the grid
# Caption
price-table = Price for one kWh
# Key
cheap = cheap
dear = dear
sun-hours = sun hours
night = night
# Title
our-funds = Our funds
# Empty
no-funds = No fund holds money yet.
# Sum
all-funds = All funds
# Figure
label-used-today = Used today
label-made-today = Made today
# Key
joined = joined
to-come = still to come
# Note
last-known = last known
separate-note = Each home has its own grid contract. These are sums.

### The sentence that is true now

no-reading-since = No reading since { $when }.
grid-is-off = The grid is off.
all-homes-dark = No home has power.
some-homes-dark = { $count ->
    [one] { $count } of { $homes_count } homes has no power.
   *[other] { $count } of { $homes_count } homes have no power.
}
short-in-outage = There is not enough for all.
short-on-grid = There is not enough power for all we need.
# $source is one of sun, battery, neighbours, grid, generator.
island = { $source ->
    [sun] Our sun carries us.
    [battery] Our battery carries us.
    [neighbours] Our neighbours carry us.
    [grid] Our grid carries us.
   *[generator] Our generator carries us.
}
idle = Nothing is used right now.
sun-carries = The sun carries everyone now.
sun-carries-fills = The sun carries everyone now, and fills the battery.
sun-carries-sells = The sun carries everyone now, and we sell the rest.
sun-carries-fills-sells = The sun carries everyone, fills the battery, and we sell the rest.
sun-carries-wastes = The sun carries everyone now. Some of it finds no user.
# $part is a part in words, such as "half".
sun-helped = { $source ->
    [sun] The sun carries { $part } of our use. The sun helps.
    [battery] The sun carries { $part } of our use. The battery helps.
    [neighbours] The sun carries { $part } of our use. The neighbours help.
    [grid] The sun carries { $part } of our use. The grid helps.
   *[generator] The sun carries { $part } of our use. The generator helps.
}
# Before a sentence, between sunset and sunrise.
night-now = Night.
carried-all = { $source ->
    [sun] The sun carries everyone.
    [battery] The battery carries everyone.
    [neighbours] The neighbours carry everyone.
    [grid] The grid carries everyone.
   *[generator] The generator carries everyone.
}
carried-part = { $source ->
    [sun] The sun carries { $part } of our use.
    [battery] The battery carries { $part } of our use.
    [neighbours] The neighbours carry { $part } of our use.
    [grid] The grid carries { $part } of our use.
   *[generator] The generator carries { $part } of our use.
}

# Parts in the words people use for them.
part-all = all
part-nearly-all = nearly all
part-three-quarters = three quarters
part-two-thirds = two thirds
part-half = half
part-third = a third
part-quarter = a quarter
part-small = a small part

# Under the headline of a group that is not full.
still-growing = { $count ->
    [one] Still growing: { $count }{"\u00A0"}home to come.
   *[other] Still growing: { $count }{"\u00A0"}homes to come.
}

### Power now

in-total = In { $amount }
out-total = Out { $amount }
no-sun-until = no sun until { $until_clock }
last-reading = The last reading was at { $when }.
not-served-now = Wanted but not served: { $power_w }.
# Comparisons for a power that people know.
compare-lamps = { $count ->
    [one] about { $count } lamp of 10{"\u00A0"}W
   *[other] about { $count } lamps of 10{"\u00A0"}W
}
compare-below-kettle = a kettle takes 2,000{"\u00A0"}W
compare-kettles = { $count ->
    [one] like one kettle
   *[other] like { $count } kettles
}
balance-sum = In { $in_w } = out { $out_w } + lost { $lost_w }.
balance-sum-open = In { $in_w } = out { $out_w } + lost { $lost_w } + not accounted for { $open_w }.
lost-now = { $lost_w } lost, { $percent }

### Battery

battery-fills = Filling with { $power_w }.
battery-gives = Giving { $power_w }.
battery-rests = Resting.
battery-reserve-only = Only the reserve is left.
battery-lasts = If the sun stopped now, it would last { $hours }.
battery-lasts-until = At this use it lasts { $hours }, until { $when }.
battery-known = Hours: content above the reserve, at a use of { $power_w }.

### The day's curve

curve-made-today = { $wh } made today.
curve-made-so-far = { $wh } made so far.
curve-used-today = { $wh } used today.
curve-used-so-far = { $wh } used so far.
curve-yesterday = Yesterday: { $wh }.
curve-yesterday-by-now = Yesterday by this time: { $wh }.
curve-most = Most at { $when }: { $power }.
gap-one = Readings are missing from { $from } to { $to }.
gap-many = { $count ->
    [one] Readings are missing once today.
   *[other] Readings are missing { $count } times today.
}

### Price

usual = usual
# Under the price, and its sentence, when the grid is off, homes are dark or the battery is nearly empty.
scarce = power is short
price-scarce = Power is short now. Use only what you need.
# When no kWh costs anything: it all comes from the group's own equipment.
price-own = for 1 kWh: our own power, nothing to pay
price-own-short = our own power
price-free-all = Our own power carries us. Nothing to pay for it.
# The figure of an old reading.
known-at = at { $when }
price-old = This was the price at { $when }.
price-same = The price stays about the same.
price-cheap-until = Cheap until { $until_clock }. Iron or pump before then.
price-dear-from = It is dear from { $from_clock }.
price-dear-until = Dear until { $until_clock }. Wait with heavy work if you can.
price-usual-then-dear = Usual now. It is dear from { $from_clock }.
price-usual-then-cheap = Usual now. It is cheap from { $from_clock }.

### Homes

homes-all-silent = { $count ->
    [one] The one home is silent, so we do not know.
   *[other] All { $count }{"\u00A0"}homes are silent, so we do not know.
}
homes-all-power = { $count ->
    [one] The one home has power.
   *[other] All { $count }{"\u00A0"}homes have power.
}
homes-some-power = { $homes_count ->
    [one] { $yes_count } of { $homes_count }{"\u00A0"}home have power.
   *[other] { $yes_count } of { $homes_count }{"\u00A0"}homes have power.
}
homes-dark = { $count ->
    [one] 1 is dark.
   *[other] { $count } are dark.
}
homes-silent = { $count ->
    [one] 1 is silent, so we do not know.
   *[other] { $count } are silent, so we do not know.
}
# When the last reading is old.
homes-power-then = { $homes_count ->
    [one] At { $when }, { $yes_count } of { $homes_count }{"\u00A0"}home had power.
   *[other] At { $when }, { $yes_count } of { $homes_count }{"\u00A0"}homes had power.
}
homes-joined = { $count ->
    [one] { $count }{"\u00A0"}home has joined.
   *[other] { $count }{"\u00A0"}homes have joined.
}
homes-joined-of = { $homes_count ->
    [one] { $joined_count } of { $homes_count }{"\u00A0"}home have joined.
   *[other] { $joined_count } of { $homes_count }{"\u00A0"}homes have joined.
}
my-own-part = Our own power gave { $part } of my use.
own-part-all = All of today's use came from our own power.
own-part = Our own power gave { $part } of today's use.

### My home, and what is to be paid

my-home-cost = Cost so far
my-home-earned = Earned so far
my-home-power = Using now
my-home-known = This is your meter's energy up to the last reading. The day is booked when it is over.
dues = Payments due
due-energy = Owed for energy
due-pledge = Promised for our equipment
due-paid-of = { $paid_ngwee } of { $pledged_ngwee } paid.
dues-step = Pay your treasurer, who writes it into your book.
invite = Bring your neighbours
invite-code = Join code { $code }
invite-step = { $count ->
    [one] Give it to your neighbours. One home is still to come.
   *[other] Give it to your neighbours. { $count } homes are still to come.
}

### Alerts

severity-bad = Act now.
severity-watch = Watch.
severity-info = To know.
more-alerts = { $count } more
since = Since { $when }.
alert-homes-dark = { $count ->
    [one] 1 home has no power.
   *[other] { $count } homes have no power.
}
alert-homes-dark-note = Tell your technician.
alert-meter-silent = House { $number }: meter silent.
alert-meter-silent-note = Its use is estimated until it speaks again.
alert-plant-silent = The meter of our plant is silent.
alert-plant-silent-note = What it makes is not shared until it speaks again.
alert-grid-off-note = We run on what we have.
alert-battery-low = The battery is at { $percent }.
alert-battery-low-note = Use less until the sun is up.
alert-unaccounted = { $percent } of our power is not accounted for.
alert-unaccounted-note = A meter may be wrong or a wire tapped.
alert-estimated = { $count ->
    [one] Today's readings are estimated once.
   *[other] Today's readings are estimated { $count } times.
}
alert-estimated-note = Real readings replace them when they come.
alert-replacement-short = Money for new parts ends in { $month }.
alert-replacement-short-note = A vote can raise the service charge.
alert-corrected = { $on } was corrected.
alert-corrected-note = The difference is in each book.

### Funds

fund-equipment = Equipment
fund-loan = Loans
fund-emergency = Emergency
fund-maintenance = Care and replacement
fund-operating = Running costs
fund-surplus = Surplus
fund-target = target { $target_ngwee }
replacement-funded = Replacement is funded until { $month }.
replacement-not-funded = Replacement is not funded. There is no service charge.
replacement-nothing = We own nothing that wears out yet.
