//! What the pages are told: plain integers and names, before any formatting.
//!
//! Units, everywhere in this module: energy in Wh, power in W, money in ngwee, instants in Unix
//! milliseconds (field names end in `_at`), carbon in grams. `None` means "no reading", never zero.
//! The module does not format, decide or compute; [`crate::view`] does.

pub mod between;
pub mod carbon;
pub mod trade;

pub use message::{CalendarDate, CalendarMonth};

/// What a cluster is; the glossary has the sizes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClusterKind {
    /// 10 to 25 homes around one installation.
    Micro,
    /// 50 to 100 homes, many with own panels.
    Neighborhood,
    /// One or two independent power producers.
    Industrial,
    /// Two or three suppliers of equipment.
    Supply,
    /// The market of single traders of a region.
    Open,
}

/// How a cluster is wired.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Connection {
    /// Own wires, no grid.
    OffGrid,
    /// Own wires behind one grid connection.
    OnePoint,
    /// Every home has its own contract with the utility.
    Separate,
}

/// Where the readings come from; anything but [`DataOrigin::Measured`] is said on the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DataOrigin {
    /// Real meters.
    Measured,
    /// Computed from a model, such as the shipped Zambian clusters.
    Modelled,
    /// Played by the simulator.
    Simulated,
}

/// What every page of a cluster says about the cluster.
#[derive(Debug, Clone)]
pub struct ClusterHead {
    /// Short code, as in the address.
    pub code: String,
    /// Full name.
    pub name: String,
    /// Town or village.
    pub place: String,
    /// Kind.
    pub kind: ClusterKind,
    /// Wiring.
    pub connection: Connection,
    /// Homes that have joined.
    pub homes: i64,
    /// Homes still missing to the size of its kind; 0 when complete.
    pub homes_missing: i64,
    /// Where its readings come from.
    pub origin: DataOrigin,
}

/// The state of the grid at the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GridState {
    /// There is power on it.
    Up,
    /// It is off (outage or load-shedding).
    Outage,
    /// The cluster has none.
    None,
}

/// Power flows of one interval, each in W and never negative.
///
/// In: sun, battery giving, traded in, grid, generator. Out: homes, common use, battery taking,
/// traded out, grid export, curtailed, losses. The two sides need not agree: what the meters do not explain is
/// shown as such.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PowerNow {
    /// All generation, shared plant and own panels, before curtailment.
    pub sun_w: i64,
    /// Battery giving.
    pub battery_out_w: i64,
    /// Bought from other clusters.
    pub traded_in_w: i64,
    /// Bought from the grid.
    pub grid_in_w: i64,
    /// Generator.
    pub generator_w: i64,
    /// Use of the homes that was served.
    pub homes_w: i64,
    /// Pump, clinic, street light and other common use that was served.
    pub common_w: i64,
    /// Battery taking.
    pub battery_in_w: i64,
    /// Sold to other clusters.
    pub traded_out_w: i64,
    /// Exported to the grid.
    pub grid_out_w: i64,
    /// Sun that nobody could use.
    pub curtailed_w: i64,
    /// Named losses (battery, wires).
    pub loss_w: i64,
    /// Use that was wanted and not served; no flow, shown apart.
    pub unserved_w: i64,
}

/// A battery's content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Battery {
    /// Usable capacity, Wh; zero shows no battery.
    pub capacity_wh: i64,
    /// Content now, Wh.
    pub content_wh: i64,
    /// Content that is kept back, Wh.
    pub reserve_wh: i64,
}

