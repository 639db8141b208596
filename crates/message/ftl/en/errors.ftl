# What a refusal says: error-CODE, where CODE is the stable code of the error. What happened, and the next step.

# Any code without a text of its own.
error-general = This did not work. If you ask for help, tell this code: { $code }.

### Signing in. Nothing here tells whether a number is registered.

error-sign_in_needed = Please sign in first.
error-pin_locked = Too many wrong PINs. Wait until { $until_clock }, then try again.
error-pin_form = A PIN has 4 to 6 digits. Choose another.
error-pin_weak = This PIN is easy to guess. Choose another.
error-pin_differs = The two PINs are not alike. Type them again.
error-pin_wrong = This is not your PIN. Try again.
error-phone_form = This is not a phone number. It looks like 097 123 4567.
error-phone_foreign = This number is not from here. Use a number of this country.
error-phone_not_mobile = This is not a mobile number. Use one that gets SMS.

error-login_refused = Phone number or PIN is not right. Try again.
error-login_locked = Too many wrong tries. Wait until { $until_clock }, then try again.
error-code_missing = Write the code from the SMS.
error-code_wrong = This code is not right or too old. Ask for a new one.
error-session_unknown = You were signed out. Please sign in again.
error-session_expired = You were signed out. Please sign in again.
error-registration_rate = Too many codes were asked for. Wait until { $until_clock }, then ask again.
error-pin_reset_whose = Several people act for this house. Say whose PIN it is.
error-pin_reset_own = Another treasurer must say yes, not you.
error-pin_reset_twice = You have said yes already. A second treasurer must.
error-pin_hash_failed = This did not work. Nothing was done. Try again.
error-list_too_long = This is too much at once. Send less.

### Rights

error-not_allowed = You may not do this. Ask an officer of your group.
error-access_denied = You may not see this. Ask an officer of your group.
error-form_foreign = This form came from another page, so nothing was done. Open the page again.
error-too_many_requests = Too many tries. Wait a minute, then try again.
error-body_too_large = This is too much at once. Send less.

### Groups

error-cluster_unknown = There is no group with this code. Ask your neighbours for it.
error-cluster_code_invalid = A code has 3 to 12 capitals, digits or hyphens, such as KAB-017.
error-cluster_code_taken = Another group has this code. Choose another.
error-cluster_invalid = Something in this form does not fit together. Look at it again.
error-cluster_closed = This group takes nobody in at this time. Ask its chair.
error-cluster_full = This group is full. Look for another, or start one.
error-already_member = You belong to this group already.
error-already_asked = You have asked already. An officer will answer.
error-member_unknown = There is no such member in this group.
error-member_left = This member has left the group.
error-balance_owed = You owe { $owed_ngwee }. Pay it first, then you can leave.
error-name_missing = Write a name.
error-name_invalid = A name has 1 to 60 letters. Type it again.
error-place_form = A place looks like -14.4469, 28.4464.
error-place_range = There is no such place on earth. Latitude goes to 90, longitude to 180.
error-place_outside = This place is not in the country. Check the numbers.
error-region_unknown = There is no such region. Choose one of the list.
error-shares_not_whole = The shares do not add up to 100 %. Correct them.
error-meter_unknown = There is no such meter.
error-meter_by_officer = In this group the technician adds meters. Ask there.
error-meters_most = A home has no more meters than that. Ask for help.
error-meter_taken = This meter belongs to somebody on that day.
error-rules_missing = No rules hold on this day. Tell your chair.
error-word_unknown = This choice is not on the list. Choose again.
error-number_invalid = This is not a number that can be. Correct it.
error-value_missing = Write a number.
error-value_invalid = This is not a number that can be. Correct it.
error-field_unknown = The form has a part that we do not know. Open the page again.
error-field_missing = Something is missing. Fill in every part.

### Money

error-self_payment = You cannot pay yourself. Choose somebody else.
error-amount_missing = Write an amount, such as 25.50.
error-amount_invalid = This is not an amount. It looks like 25.50.

