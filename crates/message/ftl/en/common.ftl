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
