# The Trading Hub: energy credits, orders, the book, last trades, other groups.

# Navigation
nav-trade = Trade

### What is true now

trade-market = Trade in this group
trade-spare = You have { $spare_w } to spare now.
trade-credits = You have { $credits_wh } to sell.
trade-nothing = You have nothing to spare now.
trade-off = Members here do not trade with each other.
# Below the price of the next hours
price-not-of-credits = This is what power costs the homes, own sun included. Credits have the price that buyers and sellers agree on.
trade-off-step = A vote of the group can change that.
# Without a grid nothing keeps energy for later
trade-off-grid = Without a grid there are no energy credits to trade. What is over is shared, or stored in the battery.
trade-no-home = Only homes of this group trade here. You can look.
# Figures beside the headline
label-credits = My credits
label-held = { $held_wh } held for orders
label-spare-today = To spare today
label-spare-note = made and not used
label-earned = Earned this month
label-sold = { $sold_wh } sold
label-last-price = Last trade
# How trading between neighbours works, in one sentence each.
trade-how = How trading works
trade-how-credit = An energy credit is 1 kWh that the group owes you.
trade-how-hold = An order holds its money or credits until it trades or ends.
trade-how-price = You never pay more than your price, and never get less.
trade-how-fee = There is no fee inside the group.

### Simple mode

simple = Simple
more-choices = More choices
sell-auto = Sell my spare power
sell-auto-say = By itself, from what you made and did not use.
sell-floor = Sell only at or above
keep-first = Keep for me first
buy-auto = Buy when I lack power
buy-auto-say = By itself, as far as your wallet goes.
buy-ceiling = Pay at most
buy-until = Buy until I have
buy-instead = Or buy by itself
unit-kwacha = K
unit-kwh = kWh
unit-for-kwh = for 1 kWh
standing-since = On since { $since_at }.
standing-off = Off now.
spare-today = Today you made { $spare_wh } more than you used.
# What is expected of the rest of the day, from the last two weeks
spare-left = About { $left_wh } more is expected today.
spare-usual = On a usual day { $usual_wh } is left over.
spare-none-today = Today you used all that you made.
credits-free = Free to sell
credits-held = Held in orders
wallet-free = In my wallet
credits-none = You have no energy credits yet.
credits-none-step = You need some before you can sell.
credits-banking = What you do not use becomes credits.
credits-not-banking = What you do not use is paid out. It does not become credits.

### What happens with the surplus, and gifts

surplus-title = My spare power
surplus-say = This is about power that nobody in the group uses.
surplus-ask = What happens with it
surplus-paid = Paid
surplus-paid-note = you get money for it
surplus-bank = Kept as energy credits
surplus-bank-note = no money: you get the power back later
surplus-now-paid = Now it is paid.
surplus-now-bank = Now it is kept as energy credits.
surplus-then-paid = From { $from_on } on it is paid.
surplus-then-bank = From { $from_on } on it is kept as energy credits.
surplus-from = A new choice holds from { $from_on } on.
surplus-save = Save the choice
surplus-shut = The group can keep no more now. What cannot be kept is paid.
gift = Give credits to another home
gift-say = They are a gift: you get no money for them.
gift-house = House number
gift-look = See the gift first
gift-check = Check before you give
gift-line = Give { $energy_wh } to { $name }, house { $house }.
gift-final = It is theirs at once. You cannot take it back.
gift-confirm = Give { $energy_wh }
gift-change = Change

### What stands behind the credits

cover-title = Behind the credits
cover-none = Nobody has energy credits yet.
cover-all = The group owes { $owed_wh } of credits, and could buy back all of it.
cover-part = The group owes { $owed_wh } of credits, and could buy back { $covered_wh }.
cover-utility = The power company keeps { $owed_wh } for the homes here.
cover-how = How this is computed
cover-held = Free, with homes
cover-reserved = Held in orders
cover-used = Used
cover-moved = Gone to other groups
cover-tokens = Turned into tokens
cover-expired = Ended unused
cover-issued = All credits so far
cover-fund = Money in the credit fund
cover-price = Most that 1 kWh can cost
cover-back = Could be bought back now
cover-divided = The fund divided by that price, and never more than is owed.
cover-open = More spare power can be kept today.
cover-shut = No more can be kept today, until the fund has more money.

### An order

order-place = Place an order
order-other = Another order
order-side = I want to
order-sell = Sell
order-sell-note = give spare power
order-buy = Buy
order-buy-note = get more power
order-energy = How much
order-energy-free = You have { $free_wh } to sell
order-price = My price
order-price-say = Selling: this or more. Buying: this or less.
order-band = Allowed here: { $least_ngwee } to { $most_ngwee }
order-until = Good for
order-days = { $count ->
    [one] 1 day
   *[other] { $count } days
}
order-total-first = See the total first

### Before it is placed

check-sell = Check before you sell
check-buy = Check before you buy
check-step = step 2 of 2
check-line-sell = Sell { $energy_wh } for { $price_ngwee } or more. Good until { $until_at }.
check-line-buy = Buy { $energy_wh } for { $price_ngwee } or less. Good until { $until_at }.
check-meets = { $energy_wh } at { $price_ngwee }
check-fee = Fee
check-get = You get now
check-pay = You pay now
check-line-rest = { $energy_wh } at { $price_ngwee }, while it waits
check-get-all = You get when all is sold
check-pay-all = You pay when all is bought
check-now-get = You get { $money_ngwee } now.
check-now-pay = You pay { $money_ngwee } now.
check-waits = { $rest_wh } finds nobody yet and waits.
check-all = All of it trades at once.
check-hold-money = Held from your wallet while it waits: { $hold_ngwee }.
check-hold-credits = Held from your credits while it waits: { $hold_wh }.
check-exact = This total is what is booked. If others trade first, you are asked again.
check-version = Order book, change no. { $number }
check-changed = The order book changed while you looked. Nothing was done. This is the new total.
check-confirm-sell = Sell for { $money_ngwee }
check-confirm-buy = Buy for { $money_ngwee }
check-confirm-waits = Place the order
check-change = Change

