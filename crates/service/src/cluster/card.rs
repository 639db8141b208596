//! The card of a cluster: what anybody may know who has its code. Nothing on it is about a person.

use super::again::today;
use super::entering::{Room, contribution_range, has_contributions};
use super::found::SIZE_MAX;
use super::rules::rules_on;
use super::{ClusterError, number};
use crate::policy::{Action, Actor, Standing};
use crate::{Service, ServiceError};
use domain::{Admission, ClusterCode, ClusterKind, Connection, GeoPoint, Region, SizeRule, TradePrice};
use quantity::{BusinessDay, Instant, Ngwee, PricePerKwh, WattHours, Watts};
use store::Tx;
use store::tables::{ClusterProfile, ClusterRow};

/// A place on a card is rounded to this many millionths of a degree, about a kilometre: nobody's house.
const PLACE_ROUNDED: i64 = 10_000;

/// What anybody may know of a cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClusterCard {
    /// Its code.
    pub code: ClusterCode,
    /// Its name.
    pub name: String,
    /// What kind of community.
    pub kind: ClusterKind,
    /// Village or part of town.
    pub place: String,
    /// Code of the region.
    pub region: String,
    /// Where it is, to about a kilometre.
    pub location: Option<GeoPoint>,
    /// How it is wired.
    pub connection: Connection,
    /// Households now.
    pub homes: i64,
    /// How many make its kind.
    pub size: SizeRule,
    /// Whether it is still forming.
    pub is_forming: bool,
    /// How many are missing to its size; 0 when none.
    pub missing: i64,
    /// Whether it takes households now and has room.
    pub is_joinable: bool,
    /// How households come in.
    pub admission: Admission,
    /// Smallest contribution.
    pub contribution_min: Ngwee,
    /// Largest contribution.
    pub contribution_max: Ngwee,
    /// What its battery holds or will hold.
    pub capacity: WattHours,
    /// What its plant gives or will give at most.
    pub power: Watts,
    /// Name of the sharing key.
    pub sharing_key: &'static str,
    /// How the inside price is made.
    pub price_rule: TradePrice,
    /// The inside price where it is one.
    pub fixed_price: Option<PricePerKwh>,
    /// For maintenance, per kWh of the plant used.
    pub service_charge: PricePerKwh,
    /// First day.
    pub opened_on: BusinessDay,
    /// Whether its readings are modelled, not measured.
    pub is_modelled: bool,
}

impl Service {
    /// The card of a cluster; for anybody, signed in or not.
    ///
    /// # Errors
    /// [`ServiceError::ClusterUnknown`]; what the store says.
    pub async fn cluster_card(&self, actor: Actor, code: &ClusterCode) -> Result<ClusterCard, ServiceError> {
        Standing::stranger(actor).require(Action::CardRead)?;
        let cluster = self.cluster(code).await?;
        let (region, now) = (self.region(&cluster.region)?, self.now());
        self.store
            .read(move |tx| {
                let (cluster, region) = (cluster.clone(), region.clone());
                Box::pin(async move { card(tx, cluster, &region, now).await })
            })
            .await
    }
}

/// What officers change about what strangers see; what is not given stays.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ProfileUpdate {
    /// Where the cluster is.
    pub location: Option<GeoPoint>,
    /// What its battery holds or will hold.
    pub capacity: Option<WattHours>,
    /// What its plant gives or will give at most.
    pub power: Option<Watts>,
    /// Whether it takes households now.
    pub is_joinable: Option<bool>,
}

impl Service {
    /// Changes what strangers see of a cluster, and whether it takes households now.
    ///
    /// # Errors
    /// [`ServiceError::Denied`]; [`ClusterError::Place`]; [`ClusterError::Number`].
    pub async fn cluster_profile_set(&self, actor: Actor, cluster: &ClusterRow, update: ProfileUpdate) -> Result<ClusterCard, ServiceError> {
        self.require(actor, cluster.id, Action::Admit).await?;
        let region = self.region(&cluster.region)?;
        if let Some(place) = update.location {
            region.country.check(place).map_err(ClusterError::from)?;
        }
        number("the capacity in Wh", 0, SIZE_MAX, update.capacity.unwrap_or_default().0)?;
        number("the power in W", 0, SIZE_MAX, update.power.unwrap_or_default().0)?;
        let (row, now) = (cluster.clone(), self.now());
        self.store
            .write(move |tx| {
                let (row, region) = (row.clone(), region.clone());
                Box::pin(async move {
                    tx.cluster_turn(row.id).await?;
                    let nothing = ClusterProfile { location: None, capacity: WattHours(0), power: Watts(0), is_joinable: true };
                    let known = tx.cluster_profile(row.id).await?.unwrap_or(nothing);
                    let profile = ClusterProfile {
                        location: update.location.or(known.location),
                        capacity: update.capacity.unwrap_or(known.capacity),
                        power: update.power.unwrap_or(known.power),
                        is_joinable: update.is_joinable.unwrap_or(known.is_joinable),
                    };
                    tx.cluster_profile_put(row.id, &profile).await?;
                    card(tx, row, &region, now).await
                })
            })
            .await
    }
}

async fn card(tx: &mut Tx<'_>, cluster: ClusterRow, region: &Region, now: Instant) -> Result<ClusterCard, ServiceError> {
    let on = today(&cluster, now);
    let rules = rules_on(tx, &cluster, region, on).await?;
    let room = Room::load(tx, &cluster, region, on).await?;
    let profile = tx.cluster_profile(cluster.id).await?;
    let (rule, governance, trading) = (&rules.settlement.rule, &rules.governance.config, &rules.trading.config);
    let size = region.country.size(cluster.kind);
    let range = if has_contributions(cluster.kind) { contribution_range(governance, region, on) } else { (Ngwee(0), Ngwee(0)) };
    Ok(ClusterCard {
        location: profile.and_then(|profile| profile.location).and_then(rounded),
        connection: rule.connection,
        homes: room.count(),
        size,
        is_forming: room.is_forming(),
        missing: (size.members_min - room.count()).max(0),
        is_joinable: profile.is_none_or(|profile| profile.is_joinable) && room.fits(1).is_ok(),
        admission: governance.admission,
        contribution_min: range.0,
        contribution_max: range.1,
        capacity: profile.map_or(WattHours(0), |profile| profile.capacity),
        power: profile.map_or(Watts(0), |profile| profile.power),
        sharing_key: rule.sharing_key.as_str(),
        price_rule: trading.price_rule,
        fixed_price: (trading.price_rule == TradePrice::Fixed).then_some(trading.fixed_price),
        service_charge: trading.service_charge,
        code: cluster.code,
        name: cluster.name,
        kind: cluster.kind,
        place: cluster.place,
        region: cluster.region,
        opened_on: cluster.opened_on,
        is_modelled: cluster.is_modelled,
    })
}

fn rounded(place: GeoPoint) -> Option<GeoPoint> {
    let round = |micro: i64| (micro + PLACE_ROUNDED / 2).div_euclid(PLACE_ROUNDED) * PLACE_ROUNDED;
    GeoPoint::new(round(place.latitude_micro()), round(place.longitude_micro())).ok()
}
