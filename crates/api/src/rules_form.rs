//! The form of the rules a cluster gives itself, for the document. The values are read and written by `domain`, which checks them; a test
//! holds these shapes to its fields.

use serde::Deserialize;
use utoipa::ToSchema;

/// How a cluster takes members and decides. Fractions are texts such as `1/3`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only its shape is used")]
pub(crate) struct Governance {
    /// Version of the form: 1.
    version: i64,
    /// How households come in.
    admission: Admission,
    /// Smallest contribution, ngwee.
    contribution_min: i64,
    /// Largest contribution, ngwee.
    contribution_max: i64,
    /// How each class of proposals is decided.
    classes: Classes,
    /// Most of all households that one holder may stand in for.
    proxy_share: Fraction,
    /// Longest time a proxy is given for.
    proxy_days: i64,
    /// Part of the households that may ask for one more vote during the wait.
    petition: Fraction,
    /// Days after the wait in which a decision may be carried out.
    execution_days: i64,
    /// Fewest households for a secret ballot.
    secret_members_min: i64,
    /// People who keep the funds.
    keepers: i64,
    /// Of these, how many confirm that money leaves a fund.
    keepers_needed: i64,
    /// Above this, money leaves a fund after a passed proposal only; ngwee.
    payout_vote_above: i64,
    /// Most that an emergency payment may be, ngwee.
    emergency_cap: i64,
    /// Days an officer is elected for.
    officer_term_days: i64,
    /// Terms in a row.
    officer_terms: i64,
    /// Days between telling that a contribution is to be withdrawn and its payment.
    withdrawal_notice_days: i64,
}

/// The classes of proposals, each with its rule.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only its shape is used")]
pub(crate) struct Classes {
    /// Meetings, competitions.
    ordinary: ClassRule,
    /// Purchases, loan policy, tariff, split of revenue.
    money: ClassRule,
    /// By-laws, the sharing rule, the powers of officers.
    by_law: ClassRule,
    /// Sale of assets, dissolution, merging.
    dissolution: ClassRule,
    /// Expulsion and sanctions.
    sanction: ClassRule,
    /// Elections.
    election: ClassRule,
    /// A payment in an emergency.
    emergency: ClassRule,
}

/// How a class of proposals is decided.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only its shape is used")]
pub(crate) struct ClassRule {
    /// What must take part: `{"participation": "1/2"}` of all households vote, or `{"approval": "1/3"}` of all vote yes.
    quorum: Quorum,
    /// What must agree: `"more_yes_than_no"`, `{"of_cast": "2/3"}` or `{"of_eligible": "3/4"}`.
    majority: Majority,
    /// Hours between telling members and opening the vote.
    notice_hours: i64,
    /// Hours the vote is open.
    vote_hours: i64,
    /// Hours between the result and its execution.
    wait_hours: i64,
    /// Whether the ballot is secret.
    is_secret: bool,
}

/// What must take part for a vote to count.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[expect(dead_code, reason = "only its shape is used")]
pub(crate) enum Quorum {
    /// So much of all households voted at all.
    Participation(Fraction),
    /// So much of all households voted yes.
    Approval(Fraction),
}

/// What must agree for a vote to pass.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[expect(dead_code, reason = "only its shape is used")]
pub(crate) enum Majority {
    /// More yes than no.
    MoreYesThanNo,
    /// So much of the yes and no votes.
    OfCast(Fraction),
    /// So much of all households.
    OfEligible(Fraction),
}

/// How a cluster trades.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only its shape is used")]
pub(crate) struct Trading {
    /// Version of the form: 1.
    version: i64,
    /// How the price is made.
    price_rule: PriceRule,
    /// The price, where it is one; ngwee per kWh.
    fixed_price: i64,
    /// Lowest price of an order; ngwee per kWh.
    price_floor: i64,
    /// Highest price of an order; ngwee per kWh.
    price_ceiling: i64,
    /// For maintenance and replacement, ngwee per kWh of the plant used.
    service_charge: i64,
    /// Who sells, in the sense of the law.
    seller_of_record: Seller,
    /// Whether members trade among themselves.
    is_inside_on: bool,
    /// Whether the cluster trades with others.
    is_between_on: bool,
    /// Largest order, Wh.
    order_max: i64,
}

/// A fraction such as `1/3`.
#[derive(Deserialize, ToSchema)]
#[schema(pattern = "^[0-9]{1,6}/[1-9][0-9]{0,5}$")]
#[expect(dead_code, reason = "only its shape is used")]
pub(crate) struct Fraction(String);

/// How households come in.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[expect(clippy::enum_variant_names, reason = "the words are those of the rules")]
pub(crate) enum Admission {
    /// Whoever knows the code joins at once.
    ByCode,
    /// By code while the cluster is forming, by an officer afterwards.
    ByCodeWhileForming,
    /// An officer admits.
    ByOfficer,
}

/// How the price is made.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum PriceRule {
    /// One price.
    Fixed,
    /// Half-way between what the grid charges and what it pays.
    MidMarket,
    /// By supply and demand.
    SupplyDemandRatio,
}

/// Who sells, in the sense of the law.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Seller {
    /// The member whose energy it is.
    Member,
    /// The co-operative for its members.
    Cooperative,
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{GovernanceConfig, TradePrice, TradingConfig};
    use quantity::{Ngwee, PricePerKwh};
    use serde::Serialize;
    use serde::de::DeserializeOwned;
    use utoipa::PartialSchema;

    /// The form takes what `domain` writes, field for field.
    fn check<F: DeserializeOwned + PartialSchema>(config: &impl Serialize) {
        let written = serde_json::to_value(config).expect("JSON");
        serde_json::from_value::<F>(written.clone()).map(drop).expect("every field is in the form");
        let schema = serde_json::to_value(F::schema()).expect("JSON");
        let keys = |value: &serde_json::Value| value.as_object().expect("an object").keys().cloned().collect::<Vec<_>>();
        assert_eq!(keys(&schema["properties"]), keys(&written), "and no other");
    }

    #[test]
    fn the_forms_are_those_of_the_rules() {
        check::<Governance>(&GovernanceConfig::new(Ngwee(200_000), Ngwee(500_000)));
        check::<Trading>(&TradingConfig::new(TradePrice::MidMarket, PricePerKwh(120), PricePerKwh(20)));
    }
}
