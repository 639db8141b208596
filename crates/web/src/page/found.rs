//! Founding a group: ready rules for five kinds of beginnings, each of which can be changed before the button is pressed.

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::response::Response;
use domain::{Admission, ClusterCode, ClusterKind, Connection, GeoPoint, GovernanceConfig, Region, TradePrice, TradingConfig};
use ledger::IdempotencyKey;
use message::Say;
use quantity::{BusinessDay, Ngwee, PricePerKwh, Step as MeterStep, WattHours, Watts};
use service::{ClusterFound, Household};

use super::start::{Step, steps};
use super::{amount_fault, kwacha, limits, refused_with, scaled, service};
use crate::form::{Choice, Choices, Fault, Faults, Fields, Form, Input, Part};
use crate::problem::Problem;
use crate::view::frame::Frame;
use crate::view::sheets::{Block, Row, Sheet, SheetsView};
use crate::visitor::{Outcome, Posted, Visitor};
use crate::web::Web;

/// A kind of beginning with its usual values.
struct Preset {
    name: &'static str,
    kind: ClusterKind,
    connection: Connection,
    kilowatts: &'static str,
    kilowatt_hours: &'static str,
    price_rule: TradePrice,
}

/// Planning values; each can be changed in the form.
const PRESETS: [Preset; 5] = [
    Preset {
        name: "hostel",
        kind: ClusterKind::Micro,
        connection: Connection::OnePoint,
        kilowatts: "5",
        kilowatt_hours: "10",
        price_rule: TradePrice::MidMarket,
    },
    Preset {
        name: "town",
        kind: ClusterKind::Neighborhood,
        connection: Connection::Separate,
        kilowatts: "30",
        kilowatt_hours: "60",
        price_rule: TradePrice::MidMarket,
    },
    Preset {
        name: "village",
        kind: ClusterKind::Micro,
        connection: Connection::OffGrid,
        kilowatts: "4",
        kilowatt_hours: "10",
        price_rule: TradePrice::Fixed,
    },
    Preset {
        name: "producers",
        kind: ClusterKind::Industrial,
        connection: Connection::Separate,
        kilowatts: "500",
        kilowatt_hours: "0",
        price_rule: TradePrice::MidMarket,
    },
    Preset {
        name: "suppliers",
        kind: ClusterKind::Supply,
        connection: Connection::Separate,
        kilowatts: "0",
        kilowatt_hours: "0",
        price_rule: TradePrice::Fixed,
    },
];

/// Inside price and service charge that the form begins with; planning values as above.
const PRICE: PricePerKwh = PricePerKwh(120);
const CHARGE: PricePerKwh = PricePerKwh(30);

/// A price as a field shows it.
fn plain(price: PricePerKwh) -> String {
    format!("{}.{:02}", price.0 / 100, price.0 % 100)
}

impl Preset {
    fn find(name: &str) -> Option<&'static Self> {
        PRESETS.iter().find(|preset| preset.name == name)
    }

    /// Whether firms found it, not homes.
    const fn is_business(&self) -> bool {
        matches!(self.kind, ClusterKind::Industrial | ClusterKind::Supply)
    }

    fn words(&self, say: Say) -> (&'static str, &'static str) {
        match self.name {
            "hostel" => (say.preset_hostel(), say.preset_hostel_is()),
            "town" => (say.preset_town(), say.preset_town_is()),
            "village" => (say.preset_village(), say.preset_village_is()),
            "producers" => (say.preset_producers(), say.preset_producers_is()),
            _ => (say.preset_suppliers(), say.preset_suppliers_is()),
        }
    }
}

/// The regions there are, by name.
pub fn regions(web: &Web) -> Vec<Arc<Region>> {
    let Some(service) = web.service() else { return Vec::new() };
    let mut regions: Vec<_> = Region::shipped_codes().filter_map(|code| service.region(code).ok()).collect();
    regions.sort_by(|a, b| a.name.cmp(&b.name));
    regions
}

/// The word of a connection.
#[must_use]
pub fn connection_word(say: Say, connection: Connection) -> &'static str {
    match connection {
        Connection::OffGrid => say.connection_off_grid(),
        Connection::OnePoint => say.connection_one_point(),
        Connection::Separate => say.connection_separate(),
    }
}

/// The word of a price rule.
#[must_use]
pub fn price_word(say: Say, rule: TradePrice) -> &'static str {
    match rule {
        TradePrice::Fixed => say.price_fixed(),
        TradePrice::MidMarket => say.price_mid_market(),
        TradePrice::SupplyDemandRatio => say.price_supply_demand_ratio(),
    }
}

/// The word of an admission rule.
#[must_use]
pub fn admission_word(say: Say, admission: Admission) -> &'static str {
    match admission {
        Admission::ByCode => say.admission_by_code(),
        Admission::ByCodeWhileForming => say.admission_by_code_while_forming(),
        Admission::ByOfficer => say.admission_by_officer(),
    }
}

