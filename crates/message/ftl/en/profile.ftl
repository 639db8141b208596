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
my-number = My phone number
my-language = My language
my-name = My name
my-alias = Name shown to neighbours
show-phone = Neighbours may see my phone number
settings-saved = Saved.
inbox = Messages
inbox-empty = There is no message.
inbox-new = { $count ->
    [one] 1 new message
   *[other] { $count } new messages
}
inbox-read = Mark all as read
open-group = Open

role-member = member
role-treasurer = treasurer
role-chair = chair
role-technician = technician
role-keeper = key keeper
role-supervisor = supervisor

state-asked = waits for an officer
state-active = member
state-refused = not taken in
state-left = has left
