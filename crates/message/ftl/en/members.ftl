# The homes of a group.

# Column
col-today-kwh = Today, kWh
col-month-money = This month
# Empty
no-homes = No home has joined yet.
# Next step
no-homes-step = The first member is entered by your group's chair.
# Note
month-money-note = Open a house to see its statement. A minus means money earned.

# Headline of the list of homes.
homes-share-group = { $count ->
    [one] { $count }{"\u00A0"}home shares this group.
   *[other] { $count }{"\u00A0"}homes share this group.
}
house-no = House { $number }

# How a home kept its word as a seller.
sales-new = { $count ->
    [one] sold once, too new to say how reliable
   *[other] sold { $count } times, too new to say how reliable
}
sales-known = { $count ->
    [one] reliable { $score_ppm }, sold once
   *[other] reliable { $score_ppm }, sold { $count } times
}
