# A member's statement.

# Column
col-what = What
col-mean-price = Price
col-money = Money
col-in-out = In or out
col-left = Left
col-day = Day
# Title
my-month = My month, alone and in the group
# Title, once something of the month is settled; "receipt" is what a notice calls it
receipt-for = Receipt for { $month }
receipt-so-far = Receipt for { $month }, so far
receipt-no = No. { $number }
# Link, and the button of the page it leads to
print-receipt = Print this receipt
print-how = Everything is open for paper. Choose Print in your browser.
# Bar
alone = Alone
in-the-group = In the group
alone-earned = Alone you would earn
in-the-group-earned = In the group you earn
# Note
no-alone = Alone you would have no supply to compare with.
# Caption
receipt-note = Prices are averages. A minus means money earned.
# Price
free = free
# Line
service-charge = Service charge
# Note
service-charge-for = for care and new parts
# Line
rounding = Rounding by day
# Sum
to-pay = To pay for the month
you-earned = Earned in the month
# Empty
no-receipt = Nothing is settled in this month.
# Next step
no-receipt-step = It comes after the first settled day.
# Title
my-energy = Where my energy came from
# Sentence
no-use = You used nothing in this month.
# Before a name
method = Method:
# Title
my-book = My book
# Caption
kwacha = kwacha
# Line
start-of-month = Start of month
# Sum
yours-now = Yours now
you-owe-now = You owe now
# Empty
book-empty = Nothing is booked in this month.
# Next step
book-empty-step = Energy is booked once a day.
# Proof
book-adds = Start plus all lines is what is left, to the ngwee.
# Note
correction-note = a reading was corrected
reversal-note = taken back in full
# Figure
yours = Yours
you-owe = You owe
# In a month that is over
you-had = You had
you-owed = You owed
# $when is a short month such as "Sep 2025".
end-of-month = end of { $when }
yours-then = Yours at the end
you-owed-then = You owed at the end
as-of-today = as of today
in-my-book = in my book
energy-cost = Energy cost
earned = Energy earned
used = Used
this-month = this month
# Title
what-i-put-in = What I put in
# Figure
my-share = My share
saved-so-far = Saved so far
# Note
against-alone = against being alone
# Figure
no-comparison = no comparison
comes-back-in = Comes back in
return-a-year = Return a year
too-early = too early to say
# Empty
no-stake = You have put in nothing yet.
# Title
day-by-day = Day by day
# Sentence
days-say = Open a day to see it hour by hour.
# Summary
show-days = Show the days
# Caption
days-note = My days
# Summary
every-line = Every line
# Figure
no-return = none at this rate

### Sentences of the month

book-even = Your book is even. You owe nothing.
you-have-amount = You have { $amount_ngwee }.
# The same at the end of a month that is over.
book-was-even = At the end of { $month } your book was even.
you-had-amount = At the end of { $month } you had { $amount_ngwee }.
you-owed-amount = At the end of { $month } you owed { $owed_ngwee }.
you-owe-amount = You owe { $amount_ngwee }.
month-same = The group cost you the same as being alone.
month-saved = The group saved you { $amount_ngwee } this month.
# Beside the comparison with being alone, when surplus became energy credits
month-kept = { $energy_wh } were kept as energy credits. They are yours, and are not counted as money here.
month-dearer = The group cost you { $amount_ngwee } more than being alone.
# What the extra money bought, when the group was dearer.
bought-readiness = There was no outage this month, so it bought only readiness.
bought-share = It bought your { $share_ppm } of the plant. No outage needed it this month.
bought-hours = It bought { $minutes } of power in outages.
bought-hours-share = It bought { $minutes } of power in outages, and { $share_ppm } of the plant.
outage-none = The grid was not off this month.
outage-hours = The grid was off { $outage_minutes }. You had power for { $served_minutes } of them.
carbon-avoided = Your sun kept { $carbon_g } of carbon dioxide out of the air.
carbon-none = No carbon was avoided this month.
# How avoided carbon is counted; the word of the region file ends the key.
carbon-combined_margin = combined margin of the grid
carbon-grid_average = mean of the grid
carbon-diesel = a diesel generator instead
# $parts is a list such as "Own sun 3.1 kWh, Grid, bought 1.2 kWh".
you-used-from = You used { $used_wh }: { $parts }.

### Lines of the receipt

receipt-own-sun = Own sun
receipt-our-plant = Our plant
receipt-from-neighbours = From neighbours
receipt-given-to-neighbours = Given to neighbours
receipt-battery = Battery
receipt-traded-in = From other groups
receipt-generator = Generator
receipt-grid-bought = Grid, bought
receipt-grid-sold = Grid, sold
receipt-credits-used = Energy credits, used
receipt-credits-banked = Energy credits, new
receipt-credits-bought-back = Energy credits, bought back

### Lines of the book

book-energy = Energy { $on }
book-energy-days = Energy { $from } to { $to }
book-energy-service-days = Energy and service { $from } to { $to }
book-service = Service charge { $on }
book-correction = Correction, energy { $on }
book-paid-in = Paid in
book-paid-out = Paid out
book-cash-in = Cash into your wallet
book-debt-paid = Debt paid in cash
book-cash-out = Taken out in cash
book-contribution = For our equipment
book-reversal = Line { $number } taken back
# Under a line: its day and its number in the ledger.
book-line-note = { $on }, line { $number }
book-days-note = { $count ->
    [one] { $count } line
   *[other] { $count } lines
}

### What I put in

of-pledge = of { $pledged_ngwee } promised
# What is promised and not yet paid, and the next step.
pledge-open = Still to pay: { $open_ngwee }.
pledge-step = Give it to your treasurer. Then it stands in your book.
# What is paid of what was promised.
paid-of-pledge = { $paid_ngwee } of { $pledge_ngwee }
pledges-open-all = Still to come from all homes: { $open_ngwee }.
pledges-paid-homes = { $count ->
    [one] 1 home has paid all
   *[other] { $count } homes have paid all
}
pledges-all-paid = Everything that was promised is paid.
of-a-plant = of a plant worth { $worth_ngwee }
payback-years = { $count ->
    [one] 1 year
   *[other] { $count } years
}
payback-months = { $count ->
    [one] 1 month
   *[other] { $count } months
}
payback-not = not at this rate

### Days

intervals-estimated = { $count ->
    [one] 1 reading estimated
   *[other] { $count } readings estimated
}

### A move between groups: what this book was closed or opened with

moved-to = Moved to { $name }
moved-in-from = Moved in from { $name }
moved-out-say = From { $day } on this home belongs to the other group.
moved-in-say = Since { $day } this home belongs to this group.
moved-wallet = In the wallet then
moved-owed = Owed to the group then
moved-credit = Credit with the group then
moved-put-in = Put in until then
moved-carried = Carried to the new book
moved-money-waits = The money follows when the last bill is there.
moved-meters = These meters went along: { $serials }.
moved-other-book = Open the other book
