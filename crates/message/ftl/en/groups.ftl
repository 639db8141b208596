# The list of groups.

# Note above the list
sample-some = Sample data is marked. It is modelled, not measured.
# Title
groups = Groups
# Headline
no-group = There is no group yet.
# Next step
no-group-step = Import readings, or start the demo.
# Figure
made-today = made today
used-today = used today

# Headline of the list of groups.
groups-share = { $count ->
    [one] One group shares its power here.
   *[other] { $count } groups share their power here.
}