### Trading

error-trading_off = Members of this group do not trade with each other. A vote can change that.
error-order_price = Write a price above zero, such as 1.20.
error-order_energy = Write how many kWh, such as 0.5.
error-order_lot = Write kWh with one digit, such as 0.5.
error-order_min = This is too little. The least is 0.1 kWh.
error-order_price_outside = Prices here go from { $least_ngwee } to { $most_ngwee }. Choose one between.
error-order_energy_over = This is too much at once. The most is { $most_wh }.
error-order_money_short = This may cost { $needed_ngwee }. Your wallet has { $free_ngwee } free. Pay in first, or buy less.
error-order_credits_short = You offer { $needed_wh } and have { $free_wh } of credits free. Offer less.
error-order_unknown = There is no such order. Look at your open orders.
error-order_not_open = This order is not open any more. Look at your trades.
error-order_below_filled = That much was traded already. Take the rest back, or choose more.
error-orders_open_too_many = You have too many open orders. Take one back first.
error-order_expiry = An order ends within 90 days. Choose another end.
error-book_changed = The order book changed while you looked. Look again.
error-book_full = Too many orders wait. Try again later.
error-self_trade = This would trade with your own order. Take that back first.
error-standing_unknown = This is off already.
error-standing_keep = Keep 0 kWh or more, and not more than you could ever have.
error-standing_too_many = Too many standing orders are on in your group. Place an order, or try again later.
error-standing_crossed = You would buy and sell the same energy. Keep at least as much when selling.
error-trade_unknown = There is no such trade of yours.
error-dispute_words = Write in a few words what is wrong.
error-disputes_too_many = You wrote to your officers often today. Speak with one of them, or write tomorrow.
error-order_not_held = This order waits for nobody.
error-order_own = This order is of your own house. Another officer decides.
error-orders_held_too_many = Many of your orders wait for an officer. Wait, or take one back.
error-streams_too_many = This is open too often. Close it somewhere else first.

### Trade with other groups

error-between_off = The rules do not allow trade with other groups. A vote can change that.
error-compliance_missing = The papers for trade with other groups are not complete. Ask the chair to fill in the list.
error-between_limit = The members have not voted for that much, or for such a price. Choose less, or ask for a vote.
error-line_missing = No line leads from one group to the other. Choose another group.
error-line_full = The line is taken at that time. Choose less, or another time.
error-line_loop = A line joins two groups. Choose another one.
error-line_fee = This fee cannot be. Correct it.
error-line_capacity = A line cannot carry that. Correct it.
error-line_loss = A line does not lose that. Write 0, or from 0.1 to 50 percent.
error-line_outage_invalid = This time cannot be. It begins and ends on full quarter hours.
error-deal_unknown = There is no such deal. Look at the list.
error-deal_second_officer = Your household has said yes already. An officer of another household must say yes too.
error-deal_waiting = The other group has not decided yet. Look again in a moment.
error-deal_not_your_turn = It is the turn of the other group. Wait for its answer.
error-deal_ended = This deal is over. Make a new offer.
error-deal_expired = This offer has run out. Make a new one.
error-deal_not_expired = This offer still stands.
error-deal_rounds = Terms were named often enough. Accept or say no.
error-deal_terms = These terms cannot be offered. Look at time, energy and price.
error-deal_steps_differ = The meters of the two groups count in different steps. Choose another group.
error-offer_unknown = There is no such offer. Look at the list.
error-offer_gate_closed = Offers for that day are closed. Choose a later day.
error-offer_window = An offer is for hours of one day, at most 60 days ahead. Choose others.
error-offer_both_sides = The group has an offer on the other side for this time. Withdraw it first.
error-deals_too_many = The two groups have many open deals. Answer or withdraw one first.
error-offers_too_many = The group has many open offers. Withdraw one first.
error-offer_ended = This offer is no longer on the board.

### Pages and machines

