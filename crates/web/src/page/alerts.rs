//! One's own price alerts: what is waited for, one more, one less.

use axum::extract::{RawQuery, State};
use axum::response::Response;
use domain::{AlertNo, ClusterCode};
use message::Say;
use service::alerts::{CHANGE_MAX, CHANGE_MIN};
use service::{AlertCreate, AlertLine};

use super::{amount_fault, cluster, kwacha, refused, scaled, service};
use crate::form::{Choice, Choices, Fault, Faults, Fields, Form, Input};
use crate::problem::Problem;
use crate::view::frame::Frame;
use crate::view::sheets::{Block, Row, Sheet, SheetsView};
use crate::visitor::{Outcome, Posted, Visitor};
use crate::web::Web;

/// Millionths in a part per ten thousand.
const PPM_PER_PART: i64 = 100;
/// The fields that refusals stand at.
const FIELDS: [(&str, &str); 3] = [("alert_threshold", "price"), ("alert_kind", "kind"), ("alerts_too_many", "kind")];

/// `GET /app/alerts`
///
/// # Errors
/// [`Problem`].
pub async fn show(State(web): State<Web>, visitor: Visitor, RawQuery(query): RawQuery) -> Result<Response, Problem> {
    let (say, asked) = (visitor.say(), Fields::parse(query.unwrap_or_default().as_bytes())?);
    let done = match asked.get("done") {
        "set" => say.price_alert_set(),
        "gone" => say.price_alert_gone(),
        _ => "",
    };
    let view = page(&web, &visitor, &Fields::default(), &Faults::default()).await?;
    visitor.page(&view.done(done))
}

async fn page(web: &Web, visitor: &Visitor, fields: &Fields, faults: &Faults) -> Result<SheetsView, Problem> {
    let say = visitor.say();
    let lines = service(web)?.alert_list(visitor.actor).await?;
    let mut sheet = Sheet::new(say.price_alerts_mine()).mine();
    if lines.is_empty() {
        sheet = sheet.with(Block::Blank("i-msg", say.price_alerts_none().to_owned(), say.price_alerts_none_step().to_owned()));
    } else {
        let mut rows = Vec::with_capacity(lines.len());
        for line in &lines {
            let form = Form::button(say, &visitor.seal(web)?, "/app/alerts/delete", say.price_alert_delete());
            rows.push(row(say, line).form(form.hidden("alert", line.row.no.to_string()).submit_class("btn btn--line btn--small")));
        }
        sheet = sheet.with(Block::Rows(rows));
    }
    let frame = Frame::plain(&visitor.reader, say.price_alerts());
    let view = SheetsView::new(frame, say.price_alerts()).lead(say.price_alerts_say()).sheet(sheet);
    let groups = groups(web, visitor).await?;
    if groups.is_empty() {
        return Ok(view);
    }
    let kind = |word, label: &str| Choice::new(word, label);
    let kinds = vec![
        kind("above", say.price_alert_kind_above()).chosen(true),
        kind("below", say.price_alert_kind_below()),
        kind("change_day", say.price_alert_kind_change()),
        kind("cheap_ahead", say.price_alert_kind_cheap()),
    ];
    let form = Form::new(say, &visitor.seal(web)?, "/app/alerts", say.price_alert_add())
        .part(Choices::list("cluster", say.price_alert_group(), groups))
        .part(Choices::list("kind", say.price_alert_kind(), kinds))
        .part(Input::text("price", say.price_alert_price()).decimal().hint(say.price_alert_price_say()).optional())
        .part(Input::text("percent", say.price_alert_percent()).decimal().hint(say.price_alert_percent_say()).optional())
        .filled(fields, faults);
    Ok(view.sheet(Sheet::new(say.price_alert_new()).form(form)))
}

