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

