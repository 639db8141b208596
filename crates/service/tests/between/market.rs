//! The marketplace of a bidding zone and its joint clearing.

use crate::region::society::{day, key, noon, operator, own, user};
use crate::region::{Region, allow, hours, line, village, village_in};
use ledger::AccountCode;
use market::Side;
use market::between::Party;
use quantity::{PricePerKwh, UtcOffset, WattHours};
use service::between::OfferCreate;
use service::policy::Actor;
use store::tables::{OfferReason, OfferState};

fn offer(side: Side, from: i64, until: i64, energy: i64, price: i64, name: &str) -> OfferCreate {
    OfferCreate { side, window: hours(1, from, until), energy: WattHours(energy), price: PricePerKwh(price), key: key(name) }
}

test_kit::on_both! {
    async fn offers_stand_on_the_board_until_the_gate(url: &str) {
        let region = Region::open(url).await;
        let service = &region.service;
        let sell = offer(Side::Sell, 8, 16, 500, 90, "sell");
        let placed = service.offer_place(user(1), &region.seller, sell).await.expect("places");
        assert_eq!(service.offer_place(user(1), &region.seller, sell).await.expect("the same"), placed);
        let other = OfferCreate { price: PricePerKwh(91), ..sell };
        let refusals = [
            (other, "key_reused"),
            (offer(Side::Buy, 15, 17, 500, 200, "both"), "offer_both_sides"),
            (offer(Side::Sell, 20, 28, 500, 90, "two days"), "offer_window"),
            (offer(Side::Sell, 8, 16, 500, 49, "cheap"), "between_limit"),
            (offer(Side::Sell, 8, 16, 0, 90, "nothing"), "order_energy"),
            (OfferCreate { window: hours(0, 14, 15), ..offer(Side::Sell, 8, 16, 500, 90, "today") }, "offer_gate_closed"),
        ];
        for (new, code) in refusals {
            assert_eq!(service.offer_place(user(1), &region.seller, new).await.expect_err(code).code(), code);
        }
        let board = service.market_board(user(13), "kabwe", None, 50).await.expect("looks");
        assert_eq!(board.iter().map(|row| (row.code.as_str(), row.price.0)).collect::<Vec<_>>(), [(region.seller.code.as_str(), 90)]);
        let last = board.last().map(|row| (row.day, row.cluster.get(), row.no.get()));
        assert!(service.market_board(user(13), "kabwe", last, 50).await.expect("looks").is_empty());
        let hub = service.board(user(2), &region.seller).await.expect("looks");
        assert_eq!((hub.offers.len(), hub.own.len(), hub.gate_at), (0, 1, placed.gate_at), "the own offer is no other's");
        let gone = service.offer_withdraw(user(1), &region.seller, placed.no).await.expect("withdraws");
        assert_eq!(gone.state, OfferState::Withdrawn);
        assert!(service.market_board(user(13), "kabwe", None, 50).await.expect("looks").is_empty());
        let again = service.offer_place(user(1), &region.seller, offer(Side::Sell, 8, 16, 500, 90, "again")).await.expect("places");
        region.at(again.gate_at);
        assert_eq!(service.offer_withdraw(user(1), &region.seller, again.no).await.expect_err("closed").code(), "offer_gate_closed");
    }

    async fn the_hub_shows_what_open_lines_lead_to(url: &str) {
        let region = Region::open(url).await;
        let service = &region.service;
        let (third, far) = (village(service, "Chongwe Homes", 21, "C").await, village_in(service, "copperbelt", "Kitwe Homes", 31, "K").await);
        for (other, who) in [(&third, 21), (&far, 31)] {
            allow(service, other).await;
            service.offer_place(user(who), other, offer(Side::Buy, 8, 16, 500, 150, &other.name)).await.expect("places");
        }
        for at in 0..3 {
            service.offer_place(user(11), &region.buyer, offer(Side::Buy, 8 + at, 9 + at, 500, 150, &format!("buy {at}"))).await.expect("places");
        }
        let names = async || -> Vec<String> {
            let board = service.board(user(2), &region.seller).await.expect("looks");
            board.offers.into_iter().map(|row| row.name).collect()
        };
        let buyer = || vec!["Kafue Homes".to_owned(); 3];
        assert_eq!(names().await, buyer(), "no line leads to the others");
        service.line_set(operator(), &third, &region.seller, line(20, 5_000, 0)).await.expect("sets");
        service.line_set(operator(), &region.seller, &far, line(20, 5_000, 0)).await.expect("sets");
        let mut both = names().await;
        both.sort_unstable();
        assert_eq!(both, [vec!["Chongwe Homes".to_owned()], buyer()].concat(), "a line from there is one too; another zone is not");
        service.line_set(operator(), &region.seller, &region.buyer, line(20, 0, 100_000)).await.expect("sets");
        assert_eq!(names().await, ["Chongwe Homes"], "a line that carries nothing is closed");
    }

    async fn a_joint_clearing_makes_deals_that_are_delivered(url: &str) {
        let region = Region::open(url).await;
        let service = &region.service;
        let third = village(service, "Chongwe Homes", 21, "C").await;
        allow(service, &third).await;
        // The line to the buyer is full at 400 Wh; the third is far.
        service.line_set(operator(), &region.seller, &region.buyer, line(20, 400, 100_000)).await.expect("sets");
        service.line_set(operator(), &region.seller, &third, line(50, 5_000, 0)).await.expect("sets");
        service.offer_place(user(1), &region.seller, offer(Side::Sell, 8, 16, 600, 90, "sell")).await.expect("places");
        service.offer_place(user(11), &region.buyer, offer(Side::Buy, 6, 18, 900, 200, "buy")).await.expect("places");
        let dear = service.offer_place(user(21), &third, offer(Side::Buy, 8, 16, 500, 100, "low")).await.expect("places");
        region.at(day(1).start(UtcOffset::LUSAKA).plus_ms(-3_600_000));
        assert_eq!(service.market_joint_round(user(1), "kabwe").await.expect_err("no operator").code(), "not_allowed");
        assert_eq!(service.market_joint_round(operator(), "kabwe").await.expect("holds"), 1);
        assert_eq!(service.market_joint_round(operator(), "kabwe").await.expect("nothing more"), 0);
        let (ours, theirs) = (region.deal(Party::Seller).await, region.deal(Party::Buyer).await);
        assert_eq!(ours.row.pair, theirs.row.pair);
        let terms = ours.row.deal.terms;
        assert_eq!((terms.window, terms.energy_per_interval.0, terms.price.0), (hours(1, 8, 16), 400, 90));
        assert_eq!(ours.row.buyer_price, Some(PricePerKwh(200)), "the line is full: its rent is what is between");
        let own_offer = service.offer_list(user(1), &region.seller, None, 1).await.expect("lists").remove(0);
        assert_eq!((own_offer.state, own_offer.filled.0, own_offer.reason), (OfferState::Cleared, 12_800, None));
        let low = service.offer_list(user(21), &third, None, 1).await.expect("lists").remove(0);
        assert_eq!((low.no, low.state, low.filled.0, low.reason), (dear.no, OfferState::Cleared, 0, Some(OfferReason::NobodyMet)));
        region.at(noon(2));
        region.read(0..2, Some(1_000)).await;
        region.settle().await;
        let row = service.delivery_list(Actor::System, &region.buyer, (day(1), day(2)), 9).await.expect("lists").remove(0);
        // Received 11,520 Wh at 200; sent 12,800 at 90 and a fee of 20.
        assert_eq!((row.sum.seller_due.0, row.sum.fee.0, row.sum.rent.0), (1_152_000, 256_000, 896_000));
        assert_eq!(own(service, &region.buyer, AccountCode::CommunityFund).await, 896);
        assert_eq!(own(service, &region.buyer, AccountCode::WheelingPayable).await, 256);
        assert_eq!(region.clearing().await, (-1_152, 1_152));
    }

    async fn clusters_of_one_zone_meet_over_regions(url: &str) {
        let region = Region::open(url).await;
        let service = &region.service;
        let (near, far) = (village_in(service, "lusaka", "Chongwe Homes", 21, "C").await, village_in(service, "copperbelt", "Kitwe Homes", 31, "K").await);
        for other in [&near, &far] {
            allow(service, other).await;
            service.line_set(operator(), &region.seller, other, line(20, 5_000, 0)).await.expect("sets");
        }
        service.offer_place(user(1), &region.seller, offer(Side::Sell, 8, 16, 600, 90, "sell")).await.expect("places");
        service.offer_place(user(21), &near, offer(Side::Buy, 8, 16, 500, 150, "near")).await.expect("places");
        service.offer_place(user(31), &far, offer(Side::Buy, 8, 16, 500, 190, "far")).await.expect("places");
        let names = async |at: &str| -> Vec<String> {
            service.market_board(user(13), at, None, 50).await.expect("looks").into_iter().map(|row| row.name).collect()
        };
        let mut both = names("kabwe").await;
        both.sort_unstable();
        assert_eq!(both, ["Chongwe Homes", "Mulenga Solar Group"]);
        assert_eq!((names("rural").await.len(), names("copperbelt").await), (2, vec!["Kitwe Homes".to_owned()]), "another zone, although a line leads there");
        region.at(day(1).start(UtcOffset::LUSAKA).plus_ms(-3_600_000));
        assert_eq!(service.market_joint_rounds(operator()).await.expect("holds"), 2, "one for each zone");
        let filled = async |who: i64, cluster| service.offer_list(user(who), cluster, None, 1).await.expect("lists").remove(0).filled.0;
        assert_eq!((filled(21, &near).await, filled(31, &far).await), (32 * 500, 0));
    }
}
