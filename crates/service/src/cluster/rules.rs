//! The rules of a cluster in three parts: how energy is settled, how the cluster decides, how it trades. Prices stand in two of them and
//! always agree.

use super::again::{not_before, settle_again_from, today};
use super::entering::Room;
use super::found::usual_governance;
use super::{ClusterError, telling};
use crate::policy::{Action, Actor};
use crate::{Service, ServiceError};
use domain::{ClusterKind, Connection, GovernanceConfig, Region, SellerOfRecord, TradePrice, TradingConfig};
use quantity::{BusinessDay, Instant, PricePerKwh};
use settlement::{PriceRule, RuleSet, SharingKey};
use std::sync::Arc;
use store::tables::{ClusterRow, ConfigPart, ConfigRow, NoticeNew, RuleRow};
use store::{EventNew, Tx};

/// The rules that hold, and whether they may be changed without a vote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    /// How energy is settled.
    pub settlement: RuleRow,
    /// How the cluster decides. Version 0 are the usual rules of the region, where none were written.
    pub governance: ConfigRow<GovernanceConfig>,
    /// How it trades. Version 0 as above, at the prices of the settlement.
    pub trading: ConfigRow<TradingConfig>,
    /// Whether the chair may still change them without a vote.
    pub is_forming: bool,
}

/// A change of the rules from a day on: the parts that are given, whole.
#[derive(Debug, Clone)]
pub struct RulesChange {
    /// First day on which they hold. A past day is settled again, inside the correction window.
    pub from_day: BusinessDay,
    /// How energy is settled; its version is given by the program.
    pub settlement: Option<RuleSet>,
    /// How the cluster decides.
    pub governance: Option<GovernanceConfig>,
    /// How it trades.
    pub trading: Option<TradingConfig>,
}

impl Service {
    /// The rules that hold today.
    ///
    /// # Errors
    /// [`ServiceError::Denied`]; [`ServiceError::NoRules`]; what the store says.
    pub async fn rules_read(&self, actor: Actor, cluster: &ClusterRow) -> Result<Rules, ServiceError> {
        self.require(actor, cluster.id, Action::ClusterRead).await?;
        let (row, region, now) = (cluster.clone(), self.region(&cluster.region)?, self.now());
        self.store
            .read(move |tx| {
                let (row, region) = (row.clone(), region.clone());
                Box::pin(async move { rules_on(tx, &row, &region, today(&row, now)).await })
            })
            .await
    }

    /// Writes a new version of each part that is given. Without a vote this is the chair's right while the cluster is forming; the program
    /// itself carries out what was voted.
    ///
    /// A new price in the trading rules is a new price in the settlement and the other way round; where both are given they must agree.
    ///
    /// # Errors
    /// [`ServiceError::Denied`]; [`ClusterError::VoteNeeded`]; [`ClusterError::RulesContradict`]; [`ClusterError::TooLate`]; what is wrong
    /// with the rules.
    pub async fn rules_change(&self, actor: Actor, cluster: &ClusterRow, change: RulesChange) -> Result<Rules, ServiceError> {
        self.require(actor, cluster.id, Action::RulesWrite).await?;
        let (row, region, now) = (cluster.clone(), self.region(&cluster.region)?, self.now());
        not_before(change.from_day, cluster.opened_on)?;
        let work = Arc::new((row, region, change));
        self.store
            .write(move |tx| {
                let work = work.clone();
                Box::pin(async move { self::change(tx, actor, &work.0, &work.1, &work.2, now).await })
            })
            .await
    }
}

