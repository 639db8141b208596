//! The result for people: sums, members, laws.

use super::report::{Settled, alone_ngwee};
use crate::output::{Table, kwh};
use quantity::Ngwee;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// The whole text.
pub fn render(settled: &Settled<'_>) -> String {
    let mut out = head(settled);
    for part in [sums(settled), members(settled), months(settled), laws(settled), rows(settled)] {
        if !part.is_empty() {
            out.push('\n');
            out.push_str(&part);
        }
    }
    out
}

fn head(settled: &Settled<'_>) -> String {
    let outcome = settled.outcome;
    let (first, last) = (outcome.intervals.first(), outcome.intervals.last());
    let mut out = format!("{} members, {} intervals of {} minutes", outcome.members.len(), outcome.intervals.len(), outcome.step.minutes());
    if let (Some((first, _)), Some((last, _))) = (first, last) {
        // Writing to a string cannot fail.
        let _ = write!(out, ", {first} to {}", last.plus_ms(outcome.step.ms()));
    }
    let rule = settled.rule;
    let _ = writeln!(out, "\n{}, key {}, price {}", rule.connection, rule.sharing_key.as_str(), rule.price_rule.as_str());
    out
}

fn sums(settled: &Settled<'_>) -> String {
    let totals = &settled.outcome.totals;
    let money = &settled.outcome.money;
    let mut table = Table::new(["energy", "kWh"]);
    for (name, wh, always) in [
        ("generated", totals.generation, true),
        ("used", totals.consumption, true),
        ("  own generation", totals.self_used, true),
        ("  shared", totals.shared, true),
        ("  from the battery", totals.discharged, false),
        ("  bought", totals.imported, true),
        ("  unserved", totals.unserved, false),
        ("into the battery", totals.charged, false),
        ("  lost there", totals.loss, false),
        ("sold", totals.exported, true),
        ("curtailed", totals.curtailed, false),
    ] {
        if always || wh != 0 {
            table.row([name.to_owned(), kwh(wh)]);
        }
    }
    let mut out = table.render();
    let mut table = Table::new(["money", "K"]);
    let paid: i64 = money.members.iter().sum();
    let alone: i64 = settled.outcome.sums.iter().map(alone_ngwee).sum();
    for (name, ngwee) in [
        ("to the grid", money.import),
        ("from the grid", money.export),
        ("to the fund", money.service),
        ("members pay in all", paid),
        ("members alone", alone),
    ] {
        table.row([name.to_owned(), kwacha(ngwee)]);
    }
    out.push('\n');
    out.push_str(&table.render());
    out
}

fn kwacha(ngwee: i64) -> String {
    Ngwee(ngwee).to_string().replace('K', "")
}

fn members(settled: &Settled<'_>) -> String {
    let has_outage = settled.outcome.sums.iter().any(|sum| sum.outage_minutes > 0);
    let mut heads = vec!["member", "used", "own", "share", "received", "given", "bought", "sold", "pays K", "alone K"];
    if has_outage {
        heads.extend(["outage h", "served h", "alone h"]);
    }
    let mut table = Table::new(heads);
    let outcome = settled.outcome;
    for ((id, sum), &money) in outcome.members.iter().zip(&outcome.sums).zip(&outcome.money.members) {
        let flows = &sum.flows;
        let energy = [flows.consumption, flows.self_used, flows.own_share, flows.received, flows.given, flows.imported, flows.exported];
        let mut row = vec![id.clone()];
        row.extend(energy.map(kwh));
        row.extend([kwacha(money), kwacha(alone_ngwee(sum))]);
        if has_outage {
            row.extend([sum.outage_minutes, sum.served_minutes, sum.alone.served_minutes].map(hours));
        }
        table.row(row);
    }
    table.render()
}

fn hours(minutes: i64) -> String {
    format!("{}:{:02}", minutes / 60, minutes % 60)
}

fn months(settled: &Settled<'_>) -> String {
    let mut out = String::new();
    for month in &settled.outcome.months {
        let worse: Vec<(&String, i64)> =
            settled.outcome.members.iter().zip(&month.worse_by).filter(|(_, by)| **by > 0).map(|(id, &by)| (id, by)).collect();
        if let Some((id, by)) = worse.iter().max_by_key(|(_, by)| *by) {
            let month: String = month.month.to_string().chars().take(7).collect();
            let most = quantity::MilliNgwee(*by).to_ngwee_half_even();
            let _ = writeln!(out, "{month}: {} members pay more than alone before the service charge, most {id} by {most}", worse.len());
        }
    }
    out
}

fn laws(settled: &Settled<'_>) -> String {
    let mut table = String::new();
    let named = settled.checks.named();
    for (name, holds, says) in named {
        let _ = writeln!(table, "{:<6}  {name:<21} {says}", if holds { "holds" } else { "BROKEN" });
    }
    table
}

fn rows(settled: &Settled<'_>) -> String {
    let outcome = settled.outcome;
    let mut out = format!("{} rows read, {} refused, {} readings estimated\n", settled.rows_read, settled.refused.len(), outcome.estimated);
    for (code, count) in count_by_code(settled.refused) {
        let _ = writeln!(out, "  {code:<26} {count}");
    }
    if outcome.duplicates > 0 {
        let _ = writeln!(out, "  {} rows stood there twice", outcome.duplicates);
    }
    out
}

/// How many rows were refused for each reason.
pub fn count_by_code(refused: &[metering::RefusedRow]) -> BTreeMap<&'static str, usize> {
    let mut counts = BTreeMap::new();
    for row in refused {
        *counts.entry(row.reason.code()).or_default() += 1;
    }
    counts
}
