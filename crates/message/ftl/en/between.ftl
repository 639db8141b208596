# Trade with other groups: papers, what the members allow, offers to all groups, deals with one group, what was delivered.

### What is true now

groups-trade = Trade with other groups
groups-papers-missing = Papers are missing. We cannot trade yet.
groups-no-limits = Members have allowed no trade yet.
groups-answer = { $count ->
    [one] 1 deal waits for our answer.
   *[other] { $count } deals wait for our answer.
}
groups-may = We may trade with other groups.
groups-lead-officer = You can offer, answer and agree for the group.
groups-lead-member = Officers offer and agree. You can look.
groups-do = What do you want to do?
groups-do-deal = Propose a deal
groups-do-offer = Offer to all groups
groups-do-say = A deal is with one group, and you can talk about it. An offer is for all.
groups-how = How trade with other groups works
groups-how-offer = At 18:00 all offers for the next day are matched.
groups-how-price = You never get less than your price, and never pay more.
groups-how-deal = A deal is made when one group proposes and the other agrees.
groups-how-line = Some power is lost on the way. The owner of the line gets a fee.
groups-how-meters = Meters say what was sent. Only that is paid.
groups-how-short = Who sends less than agreed pays a penalty.

### Papers that the law asks for

papers = Papers
papers-good = All papers are there.
papers-missing = { $count ->
    [one] 1 thing is missing.
   *[other] { $count } things are missing.
}
papers-there = There
papers-lack = Missing
papers-over = Over
papers-capacity = How much our plant can make
papers-grid = How our wires join the grid
papers-licence = Licence
papers-seller = Who sells by the law
papers-wires = Wires to other groups
papers-vote = Vote of the members
papers-none = Nobody has written this down.
papers-licence-line = Number { $number }, good until { $last }
papers-licence-number = Number { $number }, last day not known
papers-licence-free = None needed: { $why }
papers-vote-day = On { $day }
papers-own-wires = Our own wires
papers-own-wires-lack = Each home here has its own contract. No wires lead to other groups.
papers-ask-chair = The chair fills in the papers.
papers-last = { $count ->
    [one] Written once, on { $last_at }.
   *[other] Written { $count } times, last on { $last_at }.
}
papers-fill = Fill in the papers
papers-change = Change the papers
papers-fill-say = Leave open what you do not know yet.
papers-field-capacity = Our plant can make
papers-field-grid = Our wires and the grid
papers-grid-unknown = Not known yet
papers-grid-none = Own wires, no grid
papers-grid-one-point = One grid connection, nothing is fed in
papers-grid-net = One grid connection, the rest is fed in
papers-field-number = Number of the licence
papers-field-last = Last day of the licence
papers-field-free = Or why no licence is needed
papers-field-free-say = Only for a plant of 100 kW or less.
papers-field-seller = Who sells by the law
papers-seller-member = Each member
papers-seller-cooperative = The group as a cooperative
papers-field-wires = Whose wires, and by which agreement
papers-field-vote = Day of the vote
papers-save = Save the papers
papers-capacity-wrong = Write kilowatts above zero, such as 20.
unit-kw = kW

### What the members allow

limits-title = What the members allow
limits-say = Officers stay within this, all offers and deals together.
limits-none = Members have not said anything yet. So officers can offer nothing.
limits-sell = Sell at most
limits-sell-price = Sell for at least
limits-buy = Buy at most
limits-buy-price = Pay at most
limits-buy-price-say = for 1 kWh, line fee in it
limits-spend = Spend at most
limits-spend-say = in a day, penalties too
limits-day = in a day
limits-since = Good from { $from_on } on, version { $number }.
limits-vote = A vote of the members changes this.
limits-forming = Your group is still forming. So the chair may set this now.
limits-set = Set what is allowed
limits-from = Good from
limits-save = Save
limits-energy-wrong = Write kWh, such as 40.
limits-money-wrong = Write kwacha, such as 100.

### Offers to all groups

