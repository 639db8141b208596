# The carbon page: what the sun of a group keeps out of the air.

carbon-page = Avoided carbon
carbon-link = Carbon we avoided
carbon-now = Our sun kept { $amount } of carbon dioxide out of the air this month.
carbon-nothing = Nothing is counted this month yet.
carbon-nothing-step = A day counts once it is booked.
carbon-group = Our group
carbon-month = this month, { $solar_wh } of sun power
carbon-months = { $count ->
    [one] In 1 month: { $amount }.
   *[other] In { $count } months: { $amount }.
}
carbon-by-month = Carbon dioxide avoided, by month
col-month = Month
col-sun-used = Sun power
col-avoided = Avoided
# Under the sun power of a month: what each kWh counts.
carbon-factor = { $amount } for 1 kWh
carbon-how = How it is counted
carbon-how-what = Sun power that we used, or sold to the grid, counts.
carbon-how-once = Each kWh counts once, with the home that used it.
carbon-how-method = Compared with: { $method }. All sums here use this one way.
carbon-how-factor = 1 kWh counts { $amount }, the value for { $year }.
carbon-how-older = There is no newer value, so months after { $year } use it too.
carbon-how-source = Source:
carbon-estimate = This is an estimate. It is no certificate, and there is nothing to sell.
