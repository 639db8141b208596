# My page: who I am, my groups, my settings.

profile = My page
my-groups = My groups
my-roles = What I do there
my-contribution = What I put in
my-votes = My votes
no-votes = No votes yet.
no-groups = You belong to no group yet.
no-groups-step = Join one by its code, or start one.
member-since = Since { $since_on }
member-until = until { $until_on }
my-name = My name
show-phone = Neighbours may see my phone number
settings-saved = Saved.
inbox = Messages
inbox-empty = There is no message.
inbox-new = { $count ->
    [one] 1 new message
   *[other] { $count } new messages
}
inbox-read = Mark all as read

role-member = member
role-treasurer = treasurer
role-chair = chair
role-technician = technician
role-keeper = key keeper
role-supervisor = supervisor

### Price alerts

price-alerts = Price alerts
price-alerts-say = We tell you once when it happens: here, and by text message in the day.
price-alerts-mine = What you wait for
price-alerts-none = You wait for no price yet.
price-alerts-none-step = Choose below what you want to know.
price-alert-new = One more
price-alert-group = Group
price-alert-kind = Tell me when
price-alert-kind-above = the price is this or more
price-alert-kind-below = the price is this or less
price-alert-kind-change = the price changes within a day
price-alert-kind-cheap = cheap hours are ahead
price-alert-price = Price of a kWh
price-alert-price-say = For a price only, such as 1.50.
price-alert-percent = Change in %
price-alert-percent-say = For a change only, 5 or more.
price-alert-add = Add the alert
price-alert-delete = Delete
price-alert-set = The alert is set.
price-alert-gone = The alert is gone.
price-alert-above = { $price_ngwee } a kWh or more
price-alert-below = { $price_ngwee } a kWh or less
price-alert-change = { $change_ppm } away from { $base_ngwee } a kWh
price-alert-change-day = { $change_ppm } up or down within a day
price-alert-cheap = Cheap hours ahead
price-alert-last = Told last on { $fired_at }.
price-alert-rests = It is so now. We tell you the next time.