offer-title = Offer to all groups
offer-all = Our offers
offer-none = Our group offers nothing now.
offer-sell = Sell { $energy_wh } for { $price_ngwee } or more
offer-buy = Buy { $energy_wh } for { $price_ngwee } or less
offer-hours = { $day }, { $from } to { $until }, { $hourly } each hour
offer-span = { $from } to { $until }, { $hourly } each hour
offer-day-hours = { $day }, { $from } to { $until }
offer-closes = Offer { $number }, matching { $gate_at }
offer-number = Offer { $number }
offer-filled = { $filled_wh } of { $energy_wh } found a partner.
offer-not-ready = Our group was not allowed to trade when the board closed. See the papers.
offer-too-many = Too many groups offered at once. Those who offered first took part.
offer-late = It came after the board had closed.
offer-unreadable = Something was wrong with our books. The operator was told.
offer-alone = It found no partner.
offer-open = Open
offer-matched = Matched
offer-back = Taken back
offer-take-back = Take back
offer-older = Earlier offers
offer-side = Our group wants to
offer-side-sell = Sell
offer-side-sell-note = we have too much
offer-side-buy = Buy
offer-side-buy-note = we have too little
offer-day = Day
offer-from = From
offer-until = Until
offer-hour = Energy each hour
offer-price = Price
offer-price-say = Selling: this or more, for each kWh sent. Buying: this or less, for each kWh that arrives, line fee in it.
offer-look = See the total first
offer-check = Check before you offer
offer-check-line-sell = We sell { $energy_wh } for { $price_ngwee } or more.
offer-check-line-buy = We buy { $energy_wh } for { $price_ngwee } or less.
offer-check-when = When
offer-check-hour = Each hour
offer-check-all = Energy in all
offer-check-get = We get, at least
offer-check-pay = We pay, at most
offer-check-gate = Matching
offer-check-part = Maybe only a part finds a partner. Then only that part counts.
offer-check-penalty = What we sell and do not send costs { $penalty_ngwee } for 1 kWh, { $most_ngwee } at most. Where the grid is dearer, we pay the difference too.
offer-check-lines = On the way
offer-check-lines-sell = With our price, the other group pays for 1 kWh that arrives:
offer-check-lines-buy = With our price, the other group gets for 1 kWh that it sends:
offer-check-no-line = No line leads to another group. Nobody could take this offer.
offer-check-confirm = Put the offer on the board
offer-other = Another offer
energy-steps = Write kWh in steps of { $step }, such as 1.5.
hours-wrong = The end must come after the beginning.
clock-wrong = Choose a time.
energy-wrong = Write how many kWh each hour, such as 1.5.

### The board of the region

region-board = What other groups offer
region-board-none = No other group offers or asks now.
region-board-none-step = You can make the first offer.
region-wants = { $name } wants { $energy_wh }
region-sells = { $name } sells { $energy_wh }
region-pays = Pays up to { $price_ngwee } for 1 kWh
region-asks = Asks { $price_ngwee } for 1 kWh
region-way = { $loss_ppm } is lost on the way, line fee { $fee_ngwee }
region-no-line = No line leads there.
region-we-get = we get { $door_ngwee }
region-we-pay = we pay { $door_ngwee }
region-worth-get = By supply and demand now: we get { $price_ngwee }
region-worth-pay = By supply and demand now: we pay { $price_ngwee }
region-dear-get = The line is too dear: their grid costs them less.
region-dear-pay = The line is too dear: our grid costs us less.
region-more = More offers

suggest-sell = Suggested for selling: { $price_ngwee }.
suggest-buy = Suggested for buying: { $price_ngwee }.
suggest-sell-dear = Selling: the line is too dear, their grid costs less.
suggest-buy-dear = Buying: the line is too dear, our grid costs less.
suggest-dear = The lines are too dear now: the grid costs less.
suggest-how = Suggested prices come from what both groups should have and want soon. The prices of the grid, the line fee and the loss count too.

col-they-get = They get

### Deals with one group

group-deals = Our deals
group-deals-none = Our group has no deal yet.
group-deals-none-step = Propose one to a group that a line leads to.
group-deals-older = Earlier deals
group-deal-sell = Sell { $energy_wh } to { $name }
group-deal-buy = Buy { $energy_wh } from { $name }
group-deal-number = Deal { $number }
group-deal-price = { $price_ngwee } for 1 kWh
group-deal-mine = Our answer is needed
group-deal-theirs = Waits for their answer
group-deal-agreed = Agreed
group-deal-declined = Declined
group-deal-withdrawn = Taken back
group-deal-expired = Ran out
group-deal-look = Look
group-deal-answer = Answer
group-deal-late = Time ran out

### One deal

deal-page-mine = { $name } waits for our answer.
deal-page-theirs = We wait for the answer of { $name }.
deal-page-agreed = We have a deal with { $name }.
deal-page-declined = This deal was declined.
deal-page-withdrawn = These terms were taken back.
deal-page-expired = Nobody answered in time.
deal-terms-table = What is on the table
deal-terms-agreed = What was agreed
deal-terms-last = The last terms
deal-we-sell = We sell { $energy_wh } to { $name }.
deal-we-buy = We buy { $energy_wh } from { $name }.
deal-fact-from = From
deal-fact-until = Until
deal-fact-hour = Each hour
deal-fact-price = For 1 kWh sent
deal-fact-penalty = For 1 kWh not sent
deal-fact-penalty-note = the seller pays it
deal-answer-before = Answer before { $answer_at }
deal-fact-answer = Answer before
deal-sum = If all is sent
deal-sum-sent = Sent
deal-sum-arrives = Arrives, { $loss_ppm } is lost
deal-sum-energy = For the energy
deal-sum-fee = Line fee
deal-sum-rent = For the full line
deal-sum-we-pay = We pay
deal-sum-we-get = We get
deal-sum-they-pay = { $name } pays { $money_ngwee } in all, line fee in it.
deal-short-we = If we send nothing, the penalty is { $money_ngwee }. Where the grid is dearer than this deal, we pay the difference too.
deal-short-they = If they send nothing, they pay us { $money_ngwee }. Where the grid is dearer than this deal, they pay the difference too.
# A deal that looks odd: it binds when a second officer agrees
deal-second = One officer has agreed. One more must, from another home.
deal-doubt-person = The same person is an officer of both groups.
deal-doubt-trip = Energy was sold the other way in the last 24 hours.
deal-doubt-price = The price is far from what others pay.
deal-accept-look = See the total and agree
deal-counter = Other terms
deal-decline = Say no
deal-withdraw = Take back
deal-withdraw-say = You can take your terms back until they answer.
deal-officer-answers = An officer answers.
deal-on-the-way = Your answer is on its way to { $name }.
deal-from-matching = This deal comes from the matching of all offers.
deal-history = How it went
deal-act-our-offer = We proposed
deal-act-their-offer = { $name } proposed
deal-act-our-counter = We named other terms
deal-act-their-counter = { $name } named other terms
deal-act-our-accept = We agreed
deal-act-their-accept = { $name } agreed
deal-act-our-decline = We said no
deal-act-their-decline = { $name } said no
deal-act-our-withdraw = We took it back
deal-act-their-withdraw = { $name } took it back
deal-act-expire = Nobody answered in time
deal-act-clear = The matching made this deal
deal-act-terms = { $energy_wh }, { $price_ngwee } for 1 kWh, penalty { $penalty_ngwee }

