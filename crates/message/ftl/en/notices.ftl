# What is told without being asked: the inbox (notice-…) and text messages (sms-…).
# A text message has 160 plain letters with the longest names and amounts.

### Inbox

notice-welcome = Welcome to { $name }. Your book has number { $number }.
notice-joined = { $who } has joined { $name }.
notice-asked = { $who } asks to join { $name }.
notice-admitted = { $name } has taken you in.
notice-refused = { $name } has not taken you in. Ask its chair why.
notice-left = { $who } has left { $name }.
notice-month-closed = { $month } is closed in { $name }. Your receipt is ready.
notice-reset-asked = { $who } asks for a new PIN. Confirm only if you know that it is really them.
# To the person whose PIN it is, after the first of two officers agreed.
notice-reset-begun = An officer of { $name } agreed to a new PIN for you. If you did not ask for it, tell your chair.
# To the person and to both officers.
notice-reset-code-sent = Two officers of { $name } agreed to a new PIN for { $who }. The code went to the phone of { $who }.
# To operators, where the person has fewer than two treasurers; $person is the number of the user.
notice-reset-asked-operator = { $who } (user { $person }) asks for a new PIN and has no two treasurers. Agree only if you know them.
# To the person whose PIN it is, after an operator agreed alone.
notice-reset-waits = An operator agreed to a new PIN for you. The code comes in 24 hours. If you did not ask, sign in with your PIN: that stops it.
# To the person and to the operator.
notice-reset-code-alone = The code for the new PIN of { $who } went to the phone of { $who }.
notice-reset-stopped = You signed in with your PIN. The wish for a new PIN is over.
notice-reset-done = Your PIN was set anew. If it was not you, tell your treasurer now.
notice-signed-in = Your account was opened on another phone, { $at }. If it was not you, change your PIN.
# To operators, from the comparison of what clusters owe each other.
notice-clearing-differs = The clearing accounts of { $name } and { $who } do not add up: { $amount_ngwee } is left. Nothing was changed. Compare both books.
notice-move-stopped = Move { $number } of { $name } cannot go on: { $code }. Nothing is lost. Look into it.
notice-payment-in = { $who } paid you { $amount_ngwee }.
notice-meter-assigned = Meter { $meter } is yours from { $from_on }.
# When a notice cannot be read because of a fault of the program.
notice-without-words = Something happened in your group. Ask your treasurer what.
notice-role-given = You are now { $role } of { $name }.
notice-role-taken = You are no longer { $role } of { $name }.
# To a person who is asked to act for a household; $who asks.
notice-invited = { $who } asks you to act for { $household } in { $name }. You would read its book and pay from its wallet. Answer in your messages.
# To all who act for a household. Who is meant is not said on purpose.
notice-person-asked = { $who } asked one more person to act for your house in { $name }.
notice-person-new = { $who } now acts for your house in { $name }.
notice-person-gone = { $who } no longer acts for the house in { $name }.

# Cash: what a member paid to an officer, and what the member takes out.
notice-cash-in = You paid { $amount_ngwee } in cash to { $name }. You now have { $balance_ngwee }.
notice-cash-debt = You paid { $amount_ngwee } in cash to { $name }. { $debt_ngwee } of it paid your debt. You now have { $balance_ngwee }.
notice-payout-asked = You asked { $name } for { $amount_ngwee } in cash. Your payout has number { $number }.
notice-payout-paid = { $name } gave you { $amount_ngwee } in cash, payout { $number }. If you did not get it, tell your chair now.
notice-payout-cancelled = Payout { $number } of { $name } is cancelled. Your { $amount_ngwee } are back in your wallet.
notice-payout-expired = Nobody paid payout { $number } of { $name } in time. Your { $amount_ngwee } are back in your wallet.
# The same, to the officers.
notice-payout-wanted = { $who } asks { $name } for { $amount_ngwee } in cash. The payout has number { $number }.
notice-payout-given = { $who } got { $amount_ngwee } in cash from { $name }, payout { $number }.
notice-payout-withdrawn = Payout { $number } of { $name } is cancelled. { $who } keeps the { $amount_ngwee }.
notice-payout-lapsed = Nobody confirmed payout { $number } of { $name } in time. { $who } keeps the { $amount_ngwee }.
# Orders that an officer looks at before they go into the book; $reason is one of the texts reason-guard-….
notice-order-held = Your order { $number } in { $name } waits for an officer: { $energy_wh } at { $price_ngwee } for each kWh. Why: { $reason }. Nothing is reserved for it.
notice-order-released = An officer of { $name } let your order { $number } go on.
notice-order-refused = An officer of { $name } refused your order { $number }. Ask your chair why. Nothing was reserved for it.
notice-order-lapsed = Nobody decided about your order { $number } in { $name } in time. It has ended. Nothing was reserved for it.
# The same, to the officers.
notice-order-look = Order { $number } of { $who } in { $name } waits for you: { $energy_wh } at { $price_ngwee } for each kWh. Why: { $reason }.
notice-order-passed = Order { $number } of { $who } in { $name } was let go on.
notice-order-stopped = Order { $number } of { $who } in { $name } was refused.
reason-guard-wash = energy would go round between the same homes
reason-guard-related = the same person acts for both homes
reason-guard-price-band = the price is far from what others pay
reason-guard-burst = many orders came in a short time
notice-contribution-in = You paid { $amount_ngwee } for the equipment of { $name }. In all you paid { $paid_ngwee }.
notice-shares-set = From { $from_on } the shares of { $asset } in { $name } are new. Look at yours.
notice-money-sent = { $amount_ngwee } of yours left { $name } and goes to your new group.
notice-credits-given = { $name } gave you { $energy_wh } of energy credits.
notice-money-arrived = { $amount_ngwee } of yours arrived in { $name }.
# Price alerts. The prices are for a kWh.
notice-alert-above = Energy in { $name } costs { $price_ngwee } a kWh. You wanted to know from { $limit_ngwee } on.
notice-alert-below = Energy in { $name } costs { $price_ngwee } a kWh. You wanted to know at { $limit_ngwee } or less.
notice-alert-change = Energy in { $name } costs { $price_ngwee } a kWh. It was { $base_ngwee } when you set the alert.
notice-alert-change-day = Energy in { $name } costs { $price_ngwee } a kWh: { $change_ppm } or more away from the price a day ago.
notice-alert-cheap = Energy in { $name } will be cheap from { $from_at }.
notice-alerts-held = { $count ->
    [one] One more of your price alerts went off on { $day_on }. Ten a day are told.
   *[other] { $count } more of your price alerts went off on { $day_on }. Ten a day are told.
}
notice-rules-changed = From { $from_on } new rules hold in { $name }.

