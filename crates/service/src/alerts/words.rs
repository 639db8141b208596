//! What people are told of alerts: a notice and a text to the phone, each made of the same values.

use crate::ServiceError;
use crate::account::sms;
use domain::UserId;
use market::alert::{AlertKind, Base};
use market::telling::{HeldBack, Route, Telling};
use message::Say;
use quantity::{Instant, PricePerKwh};
use store::Tx;
use store::tables::NoticeNew;

/// Millionths in a part per ten thousand.
const PPM_PER_PART: i64 = 100;
/// What all these texts are about, as a code.
const SMS_KIND: &str = "price-alert";

/// What is said, and when the phone may hear it.
pub(super) struct Words {
    what: What,
    route: Route,
}

enum What {
    Above { name: String, limit: i64, price: i64 },
    Below { name: String, limit: i64, price: i64 },
    Change { name: String, base: i64, price: i64 },
    ChangeDay { name: String, change: i64, price: i64 },
    Cheap { name: String, from: i64 },
    Held { day: i64, count: i64 },
}

/// What is said of an alert that fired.
pub(super) fn fired(cluster: &str, telling: &Telling) -> Words {
    let (name, firing) = (cluster.to_owned(), &telling.firing);
    let price = firing.price.unwrap_or(PricePerKwh::ZERO).0;
    let what = match firing.kind {
        AlertKind::Above(limit) => What::Above { name, limit: limit.0, price },
        AlertKind::Below(limit) => What::Below { name, limit: limit.0, price },
        AlertKind::Change { base: Base::AtSetting(base), .. } => What::Change { name, base: base.0, price },
        AlertKind::Change { parts, base: Base::DayBefore } => What::ChangeDay { name, change: parts.saturating_mul(PPM_PER_PART), price },
        AlertKind::CheapAhead => What::Cheap { name, from: firing.cheap_from.unwrap_or(firing.at).0 },
    };
    Words { what, route: telling.route }
}

/// The one line about what was held back on a day.
pub(super) fn held_back(held: &HeldBack) -> Words {
    Words { what: What::Held { day: held.day.0.into(), count: held.firings }, route: held.route }
}

impl Words {
    fn notice(&self, user: UserId) -> NoticeNew {
        let new = |kind| NoticeNew::new(user, kind);
        match &self.what {
            What::Above { name, limit, price } => {
                new("alert-above").with("name", name.as_str()).with("limit_ngwee", *limit).with("price_ngwee", *price)
            }
            What::Below { name, limit, price } => {
                new("alert-below").with("name", name.as_str()).with("limit_ngwee", *limit).with("price_ngwee", *price)
            }
            What::Change { name, base, price } => {
                new("alert-change").with("name", name.as_str()).with("base_ngwee", *base).with("price_ngwee", *price)
            }
            What::ChangeDay { name, change, price } => {
                new("alert-change-day").with("name", name.as_str()).with("change_ppm", *change).with("price_ngwee", *price)
            }
            What::Cheap { name, from } => new("alert-cheap").with("name", name.as_str()).with("from_at", *from),
            What::Held { day, count } => new("alerts-held").with("count", *count).with("day_on", *day),
        }
    }

    fn text(&self, say: Say) -> String {
        match &self.what {
            What::Above { name, limit, price } => say.sms_alert_above(*limit, name, *price),
            What::Below { name, limit, price } => say.sms_alert_below(*limit, name, *price),
            What::Change { name, base, price } => say.sms_alert_change(*base, name, *price),
            What::ChangeDay { name, change, price } => say.sms_alert_change_day(*change, name, *price),
            What::Cheap { name, from } => say.sms_alert_cheap(*from, name),
            What::Held { count, .. } => say.sms_alerts_held(*count),
        }
    }
}

/// Tells a person: the inbox at once, the phone when it may. `people_now` is the present of phones, which differs from `now` in a demo alone.
pub(super) async fn tell(tx: &mut Tx<'_>, user: UserId, words: &[Words], now: Instant, people_now: Instant) -> Result<(), ServiceError> {
    if words.is_empty() {
        return Ok(());
    }
    let notices: Vec<NoticeNew> = words.iter().map(|words| words.notice(user)).collect();
    debug_assert!(notices.iter().all(crate::account::is_readable), "a notice has no words: {notices:?}");
    tx.notice_append(&notices, now).await?;
    let Some(person) = tx.user(user).await? else { return Ok(()) };
    for words in words {
        let text = sms::money(person.phone, SMS_KIND, words.text(Say::new(person.language)));
        let wait = words.route.sms_at.ms_since(now).max(0);
        tx.sms_append_due(&[text], people_now, people_now.plus_ms(wait)).await?;
    }
    Ok(())
}