### A deal before it is made

deal-new = Propose a deal
deal-new-line = A line must lead to the other group.
deal-new-nobody = No line leads to another group.
deal-new-nobody-step = The person who runs Innerlectra writes lines down.
deal-other = With which group
deal-other-buy-sell = both ways
deal-other-sell = we can sell
deal-other-buy = we can buy
deal-day-from = First day
deal-day-until = Last day
deal-price = Price for 1 kWh sent
deal-penalty = Penalty for 1 kWh not sent
deal-penalty-say = The seller pays it. At most twice the price.
deal-answer-day = Answer until, day
deal-answer-time = Answer until, time
deal-night = Power is sent all the time in between, at night too.
deal-look = See the total first
deal-check = Check before you propose
deal-check-confirm = Propose the deal
deal-check-other = Change the terms
deal-check-binds = If { $name } agrees, it binds both groups.
deal-counter-title = Name other terms
deal-counter-say = Change what you want to change. The rest stays.
deal-counter-confirm = Send these terms
deal-accept-title = Check before you agree
deal-accept-binds = It binds both groups at once. Nobody can take it back.
deal-accept-get = Agree and get { $money_ngwee }
deal-accept-pay = Agree and pay { $money_ngwee }
deal-changed = The terms changed while you looked. Nothing was done. These are the new terms.

### What stands in the way, at its field

deal-fault-bounds = Begin and end on a full hour.
deal-fault-begun = This time has begun. Choose a later one.
deal-fault-far = This is too far ahead. At most 60 days.
deal-fault-energy = Write an amount above zero.
deal-fault-price = Write a price above zero, such as 1.20.
deal-fault-penalty = The penalty is twice the price at most.
deal-fault-penalty-form = Write a penalty, or 0.
deal-fault-expiry = Later than now, and not after power is sent.
deal-fault-one = Choose another group.
limit-sell = Members allow to sell { $most_wh } in a day. With this it is { $found_wh }.
limit-buy = Members allow to buy { $most_wh } in a day. With this it is { $found_wh }.
limit-spend = Members allow to spend { $most_ngwee } in a day. With this it is { $found_ngwee }.
limit-sell-price = Members allow to sell for { $least_ngwee } or more.
limit-buy-price = Members allow { $most_ngwee } at most, line fee in it. This is { $found_ngwee }.
line-room = The line carries { $most_wh } an hour. { $taken_wh } of it is taken.
papers-of-other = { $code } has papers missing. It cannot trade yet.
papers-of-own = Our papers are not complete. See what is missing.
trade-of-other-off = { $code } does not trade with other groups.
offer-gate-over = Offers for this day closed { $gate_at }. Choose a later day.

### What was delivered

delivered-title = Delivered in the last month
delivered-none = Nothing was to be delivered in the last month.
delivered-all = { $delivered_wh } of { $promised_wh } was delivered.
delivered-sold = Sold to { $name }
delivered-bought = Bought from { $name }
delivered-deal = { $day }, deal { $number }
delivered-short = { $short_wh } missing, penalty { $penalty_ngwee }
delivered-short-free = { $short_wh } missing, no penalty
delivered-guess = Some readings are still missing.
delivered-line = { $lost_wh } could not pass the line. Nobody pays for that.
delivered-money-say = Plus: the other group pays us. Minus: we pay it. The line fee is not in it.
delivered-more = Earlier days

### Done

groups-done-papers = The papers are saved.
groups-done-limits = What is allowed is saved.
groups-done-offer = The offer is on the board.
groups-done-back = The offer is taken back.
groups-done-deal = The deal is proposed. Their officers were told.
groups-done-accept = Agreed. The deal binds both groups.
groups-done-second = Your yes is written down. One more officer must agree.
groups-done-counter = Your terms were sent.
groups-done-decline = You said no. Their officers were told.
groups-done-withdraw = Your terms are taken back.