/// `GET /app/start/found?preset=village`
///
/// # Errors
/// [`Problem`].
pub async fn show(State(web): State<Web>, visitor: Visitor, RawQuery(query): RawQuery) -> Result<Response, Problem> {
    if !visitor.is_signed_in() {
        return Err(Problem::SignIn);
    }
    let asked = Fields::parse(query.unwrap_or_default().as_bytes())?;
    let view = match Preset::find(asked.get("preset")) {
        Some(preset) => page(&web, &visitor, preset, &Fields::default(), &Faults::default())?,
        None => presets(&visitor),
    };
    visitor.page(&view)
}

fn presets(visitor: &Visitor) -> SheetsView {
    let say = visitor.say();
    let rows = PRESETS.iter().map(|preset| {
        let (word, is) = preset.words(say);
        Row::new(word).href(format!("/app/start/found?preset={}", preset.name)).note(is)
    });
    let mut view = SheetsView::new(Frame::plain(&visitor.reader, say.found_title()), say.preset_title())
        .lead(say.found_rules_say())
        .sheet(Sheet::default().with(Block::Rows(rows.collect())));
    view.steps = Some(steps(say, Step::Group));
    view
}

/// The rules a group of this kind begins with, before the form that can change them.
fn usual_rules(say: Say, preset: &Preset, (least, most): (Ngwee, Ngwee)) -> Sheet {
    let price = if preset.price_rule == TradePrice::Fixed { say.per_kwh(PRICE.0) } else { String::new() };
    let facts = vec![
        (say.group_wired().to_owned(), connection_word(say, preset.connection).to_owned(), String::new()),
        (say.rule_price().to_owned(), price_word(say, preset.price_rule).to_owned(), price),
        (say.rule_charge().to_owned(), say.per_kwh(CHARGE.0), String::new()),
        (say.rule_admission().to_owned(), admission_word(say, Admission::ByCodeWhileForming).to_owned(), String::new()),
        (say.rule_pledge().to_owned(), say.pledges_range(least.0, most.0), String::new()),
    ];
    Sheet::new(say.rules_at_start()).with(Block::Facts(facts)).with(Block::Quiet(say.rules_change_below().to_owned()))
}

fn page(web: &Web, visitor: &Visitor, preset: &Preset, typed_before: &Fields, faults: &Faults) -> Result<SheetsView, Problem> {
    let say = visitor.say();
    let (word, is) = preset.words(say);
    let regions = regions(web);
    let own = regions.iter().find(|region| region.code == web.options().region).or(regions.first()).ok_or(Problem::NotFound)?;
    let region_choices = regions.iter().map(|region| Choice::new(region.code.clone(), region.name.clone()).chosen(region.code == own.code)).collect();
    let connections = Connection::ALL.iter().map(|c| Choice::new(c.as_str(), connection_word(say, *c)).chosen(*c == preset.connection)).collect();
    let admissions =
        Admission::ALL.iter().map(|a| Choice::new(a.as_str(), admission_word(say, *a)).chosen(*a == Admission::ByCodeWhileForming)).collect();
    let (least, most) = own.contribution_on(BusinessDay::of(web.now(), own.offset));
    let rules = [TradePrice::Fixed, TradePrice::MidMarket, TradePrice::SupplyDemandRatio];
    let prices = rules.iter().map(|r| Choice::new(r.as_str(), price_word(say, *r)).chosen(*r == preset.price_rule)).collect();
    let (whose, whose_name) =
        if preset.is_business() { (say.found_firm_part(), say.found_firm_name()) } else { (say.found_home_part(), say.join_household()) };
    let form = Form::new(say, &visitor.seal(web)?, "/app/start/found", say.found_button())
        .hidden("preset", preset.name)
        .part(Part::Heading(say.found_group_part().to_owned()))
        .part(Input::text("name", say.found_name()).with("maxlength", "60"))
        .part(Input::text("place", say.found_place()).with("maxlength", "60"))
        .part(Choices::list("region", say.found_region(), region_choices))
        .part(Input::text("code", say.found_code()).with("maxlength", "12").class("code").optional().hint(say.found_code_auto()))
        .part(Part::Heading(whose.to_owned()))
        .part(Input::text("alias", whose_name).with("maxlength", "60"))
        .part(Input::text("house", say.house_number()).with("maxlength", "40").optional().hint(say.house_number_help()))
        .part(Input::text("pledge", say.pledge_amount()).decimal().hint(say.join_pledge_help(least.0, most.0)))
        .part(Part::Fold(say.found_rules_fold().to_owned()))
        .part(Choices::one("connection", say.found_connection(), connections))
        .part(Input::text("kw", say.found_capacity_kw()).decimal().value(preset.kilowatts))
        .part(Input::text("kwh", say.found_capacity_kwh()).decimal().value(preset.kilowatt_hours))
        .part(Choices::one("admission", say.found_admission(), admissions).class("tiles--wide"))
        .part(Choices::one("price_rule", say.price_how(), prices).class("tiles--wide"))
        .part(Input::text("price", say.found_price()).decimal().value(plain(PRICE)).hint(say.found_price_help()))
        .part(Input::text("charge", say.found_service_charge()).decimal().value(plain(CHARGE)))
        .part(Input::text("gps", say.found_gps()).optional().with("maxlength", "40").hint(say.found_gps_help()))
        .part(Part::FoldEnd)
        .link("/app/start/found", say.change_preset())
        .note(say.founder_is())
        .about_money()
        .filled(typed_before, faults);
    let mut view = SheetsView::new(Frame::plain(&visitor.reader, say.found_title()), word)
        .lead(is)
        .sheet(usual_rules(say, preset, (least, most)))
        .sheet(Sheet::new(say.found_group()).form(form));
    view.steps = Some(steps(say, Step::Home));
    Ok(view)
}

