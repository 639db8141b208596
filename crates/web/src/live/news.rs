//! What changed, as small replacements: text by id, geometry by part.

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use crate::chart::bar_layout;
use crate::view::dashboard::DashboardView;

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
