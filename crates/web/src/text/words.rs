//! The fixed words of the pages in one language.
//!
//! A second language is a second value of [`Words`]; a word that is missing does not compile.

/// All fixed words. Each field says where its word stands, for the translator.
#[derive(Debug)]
pub struct Words {
    /// Language tag: "en".
    pub lang: &'static str,
    /// Name of the product: "Innerlectra".
    pub product: &'static str,
    /// Line under the name: "Energy we own together".
    pub product_under: &'static str,
    /// Skip link: "Go to the content".
    pub skip: &'static str,
    /// Name of the navigation: "Main".
    pub nav: &'static str,
    /// Navigation: "Now".
    pub nav_now: &'static str,
    /// Navigation: "Homes".
    pub nav_homes: &'static str,
    /// Navigation: "Day".
    pub nav_day: &'static str,
    /// Navigation: "Groups".
    pub nav_groups: &'static str,
    /// Link: "All groups".
    pub all_groups: &'static str,
    /// Button: "Change light or dark".
    pub change_theme: &'static str,
    /// Note above the list: "Sample data is marked. It is modelled, not measured.".
    pub sample_some: &'static str,
    /// Title: "Groups".
    pub groups: &'static str,
    /// Headline: "There is no group yet.".
    pub no_group: &'static str,
    /// Next step: "Import readings, or start the demo.".
    pub no_group_step: &'static str,
    /// Headline: "One group shares its power here.".
    pub one_group: &'static str,
    /// Headline after a number: "groups share their power here.".
    pub many_groups: &'static str,
    /// Figure: "made today".
    pub made_today: &'static str,
    /// Figure: "used today".
    pub used_today: &'static str,
    /// Title: "Power now".
    pub power_now: &'static str,
    /// Side: "In".
    pub flow_in: &'static str,
    /// Side: "Out".
    pub flow_out: &'static str,
    /// Chart: "Power coming in, by source".
    pub in_by_source: &'static str,
    /// Chart: "Power going out, by use".
    pub out_by_use: &'static str,
    /// Title: "Where it comes from".
    pub where_from: &'static str,
    /// Title: "Where it goes".
    pub where_to: &'static str,
    /// Flow: "Sun".
    pub sun: &'static str,
    /// Flow: "Battery, giving".
    pub battery_giving: &'static str,
    /// Flow: "Battery, filling".
    pub battery_filling: &'static str,
    /// Flow: "Other groups".
    pub other_groups: &'static str,
    /// Flow: "To other groups".
    pub to_other_groups: &'static str,
    /// Flow: "Grid".
    pub grid: &'static str,
    /// Flow: "Generator".
    pub generator: &'static str,
    /// Flow and title: "Homes".
    pub homes: &'static str,
    /// Flow: "Pump and shared use".
    pub common_use: &'static str,
    /// Flow: "Sold to the grid".
    pub sold_to_grid: &'static str,
    /// Flow: "Sun, no user".
    pub sun_not_used: &'static str,
    /// Flow: "Lost in wires and battery".
    pub lost: &'static str,
    /// Flow: "Not accounted for".
    pub not_accounted: &'static str,
    /// Before an amount: "Wanted but not served:".
    pub not_served: &'static str,
    /// Note: "This is not part of In or Out.".
    pub not_served_note: &'static str,
    /// Before a time: "no sun until".
    pub no_sun_until: &'static str,
    /// Before a time: "The last reading was at".
    pub last_reading: &'static str,
    /// Empty: "No meter has been read yet.".
    pub no_meter_yet: &'static str,
    /// Next step: "We show no numbers until a meter speaks.".
    pub no_power_step: &'static str,
    /// Summary: "Show as a table".
    pub show_table: &'static str,
    /// Summary: "How we know".
    pub how_we_know: &'static str,
    /// Before a hash: "Last seal:".
    pub last_seal: &'static str,
    /// Proof: "Nothing is sealed yet.".
    pub nothing_sealed: &'static str,
    /// Proof: "Nothing is posted to the ledger yet.".
    pub nothing_posted: &'static str,
    /// Column: "Part".
    pub col_part: &'static str,
    /// Column: "Watts".
    pub col_watts: &'static str,
    /// Column: "Of all".
    pub col_of_all: &'static str,
    /// Column: "Hours".
    pub col_hours: &'static str,
    /// Column: "Today".
    pub col_today: &'static str,
    /// Column: "Yesterday".
    pub col_yesterday: &'static str,
    /// Column: "House".
    pub col_house: &'static str,
    /// Column: "Used, kWh".
    pub col_used_kwh: &'static str,
    /// Column: "Our own power, kWh".
    pub col_own_kwh: &'static str,
    /// Column: "Our own, %".
    pub col_own_part: &'static str,
    /// Column: "Today, kWh".
    pub col_today_kwh: &'static str,
    /// Column: "This month".
    pub col_month_money: &'static str,
    /// Column: "From".
    pub col_from: &'static str,
    /// Column: "Price".
    pub col_price: &'static str,
    /// Column: "Word".
    pub col_word: &'static str,
    /// Column: "Sky".
    pub col_sky: &'static str,
    /// Column: "kWh".
    pub col_kwh: &'static str,
    /// Column: "Wh".
    pub col_wh: &'static str,
    /// Column: "What".
    pub col_what: &'static str,
    /// Column: "Price".
    pub col_mean_price: &'static str,
    /// Column: "Money".
    pub col_money: &'static str,
    /// Column: "In or out".
    pub col_in_out: &'static str,
    /// Column: "Left".
    pub col_left: &'static str,
    /// Column: "Day".
    pub col_day: &'static str,
    /// Column: "Seal".
    pub col_seal: &'static str,
    /// Title: "Sun today".
    pub sun_today: &'static str,
    /// Title: "Use today".
    pub use_today: &'static str,
    /// Caption: "kWh by three hours".
    pub by_three_hours: &'static str,
    /// Link: "All intervals".
    pub all_intervals: &'static str,
    /// Link: "All homes".
    pub all_homes: &'static str,
    /// Key: "today".
    pub today: &'static str,
    /// Key: "yesterday".
    pub yesterday: &'static str,
    /// Key: "estimated".
    pub estimated: &'static str,
    /// Note: "part estimated".
    pub partly_estimated: &'static str,
    /// Note: "readings missing".
    pub with_gap: &'static str,
    /// Note: "so far".
    pub so_far: &'static str,
    /// Gap: "no reading".
    pub no_reading: &'static str,
    /// Chart: "now".
    pub now: &'static str,
    /// Caption: "Today, house by house".
    pub homes_today: &'static str,
    /// Summary: "Each home's share today".
    pub share_of_each: &'static str,
    /// Key: "has power".
    pub has_power: &'static str,
    /// Key: "no power".
    pub dark: &'static str,
    /// Key: "silent".
    pub silent: &'static str,
    /// Key: "one house stands for 5 homes".
    pub one_house_is_five: &'static str,
    /// Before a number: "House".
    pub house: &'static str,
    /// Title: "Alerts".
    pub alerts: &'static str,
    /// After a number: "more".
    pub more_alerts: &'static str,
    /// Empty: "There is no alert now.".
    pub no_alert: &'static str,
    /// Title: "Battery".
    pub battery: &'static str,
    /// State: "filling".
    pub filling: &'static str,
    /// State: "giving".
    pub giving: &'static str,
    /// State: "resting".
    pub resting: &'static str,
    /// Row: "In it now".
    pub battery_content: &'static str,
    /// Row: "Kept as reserve".
    pub battery_reserve: &'static str,
    /// Row: "Holds when full".
    pub battery_capacity: &'static str,
    /// Before an amount: "Hours: content above the reserve, at a use of".
    pub battery_known: &'static str,
    /// Note: "This is the last known content.".
    pub battery_last_known: &'static str,
    /// Figure: "Own power".
    pub own_power: &'static str,
    /// Figure: "of our use".
    pub of_our_use: &'static str,
    /// Figure: "Price".
    pub price: &'static str,
    /// Title: "Price, next 6 hours".
    pub price_next: &'static str,
    /// Basis: "for 1 kWh from a neighbour".
    pub price_inside: &'static str,
    /// Basis: "for 1 kWh, on average".
    pub price_average: &'static str,
    /// Basis: "for 1 kWh from the grid".
    pub price_grid: &'static str,
    /// Caption: "Price for one kWh".
    pub price_table: &'static str,
    /// Key: "cheap".
    pub cheap: &'static str,
    /// Key: "dear".
    pub dear: &'static str,
    /// Key: "sun hours".
    pub sun_hours: &'static str,
    /// Key: "night".
    pub night: &'static str,
    /// Title: "Our funds".
    pub our_funds: &'static str,
    /// Empty: "No fund holds money yet.".
    pub no_funds: &'static str,
    /// Sum: "All funds".
    pub all_funds: &'static str,
    /// Before an amount: "target".
    pub target: &'static str,
    /// Headline after a number: "share this group.".
    pub share_this_group: &'static str,
    /// Empty: "No home has joined yet.".
    pub no_homes: &'static str,
    /// Next step: "The first member is entered by your group's chair.".
    pub no_homes_step: &'static str,
    /// Note: "Open a house to see its statement. A minus means money earned.".
    pub month_money_note: &'static str,
    /// Navigation: "Months".
    pub months: &'static str,
    /// Title: "My month, alone and in the group".
    pub my_month: &'static str,
    /// Bar: "Alone".
    pub alone: &'static str,
    /// Bar: "In the group".
    pub in_the_group: &'static str,
    /// Note: "Alone you would have no supply to compare with.".
    pub no_alone: &'static str,
    /// Caption: "Prices are averages. A minus means money earned.".
    pub receipt_note: &'static str,
    /// Price: "free".
    pub free: &'static str,
    /// Line: "Service charge".
    pub service_charge: &'static str,
    /// Note: "for care and new parts".
    pub service_charge_for: &'static str,
    /// Line: "Rounding by day".
    pub rounding: &'static str,
    /// Sum: "To pay for the month".
    pub to_pay: &'static str,
    /// Sum: "Earned in the month".
    pub you_earned: &'static str,
    /// Empty: "Nothing is settled in this month.".
    pub no_receipt: &'static str,
    /// Next step: "It comes after the first settled day.".
    pub no_receipt_step: &'static str,
    /// Title: "Where my energy came from".
    pub my_energy: &'static str,
    /// Before an amount: "You used".
    pub you_used: &'static str,
    /// Sentence: "You used nothing in this month.".
    pub no_use: &'static str,
    /// Before a name: "Method:".
    pub method: &'static str,
    /// Title: "My book".
    pub my_book: &'static str,
    /// Caption: "kwacha".
    pub kwacha: &'static str,
    /// Line: "Start of month".
    pub start_of_month: &'static str,
    /// Sum: "Yours now".
    pub yours_now: &'static str,
    /// Sum: "You owe now".
    pub you_owe_now: &'static str,
    /// Empty: "Nothing is booked in this month.".
    pub book_empty: &'static str,
    /// Next step: "Energy is booked once a day.".
    pub book_empty_step: &'static str,
    /// Proof: "Start plus all lines is what is left, to the ngwee.".
    pub book_adds: &'static str,
    /// Note: "a reading was corrected".
    pub correction_note: &'static str,
    /// Note: "taken back in full".
    pub reversal_note: &'static str,
    /// Before a number: "line".
    pub line: &'static str,
    /// Figure: "Yours".
    pub yours: &'static str,
    /// Figure: "You owe".
    pub you_owe: &'static str,
    /// Figure: "in my book".
    pub in_my_book: &'static str,
    /// Figure: "Energy cost".
    pub energy_cost: &'static str,
    /// Figure: "Energy earned".
    pub earned: &'static str,
    /// Figure: "Used".
    pub used: &'static str,
    /// Figure: "this month".
    pub this_month: &'static str,
    /// Title: "What I put in".
    pub what_i_put_in: &'static str,
    /// Before a pledge: "of".
    pub of_pledge: &'static str,
    /// Figure: "My share".
    pub my_share: &'static str,
    /// Before an amount: "of a plant worth".
    pub of_a_plant: &'static str,
    /// Figure: "Saved so far".
    pub saved_so_far: &'static str,
    /// Note: "against being alone".
    pub against_alone: &'static str,
    /// Figure: "no comparison".
    pub no_comparison: &'static str,
    /// Figure: "Comes back in".
    pub comes_back_in: &'static str,
    /// Figure: "Return a year".
    pub return_a_year: &'static str,
    /// Figure: "too early to say".
    pub too_early: &'static str,
    /// Empty: "You have put in nothing yet.".
    pub no_stake: &'static str,
    /// Title: "Day by day".
    pub day_by_day: &'static str,
    /// Sentence: "Each day opens down to its intervals.".
    pub days_say: &'static str,
    /// Summary: "Show the days".
    pub show_days: &'static str,
    /// Caption: "My days".
    pub days_note: &'static str,
    /// After a number: "intervals estimated".
    pub estimated_intervals: &'static str,
    /// After an amount: "used".
    pub used_of_day: &'static str,
    /// Between two numbers: "of".
    pub of: &'static str,
    /// After two numbers: "intervals are settled".
    pub intervals_settled: &'static str,
    /// Navigation: "Other days".
    pub other_days: &'static str,
    /// Link: "The day before".
    pub day_before: &'static str,
    /// Link: "The day after".
    pub day_after: &'static str,
    /// Title: "The whole day".
    pub whole_day: &'static str,
    /// Check: "In is Out to the Wh in every settled interval.".
    pub all_balanced: &'static str,
    /// Check after a number: "intervals do not balance. Tell your technician.".
    pub not_balanced: &'static str,
    /// Check: "No interval of this day is settled yet.".
    pub nothing_settled: &'static str,
    /// Title: "Intervals".
    pub intervals: &'static str,
    /// Sentence: "Open a part of the day. All energy here is in Wh.".
    pub intervals_say: &'static str,
    /// Between two times: "to".
    pub to: &'static str,
    /// Column: "Made".
    pub made: &'static str,
    /// Row: "Own sun, used at once".
    pub self_used: &'static str,
    /// Row: "Shared inside".
    pub shared: &'static str,
    /// Row: "Bought from the grid".
    pub grid_bought: &'static str,
    /// Column: "Not served".
    pub not_served_short: &'static str,
    /// Column: "Own sun".
    pub self_used_short: &'static str,
    /// Column: "Shared".
    pub shared_short: &'static str,
    /// Column: "Stored".
    pub stored_short: &'static str,
    /// Column: "Battery".
    pub given_short: &'static str,
    /// Column: "Sold".
    pub sold_short: &'static str,
    /// Column: "Bought".
    pub bought_short: &'static str,
    /// Note: "grid off".
    pub grid_off: &'static str,
    /// Note: "corrected".
    pub corrected: &'static str,
    /// Cell: "not settled".
    pub not_settled: &'static str,
    /// Cell: "open".
    pub open: &'static str,
    /// Title: "Homes on this day".
    pub homes_that_day: &'static str,
    /// Column: "Own sun".
    pub own_sun: &'static str,
    /// Column: "Our plant".
    pub our_plant: &'static str,
    /// Column: "From neighbours".
    pub from_neighbours: &'static str,
    /// Column: "To neighbours".
    pub to_neighbours: &'static str,
    /// Before a code: "If you ask for help, tell this code:".
    pub code_to_tell: &'static str,
    /// Problem: "There is no such page.".
    pub not_found: &'static str,
    /// Next step: "Look at the address, or choose a group below.".
    pub not_found_step: &'static str,
    /// Problem: "This address is not right.".
    pub bad_address: &'static str,
    /// Next step: "A day looks like 2026-11-20, a month like 2026-11.".
    pub bad_address_step: &'static str,
    /// Problem: "We cannot read the books right now.".
    pub busy: &'static str,
    /// Next step: "Wait a minute and open the page again.".
    pub busy_step: &'static str,
    /// Problem: "We cannot show this page.".
    pub broken: &'static str,
    /// Next step: "Tell your technician. Other pages still work.".
    pub broken_step: &'static str,
    /// Problem: "These numbers do not add up, so we do not show them.".
    pub contradiction: &'static str,
    /// Next step: "Tell your treasurer. The books themselves are unchanged.".
    pub contradiction_step: &'static str,
    /// Problem: "No money has moved.".
    pub no_money_moved: &'static str,
    /// Problem: "This page can only be read.".
    pub read_only: &'static str,
    /// Next step: "Nothing was changed. Choose a group below.".
    pub read_only_step: &'static str,
    /// Caption: "Energy of the day".
    pub day_table: &'static str,
    /// Figure: "Used today".
    pub label_used_today: &'static str,
    /// Figure: "Made today".
    pub label_made_today: &'static str,
    /// Key: "joined".
    pub joined: &'static str,
    /// Key: "still to come".
    pub to_come: &'static str,
    /// Note: "last known".
    pub last_known: &'static str,
    /// Summary: "Every line".
    pub every_line: &'static str,
    /// After a number: "lines".
    pub lines: &'static str,
    /// Note: "Each home has its own grid contract. These are sums.".
    pub separate_note: &'static str,
    /// Figure: "none at this rate".
    pub no_return: &'static str,
}