error-not_found = There is no such page.
error-bad_address = This address is not right.
error-read_only = This page can only be read.
error-conflict = Somebody was faster. Look at it again, then repeat if needed.
error-database_busy = We cannot reach the books right now. Nothing was done. Wait a minute and try again.
error-overloaded = Too many people at once. Nothing was done. Wait a minute and try again.

### The page for what cannot be shown

# Before a code
code-to-tell = If you ask for help, tell this code:
# Problem
not-found = There is no such page.
# Next step
not-found-step = Look at the address, or go on below.
# Problem
bad-address = This address is not right.
# Next step
bad-address-step = A day looks like 2026-11-20, a month like 2026-11.
# Problem
busy = We cannot read the books right now.
# Next step
busy-step = Wait a minute and open the page again.
# Problem
broken = We cannot show this page.
# Next step
broken-step = Tell your technician. Other pages still work.
# Problem
contradiction = These numbers do not add up, so we do not show them.
# Next step
contradiction-step = Tell your treasurer. The books themselves are unchanged.
# Problem
no-money-moved = No money has moved.
read-only = This page can only be read.
# Next step
read-only-step = Nothing was changed. Go on below.

### Requests of programs

error-body_malformed = This cannot be read. Send it again in the form that the documentation shows.
error-body_invalid = Something in this request does not fit. Correct the parts that are named.
error-content_type_unsupported = This kind of content cannot be read. Send JSON.
error-cursor_invalid = This page of the list cannot be found. Begin with the first page.
error-limit_out_of_range = So many cannot be listed at once. Ask for fewer.
error-key_missing = This request needs a key of its own. Send one with it.
error-key_invalid = This key cannot be used. Choose another.
error-key_reused = This key was used for something else. Give each request a key of its own.
error-method_not_allowed = This address does not take such a request.
error-date_invalid = There is no such day. A day looks like 2026-11-20.
error-day_unknown = Nothing is known of this day.
error-readings_twice = The same time is in the readings twice. Send each time once.
error-readings_short = The readings leave out a part of the day. Send at least one whole day.
error-too_many_entries = This is too much at once. Send it in several parts.
error-payments_too_many = These are too many payments at once. Send them in several parts.
error-rows_too_many = These are too many rows at once. Send them in several parts.
error-span_too_long = This time is too long. Ask for a shorter one.
error-interval_empty = This time is empty. Its end must come after its beginning.
error-interval_unknown = Nothing is known of this time.
error-timed_out = This took too long. Look whether it was done, then try again.
error-database_unreachable = We cannot reach the books right now. Nothing was done. Wait a minute and try again.
error-batch_lost = This was not done. Wait a minute and try again.
error-retry_exhausted = This was not done. Wait a minute and try again.
error-commit_unknown = We cannot tell whether it was done. Look first, then try again.
error-disk_full = There is no room to write. Nothing was done. Tell your technician.
error-closed = We are closing for a moment. Wait a minute and try again.
error-failed_inside = Something is wrong on our side. Nothing was done. Tell your technician.
error-posting_refused = This cannot be booked. Nothing was done.
error-country_unknown = This country is not known. Choose one of the list.

### Groups