/// Everything the opening sentence depends on.
#[derive(Debug, Clone)]
pub struct NowInput {
    /// The present instant (simulated time in the demo).
    pub now_at: i64,
    /// End of the last interval with a reading; `None` before the first reading.
    pub reading_at: Option<i64>,
    /// How old a reading may be before the page looks old, ms: the length of an interval and the time it takes to close.
    pub stale_after_ms: i64,
    /// Whether the sun is above the horizon.
    pub is_sun_up: bool,
    /// Next sunrise, when it is night and known.
    pub sun_rises_at: Option<i64>,
    /// The grid.
    pub grid: GridState,
    /// The flows; `None` when the last interval has no reading.
    pub power: Option<PowerNow>,
    /// Homes without power now.
    pub homes_dark: i64,
    /// The battery, if there is one.
    pub battery: Option<Battery>,
}

/// One cluster in the list.
#[derive(Debug, Clone)]
pub struct ClusterSummary {
    /// Name, code, kind.
    pub head: ClusterHead,
    /// State now.
    pub now: NowInput,
    /// Energy made today, Wh.
    pub made_today_wh: Option<i64>,
    /// Energy used today, Wh.
    pub used_today_wh: Option<i64>,
}

/// Page `/`.
#[derive(Debug, Clone, Default)]
pub struct ClustersInput {
    /// All clusters, in the order shown.
    pub clusters: Vec<ClusterSummary>,
}

/// Sums of the local day so far, Wh.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DayTotals {
    /// Generation.
    pub made_wh: i64,
    /// Consumption that was served.
    pub used_wh: i64,
    /// The part of `used_wh` that came from own sun, the plant, neighbours inside and the battery.
    pub own_wh: i64,
    /// Bought from the grid.
    pub imported_wh: i64,
    /// Sold to the grid.
    pub exported_wh: i64,
    /// Wanted and not served.
    pub unserved_wh: i64,
}

/// What a day's curve shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CurveKind {
    /// Generation.
    Sun,
    /// Consumption, for clusters without generation.
    Use,
}

/// Mean power of one interval of the curve.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CurvePoint {
    /// W; `None` is a gap.
    pub power_w: Option<i64>,
    /// Whether the value is an estimate.
    pub is_estimated: bool,
}

/// A local day in equal steps, against the day before.
#[derive(Debug, Clone)]
pub struct DayCurve {
    /// What is drawn.
    pub kind: CurveKind,
    /// Length of a step in minutes: 15, 30 or 60.
    pub step_minutes: i64,
    /// Today from 00:00 up to now; shorter than a day while the day runs.
    pub today: Vec<CurvePoint>,
    /// Yesterday, the whole day; empty when unknown.
    pub yesterday: Vec<Option<i64>>,
}

/// Which price the strip shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PriceBasis {
    /// What a kWh cost its users on average, from all sources.
    Average,
    /// Given energy inside the cluster.
    Inside,
    /// Energy bought from the grid.
    Grid,
}

/// A price that holds from an instant to the next slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PriceSlot {
    /// Start.
    pub from_at: i64,
    /// Ngwee per kWh.
    pub ngwee_per_kwh: i64,
    /// Whether the sun shines on most of the slot.
    pub is_sun: bool,
}

/// The price now and in the next hours.
#[derive(Debug, Clone)]
pub struct PriceInput {
    /// Which price.
    pub basis: PriceBasis,
    /// Equal slots; the first one holds now. Six hours are shown.
    pub slots: Vec<PriceSlot>,
}

/// One home's share of today.
#[derive(Debug, Clone)]
pub struct MemberToday {
    /// House number.
    pub no: i64,
    /// Name the member chose to show.
    pub alias: String,
    /// Whether the home shows its use to this reader; where not, that is no missing reading.
    pub is_shown: bool,
    /// Its money and its sources today; known of the reader's own home alone.
    pub own: Option<OwnToday>,
    /// Used today, Wh.
    pub used_wh: Option<i64>,
    /// The part that came from inside the cluster (own, plant, neighbours, battery), Wh.
    pub own_wh: Option<i64>,
    /// Whether part of today's use is an estimate.
    pub is_estimated: bool,
    /// Whether the last interval has a reading.
    pub is_heard: bool,
    /// Whether the home is without power now.
    pub is_dark: bool,
}

