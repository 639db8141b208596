# Words of the formatter, and words that stand on many pages.

### The formatter

month-january = January
month-february = February
month-march = March
month-april = April
month-may = May
month-june = June
month-july = July
month-august = August
month-september = September
month-october = October
month-november = November
month-december = December
month-jan = Jan
month-feb = Feb
month-mar = Mar
month-apr = Apr
month-may-short = May
month-jun = Jun
month-jul = Jul
month-aug = Aug
month-sep = Sep
month-oct = Oct
month-nov = Nov
month-dec = Dec
weekday-mon = Mon
weekday-tue = Tue
weekday-wed = Wed
weekday-thu = Thu
weekday-fri = Fri
weekday-sat = Sat
weekday-sun = Sun
# Where an instant cannot be a date.
no-time = no time
# How long ago, or for how long.
span-minutes = { $count ->
    [one] { $count }{"\u00A0"}minute
   *[other] { $count }{"\u00A0"}minutes
}
span-hours = { $count ->
    [one] { $count }{"\u00A0"}hour
   *[other] { $count }{"\u00A0"}hours
}
span-days = { $count ->
    [one] { $count }{"\u00A0"}day
   *[other] { $count }{"\u00A0"}days
}
# Hours with one digit: $number is "14.5".
hours-written = { $number }{"\u00A0"}hours

### Frame of every page

product = Innerlectra
skip = Go to the content
# Label of the language choice.
language-choice = Language
# Note under the pages of a language whose texts are not yet reviewed.
language-draft = This language is a draft. Texts that are missing are in English.

### Buttons and small words

save = Save
cancel = Cancel
go-on = Continue
back = Back
optional = optional

### Frame, navigation, how we know

# Line under the name
product-under = Energy we own together
# Name of the navigation
nav = Main
# Navigation
nav-now = Now
nav-homes = Homes
first-page = First page
back-to-group = Back to my group
# Button
change-theme = Change light or dark
# Summary
show-table = Show as a table
how-we-know = How we know
# Before a hash
last-seal = Last seal:
# Proof
nothing-sealed = Nothing is sealed yet.
nothing-posted = Nothing is posted to the ledger yet.
# Navigation
months = Months

### Amounts with a word

homes-count = { $count ->
    [one] { $count }{"\u00A0"}home
   *[other] { $count }{"\u00A0"}homes
}
# Two times or two hours of the clock.
hours-range = { $from } to { $to }

### Note above a page whose data is not measured

origin-modelled = Sample data: modelled, not measured.
origin-simulated = Sample data: simulated, not measured.

### Stamp in the masthead

stamp-none = No data yet
# A day or month that is over
stamp-closed = Closed
stamp-old = Old: { $when }
stamp-now = As of { $when }
# Under the headline when the last reading is old.
reading-age = The last reading is { $span } old.

### How we know

readings-behind = { $estimated_count ->
    [0] { $reading_count } readings, none estimated.
    [one] { $reading_count } readings, 1 of them estimated.
   *[other] { $reading_count } readings, { $estimated_count } of them estimated.
}
rules-behind = Sharing rule { $sharing }, price rule { $pricing }.
seals-behind = { $count ->
    [one] 1 interval sealed, { $from_at } to { $to_at }.
   *[other] { $count } intervals sealed, { $from_at } to { $to_at }.
}
ledger-line = Ledger line { $number }.
ledger-lines = Ledger lines { $first } to { $last }.