error-alias_taken = Another home of the group has this name. Choose another.
error-asset_unknown = There is no such equipment in this group.
error-cluster_code_reserved = Codes that begin with OPEN- are kept. Choose another.
error-contribution_high = This is more than the rule allows. Write from { $least_ngwee } to { $most_ngwee }.
error-contribution_low = This is less than the rule asks for. Write from { $least_ngwee } to { $most_ngwee }.
error-contribution_over = This is more than is still to be paid. Enter less.
error-day_past = This day is over. Choose a later one.
error-too_late = This day was booked too long ago. Choose a later one.
error-debt_first = You owe money to the group. Pay it first.
error-holds_open = Some of your money is on hold. Finish or cancel that first.
error-orders_open = Energy credits of yours wait in orders. Take the orders back first.
error-credit_amount = Give from 1 Wh to 1,000 kWh at a time.
error-credit_self = Choose another home to give to.
error-credit_short = You have fewer free energy credits. Give less.
error-cover_amount = Add from 1 ngwee to K1,000,000 at a time.
error-fund_short = The fund holds less. Take less.
error-cash_over = One entry is for 1 ngwee to K50,000. Divide a larger amount.
error-own_household = This is about your own home. Another officer must do it.
error-reference_used = This receipt number is in the book already. Look at the paper again.
error-payout_unknown = There is no such payout in this group.
error-payout_paid = This payout was handed over already.
error-payout_cancelled = This payout was cancelled. Ask for a new one.
error-payout_expired = Nobody paid this payout in time. Ask for a new one.
error-last_member_today = The last member can leave tomorrow, when today is booked.
error-last_officer = You are the last one in this office. Give it to somebody else first.
error-meter_of_plant = This meter measures the plant. It cannot belong to a home.
error-move_not_open = Only traders without a group are moved together. Others join by their own wish.
error-move_same = You are in this group already. Choose another.
error-move_under_way = This home is moving already.
error-not_asked = This home does not wait to be taken in.
error-outage_invalid = An outage cannot be so. Look at its beginning and its end.
error-serial_invalid = A meter number has 1 to 40 letters, digits, dots or hyphens.
error-shares_missing = Nobody has paid in yet. Name the owners.
error-user_not_member = This person does not act for this home.
error-role_of_household = Only the people of a home say who acts for it. They ask the person.
error-last_person = You are the last person of this home. Ask somebody else in first.
error-invitation_unknown = This invitation is over. Ask the home for a new one.
error-invitation_rate = You asked many people today. Wait until tomorrow, then ask again.

### Rules of a group

error-vote_needed = The group is no longer forming. Its rules change by a vote.
error-rules_contradict = Two rules name different prices. Let them agree.
error-config_form = These rules cannot be read. Look at them again.
error-config_version = These rules are of another version. Open the page again.
error-config_range = A number in these rules is too small or too large.
error-config_fraction = A part must be above nothing and at most the whole.
error-config_looser = A group may only make voting stricter, not easier.
error-config_crossed = The lower limit is above the upper one. Correct them.

### Money

error-amount_not_positive = An amount must be above zero.
error-accounts_equal = Payer and receiver are the same. Choose somebody else.
error-account_unknown = There is no such book.
error-account_closed = This book is closed.
error-business_day_closed = This day is closed. Use today.
error-exceeds_credits = There is not enough money for this. Choose a smaller amount.
error-exceeds_debits = This is more than is owed. Choose a smaller amount.
error-pending_unknown = There is no such open payment.
error-pending_not_pending = This payment is not open.
error-pending_already_posted = This payment was made already.
error-pending_already_voided = This payment was cancelled already.

error-alert_kind = Choose what the alert waits for.
error-alert_threshold = This price or change cannot be waited for. Choose another.
error-alert_base = There is no price yet to count a change from. Wait for the first trade.
error-alert_expiry = The alert would be over already. Choose a later time.
error-alerts_too_many = You have as many price alerts as one person can have. Delete one first.
error-alert_unknown = There is no such price alert.

### The same without its values, for places that do not know them

error-pin_locked-short = Too many wrong PINs. Wait a while, then try again.
error-login_locked-short = Too many wrong tries. Wait a while, then try again.
error-registration_rate-short = Too many codes were asked for. Wait a while, then ask again.
error-contribution_high-short = This is more than the rule allows. Choose less.
error-contribution_low-short = This is less than the rule asks for. Choose more.
error-balance_owed-short = You owe money to the group. Pay it first, then you can leave.
error-order_price_outside-short = This price is outside the limits that your group voted.
error-order_energy_over-short = This is more than one order may be.
error-order_money_short-short = Your wallet has less than this may cost. Pay in first, or buy less.
error-order_credits_short-short = You offer more than your free energy credits. Offer less.