/// English.
pub static EN: Words = Words {
    lang: "en",
    product: "Innerlectra",
    product_under: "Energy we own together",
    skip: "Go to the content",
    nav: "Main",
    nav_now: "Now",
    nav_homes: "Homes",
    nav_day: "Day",
    nav_groups: "Groups",
    all_groups: "All groups",
    change_theme: "Change light or dark",
    sample_some: "Sample data is marked. It is modelled, not measured.",
    groups: "Groups",
    no_group: "There is no group yet.",
    no_group_step: "Import readings, or start the demo.",
    one_group: "One group shares its power here.",
    many_groups: "groups share their power here.",
    made_today: "made today",
    used_today: "used today",
    power_now: "Power now",
    flow_in: "In",
    flow_out: "Out",
    in_by_source: "Power coming in, by source",
    out_by_use: "Power going out, by use",
    where_from: "Where it comes from",
    where_to: "Where it goes",
    sun: "Sun",
    battery_giving: "Battery, giving",
    battery_filling: "Battery, filling",
    other_groups: "Other groups",
    to_other_groups: "To other groups",
    grid: "Grid",
    generator: "Generator",
    homes: "Homes",
    common_use: "Pump and shared use",
    sold_to_grid: "Sold to the grid",
    sun_not_used: "Sun, no user",
    lost: "Lost in wires and battery",
    not_accounted: "Not accounted for",
    not_served: "Wanted but not served:",
    not_served_note: "This is not part of In or Out.",
    no_sun_until: "no sun until",
    last_reading: "The last reading was at",
    no_meter_yet: "No meter has been read yet.",
    no_power_step: "We show no numbers until a meter speaks.",
    show_table: "Show as a table",
    how_we_know: "How we know",
    last_seal: "Last seal:",
    nothing_sealed: "Nothing is sealed yet.",
    nothing_posted: "Nothing is posted to the ledger yet.",
    col_part: "Part",
    col_watts: "Watts",
    col_of_all: "Of all",
    col_hours: "Hours",
    col_today: "Today",
    col_yesterday: "Yesterday",
    col_house: "House",
    col_used_kwh: "Used, kWh",
    col_own_kwh: "Our own power, kWh",
    col_own_part: "Our own, %",
    col_today_kwh: "Today, kWh",
    col_month_money: "This month",
    col_from: "From",
    col_price: "Price",
    col_word: "Word",
    col_sky: "Sky",
    col_kwh: "kWh",
    col_wh: "Wh",
    col_what: "What",
    col_mean_price: "Price",
    col_money: "Money",
    col_in_out: "In or out",
    col_left: "Left",
    col_day: "Day",
    col_seal: "Seal",
    sun_today: "Sun today",
    use_today: "Use today",
    by_three_hours: "kWh by three hours",
    all_intervals: "All intervals",
    all_homes: "All homes",
    today: "today",
    yesterday: "yesterday",
    estimated: "estimated",
    partly_estimated: "part estimated",
    with_gap: "readings missing",
    so_far: "so far",
    no_reading: "no reading",
    now: "now",
    homes_today: "Today, house by house",
    share_of_each: "Each home's share today",
    has_power: "has power",
    dark: "no power",
    silent: "silent",
    one_house_is_five: "one house stands for 5 homes",
    house: "House",
    alerts: "Alerts",
    more_alerts: "more",
    no_alert: "There is no alert now.",
    battery: "Battery",
    filling: "filling",
    giving: "giving",
    resting: "resting",
    battery_content: "In it now",
    battery_reserve: "Kept as reserve",
    battery_capacity: "Holds when full",
    battery_known: "Hours: content above the reserve, at a use of",
    battery_last_known: "This is the last known content.",
    own_power: "Own power",
    of_our_use: "of our use",
    price: "Price",
    price_next: "Price, next 6 hours",
    price_inside: "for 1 kWh from a neighbour",
    price_average: "for 1 kWh, on average",
    price_grid: "for 1 kWh from the grid",
    price_table: "Price for one kWh",
    cheap: "cheap",
    dear: "dear",
    sun_hours: "sun hours",
    night: "night",
    our_funds: "Our funds",
    no_funds: "No fund holds money yet.",
    all_funds: "All funds",
    target: "target",
    share_this_group: "share this group.",
    no_homes: "No home has joined yet.",
    no_homes_step: "The first member is entered by your group's chair.",
    month_money_note: "Open a house to see its statement. A minus means money earned.",
    months: "Months",
    my_month: "My month, alone and in the group",
    alone: "Alone",
    in_the_group: "In the group",
    no_alone: "Alone you would have no supply to compare with.",
    receipt_note: "Prices are averages. A minus means money earned.",
    free: "free",
    service_charge: "Service charge",
    service_charge_for: "for care and new parts",
    rounding: "Rounding by day",
    to_pay: "To pay for the month",
    you_earned: "Earned in the month",
    no_receipt: "Nothing is settled in this month.",
    no_receipt_step: "It comes after the first settled day.",
    my_energy: "Where my energy came from",
    you_used: "You used",
    no_use: "You used nothing in this month.",
    method: "Method:",
    my_book: "My book",
    kwacha: "kwacha",
    start_of_month: "Start of month",
    yours_now: "Yours now",
    you_owe_now: "You owe now",
    book_empty: "Nothing is booked in this month.",
    book_empty_step: "Energy is booked once a day.",
    book_adds: "Start plus all lines is what is left, to the ngwee.",
    correction_note: "a reading was corrected",
    reversal_note: "taken back in full",
    line: "line",
    yours: "Yours",
    you_owe: "You owe",
    in_my_book: "in my book",
    energy_cost: "Energy cost",
    earned: "Energy earned",
    used: "Used",
    this_month: "this month",
    what_i_put_in: "What I put in",
    of_pledge: "of",
    my_share: "My share",
    of_a_plant: "of a plant worth",
    saved_so_far: "Saved so far",
    against_alone: "against being alone",
    no_comparison: "no comparison",
    comes_back_in: "Comes back in",
    return_a_year: "Return a year",
    too_early: "too early to say",
    no_stake: "You have put in nothing yet.",
    day_by_day: "Day by day",
    days_say: "Each day opens down to its intervals.",
    show_days: "Show the days",
    days_note: "My days",
    estimated_intervals: "intervals estimated",
    used_of_day: "used",
    of: "of",
    intervals_settled: "intervals are settled",
    other_days: "Other days",
    day_before: "The day before",
    day_after: "The day after",
    whole_day: "The whole day",
    all_balanced: "In is Out to the Wh in every settled interval.",
    not_balanced: "intervals do not balance. Tell your technician.",
    nothing_settled: "No interval of this day is settled yet.",
    intervals: "Intervals",
    intervals_say: "Open a part of the day. All energy here is in Wh.",
    to: "to",
    made: "Made",
    self_used: "Own sun, used at once",
    shared: "Shared inside",
    grid_bought: "Bought from the grid",
    not_served_short: "Not served",
    self_used_short: "Own sun",
    shared_short: "Shared",
    stored_short: "Stored",
    given_short: "Battery",
    sold_short: "Sold",
    bought_short: "Bought",
    grid_off: "grid off",
    corrected: "corrected",
    not_settled: "not settled",
    open: "open",
    homes_that_day: "Homes on this day",
    own_sun: "Own sun",
    our_plant: "Our plant",
    from_neighbours: "From neighbours",
    to_neighbours: "To neighbours",
    code_to_tell: "If you ask for help, tell this code:",
    not_found: "There is no such page.",
    not_found_step: "Look at the address, or choose a group below.",
    bad_address: "This address is not right.",
    bad_address_step: "A day looks like 2026-11-20, a month like 2026-11.",
    busy: "We cannot read the books right now.",
    busy_step: "Wait a minute and open the page again.",
    broken: "We cannot show this page.",
    broken_step: "Tell your technician. Other pages still work.",
    contradiction: "These numbers do not add up, so we do not show them.",
    contradiction_step: "Tell your treasurer. The books themselves are unchanged.",
    no_money_moved: "No money has moved.",
    read_only: "This page can only be read.",
    read_only_step: "Nothing was changed. Choose a group below.",
    day_table: "Energy of the day",
    label_used_today: "Used today",
    label_made_today: "Made today",
    joined: "joined",
    to_come: "still to come",
    last_known: "last known",
    every_line: "Every line",
    lines: "lines",
    separate_note: "Each home has its own grid contract. These are sums.",
    no_return: "none at this rate",
};
