# Pages of people: first run, signing in, own page, directory, the group's settings. Words used by several of them are in account.ftl,
# join.ftl and profile.ftl.

### Masthead and foot

# Link to the inbox; $count is the number of unread messages.
inbox-link = { $count ->
    [0] Messages
    [one] 1 new message
   *[other] { $count } new messages
}
my-page-link = My page
nav-group = Group
# Put above a page that is read without a network. {"{}"} is the time.
offline-note = No network. This page is as of {"{}"}.

### Steps of the first run

# For screen readers: which step of how many.
start-step = Step { $number } of { $whole_count }
step-language = Language
step-phone = Phone
step-you = You
step-group = Group
step-home = Home
phone-title = Your phone number
phone-use = We send one SMS with a code. We never call you.
send-code = Send the code
back-to-code = Back to the code
send-code-again = Send a new code
sms-code-field = Code from the SMS
sms-code-help = We sent it to { $phone }. It may take a minute.
sms-account-help = Does the SMS say that you have an account? Then sign in with your PIN.
pin-paste = 4 to 6 digits. You can paste it.
pin-not-money = Do not use your mobile money PIN.
other-number = Use another number
new-here-say = Make an account with your phone number. It takes two minutes.
sign-in-step = Sign in, then open the page again.

### First page

hello = Hello, { $name }.
promise-sun = Share the sun
promise-sun-say = See what your roofs make and who uses it.
promise-book = Keep the books
promise-book-say = Every kwacha and every reading has its line.
promise-vote = Decide together
promise-vote-say = One home, one vote.
found-say = Ten homes can begin. Usual rules are ready.
practice-title = Look around
practice-say = Nothing here is real. Choose who you want to be.
# Button: $name is a person.
look-as = { $name }, { $role }
practice-read-sms = Read the text messages

### Tour

tour-title = Four things to know
tour-now = Now
tour-now-say = Where power comes from, and where it goes.
tour-homes = Homes
tour-homes-say = Your neighbours, and who has which office.
tour-book = Your book
tour-book-say = What you used, what you paid, what is yours.
tour-private = Private
tour-private-say = Neighbours see only what you allow. You see who looked.
tour-open = Open my group
founder-next = Tell it to your neighbours. Then add meters and equipment.
open-group-settings = Open the group's settings

### Choosing a group

group-title = Your group
find-by-code = Show this group
no-group-yet = I have no group yet
no-group-yet-say = The open market of your region takes single traders. You can move to a group later.
join-open = Join the open market
start-group-say = No group near you? Start one with ready rules.
# Above the row of houses: how many homes are in.
homes-in = { $homes_count ->
    [one] 1 home is in.
   *[other] { $homes_count } homes are in.
}
homes-needed = { $missing_count ->
    [0] Its full size is reached.
    [one] 1 more is needed for its full size.
   *[other] { $missing_count } more are needed for its full size.
}
group-is = What it is
group-wired = How it is wired
group-plant = Its plant
group-pledges = What a home puts in
pledges-range = { $least_ngwee } to { $most_ngwee }
group-comes-in = How neighbours come in
not-joinable = This group takes nobody in at this time.
use-question = What do you use?
use-light = Lights, phones
use-tv = TV, radio
use-fridge = Fridge
use-cook = Cooking
count-again = Count it for me
verdict-how = How we counted
home-title = Your home
house-number = House number or name
house-number-help = As it stands on the door. You can leave it empty.
residents = How many people live there?
meter-serial = Number of your meter
meter-serial-help = It stands on the meter. Your technician can add it later.
pledge-amount = What you will put in, kwacha
pledge-or-least = From { $least_ngwee } to { $most_ngwee }. Empty: counted with the least.
pledge-not-paid = Nothing is paid now. It is written down as promised.
pledge-vote = One home has one vote, whatever it puts in.
waiting-title = You have asked to join { $name }.
waiting-say = An officer looks at it. You get a message, and an SMS.
waiting-money = Nothing is paid, and nothing is owed.

### Founding

preset-title = What do you want to start?
preset-hostel = Students' hostel
preset-hostel-is = One meter for all, 10 to 25 rooms
preset-town = Town neighbourhood
preset-town-is = 50 to 100 homes, each on the grid
preset-village = Village
preset-village-is = Own wires, no grid, 10 to 25 homes
preset-producers = Power producers
preset-producers-is = One or two plants that sell
preset-suppliers = Suppliers of equipment
preset-suppliers-is = Two or three, with bulk prices
found-group-part = The group
found-home-part = Your own home
found-firm-part = Your own firm
found-firm-name = Name of your firm
rules-at-start = Rules at the start
rules-change-below = You can change them at the end of the form. Later a vote can.
found-code-auto = Leave it empty and we make one from the name.
found-price = Price of shared energy
found-price-help = Kwacha for 1 kWh. A vote can change it.
price-fixed = one price
price-mid_market = half-way between grid prices
price-supply_demand_ratio = by supply and demand
price-how = How prices are made
found-service-charge = For repairs and new parts, kwacha for 1 kWh
founder-is = You are its chair and treasurer until a vote.
change-preset = Choose another kind