async fn change(
    tx: &mut Tx<'_>,
    actor: Actor,
    cluster: &ClusterRow,
    region: &Region,
    change: &RulesChange,
    now: Instant,
) -> Result<Rules, ServiceError> {
    tx.cluster_turn(cluster.id).await?;
    let room = Room::load(tx, cluster, region, today(cluster, now)).await?;
    if !room.is_forming() && !matches!(actor, Actor::System) {
        return Err(ClusterError::VoteNeeded.into());
    }
    let before = rules_on(tx, cluster, region, change.from_day).await?;
    let agreed = agree(change, &before)?;
    if let Some(governance) = &change.governance {
        governance_fits(governance, region, change.from_day)?;
        let version = tx.config_last(cluster.id, ConfigPart::Governance).await? + 1;
        let row = ConfigRow { version, from_day: change.from_day, config: *governance, set_at: now, set_by: actor.number() };
        tx.governance_insert(cluster.id, &row).await?;
    }
    if let Some(trading) = agreed.trading {
        trading.check().map_err(ClusterError::from)?;
        let version = tx.config_last(cluster.id, ConfigPart::Trading).await? + 1;
        let row = ConfigRow { version, from_day: change.from_day, config: trading, set_at: now, set_by: actor.number() };
        tx.trading_insert(cluster.id, &row).await?;
    }
    if let Some(settlement) = agreed.settlement {
        let weights: Vec<u64> = room.here().map(|member| member.weight).collect();
        settlement.check(&weights)?;
        let version = tx.rule_list(cluster.id).await?.iter().map(|row| row.rule.version).max().unwrap_or(0) + 1;
        let rule = RuleSet { version, ..settlement };
        tx.rule_insert(cluster.id, &RuleRow { rule, from_day: change.from_day, prices: before.settlement.prices }).await?;
        settle_again_from(tx, cluster, change.from_day, now).await?;
    }
    let (name, from_on) = (cluster.name.clone(), i64::from(change.from_day.0));
    telling::tell_all(tx, cluster, now, |user| NoticeNew::new(user, "rules-changed").with("name", name.clone()).with("from_on", from_on)).await?;
    let event = EventNew { kind: "rules_changed".to_owned(), payload: format!("{{\"from\":\"{}\"}}", change.from_day) };
    tx.outbox_append(cluster.id, &[event], now).await?;
    rules_on(tx, cluster, region, change.from_day).await
}

/// What will be written after both parts agree on prices.
struct Agreed {
    settlement: Option<RuleSet>,
    trading: Option<TradingConfig>,
}

fn agree(change: &RulesChange, before: &Rules) -> Result<Agreed, ClusterError> {
    match (&change.settlement, &change.trading) {
        (None, None) => Ok(Agreed { settlement: None, trading: None }),
        (Some(settlement), Some(trading)) => {
            let is_agreed = settlement.price_rule == price_rule(trading) && settlement.service_charge == trading.service_charge;
            if is_agreed { Ok(Agreed { settlement: Some(settlement.clone()), trading: Some(*trading) }) } else { Err(ClusterError::RulesContradict) }
        }
        (Some(settlement), None) => {
            let trading = trading_like(settlement, before.trading.config);
            let is_new = trading != before.trading.config;
            Ok(Agreed { settlement: Some(settlement.clone()), trading: is_new.then_some(trading) })
        }
        (None, Some(trading)) => {
            let known = &before.settlement.rule;
            let settlement = RuleSet { price_rule: price_rule(trading), service_charge: trading.service_charge, ..known.clone() };
            let is_new = settlement != *known;
            Ok(Agreed { settlement: is_new.then_some(settlement), trading: Some(*trading) })
        }
    }
}

fn price_rule(trading: &TradingConfig) -> PriceRule {
    match trading.price_rule {
        TradePrice::Fixed => PriceRule::Fixed(trading.fixed_price),
        TradePrice::MidMarket => PriceRule::MidMarket,
        TradePrice::SupplyDemandRatio => PriceRule::SupplyDemandRatio,
    }
}

/// The trading rules at the prices of a settlement.
fn trading_like(settlement: &RuleSet, trading: TradingConfig) -> TradingConfig {
    let (price_rule, fixed_price) = match settlement.price_rule {
        PriceRule::Fixed(price) => (TradePrice::Fixed, price),
        PriceRule::MidMarket => (TradePrice::MidMarket, trading.fixed_price),
        PriceRule::SupplyDemandRatio => (TradePrice::SupplyDemandRatio, trading.fixed_price),
    };
    TradingConfig { price_rule, fixed_price, service_charge: settlement.service_charge, ..trading }
}

/// The rules that hold on a day; where a cluster has no written ones, the usual ones of its region.
pub(super) async fn rules_on(tx: &mut Tx<'_>, cluster: &ClusterRow, region: &Region, day: BusinessDay) -> Result<Rules, ServiceError> {
    let settlement = tx.rule_on(cluster.id, day).await?.ok_or(ServiceError::NoRules { day })?;
    let usual = |config| ConfigRow { version: 0, from_day: cluster.opened_on, config, set_at: Instant(0), set_by: 0 };
    let governance = tx.governance_on(cluster.id, day).await?.unwrap_or_else(|| usual(usual_governance(region, day)));
    let trading = match tx.trading_on(cluster.id, day).await? {
        Some(row) => row,
        None => ConfigRow {
            version: 0,
            from_day: cluster.opened_on,
            // Nobody voted that members trade, so they do not.
            config: TradingConfig { is_inside_on: false, ..trading_like(&settlement.rule, usual_trading(cluster.kind, region)) },
            set_at: Instant(0),
            set_by: 0,
        },
    };
    let room = Room::load(tx, cluster, region, day).await?;
    Ok(Rules { settlement, governance, trading, is_forming: room.is_forming() })
}

