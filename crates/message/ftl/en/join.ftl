# Start a group, join one, leave one.

### Choosing

find-group = Find a group
# Title above the ways into one more group
another-group = Another group
join-group = Join a group
found-group = Start a new group
join-code = Code of the group
join-code-help = Your neighbours know it, such as KAB-017.
join-household = Name of your household
join-pledge-help = From { $least_ngwee } to { $most_ngwee }. You need not pay it today.
join-button = Join this group
join-ask-button = Ask to join
joined-group = Welcome to { $name }. Your book has number { $number }.
joined-next = Next: a meter for your house. Ask your technician.
already-member = You belong to this group.
already-asked = You have asked to join. An officer will answer.
open-this-group = Open the group
see-answer = See how it stands

### Before joining: an honest view

verdict-title = What it would mean for you
verdict-pay = You would pay
verdict-get = You would get
# Both after the wear of the plant.
verdict-saves = You would gain about { $money_ngwee } each month, wear of the plant counted.
verdict-costs-more = It costs you about { $money_ngwee } more each month, wear of the plant counted.
verdict-same = It would cost you about the same as now, wear of the plant counted.
# What the bill alone becomes smaller by; a minus where it grows.
verdict-before-wear = You save on the bill
# Hours of a month.
verdict-hours = { $count ->
    [one] About 1 hour a month with power while the grid is off.
   *[other] About { $count } hours a month with power while the grid is off.
}
verdict-payback = What you put in comes back in { $span }.
verdict-no-payback = At these prices what you put in does not come back as money.
verdict-not-promise = This is an estimate, not a promise.

### Founding

found-title = A new group
found-name = Name of the group
found-code = Short code
found-connection = How you are wired
found-region = Region
found-place = Village or part of town
found-gps = Place on the map
found-gps-help = Latitude and longitude, such as -14.4469, 28.4464. You can leave it empty.
found-capacity-kw = Power of the plant, kW
found-capacity-kwh = Size of the battery, kWh
found-admission = How neighbours come in
found-rules-say = Usual rules are filled in. A vote can change them later.
found-button = Start this group
founded = { $name } has begun. Its code is { $code }.
founded-next = Tell the code to your neighbours.

admission-by_code = everybody who knows the code
admission-by_code_while_forming = by code until the group is full, then by an officer
admission-by_officer = an officer says yes

### Officers: who wants to join

askers = Who wants to join
admit = Take in
refuse = Say no
admitted = { $name } is taken in.

### Leaving and moving

leave-group = Leave this group
leave-say = Your membership ends today. What is yours in your book is paid out. Your history stays readable.
leave-contribution = { $days_count ->
    [0] The { $put_in_ngwee } you put in are paid back at once.
    [one] The { $put_in_ngwee } you put in are paid back after 1 day's notice.
   *[other] The { $put_in_ngwee } you put in are paid back after { $days_count } days' notice.
}
leave-pledge = The { $open_ngwee } you promised and did not pay are no longer owed.
move-group = Move to another group
move-say = Your balance, credits and meters go with you. Both books stay readable.
move-button = Move