/// The groups that the reader belongs to.
async fn groups(web: &Web, visitor: &Visitor) -> Result<Vec<Choice>, Problem> {
    let profile = service(web)?.profile(visitor.actor).await?;
    let mut groups: Vec<(ClusterCode, String)> = Vec::new();
    for membership in profile.memberships.into_iter().filter(|membership| membership.left_on.is_none()) {
        if groups.iter().all(|(code, _)| *code != membership.code) {
            groups.push((membership.code, membership.cluster_name));
        }
    }
    Ok(groups.into_iter().map(|(code, name)| Choice::new(code.to_string(), name)).collect())
}

fn row(say: Say, line: &AlertLine) -> Row {
    let alert = &line.row.alert;
    let (threshold, base) = (alert.kind.threshold(), alert.kind.base());
    let title = match alert.kind.as_str() {
        "above" => say.price_alert_above(threshold),
        "below" => say.price_alert_below(threshold),
        "change_day" => say.price_alert_change_day(threshold.saturating_mul(PPM_PER_PART)),
        "change" => say.price_alert_change(base.map_or(0, |base| base.0), threshold.saturating_mul(PPM_PER_PART)),
        _ => say.price_alert_cheap().to_owned(),
    };
    let mut row = Row::new(title).note(line.cluster_name.clone());
    if let Some(at) = alert.last_fired_at {
        row = row.note(say.price_alert_last(at.0));
    }
    if !alert.is_armed {
        row = row.note(say.price_alert_rests());
    }
    row
}

/// `POST /app/alerts`: sets one.
///
/// # Errors
/// [`Problem`].
pub async fn add(State(web): State<Web>, posted: Posted) -> Result<Response, Problem> {
    let shared = web.clone();
    posted.once(&web, async move |posted| added(shared, posted).await).await
}

async fn added(web: Web, posted: Posted) -> Result<Outcome, Problem> {
    if !posted.visitor.is_signed_in() {
        return Err(Problem::SignIn);
    }
    let say = posted.say();
    let faults = match threshold(say, &posted.fields) {
        Err(faults) => faults,
        Ok(threshold) => {
            let row = cluster(&web, posted.fields.get("cluster")).await?;
            let new = AlertCreate { kind: posted.fields.get("kind").to_owned(), threshold, expires_at: None };
            match service(&web)?.alert_create(posted.visitor.actor, &row, new).await {
                Ok(_) => return Ok(posted.done("/app/alerts?done=set")),
                Err(error) => refused(say, error, &FIELDS)?,
            }
        }
    };
    let view = page(&web, &posted.visitor, &posted.fields, &faults).await?;
    posted.again(&view)
}

/// What is waited for: ngwee per kWh, or parts per ten thousand of a change.
fn threshold(say: Say, fields: &Fields) -> Result<i64, Faults> {
    let fault = |field, fault| {
        let mut faults = Faults::default();
        faults.add(field, fault);
        faults
    };
    match fields.get("kind") {
        "cheap_ahead" => Ok(0),
        // A percent with two digits is a number of parts per ten thousand.
        "change_day" => scaled(fields.get("percent"), 2)
            .filter(|parts| (CHANGE_MIN..=CHANGE_MAX).contains(parts))
            .ok_or_else(|| fault("percent", Fault::of(say, "alert_threshold", &[]))),
        _ => kwacha(fields.get("price")).map(|price| price.0).ok_or_else(|| fault("price", amount_fault(say, fields.get("price")))),
    }
}

/// `POST /app/alerts/delete`
///
/// # Errors
/// [`Problem`].
pub async fn delete(State(web): State<Web>, posted: Posted) -> Result<Response, Problem> {
    let shared = web.clone();
    posted
        .once(&web, async move |posted| {
            if !posted.visitor.is_signed_in() {
                return Err(Problem::SignIn);
            }
            let no = posted.fields.get("alert").parse().ok().and_then(|no| AlertNo::new(no).ok()).ok_or(Problem::BadAddress)?;
            match service(&shared)?.alert_delete(posted.visitor.actor, no).await {
                // Already gone is what was wanted.
                Err(error) if error.code() != "alert_unknown" => Err(error.into()),
                _ => Ok(posted.done("/app/alerts?done=gone")),
            }
        })
        .await
}