/// What a home alone sees of its day.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct OwnToday {
    /// Cost so far, ngwee; negative is earned. Booked only when the day is over.
    pub cost_ngwee: i64,
    /// Power that it was given in the last interval, W.
    pub power_w: Option<i64>,
    /// From own panels, Wh.
    pub self_wh: i64,
    /// From its part of the plant, Wh.
    pub plant_wh: i64,
    /// From neighbours, Wh.
    pub received_wh: i64,
    /// From the battery, Wh.
    pub battery_wh: i64,
    /// From the grid, Wh.
    pub imported_wh: i64,
    /// Promised for the equipment, ngwee.
    pub pledged_ngwee: i64,
    /// Put in, ngwee.
    pub put_in_ngwee: i64,
    /// Owed to the group, ngwee, never negative.
    pub owed_ngwee: i64,
}

/// What went wrong or should be known. Ordered by [`AlertKind::severity`] on the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AlertKind {
    /// Homes have no power.
    HomesDark {
        /// How many.
        homes: i64,
    },
    /// A meter is silent.
    MeterSilent {
        /// House number.
        house_no: i64,
    },
    /// The shared plant's meter is silent.
    PlantSilent,
    /// The grid is off.
    GridOff,
    /// The battery is at or below its reserve.
    BatteryLow {
        /// Content in per cent.
        percent: i64,
    },
    /// In and Out differ by more than a twentieth.
    Unaccounted {
        /// Difference in per cent of In.
        percent: i64,
    },
    /// Readings were filled by estimates.
    Estimated {
        /// How many intervals.
        intervals: i64,
    },
    /// The maintenance fund lasts only until a date.
    ReplacementShort {
        /// The day it runs out.
        on: CalendarDate,
    },
    /// A corrected reading changed a settled day.
    Corrected {
        /// The day.
        on: CalendarDate,
    },
}

/// How bad an alert is; the first is the worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Act now.
    Bad,
    /// Watch.
    Watch,
    /// To know.
    Info,
}

impl AlertKind {
    /// The severity that decides order and colour.
    pub fn severity(&self) -> Severity {
        match self {
            Self::HomesDark { .. } | Self::PlantSilent | Self::MeterSilent { .. } => Severity::Bad,
            Self::GridOff | Self::BatteryLow { .. } | Self::Unaccounted { .. } | Self::ReplacementShort { .. } => Severity::Watch,
            Self::Estimated { .. } | Self::Corrected { .. } => Severity::Info,
        }
    }
}

/// One alert.
#[derive(Debug, Clone)]
pub struct Alert {
    /// What.
    pub kind: AlertKind,
    /// Since when, if known.
    pub since_at: Option<i64>,
}

/// A fund of the cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FundKind {
    /// Pooled money for equipment.
    Equipment,
    /// Money to lend.
    Loan,
    /// For homes in need.
    Emergency,
    /// Care and replacement.
    Maintenance,
    /// Running costs.
    Operating,
    /// Surplus of the year.
    Surplus,
}

/// A fund's balance.
#[derive(Debug, Clone, Copy)]
pub struct Fund {
    /// Which.
    pub kind: FundKind,
    /// Balance, ngwee.
    pub balance_ngwee: i64,
    /// Voted target, ngwee.
    pub target_ngwee: Option<i64>,
}

/// How far the replacement of shared equipment is paid for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Replacement {
    /// Paid for until this month at the present service charge.
    FundedUntil(CalendarMonth),
    /// There is no service charge, so nothing is put aside.
    NotFunded,
    /// The cluster owns nothing that wears out.
    NothingToReplace,
}

/// A run of sealed intervals.
#[derive(Debug, Clone)]
pub struct Sealed {
    /// How many.
    pub count: i64,
    /// Start of the first.
    pub from_at: i64,
    /// End of the last.
    pub to_at: i64,
    /// Hash of the last one, lower-case hex.
    pub hash_hex: String,
}

