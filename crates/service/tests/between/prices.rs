//! What energy is worth between two clusters.

use crate::region::society::{noon, operator, user};
use crate::region::{Region, line, village};
use market::pricing::{Forecast, Sample, SupplyDemand};
use quantity::{Instant, WattHours};
use service::between::PairPrice;
use service::trade::{Forecaster, SharedForecast};
use std::sync::Arc;
use store::tables::ClusterRow;

/// What is offered and wanted in each quarter of an hour from noon of the first day on; the last goes on.
struct Scripted(&'static [(i64, i64)]);

impl Forecast for Scripted {
    fn supply_and_demand(&self, start: Instant) -> Option<SupplyDemand> {
        let at = usize::try_from(start.ms_since(noon(0)) / 900_000).ok()?;
        let (supply, demand) = *self.0.get(at).or(self.0.last())?;
        Some(SupplyDemand { supply: WattHours(supply), demand: WattHours(demand), days_seen: 7 })
    }
}

/// A forecaster that knows the seller and the buyer by name, and nothing of others.
struct Script;

impl Forecaster for Script {
    fn forecast(&self, cluster: &ClusterRow, _samples: &[Sample], _now: Instant) -> SharedForecast {
        Arc::new(Scripted(match cluster.name.as_str() {
            "Mulenga Solar Group" => &[(5_000, 1_000), (40_000, 1_000), (0, 1_000), (5_000, 0)],
            "Kafue Homes" => &[(0, 8_000), (0, 8_000), (0, 8_000), (0, 0)],
            _ => &[],
        }))
    }
}

fn told(price: PairPrice) -> String {
    price.map_or_else(|why| why.as_str().to_owned(), |price| format!("{} {}", price.seller_gets.0, price.buyer_pays.0))
}

test_kit::on_both! {
    async fn a_price_follows_what_both_clusters_offer_and_want(url: &str) {
        let region = Region::open(url).await;
        let service = region.service.clone().with_forecaster(Arc::new(Script));
        let (seller, buyer) = (&region.seller, &region.buyer);
        // What the buyer's grid charges is 639 in its last band, what the seller's pays 159: 639 x 0.9 - 20 = 555 is what a kWh is worth at
        // the seller's end. r = 5,000 x 0.9 / 9,000 = 1/2: 555 x 159 / ((555 - 159) / 2 + 159) = 247.
        let prices = service.cluster_price(user(2), seller, buyer).await.expect("looks");
        let sells = prices.sells.expect("a line");
        assert_eq!((told(sells.now), prices.buys, prices.at), ("247 297".to_owned(), None, noon(0)));
        // In plenty the seller's floor; then nothing is offered, and then nothing wanted.
        let ahead: Vec<String> = sells.ahead.iter().take(4).map(|(_, price)| told(*price)).collect();
        assert_eq!((sells.ahead.len(), sells.ahead[1].0), (24, noon(0).plus_ms(900_000)));
        assert_eq!(ahead, ["247 297", "159 199", "nothing_offered", "nothing_wanted"]);
        assert_eq!(sells.suggested(), sells.now);
        // The buyer sees the same from its side.
        let theirs = service.cluster_price(user(12), buyer, seller).await.expect("looks");
        assert_eq!((theirs.sells, theirs.buys.map(|line| told(line.now))), (None, Some("247 297".to_owned())));
        // What is not known now is suggested from the next hours.
        region.at(noon(0).plus_ms(-900_000));
        let early = service.cluster_price(user(2), seller, buyer).await.expect("looks").sells.expect("a line");
        assert_eq!((told(early.now), told(early.suggested())), ("not_known".to_owned(), "247 297".to_owned()));
    }

    async fn a_price_is_for_members_and_open_lines(url: &str) {
        let region = Region::open(url).await;
        let service = region.service.clone().with_forecaster(Arc::new(Script));
        let (seller, buyer) = (&region.seller, &region.buyer);
        assert_eq!(service.cluster_price(user(12), seller, buyer).await.expect_err("of another").code(), "not_allowed");
        assert_eq!(service.line_prices(user(12), seller).await.expect_err("of another").code(), "not_allowed");
        let third = village(&service, "Chongwe Homes", 21, "C").await;
        assert_eq!(service.cluster_price(user(2), seller, &third).await.expect_err("no line").code(), "line_missing");
        service.line_set(operator(), seller, &third, line(20, 5_000, 0)).await.expect("sets");
        service.line_set(operator(), &third, seller, line(20, 0, 0)).await.expect("sets");
        let far = service.cluster_price(user(2), seller, &third).await.expect("looks");
        assert_eq!((far.sells.map(|line| told(line.now)), far.buys), (Some("not_known".to_owned()), None), "a closed line has no price");
        // A fee that eats what the grid charges: too dear, whatever is offered.
        service.line_set(operator(), seller, &third, line(600, 5_000, 0)).await.expect("sets");
        let dear = service.line_prices(user(2), seller).await.expect("looks");
        let mut dear: Vec<String> = dear.iter().map(|line| told(line.suggested())).collect();
        dear.sort_unstable();
        assert_eq!(dear, ["247 297", "line_too_dear"]);
    }

    async fn a_forecaster_that_is_put_in_makes_the_strip(url: &str) {
        let region = Region::open(url).await;
        let energy = async |service: &service::Service| {
            let strip = service.market_strip(user(2), &region.seller).await.expect("looks");
            strip.iter().take(2).map(|slot| slot.energy.map(|energy| (energy.supply.0, energy.demand.0))).collect::<Vec<_>>()
        };
        assert_eq!(energy(&region.service).await, [None, None], "nothing was sealed yet");
        let scripted = region.service.clone().with_forecaster(Arc::new(Script));
        let known = [Some((5_000, 1_000)), Some((40_000, 1_000))];
        assert_eq!(energy(&scripted).await, known);
        let shown = scripted.market_now(user(2), &region.seller).await.expect("looks").strip;
        assert_eq!(shown[1].energy.map(|energy| energy.supply.0), Some(40_000));
        assert_eq!(energy(&scripted.with_desks_of_its_own()).await, known, "another process keeps its forecaster");
    }
}