### Own orders and trades

orders-mine = My open orders
orders-more = { $count ->
    [one] One more order
   *[other] { $count } more orders
}
orders-none = You have no open order.
order-line-sell = Sell { $left_wh } for { $price_ngwee } or more
order-line-buy = Buy { $left_wh } for { $price_ngwee } or less
order-filled = { $filled_wh } of { $energy_wh } traded, { $paid_ngwee }
order-ends = Order { $number }, good until { $until_at }
order-number = Order { $number }
order-waits = Waits for an officer
order-waits-say = An officer looks at it first. Nothing is held for it.
order-cancel = Take back
order-change = Change
order-change-title = Change order { $number }
order-change-say = A new price, or more energy, goes to the end of the line.
order-change-left = Still to trade
order-change-save = Save the change
trades-mine = My trades
trades-none = You have not traded yet.
trades-delivered = Inside the group a trade is delivered at once, all of it.
trade-sold = Sold at { $price_ngwee }
trade-bought = Bought at { $price_ngwee }
col-when = When
month-traded = { $month }
month-earned = earned, { $sold_wh } sold
month-bought = You bought { $bought_wh } for { $paid_ngwee }.
month-net-none = You have not traded this month.
trade-done-traded = { $energy_wh } traded for { $money_ngwee }.
trade-done-part = { $energy_wh } traded for { $money_ngwee }. The rest waits in the book.
trade-done-waits = Your order waits in the book.
trade-done-held = An officer looks at your order first. Nothing was traded yet.
trade-done-cancelled = Your order is taken back. What it held is free again.
trade-done-on = Saved. It runs by itself from now on.
trade-done-off = Saved. It is off now.
trade-done-told = Your officers were told.
trade-done-chosen = Your choice is saved.
trade-done-given = You gave { $energy_wh } to house { $house }.
trade-done-released = The order goes on.
trade-done-refused = The order is refused. The house was told.

### Something is not right with a trade

dispute = This is not right
dispute-say = Tell your officers what went wrong with a trade.
dispute-which = Which trade
dispute-words = What is wrong
dispute-send = Tell the officers

### The market of the group

offers-title = Prices asked and offered
offers-both = Sellers ask from { $ask_ngwee }. Buyers pay up to { $bid_ngwee }.
offers-asks = Sellers ask from { $ask_ngwee }. Nobody wants to buy yet.
offers-bids = Buyers pay up to { $bid_ngwee }. Nobody offers yet.
offers-none = Nobody sells and nobody buys now.
offers-none-step = Your order would be the first.
offers-sellers = Sellers ask at least
offers-buyers = Buyers pay at most
offers-more = The table has more prices.
offers-table = Open offers
col-sellers = Sellers
col-buyers = Buyers
market-title = Last trades
market-day = { $count ->
    [one] 1 trade in 24 hours, { $energy_wh }.
   *[other] { $count } trades in 24 hours, { $energy_wh }.
}
market-last = The last one was at { $when } for { $price_ngwee }.
market-none = Nobody has traded yet.
market-none-step = The price of the first trade will stand here.
market-picture = Lowest { $low_ngwee }, highest { $high_ngwee }, last { $last_ngwee }.
market-key-last = last price
market-key-span = lowest to highest
market-prices = Prices of trades
market-trades = Last trades, without names
col-lowest = Lowest
col-highest = Highest
col-last = Last
col-energy = Energy

### Other groups

between-title = Other groups
between-off = Our group does not trade with other groups.
between-needs-capacity = How much our plant can make
between-needs-grid = How our wires join the grid
between-needs-licence = The number of the licence and its last day
between-licence-over = The licence is over
between-needs-seller = Who the seller is by the law
between-needs-wires = Which wires the energy takes
between-needs-vote = The day on which the members voted for it
between-missing = Before our group may trade, this is missing:
between-best = { $name } pays best: { $door_ngwee } reaches us.
between-none = No other group offers or asks now.
between-buyers = Groups that want to buy
between-sellers = Groups that sell
col-group = Group
col-they-pay = They pay
col-they-ask = They ask
col-lost-way = Lost on the way
col-line-fee = Line fee
col-we-get = We get
col-we-pay = We pay
board-wants = wants { $energy_wh }
board-offers = offers { $energy_wh }
deals = Deals of our group
deal-sold = { $day }, sold to { $name }
deal-bought = { $day }, bought from { $name }
deal-amount = { $delivered_wh } of { $promised_wh } delivered, { $money_ngwee }
deal-promised = { $promised_wh } promised, { $money_ngwee }
deal-all = All delivered
deal-part = Part delivered

### For officers

held-title = Orders that wait for you
held-none = No order waits.
held-line = House { $house }: { $order }
held-wash = The same homes trade back and forth.
held-related = Buyer and seller are close to each other.
held-band = The price is far from what others pay.
held-burst = Many orders came in a short time.
held-other = It looks unusual.
held-own = This order is of your own house. Another officer decides.
held-release = Let it go on
held-refuse = Refuse
held-short = The house has too little money or credits for it now. It still waits.
held-cannot = The order cannot go on as it is. It still waits.