/// The ground a figure stands on.
#[derive(Debug, Clone, Default)]
pub struct Proof {
    /// Readings used.
    pub reading_count: i64,
    /// Of them estimated.
    pub estimated_count: i64,
    /// Version of the sharing rule.
    pub sharing_rule_version: i64,
    /// Version of the price rule.
    pub price_rule_version: i64,
    /// What is sealed.
    pub sealed: Option<Sealed>,
    /// First and last ledger line.
    pub ledger_lines: Option<(i64, i64)>,
}

/// Page `/app/clusters/{code}`.
#[derive(Debug, Clone)]
pub struct DashboardInput {
    /// The cluster.
    pub cluster: ClusterHead,
    /// State now.
    pub now: NowInput,
    /// The local day now.
    pub today_on: CalendarDate,
    /// Sums of today; `None` before the first reading of the day.
    pub today: Option<DayTotals>,
    /// Today's curve.
    pub curve: Option<DayCurve>,
    /// Prices.
    pub price: Option<PriceInput>,
    /// Homes.
    pub members: Vec<MemberToday>,
    /// Alerts in any order.
    pub alerts: Vec<Alert>,
    /// Funds in the order shown.
    pub funds: Vec<Fund>,
    /// Replacement of equipment.
    pub replacement: Replacement,
    /// How we know.
    pub proof: Proof,
}

/// One member in the list.
#[derive(Debug, Clone)]
pub struct MemberRow {
    /// House number.
    pub no: i64,
    /// Shown name.
    pub alias: String,
    /// Whether the home shows its use to this reader; where not, that is no missing reading.
    pub is_shown: bool,
    /// Used today, Wh.
    pub today_wh: Option<i64>,
    /// What the month costs so far, ngwee; negative is earned.
    pub month_ngwee: Option<i64>,
}

/// Page `/app/clusters/{code}/members`.
#[derive(Debug, Clone)]
pub struct MembersInput {
    /// The cluster.
    pub cluster: ClusterHead,
    /// State now, for the stamp.
    pub now: NowInput,
    /// The local day now.
    pub today_on: CalendarDate,
    /// The month the money is of.
    pub month: CalendarMonth,
    /// Members by number.
    pub members: Vec<MemberRow>,
}

/// A line of the monthly receipt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReceiptKind {
    /// Own panels.
    OwnSun,
    /// Entitlement in the shared plant.
    OurPlant,
    /// Taken from neighbours.
    FromNeighbours,
    /// Given to neighbours.
    GivenToNeighbours,
    /// From the shared battery.
    Battery,
    /// From other clusters.
    TradedIn,
    /// Generator.
    Generator,
    /// Bought from the grid.
    GridBought,
    /// Sold to the grid.
    GridSold,
    /// Met with energy credits.
    CreditsUsed,
    /// Kept as energy credits.
    CreditsBanked,
    /// Credits bought back after a correction.
    CreditsBoughtBack,
}

/// Energy and money of one kind in one month.
#[derive(Debug, Clone, Copy)]
pub struct ReceiptLine {
    /// What.
    pub kind: ReceiptKind,
    /// Energy, Wh, never negative.
    pub energy_wh: i64,
    /// Money, ngwee; positive is paid by the member, negative is earned.
    pub money_ngwee: i64,
}

/// The month, alone against cluster.
#[derive(Debug, Clone)]
pub struct Receipt {
    /// Lines; lines with neither energy nor money are not shown.
    pub lines: Vec<ReceiptLine>,
    /// Service charge, ngwee, positive.
    pub service_charge_ngwee: i64,
    /// The whole month in the cluster, ngwee; positive is paid. The lines and the service charge add up to it, except
    /// for the daily rounding, which the page names.
    pub total_ngwee: i64,
    /// The same month alone, ngwee; `None` where no such bill exists (no grid).
    pub alone_ngwee: Option<i64>,
    /// Energy used, Wh.
    pub used_wh: i64,
    /// Minutes of grid outage in the month.
    pub outage_minutes: i64,
    /// Of them, minutes in which the cluster served the home.
    pub served_minutes: i64,
    /// Carbon avoided in grams; may be negative. `None` where no method fits.
    pub carbon_avoided_g: Option<i64>,
    /// Name of the carbon method, as the region file gives it.
    pub carbon_method: String,
}

