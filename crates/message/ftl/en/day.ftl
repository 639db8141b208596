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
all-balanced = In is Out to the Wh in every settled interval.
nothing-settled = No interval of this day is settled yet.
# Title
intervals = Intervals
# Sentence
intervals-say = Open a part of the day. All energy here is in Wh.
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
not-settled = not settled
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
intervals-settled = { $settled_count } of { $all_count } intervals are settled.
intervals-not-balanced = { $count ->
    [one] 1 interval does not balance. Tell your technician.
   *[other] { $count } intervals do not balance. Tell your technician.
}
# A part of the day: $hours is "06:00 to 09:00".
day-part = { $hours }: { $made_wh } made, { $used_wh } used
day-part-open = { $hours }: not settled
# Meters of an interval.
meters-estimated = { $count } estimated
