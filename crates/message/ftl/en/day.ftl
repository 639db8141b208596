# One day and its intervals.

# Column
col-kwh = kWh
col-wh = Wh
col-seal = Seal
# Navigation
other-days = Other days
# Link
day-before = The day before
day-after = The day after
# Title
whole-day = The whole day
# Check
all-balanced = All that came in went out again, to the last watt-hour.
nothing-settled = Nothing of this day is counted yet.
# Title
intervals = Through the day
# Sentence
intervals-say = Open a part of the day to see each step, in watt-hours (Wh).
# Column
made = Made
# Row
self-used = Own sun, used at once
shared = Shared inside
grid-bought = Bought from the grid
# Column
not-served-short = Not served
self-used-short = Own sun
shared-short = Shared
stored-short = Stored
given-short = Battery
sold-short = Sold
bought-short = Bought
# Note
grid-off = grid off
corrected = corrected
# Cell
not-settled = not counted
open = open
# Title
homes-that-day = Homes on this day
# Column
own-sun = Own sun
our-plant = Our plant
from-neighbours = From neighbours
to-neighbours = To neighbours
# Caption
day-table = Energy of the day

# Headline: $date is "20 November 2026".
day-used = { $date }: { $used_wh } used.
day-counted = The whole day is counted.
day-counted-until = Counted until { $until_clock }.
intervals-not-balanced = { $count ->
    [one] In and Out differ once on this day. Tell your technician.
   *[other] In and Out differ { $count } times on this day. Tell your technician.
}
# A part of the day: $hours is "06:00 to 09:00".
day-part = { $hours }: { $made_wh } made, { $used_wh } used
day-part-open = { $hours }: not counted yet
# Meters of an interval.
meters-estimated = { $count } estimated