/// What happened in the member's book.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BookKind {
    /// The netted energy money of a settlement day.
    Energy {
        /// The day.
        on: CalendarDate,
    },
    /// The service charge of a settlement day.
    ServiceCharge {
        /// The day.
        on: CalendarDate,
    },
    /// A corrected reading changed a day that was posted before.
    Correction {
        /// The day corrected.
        on: CalendarDate,
    },
    /// Money paid in.
    PaidIn,
    /// Money paid out.
    PaidOut,
    /// Cash that went into the wallet.
    CashIn,
    /// Cash that paid a debt.
    DebtPaid,
    /// Cash taken out of the wallet.
    CashOut,
    /// Contribution to shared equipment.
    Contribution,
    /// A reversal of an earlier line.
    Reversal {
        /// That line.
        of_line: i64,
    },
}

/// One ledger line as the member sees it.
#[derive(Debug, Clone)]
pub struct BookLine {
    /// Number of the transfer in the cluster.
    pub line_no: i64,
    /// Business date.
    pub on: CalendarDate,
    /// What.
    pub kind: BookKind,
    /// Ngwee; positive is in, negative is out.
    pub amount_ngwee: i64,
}

/// When the member's money has come back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Payback {
    /// After this many months from the start, at the rate so far.
    Months(i64),
    /// Not at the present rate: the cluster costs more than being alone.
    NotAtThisRate,
    /// Too early to say, or nothing to compare with.
    Unknown,
}

/// What the member put in, and what came of it.
#[derive(Debug, Clone, Copy)]
pub struct Stake {
    /// Put in, ngwee.
    pub contributed_ngwee: i64,
    /// Pledged, ngwee.
    pub pledged_ngwee: i64,
    /// Share of the asset in millionths.
    pub share_ppm: i64,
    /// Value of the asset, ngwee.
    pub asset_ngwee: i64,
    /// Saved against being alone since joining, ngwee; may be negative.
    pub saved_ngwee: Option<i64>,
    /// Payback.
    pub payback: Payback,
    /// Return a year in hundredths of a per cent.
    pub yearly_return_bp: Option<i64>,
}

/// One settled day of a member.
#[derive(Debug, Clone, Copy)]
pub struct MemberDay {
    /// The day.
    pub on: CalendarDate,
    /// Used, Wh.
    pub used_wh: i64,
    /// Cost, ngwee; negative is earned.
    pub money_ngwee: i64,
    /// Intervals that rest on an estimate.
    pub estimated_intervals: i64,
}

/// Page `/app/clusters/{code}/members/{no}/statement`.
#[derive(Debug, Clone)]
pub struct StatementInput {
    /// The cluster.
    pub cluster: ClusterHead,
    /// State now, for the stamp.
    pub now: NowInput,
    /// The local day now.
    pub today_on: CalendarDate,
    /// House number.
    pub member_no: i64,
    /// Shown name.
    pub alias: String,
    /// The month shown.
    pub month: CalendarMonth,
    /// Months that can be chosen, oldest first.
    pub months: Vec<CalendarMonth>,
    /// The receipt; `None` when nothing is settled in the month.
    pub receipt: Option<Receipt>,
    /// Balance before the first line, ngwee; positive is the member's.
    pub opening_ngwee: i64,
    /// Book lines of the month in order.
    pub book: Vec<BookLine>,
    /// Balance after the last line, ngwee: equals opening plus all lines, else the page is refused.
    pub closing_ngwee: i64,
    /// Contribution and return.
    pub stake: Option<Stake>,
    /// Replacement of equipment.
    pub replacement: Replacement,
    /// Days of the month.
    pub days: Vec<MemberDay>,
    /// How we know.
    pub proof: Proof,
    /// Moves out of this book and into it.
    pub moves: Vec<MovedBook>,
}