### Own page

my-wallet-operator = Mobile money with
operator-none = none
my-data-looks = Who looked at my data
no-looks = Nobody looked. When an officer does, it is written here.
look-who = { $who } looked at { $what }
look-money = your money
look-readings = your readings
look-ledger = the whole book
put-in = put in { $amount_ngwee }
open-book = My book
my-house = House { $number }, { $alias }
profile-language-say = Pages and SMS come in this language.
sessions-say = Sign out where you do not know the device.
move-pick = Where do you want to go?

### Inbox and text messages

inbox-unread = Unread
inbox-older = Older messages
sms-page = Text messages
sms-page-say = What went out to phones, newest first.
sms-none = No text message went out yet.
# In place of a text whose code is over.
sms-code-over = The code has ended.
sms-state-waiting = waiting
sms-state-sent = sent
sms-state-failed = not sent
sms-to = to { $phone }

### Directory

directory = Neighbours
directory-title = { $homes_count ->
    [one] 1 home in this group
   *[other] { $homes_count } homes in this group
}
directory-say = You see what each home allows.
find = Find
find-help = Name, house or number
filter-role = Office
filter-any = all
show-list = Show
print-list = Print the list
no-match = No home matches.
no-match-step = Look for something else.
my-entry = My entry
edit-entry = Change my entry
entry-title = My entry in the list
entry-consents = What may neighbours see?
consent-name = My name
consent-phone = My phone number
consent-usage = What I use each day
entry-alias = Name others see
entry-skills = What I can do or lend
entry-skills-help = Such as a ladder, or wiring. You can leave it empty.
entry-languages = What I speak
officer-part = For officers
give-role = Give an office
take-role = Take { $role } back
role-given-done = The office is given.
role-taken-done = The office is taken back.
reset-approve-say = Approve a new PIN only for somebody you know and have spoken to.
reset-approved-one = Your yes is written down. Another treasurer must say yes, too.
reset-approved-two = Two said yes. The code is on its way.
reset-approved-alone = Your yes is written down. The code goes out in 24 hours, unless the person signs in.
reset-waits = The code goes out by itself, after 24 hours.
people-title = Who acts for this house
people-say = Each of them reads the book and pays from the wallet.
person-let-go = Let go
person-ask = Ask one more person
person-phone = Phone number of the person
person-ask-say = They can say yes for 14 days. We do not tell whether a number is known.
person-asked-done = If the number has an account, the person is asked.
person-gone-done = This person no longer acts for your house.
invitation-title = A house asks you
invitation-say = { $who } asks you to act for { $house } in { $name }. You would read its book and pay from its wallet.
invitation-until = You can answer until { $until }.
invitation-accept = Yes, act for this house
invitation-refuse = No
invitation-accepted = You now act for this house.
invitation-refused = You said no. Nobody is told.
leave-sure = Yes, leave the group
leave-balance = Your book here
since-short = since { $since_on }
members-book = Every home's month
next-page = More homes

### A forgotten PIN

pin-forgotten-title = You forgot your PIN
pin-forgotten-1 = Tell two treasurers
pin-forgotten-1-say = They know you. Each says yes on their own phone.
pin-forgotten-2 = Wait for the SMS
pin-forgotten-2-say = After the second yes we send you a code.
pin-forgotten-3 = Choose a new PIN
pin-forgotten-3-say = Type the code below. All phones are signed out.

### The group's settings

