//! What changed, as small replacements: text by id, geometry by part.

use message::Say;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use crate::chart::bar_layout;
use crate::input::NowInput;
use crate::input::trade::MarketInput;
use crate::view::dashboard::DashboardView;
use crate::view::{moment, trade};

/// Longest event, in bytes.
pub const NEWS_MAX: usize = 1_024;

/// One event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct News {
    /// What a browser that comes back says it has seen: the instant of the last reading, Unix ms.
    pub id: String,
    /// The replacements as JSON.
    pub data: String,
}

/// What a dashboard says now, for the page that shows an older state of the same shape.
pub fn news(view: &DashboardView, reading_at: Option<i64>) -> News {
    let mut text = Map::new();
    let mut put = |id: &str, value: &str| text.insert(id.to_owned(), Value::String(value.to_owned()));
    put("now", &view.headline);
    put("stamp", &view.frame.stamp);
    for (i, glance) in view.glance.iter().enumerate() {
        put(&format!("g{i}"), &glance.value);
        put(&format!("g{i}n"), &glance.note);
    }
    let mut parts = Map::new();
    if let Some(power) = &view.power {
        put("in-total", &power.in_total);
        put("out-total", &power.out_total);
        for side in [&power.ins, &power.outs] {
            let powers: Vec<i64> = side.iter().map(|row| row.power_w).collect();
            for (row, (x, width, _)) in side.iter().zip(bar_layout(&powers)) {
                put(&format!("{}-w", row.id), &row.amount);
                parts.insert(row.id.to_owned(), json!([x, width]));
            }
        }
    }
    if let Some(battery) = &view.battery {
        put("battery-percent", &battery.percent.to_string());
    }
    let whole = json!({ "shape": shape(view), "old": i32::from(view.frame.is_old), "text": text, "part": parts });
    let mut data = whole.to_string();
    if data.len() > NEWS_MAX {
        // Too many parts for a small event: the page is asked for again.
        data = json!({ "shape": "", "old": i32::from(view.frame.is_old), "text": { "now": view.headline }, "part": {} }).to_string();
    }
    News { id: reading_at.map_or_else(String::new, |at| at.to_string()), data }
}

/// What a market says now, for the Trading Hub: the last price and the two sentences. Pictures and tables are as old as the page, which is
/// asked for again now and then.
pub fn market_news(market: &MarketInput, now: &NowInput, say: Say) -> News {
    let mut text = Map::new();
    let mut put = |id: &str, value: String| text.insert(id.to_owned(), Value::String(value));
    if let Some((price, note)) = trade::last_price(market, now, say) {
        put("v-last", price);
        put("n-last", note);
    }
    put("say-book", trade::book_line(market, say));
    put("say-last", trade::last_line(market, now.now_at, say));
    let data = json!({ "shape": trade_shape(market), "old": i32::from(moment::is_stale(now)), "text": text, "part": {} }).to_string();
    News { id: now.now_at.to_string(), data }
}

/// A short name of what the market's parts of the Trading Hub are made of.
pub fn trade_shape(market: &MarketInput) -> String {
    format!("t{}{}{}", u8::from(market.last.is_some()), u8::from(!market.asks.is_empty()), u8::from(!market.bids.is_empty()))
}

/// A short name of what a dashboard is made of: while it stays the same, replacements are enough.
pub fn shape(view: &DashboardView) -> String {
    let mut digest = Sha256::new();
    if let Some(power) = &view.power {
        for side in [&power.ins, &power.outs] {
            let powers: Vec<i64> = side.iter().map(|row| row.power_w).collect();
            for (row, (_, _, is_named)) in side.iter().zip(bar_layout(&powers)) {
                digest.update(format!("{} {is_named};", row.id));
            }
        }
        digest.update([u8::from(power.unserved.is_empty())]);
    }
    for alert in &view.alerts {
        digest.update(format!("{} {};", alert.class, alert.what));
    }
    digest.update([u8::from(view.power.is_some()), u8::from(view.battery.is_some()), u8::from(view.price.is_some()), u8::from(view.curve.is_some())]);
    digest.finalize().iter().take(4).map(|byte| format!("{byte:02x}")).collect()
}
