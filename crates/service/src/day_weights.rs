//! The fixed weights of a day: who counts how much under a key that needs weights. Pure.

use quantity::{BusinessDay, WattHours, split_exact};
use settlement::{RuleSet, SharingKey};
use std::collections::BTreeMap;
use store::tables::{AssetRow, MemberRow, ShareRow};

/// One weight for each member of the day, in their order.
///
/// Under the key `ownership` a weight is what the member owns of the equipment that works on that day, at cost in ngwee: its parts of each
/// asset as they hold on the day. Parts of owners who are not there count for nobody. Under every other key, and where nobody's equipment
/// is written down, it is the member's fixed weight. Where all weights are zero those who are there share alike: a day is settled whoever
/// goes.
pub(crate) fn weights(rule: &RuleSet, members: &[MemberRow], assets: &[AssetRow], shares: &[ShareRow], day: BusinessDay) -> Vec<u64> {
    let owned = if rule.sharing_key == SharingKey::Ownership { owned_on(assets, shares, day) } else { BTreeMap::new() };
    let weight = |member: &MemberRow| if owned.is_empty() { member.weight } else { owned.get(&member.no.get()).copied().unwrap_or(0) };
    let weights: Vec<u64> = members.iter().map(weight).collect();
    let is_weightless = rule.sharing_key.needs_weights() && weights.iter().all(|&weight| weight == 0);
    if is_weightless { vec![1; members.len()] } else { weights }
}

/// What each member owns, in ngwee; equipment without a cost counts as one kwacha, so that owning it is something.
fn owned_on(assets: &[AssetRow], shares: &[ShareRow], day: BusinessDay) -> BTreeMap<i64, u64> {
    let mut owned = BTreeMap::new();
    for asset in assets.iter().filter(|asset| asset.commissioned_on <= day) {
        let of_asset = || shares.iter().filter(|share| share.asset == asset.no && share.from_day <= day);
        let since = of_asset().map(|share| share.from_day).max();
        let holding: Vec<&ShareRow> = of_asset().filter(|share| Some(share.from_day) == since).collect();
        let parts: Vec<u64> = holding.iter().map(|share| share.parts.unsigned_abs()).collect();
        // Nobody written down owns nothing.
        let values = split_exact(WattHours(asset.cost.0.max(100)), &parts).unwrap_or_default();
        for (share, value) in holding.iter().zip(values) {
            let sum: &mut u64 = owned.entry(share.member.get()).or_default();
            *sum = sum.saturating_add(value.0.unsigned_abs());
        }
    }
    owned
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{AssetKind, AssetNo, Connection, MemberNo};
    use quantity::Ngwee;

    fn member(no: i64, weight: u64) -> MemberRow {
        let no = MemberNo::new(no).expect("a number");
        MemberRow { no, alias: format!("Home {no}"), kind: "household".to_owned(), weight, joined_on: BusinessDay(0), left_on: None }
    }

    fn asset(no: i64, cost: i64, from: i32) -> AssetRow {
        let no = AssetNo::new(no).expect("a number");
        AssetRow { no, kind: AssetKind::SolarPanel, name: String::new(), cost: Ngwee(cost), commissioned_on: BusinessDay(from), life_years: 20 }
    }

    fn share(asset: i64, from: i32, member: i64, parts: i64, whole: i64) -> ShareRow {
        let (asset, member) = (AssetNo::new(asset).expect("a number"), MemberNo::new(member).expect("a number"));
        ShareRow { asset, from_day: BusinessDay(from), member, parts, whole }
    }

    #[test]
    fn who_owns_more_counts_more_from_the_day_on() {
        let members = [member(1, 5), member(2, 5), member(3, 5)];
        let assets = [asset(1, 4_000_000, 10), asset(2, 1_000_000, 20)];
        // The first panel half and half, all of it the second member's from day 30 on; the second panel belongs to the third.
        let shares = [share(1, 10, 1, 1, 2), share(1, 10, 2, 1, 2), share(1, 30, 2, 9, 9), share(2, 20, 3, 1, 1)];
        let on = |key, day| {
            let rule = RuleSet { sharing_key: key, ..RuleSet::new(Connection::OnePoint) };
            weights(&rule, &members, &assets, &shares, BusinessDay(day))
        };
        for (day, expected) in
            [(9, [5, 5, 5]), (10, [2_000_000, 2_000_000, 0]), (20, [2_000_000, 2_000_000, 1_000_000]), (30, [0, 4_000_000, 1_000_000])]
        {
            assert_eq!(on(SharingKey::Ownership, day), expected, "day {day}");
            assert_eq!(on(SharingKey::ContributionTiers, day), [5, 5, 5]);
        }
    }

    #[test]
    fn without_an_owner_who_is_there_all_share_alike() {
        let rule = RuleSet { sharing_key: SharingKey::Ownership, ..RuleSet::new(Connection::OnePoint) };
        let (assets, shares) = ([asset(1, 0, 0)], [share(1, 0, 9, 1, 1)]);
        assert_eq!(weights(&rule, &[member(1, 3), member(2, 4)], &assets, &shares, BusinessDay(1)), [1, 1]);
        assert_eq!(weights(&rule, &[member(9, 0), member(2, 4)], &assets, &shares, BusinessDay(1)), [100, 0]);
        assert_eq!(weights(&rule, &[member(1, 0), member(2, 0)], &[], &[], BusinessDay(1)), [1, 1]);
    }
}