# Trade with other groups, to the officers of $name; $who is the other group.
notice-deal-offered = { $who } offers { $name } a deal for energy. It has number { $number }.
notice-deal-countered = { $who } names other terms for deal { $number } of { $name }. Answer in time.
notice-deal-accepted = { $who } accepts deal { $number } of { $name }.
notice-deal-declined = { $who } says no to deal { $number } of { $name }.
notice-deal-withdrawn = { $who } takes back its terms for deal { $number } of { $name }.
notice-deal-second = A first officer of { $name } says yes to deal { $number }. Something about it is unusual, so look at it: it holds when a second officer says yes.
notice-deal-expired = Deal { $number } of { $name } with { $who } has run out.
# After the clearing of all offers of the region; $number deals were made for the day.
notice-market-cleared = { $name } trades with other groups on { $day_on }. Deals: { $number }.
# The offers of $name for a day met nobody in its clearing; $number is how many offers.
notice-market-nobody = The offers of { $name } for { $day_on } met nobody: no partner had a price that fits, or no line leads there. Offers: { $number }.
notice-market-not-ready = The offers of { $name } for { $day_on } took no part: the group may not trade with others now. Look at its checklist. Offers: { $number }.
notice-market-full = The offers of { $name } for { $day_on } took no part: too many groups had offered before. Offer earlier next time. Offers: { $number }.
notice-market-lines = The offers of { $name } for { $day_on } met nobody: there were too many lines, and some were left out. Tell the operator. Offers: { $number }.
notice-market-late = The offers of { $name } for { $day_on } came too late. Offers: { $number }.
notice-market-fault = The offers of { $name } for { $day_on } took no part: what is stored of the group cannot be read. Tell the operator. Offers: { $number }.

### Text messages

sms-code = Innerlectra: your code is { $code }. It ends at { $until_clock }. Tell it to nobody, not even to an officer.
# To a number that asks for an account and has one.
sms-account-exists = Innerlectra: this number has an account already. Sign in with your PIN. If you forgot it, ask two treasurers of your group.
sms-refused = Innerlectra: { $name } has not taken you in. Ask its chair why.
# To the person whose PIN it is, after an operator agreed alone.
sms-reset-waits = Innerlectra: an operator agreed to a new PIN for you. The code comes in 24 hours. Not you? Sign in with your PIN: that stops it.
sms-reset-done = Innerlectra: your PIN was set anew. If it was not you, tell your treasurer now.
sms-payment-in = Innerlectra: { $who } paid you { $amount_ngwee }. You now have { $balance_ngwee }.
sms-cash-in = Innerlectra: you paid { $amount_ngwee } in cash. You now have { $balance_ngwee }.
sms-cash-debt = Innerlectra: you paid { $amount_ngwee } in cash. { $debt_ngwee } paid your debt. You now have { $balance_ngwee }.
sms-payout-asked = Innerlectra: you asked for { $amount_ngwee } in cash, payout { $number }. If it was not you, cancel it and change your PIN.
sms-payout-paid = Innerlectra: you got { $amount_ngwee } in cash, payout { $number }. If you did not get it, tell your chair now.
sms-alert-above = Innerlectra: energy in { $name } costs { $price_ngwee } a kWh. You wanted to know from { $limit_ngwee } on.
sms-alert-below = Innerlectra: energy in { $name } costs { $price_ngwee } a kWh. You wanted to know at { $limit_ngwee } or less.
sms-alert-change = Innerlectra: energy in { $name } costs { $price_ngwee } a kWh. It was { $base_ngwee } when you set the alert.
sms-alert-change-day = Innerlectra: energy in { $name } costs { $price_ngwee } a kWh, { $change_ppm } or more away from a day ago.
sms-alert-cheap = Innerlectra: energy in { $name } will be cheap from { $from_clock }.
sms-alerts-held = { $count ->
    [one] Innerlectra: one more of your price alerts went off yesterday. Ten a day are told.
   *[other] Innerlectra: { $count } more of your price alerts went off yesterday. Ten a day are told.
}

### Trade

# To the officers: a member says that a trade is not right.
notice-trade-disputed = { $who } says that trade { $number } in { $name } is not right: { $words }