/// `POST /app/start/found`
///
/// # Errors
/// [`Problem`].
pub async fn post(State(web): State<Web>, posted: Posted) -> Result<Response, Problem> {
    let shared = web.clone();
    posted.once(&web, async move |posted| founded(shared, posted).await).await
}

async fn founded(web: Web, posted: Posted) -> Result<Outcome, Problem> {
    let say = posted.say();
    if !posted.visitor.is_signed_in() {
        return Err(Problem::SignIn);
    }
    let preset = Preset::find(posted.fields.get("preset")).ok_or(Problem::BadAddress)?;
    let mut faults = Faults::default();
    if let Some(found) = read(&web, &posted, preset, &mut faults)? {
        match service(&web)?.create_cluster(posted.visitor.actor, found).await {
            Ok(row) => return Ok(posted.done(format!("/app/start/tour?code={}&new=1", row.code))),
            Err(error) => {
                let region = service(&web)?.region(posted.fields.get("region"))?;
                let (least, most) = region.contribution_on(BusinessDay::of(web.now(), region.offset));
                faults = refused_with(say, error, &FOUND_FIELDS, &limits(least, most))?;
            }
        }
    }
    let view = page(&web, &posted.visitor, preset, &posted.fields, &faults)?;
    posted.again(&view)
}

/// Which field a refusal is about.
const FOUND_FIELDS: [(&str, &str); 6] = [
    ("cluster_code_taken", "code"),
    ("cluster_code_reserved", "code"),
    ("contribution_low", "pledge"),
    ("contribution_high", "pledge"),
    ("place_outside", "gps"),
    ("region_unknown", "region"),
];

/// What was typed; faults are added where it cannot be.
fn read(web: &Web, posted: &Posted, preset: &Preset, faults: &mut Faults) -> Result<Option<ClusterFound>, Problem> {
    let (say, fields) = (posted.say(), &posted.fields);
    let mut bad = |field, code: &str| faults.add(field, Fault::of(say, code, &[]));
    for field in ["name", "place", "alias"] {
        if fields.get(field).is_empty() {
            bad(field, "name_missing");
        }
    }
    let code = match fields.get("code") {
        "" => None,
        text => ClusterCode::parse(text).map_err(|error| bad("code", error.code())).ok(),
    };
    let location = match fields.get("gps").split_once(',') {
        Some((latitude, longitude)) => GeoPoint::parse(latitude.trim(), longitude.trim()).map_err(|error| bad("gps", error.code())).ok(),
        None if fields.get("gps").is_empty() => None,
        None => {
            bad("gps", "place_form");
            None
        }
    };
    let mut number = |field: &'static str, digits| {
        let value = scaled(fields.get(field), digits);
        if value.is_none() {
            bad(field, if fields.get(field).is_empty() { "value_missing" } else { "value_invalid" });
        }
        value.unwrap_or_default()
    };
    let (power, capacity) = (Watts(number("kw", 3)), WattHours(number("kwh", 3)));
    let (price, charge) = (PricePerKwh(number("price", 2)), PricePerKwh(number("charge", 2)));
    let contribution = kwacha(fields.get("pledge")).unwrap_or_else(|| {
        faults.add("pledge", amount_fault(say, fields.get("pledge")));
        Ngwee(0)
    });
    let connection = Connection::parse(fields.get("connection")).unwrap_or(preset.connection);
    let admission = Admission::parse(fields.get("admission")).unwrap_or(Admission::ByCodeWhileForming);
    let price_rule = TradePrice::parse(fields.get("price_rule")).unwrap_or(preset.price_rule);
    let region = service(web)?.region(fields.get("region"))?;
    if !faults.is_empty() {
        return Ok(None);
    }
    let (least, most) = region.contribution_on(BusinessDay::of(service(web)?.now(), region.offset));
    let usual = GovernanceConfig::new(least, most);
    Ok(Some(ClusterFound {
        code,
        name: fields.get("name").to_owned(),
        kind: preset.kind,
        place: fields.get("place").to_owned(),
        region: region.code.clone(),
        location,
        connection,
        capacity,
        power,
        household: Household { alias: fields.get("alias").to_owned(), house: fields.get("house").to_owned(), contribution, ..Household::default() },
        governance: Some(GovernanceConfig { admission, ..usual }),
        trading: Some(TradingConfig::new(price_rule, price, charge)),
        step: MeterStep::Min15,
        key: key_of(posted),
    }))
}

/// The one-time key of a form as the key that recognises a retry in the books.
#[must_use]
pub fn key_of(posted: &Posted) -> IdempotencyKey {
    IdempotencyKey::derive(&[b"web form", posted.fields.get("key").as_bytes()])
}