/// A move of the member: what the book was closed or opened with.
#[derive(Debug, Clone)]
pub struct MovedBook {
    /// Whether the member left this cluster by it.
    pub is_out: bool,
    /// First day in the new cluster.
    pub on: CalendarDate,
    /// Name of the other cluster.
    pub other_name: String,
    /// Code and member of the other book, for who may open it as its own.
    pub other_book: Option<(String, i64)>,
    /// Sums of the statement, ngwee: wallet, owed (negative) or credit, put in; `None` until the money moved.
    pub sums_ngwee: Option<[i64; 3]>,
    /// What was carried so far, ngwee.
    pub carried_ngwee: i64,
    /// Serials of the meters that went along.
    pub meters: Vec<String>,
}

/// One interval of a day; all energy in Wh.
#[derive(Debug, Clone)]
pub struct IntervalRow {
    /// Start.
    pub start_at: i64,
    /// The flows; `None` when the interval is not settled yet.
    pub flows: Option<IntervalFlows>,
    /// Meters that were estimated.
    pub estimated_meters: i64,
    /// Whether the grid was off.
    pub is_outage: bool,
    /// Inside price, ngwee per kWh; `None` when nothing was given.
    pub ngwee_per_kwh: Option<i64>,
    /// Hash of the sealed record, lower-case hex.
    pub sealed_hash_hex: Option<String>,
    /// Version of the sealed record: above 1 it was corrected.
    pub sealed_version: i64,
}

/// Settled flows of one interval, Wh.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct IntervalFlows {
    /// Generation.
    pub made_wh: i64,
    /// Consumption, served or not.
    pub used_wh: i64,
    /// Own panels, used at once.
    pub self_wh: i64,
    /// Plant and neighbours' surplus used by members.
    pub shared_wh: i64,
    /// Into the battery.
    pub charged_wh: i64,
    /// Out of the battery.
    pub discharged_wh: i64,
    /// To the grid.
    pub exported_wh: i64,
    /// From the grid.
    pub imported_wh: i64,
    /// Not usable.
    pub curtailed_wh: i64,
    /// Wanted and not served.
    pub unserved_wh: i64,
}

/// One member's day.
#[derive(Debug, Clone)]
pub struct MemberDayTotals {
    /// House number.
    pub no: i64,
    /// Shown name.
    pub alias: String,
    /// Used, Wh.
    pub used_wh: i64,
    /// Own panels, Wh.
    pub self_wh: i64,
    /// Own share of the plant, Wh.
    pub plant_wh: i64,
    /// Taken from neighbours, Wh.
    pub received_wh: i64,
    /// Given to neighbours, Wh.
    pub given_wh: i64,
    /// From the battery, Wh.
    pub battery_wh: i64,
    /// From the grid, Wh.
    pub imported_wh: i64,
    /// Not served, Wh.
    pub unserved_wh: i64,
    /// Cost, ngwee; negative is earned.
    pub money_ngwee: i64,
}

/// Page `/app/clusters/{code}/days/{date}`.
#[derive(Debug, Clone)]
pub struct DayInput {
    /// The cluster.
    pub cluster: ClusterHead,
    /// State now, for the stamp.
    pub now: NowInput,
    /// The day shown.
    pub on: CalendarDate,
    /// The day before, if it has intervals.
    pub previous_on: Option<CalendarDate>,
    /// The day after, if it has intervals.
    pub next_on: Option<CalendarDate>,
    /// Length of an interval in minutes.
    pub step_minutes: i64,
    /// Intervals in order of time.
    pub intervals: Vec<IntervalRow>,
    /// Members by number.
    pub members: Vec<MemberDayTotals>,
    /// How we know.
    pub proof: Proof,
}