group-settings = Our group
group-rules = Rules
rules-version = Version { $number }, from { $from_on }
rule-key = Sharing
rule-price = Price
rule-charge = For repairs
rule-admission = New homes
rule-keepers = Money out
keepers-of = { $needed_count } of { $keepers_count } key keepers must agree
rule-pledge = A home puts in
rule-exit = Leaving
exit-days = { $days_count } days' notice
equipment = Equipment
no-equipment = No equipment is written down.
no-equipment-step = Add it, and say who owns it.
add-equipment = Add equipment
equipment-kind = What it is
equipment-name = Its name
equipment-cost = What it cost, kwacha
equipment-life = How many years it lasts
equipment-on = Working since
equipment-owners = Who owns it
owners-equal = all homes alike
owners-paid = by what each put in
meters = Meters
no-meters = No meter is written down.
no-meters-step = Add one, then say whose it is.
add-meter = Add a meter
meter-number = Number on the meter
meter-limit = Highest power, W
meter-of = Whose it is
meter-from = From
assign-meter = Give it to a home
meter-free = belongs to nobody
meter-plant = measures the plant
# How reliably the meter of a home speaks.
read-new = new
read-days = { $all_count ->
    [one] full readings on { $whole_count } of { $all_count } day
   *[other] full readings on { $whole_count } of { $all_count } days
}
owners-nobody = Nobody is written down.
paid-in-title = Money put in
paid-in-say = What homes promised and what they paid.
promised = promised { $amount_ngwee }
paid = paid { $amount_ngwee }
enter-cash = Write down money for our equipment
cash-from = From which home
cash-amount = Amount, kwacha
cash-button = Write it down
cash-done = { $amount_ngwee } from house { $number } is in the book.
own-meters-say = You can add meters of your own home. Their readings are sent by who looks after the market.
desk-title = Cash received
desk-say = What homes paid you in cash. A debt is paid first, the rest goes into the wallet.
desk-enter = Write down cash received
desk-paper = Number on your paper receipt
desk-done = Written down: { $amount_ngwee } from house { $number }.
payouts-open = Open payouts
payouts-open-say = Hand the cash over first. Then confirm it here.
payouts-none = Nobody waits for cash.
payouts-none-step = Who asks for cash stands here.
payout-number = Payout { $number }
payout-until = until { $until_on }
payout-confirm = I handed it over
payout-confirm-done = Confirmed: { $amount_ngwee } handed over.
payout-cancel = Cancel it
payout-cancel-done = The payout is cancelled. The money is back in the wallet.
payout-state-open = waits for an officer
payout-state-paid = handed over
payout-state-cancelled = cancelled
payout-state-expired = not paid in time
take-out = Take money out
take-out-say = Ask here. Your money is held until an officer hands you the cash.
take-out-free = You can take out
take-out-owed = You owe
take-out-owed-say = Pay it to an officer in cash.
take-out-button = Ask for the cash
take-out-done = You asked for { $amount_ngwee }. An officer hands it to you.
take-out-mine = My payouts
meter-added = The meter is written down.
meter-assigned-done = The meter has its home.
equipment-added = The equipment is written down.
settings-officers = Officers of this group can change this.
sizes-of = { $power_w }, battery { $capacity_wh }

### Refusals

not-yours = This page is not for you.
not-yours-step = Ask an officer of the group, or go to your own groups.
form-again-step = Open the page again and send the form once more.
form-unreadable = We could not read this form.
not-done = This was not done.
my-groups-link = My groups

### More of the own page

wallet = In my book
move-or-leave = Move or leave

### More of the settings

per-kwh = { $price_ngwee } for 1 kWh
key-equal = all homes alike
key-ownership = by who owns the plant
key-contribution_tiers = by what each put in
key-consumption = by what each uses
key-static = by fixed parts
key-hybrid = a mix of two
for-officers = For officers
asked-on = asked on { $on }
used-in = Used { $used_wh } in { $month }
not-said = not said
open-their-book = Open their book
book-title = The book
look-is-written = Looking is written down. The home sees it.

### More of choosing a group

other-group = Look at another group
alias-help = Neighbours see this name. A short one is fine.
outage-question = How long is the grid off each day?
scenario-hours = { $count ->
    [0] not at all
    [one] 1 hour
   *[other] { $count } hours
}
verdict-uses = You use about
verdict-pay-now = You pay for power now
verdict-get-note = from the shared plant, each month
verdict-wear = The plant wears, for your part
verdict-no-grid = There is no grid price to compare with.
verdict-dark = { $count ->
    [one] About 1 hour a month stays dark while the grid is off.
   *[other] About { $count } hours a month stay dark while the grid is off.
}
verdict-nothing-to-compare = Without a grid nothing can be paid back in money. You get light.
each-month = each month
sure-high = We are sure of this.
sure-medium = We are fairly sure of this.
sure-low = This is a guess.
assume-battery_wh_per_kilowatt = Each kW of panels has { $wh } of battery.
assume-cost_per_kilowatt_ngwee = Each kW of panels costs { $ngwee }, battery included.
assume-equipment_life_years = The plant lasts { $count } years.
assume-load_typical_day = You use power at the hours most homes do.
assume-neighbours_not_modelled = What neighbours give you is not counted.
assume-plant_own_days = The plant makes what it made on { $count } days.
assume-plant_part_of_weights = Your part is counted by what homes put in.
assume-plant_planned_watts = Your part of the plant is { $w } of panels.
assume-sun_clear_sky_reference = The sun is counted from its path in the sky.
assume-sun_clearness_percent = Clouds leave { $percent } of the sun.
assume-tariff_from_day = Grid prices are those from { $on }.
assume-use_own_days = Your use is counted from { $count } of your own days.
assume-use_own_readings_days = Your use is counted from { $count } days of your readings.

### After looking at the pages

found-rules-fold = Change the rules or the size
entry-consents-help = Nothing is shown that you do not tick. Officers still see what their office needs.
rules-usual = the usual rule
meters-count = { $count ->
    [one] 1 meter
   *[other] { $count } meters
}
verdict-earn = You would earn
verdict-earn-from = each month, from your sun that is sold
my-home = My home
my-home-used = I used today
left-done = You leave the group at the end of today.
verdict-hours-alone = { $count ->
    [one] About 1 hour a month with power.
   *[other] About { $count } hours a month with power.
}
verdict-dark-alone = { $count ->
    [one] About 1 hour a month you want power and have none.
   *[other] About { $count } hours a month you want power and have none.
}
my-home-none = Your home has no reading yet.
my-home-none-step = Your share starts with the first one.
change-owners = Change the owners from this day