/// Checks how a cluster decides, also against the contributions of its region.
pub(super) fn governance_fits(config: &GovernanceConfig, region: &Region, on: BusinessDay) -> Result<(), ClusterError> {
    config.check()?;
    let (least, most) = region.contribution_on(on);
    if config.contribution_min < least {
        return Err(ClusterError::ContributionLow { least });
    }
    if config.contribution_max > most { Err(ClusterError::ContributionHigh { most }) } else { Ok(()) }
}

/// How a cluster of a kind usually trades in a region: traders among themselves at one price, without a plant to maintain.
pub(super) fn usual_trading(kind: ClusterKind, region: &Region) -> TradingConfig {
    let fixed = PricePerKwh(region.defaults.fixed_price_ngwee);
    if kind == ClusterKind::Open {
        let usual = TradingConfig::new(TradePrice::Fixed, fixed, PricePerKwh::ZERO);
        return TradingConfig { seller_of_record: SellerOfRecord::Member, ..usual };
    }
    let rule = TradePrice::parse(&region.defaults.price_rule).unwrap_or(TradePrice::MidMarket);
    TradingConfig::new(rule, fixed, PricePerKwh(region.defaults.service_charge_ngwee))
}

/// How a cluster of a kind usually settles in a region. A battery enters by a change of the rules when it is there: a planned one stores
/// nothing.
pub(super) fn usual_settlement(
    kind: ClusterKind,
    connection: Connection,
    trading: &TradingConfig,
    region: &Region,
    on: BusinessDay,
) -> Result<RuleSet, ServiceError> {
    let usual = SharingKey::parse(&region.defaults.sharing_key).unwrap_or(SharingKey::Equal);
    let sharing_key = if matches!(kind, ClusterKind::Micro | ClusterKind::Neighborhood) { usual } else { SharingKey::Equal };
    // Where there is no grid to compare with, nobody pays more than the dearest unit costs elsewhere.
    let dearest = region.tariff_on(on)?.bands.iter().map(|band| band.price.0).max().unwrap_or(0);
    Ok(RuleSet {
        sharing_key,
        price_rule: price_rule(trading),
        service_charge: trading.service_charge,
        outage_cap: PricePerKwh(dearest),
        ..RuleSet::new(connection)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use store::tables::RulePrices;

    fn rules() -> Rules {
        let region = Region::shipped("kabwe").expect("reads").expect("shipped");
        let on = BusinessDay::parse("2026-03-01").expect("a date");
        let trading = usual_trading(ClusterKind::Micro, &region);
        let rule = usual_settlement(ClusterKind::Micro, Connection::OnePoint, &trading, &region, on).expect("rules");
        let row = |config| ConfigRow { version: 1, from_day: on, config, set_at: Instant(0), set_by: 0 };
        Rules {
            settlement: RuleRow { rule, from_day: on, prices: RulePrices::Region },
            governance: ConfigRow { version: 1, from_day: on, config: usual_governance(&region, on), set_at: Instant(0), set_by: 0 },
            trading: row(trading),
            is_forming: true,
        }
    }

    #[test]
    fn prices_agree_whichever_part_names_them() {
        let before = rules();
        let nothing = RulesChange { from_day: BusinessDay(0), settlement: None, governance: None, trading: None };
        let fixed = PriceRule::Fixed(PricePerKwh(150));
        let settlement = RuleSet { price_rule: fixed, service_charge: PricePerKwh(30), ..before.settlement.rule.clone() };
        let agreed = agree(&RulesChange { settlement: Some(settlement.clone()), ..nothing.clone() }, &before).expect("agrees");
        let trading = agreed.trading.expect("a new price");
        assert_eq!((trading.price_rule, trading.fixed_price, trading.service_charge), (TradePrice::Fixed, PricePerKwh(150), PricePerKwh(30)));
        let agreed = agree(&RulesChange { trading: Some(trading), ..nothing.clone() }, &before).expect("agrees");
        assert_eq!(agreed.settlement.expect("a new price"), settlement);
        let both = RulesChange { settlement: Some(settlement), trading: Some(before.trading.config), ..nothing };
        assert_eq!(agree(&both, &before).err(), Some(ClusterError::RulesContradict));
    }
}
