# Closed lists: kinds of groups, wiring, equipment. The word of the list ends the key.

kind-micro = small group
kind-neighborhood = neighbourhood
kind-industrial = power producers
kind-supply = suppliers
kind-open = open market
kind-micro-is = 10 to 25 homes around one solar plant
kind-neighborhood-is = 50 to 100 homes, many with their own panels
kind-industrial-is = 1 or 2 power producers
kind-supply-is = 2 or 3 suppliers of equipment
kind-open-is = single traders of a region

connection-off_grid = own wires, no grid
connection-one_point = one shared grid connection
connection-separate = each home on the grid

asset-solar_panel = solar panels
asset-inverter = inverter
asset-battery = battery
asset-mini_grid = mini-grid

operator-airtel = Airtel
operator-mtn = MTN
operator-zamtel = Zamtel
operator-zedmobile = Zedmobile
