//! Deliveries: a day written out, and the laws that hold on made-up days.

use market::between::{
    BuyerDay, BuyerInterval, BuyerMember, BuyerPays, Contract, Due, Line, Loss, MemberIn, MemberOut, Parcel, SellerDay, SellerInterval, SellerMember,
    clear_between, deliver, receive,
};
use market::{Order, Side};
use proptest::prelude::*;
use quantity::{MilliNgwee, Ngwee, PricePerKwh, WattHours};

fn contract(seller_price: i64, fee: i64, penalty: i64) -> Contract {
    let [seller_price, fee, penalty] = [seller_price, fee, penalty].map(PricePerKwh);
    Contract { seller_price, buyer_pays: BuyerPays::Landed, fee, loss: Loss::NONE, penalty }
}

fn due(contracted: i64) -> Due {
    Due { contracted: WattHours(contracted), import_price: PricePerKwh(180), is_neutral: false }
}

fn out(exported: i64, curtailed: i64) -> MemberOut {
    MemberOut { exported: WattHours(exported), curtailed: WattHours(curtailed) }
}

fn seller_interval(dues: Vec<Due>, metered: Option<Vec<MemberOut>>) -> SellerInterval {
    SellerInterval { dues, metered, is_estimated: false, export_price: PricePerKwh(50) }
}

fn ngwee(lines: &[Ngwee]) -> Vec<i64> {
    lines.iter().map(|line| line.0).collect()
}

/// 500 and 1,000 Wh are asked for and 1,200 are there: 400 and 800 are sent, the curtailed 400 first.
#[test]
fn a_day_written_out() {
    let contracts = [contract(120, 20, 50), contract(100, 0, 0)];
    let sold = deliver(&contracts, 2, &[seller_interval(vec![due(500), due(1_000)], Some(vec![out(600, 0), out(200, 400)]))]).expect("settled");
    let row = |p: &Parcel| [p.sent.0, p.shortfall().0, p.seller_due.0, p.fee.0, p.rent.0, p.replacement.0, p.penalty.0];
    assert_eq!(
        sold.parcels[0].iter().map(row).collect::<Vec<_>>(),
        [[400, 100, 48_000, 8_000, 0, 4_000, 5_000], [800, 200, 80_000, 0, 0, 16_000, 0]]
    );
    let row = |m: &SellerMember| [m.from_curtailed.0, m.from_exported.0, m.earned.0, m.credit_returned.0];
    assert_eq!(sold.members.iter().map(row).collect::<Vec<_>>(), [[0, 600, 64_000, 30_000], [400, 200, 64_000, 10_000]]);
    let leg = sold.leg().expect("fits");
    assert_eq!((ngwee(&leg.members), leg.utility_receivable.0, ngwee(&leg.clearing), leg.fund.0), (vec![-34, -54], -40, vec![39, 64], 25));

    let imported = |wh: i64| MemberIn { imported: WattHours(wh), import_cost: MilliNgwee(wh * 180) };
    let interval = BuyerInterval { parcels: sold.parcels[0].clone(), metered: vec![imported(1_000), imported(0)], export_price: PricePerKwh(50) };
    let bought = receive(2, 2, &[interval]).expect("settled");
    let row = |m: &BuyerMember| [m.bought.0, m.due.0, m.refund.0, m.compensation.0];
    assert_eq!(bought.members.iter().map(row).collect::<Vec<_>>(), [[1_000, 113_333, 180_000, 25_000], [0, 0, 0, 0]]);
    assert_eq!((bought.exported.0, bought.export_revenue.0, bought.export_due.0), (200, 10_000, 22_667));
    let leg = bought.leg().expect("fits");
    assert_eq!((ngwee(&leg.members), leg.utility_payable.0, leg.utility_receivable.0), (vec![-92, 0], 180, 10));
    assert_eq!((ngwee(&leg.clearing), ngwee(&leg.fees), leg.rent.0, leg.fund.0), (vec![-39, -64], vec![-8, 0], 0, 13));
}

/// One interval and one contract (price 120, fee 20, penalty 50; 1,000 Wh): what is there, then sent, replacement and penalty.
#[test]
fn shortfalls() {
    let neutral = Due { is_neutral: true, ..due(1_000) };
    let dear = Due { import_price: PricePerKwh(130), ..due(1_000) };
    for (due, metered, is_estimated, expected) in [
        (due(1_000), Some(1_500), false, [1_000, 0, 0]),
        (due(1_000), Some(600), false, [600, 16_000, 20_000]),
        (neutral, Some(600), false, [600, 16_000, 0]),
        // What is missing costs less from the grid: nothing to replace, the penalty stays.
        (dear, Some(600), false, [600, 0, 20_000]),
        // A silent meter delivers nothing; the penalty waits for the reading, or for the end of its time.
        (due(1_000), None, false, [0, 40_000, 0]),
        (due(1_000), Some(600), true, [600, 16_000, 0]),
        (due(1_000), Some(0), false, [0, 40_000, 50_000]),
        (due(0), Some(600), false, [0, 0, 0]),
    ] {
        let interval = SellerInterval { is_estimated, ..seller_interval(vec![due], metered.map(|wh| vec![out(wh, 0)])) };
        let day = deliver(&[contract(120, 20, 50)], 1, &[interval]).expect("settled");
        let parcel = day.parcels[0][0];
        assert_eq!([parcel.sent.0, parcel.replacement.0, parcel.penalty.0], expected, "{due:?} {metered:?} {is_estimated}");
        assert_eq!(parcel.is_estimated, is_estimated || metered.is_none());
    }
}

#[test]
fn compensation_without_imports_goes_to_all_alike() {
    let day = deliver(&[contract(120, 20, 50)], 1, &[seller_interval(vec![due(100)], Some(vec![out(0, 0)]))]).expect("settled");
    let interval =
        |members| BuyerInterval { parcels: day.parcels[0].clone(), metered: vec![MemberIn::default(); members], export_price: PricePerKwh(0) };
    let members = |count| receive(1, count, &[interval(count)]).expect("settled");
    assert_eq!(members(2).members.iter().map(|member| member.compensation.0).collect::<Vec<_>>(), [4_500, 4_500]);
    assert_eq!(members(0).compensation_left.0, 9_000);
    assert_eq!(members(0).leg().expect("fits").fund.0, -9);
}

/// From the first cluster through the second to the third, as cleared jointly; the last member of the second is what passes through.
#[test]
fn what_passes_through_comes_out_even() {
    let order = |side, price, wh| Order::new(side, PricePerKwh(price), WattHours(wh)).expect("an order");
    let clusters = [vec![order(Side::Sell, 90, 1_000)], vec![], vec![order(Side::Buy, 190, 900)]];
    let lines = [(0, 1), (1, 2)].map(|(from, to)| Line::new(from, to, PricePerKwh(10), WattHours(2_000), 50_000).expect("a line"));
    let joint = clear_between(&clusters, &lines).expect("cleared");
    let sent = [joint.lines[0].sent, joint.lines[1].sent];
    let passing = joint.lines[0].received;
    assert_eq!(passing, sent[1]);
    let contracts = [0, 1].map(|at| joint.contract(at, &lines[at], PricePerKwh(0)).expect("a contract"));
    let due = |at: usize| Due { contracted: sent[at], import_price: PricePerKwh(200), is_neutral: false };
    let first = deliver(&contracts[..1], 1, &[seller_interval(vec![due(0)], Some(vec![out(5_000, 0)]))]).expect("settled");
    let through = [MemberIn::default(), MemberIn { imported: sent[1], import_cost: MilliNgwee(0) }];
    let arrived = BuyerInterval { parcels: first.parcels[0].clone(), metered: through.to_vec(), export_price: PricePerKwh(50) };
    let bought = receive(1, 2, &[arrived]).expect("settled");
    let sold = deliver(&contracts[1..], 2, &[seller_interval(vec![due(1)], Some(vec![out(0, 0), MemberOut { curtailed: passing, ..out(0, 0) }]))]);
    let sold = sold.expect("settled");
    assert_eq!((bought.members[1].due, bought.members[1].bought), (sold.members[1].earned, sold.members[1].from_curtailed));
    assert_eq!(sold.parcels[0][0].received, WattHours(900));
    let rents = [first.parcels[0][0].rent, sold.parcels[0][0].rent].map(|rent| i128::from(rent.0));
    assert_eq!(rents, [joint.lines[0].rent, joint.lines[1].rent]);
}

#[test]
fn refusals() {
    let one = [contract(120, 20, 50)];
    let code = |contracts: &[Contract], interval: SellerInterval| deliver(contracts, 1, &[interval]).map_err(|error| error.code()).err();
    let metered = || Some(vec![out(10, 0)]);
    assert_eq!(code(&one, seller_interval(vec![due(1)], metered())), None);
    assert_eq!(code(&one, seller_interval(vec![], metered())), Some("delivery_contracts"));
    assert_eq!(code(&one, seller_interval(vec![due(1)], Some(vec![]))), Some("delivery_members"));
    assert_eq!(code(&one, seller_interval(vec![due(-1)], metered())), Some("quantity_negative"));
    assert_eq!(code(&one, seller_interval(vec![due(1)], Some(vec![out(-1, 0)]))), Some("quantity_negative"));
    assert_eq!(code(&one, seller_interval(vec![due(i64::MAX)], metered())), Some("quantity_overflow"));
    let too_cheap = Contract { buyer_pays: BuyerPays::At(PricePerKwh(139)), ..contract(120, 20, 0) };
    assert_eq!(code(&[too_cheap], seller_interval(vec![due(10)], metered())), Some("delivery_contract"));
    let interval = BuyerInterval { parcels: vec![], metered: vec![], export_price: PricePerKwh(0) };
    assert_eq!(receive(1, 0, std::slice::from_ref(&interval)).map_err(|error| error.code()).err(), Some("delivery_contracts"));
    assert_eq!(receive(0, 1, &[interval]).map_err(|error| error.code()).err(), Some("delivery_members"));
}

/// A made-up day of one seller and two buyers: contracts go to them in turn.
#[derive(Debug, Clone)]
struct Story {
    contracts: Vec<Contract>,
    sellers: usize,
    selling: Vec<SellerInterval>,
    buyers: usize,
    buying: Vec<[Vec<MemberIn>; 2]>,
}

fn contracts() -> impl Strategy<Value = Vec<Contract>> {
    let loss = prop_oneof![Just(0), 1_000_i64..300_000];
    let one = (1_i64..300, 0_i64..40, loss, 0_i64..90, prop::option::of(0_i64..50)).prop_map(|(price, fee, loss, penalty, above)| {
        let line = Line::new(0, 1, PricePerKwh(fee), WattHours(1), loss).expect("a line");
        let buyer_pays = above.map_or(BuyerPays::Landed, |above| BuyerPays::At(PricePerKwh(line.landed(price) + above)));
        Contract { buyer_pays, loss: line.loss(), ..contract(price, fee, penalty) }
    });
    prop::collection::vec(one, 0..5)
}

fn story() -> impl Strategy<Value = Story> {
    (contracts(), 1_usize..5, 0_usize..4, 1_usize..5).prop_flat_map(|(contracts, sellers, buyers, intervals)| {
        let due = (0_i64..900, 0_i64..400, any::<bool>()).prop_map(|(wh, price, is_neutral)| Due {
            contracted: WattHours(wh),
            import_price: PricePerKwh(price),
            is_neutral,
        });
        let member = prop_oneof![Just(out(0, 0)), (0_i64..900, 0_i64..500).prop_map(|(exported, curtailed)| out(exported, curtailed))];
        let metered = prop::option::weighted(0.9, prop::collection::vec(member, sellers));
        let selling = (prop::collection::vec(due, contracts.len()), metered, prop::bool::weighted(0.1), 0_i64..200)
            .prop_map(|(dues, metered, is_estimated, export)| SellerInterval { dues, metered, is_estimated, export_price: PricePerKwh(export) });
        let member = || (0_i64..900, 0_i64..400).prop_map(|(wh, price)| MemberIn { imported: WattHours(wh), import_cost: MilliNgwee(wh * price) });
        let buying = [prop::collection::vec(member(), buyers), prop::collection::vec(member(), buyers)];
        (Just(contracts), Just(sellers), prop::collection::vec(selling, intervals), Just(buyers), prop::collection::vec(buying, intervals))
            .prop_map(|(contracts, sellers, selling, buyers, buying)| Story { contracts, sellers, selling, buyers, buying })
    })
}

impl Story {
    fn sold(&self) -> SellerDay {
        deliver(&self.contracts, self.sellers, &self.selling).expect("settled")
    }

    /// The places of the contracts of a buyer.
    fn contracts_of(&self, buyer: usize) -> Vec<usize> {
        (0..self.contracts.len()).filter(|at| at % 2 == buyer).collect()
    }

    fn buying_intervals(&self, sold: &SellerDay, buyer: usize) -> Vec<BuyerInterval> {
        let parcels = |row: &Vec<Parcel>| self.contracts_of(buyer).into_iter().map(|at| row[at]).collect();
        let each = sold.parcels.iter().zip(&self.buying);
        each.map(|(row, metered)| BuyerInterval { parcels: parcels(row), metered: metered[buyer].clone(), export_price: PricePerKwh(50) }).collect()
    }

    fn bought(&self, sold: &SellerDay, buyer: usize) -> BuyerDay {
        receive(self.contracts_of(buyer).len(), self.buyers, &self.buying_intervals(sold, buyer)).expect("settled")
    }
}

fn total<T>(items: &[T], of: impl Fn(&T) -> i64) -> i64 {
    items.iter().map(of).sum()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, ..ProptestConfig::default() })]

    #[test]
    fn a_watt_hour_has_one_fate(story in story()) {
        for given in &story.selling {
            let day = deliver(&story.contracts, story.sellers, std::slice::from_ref(given)).expect("settled");
            let metered = given.metered.clone().unwrap_or_else(|| vec![out(0, 0); story.sellers]);
            let (surplus, sent) = (total(&metered, |m| m.exported.0 + m.curtailed.0), total(&day.parcels[0], |p| p.sent.0));
            prop_assert_eq!(sent, surplus.min(total(&given.dues, |due| due.contracted.0)), "delivered is the smaller of asked and there");
            let all_curtailed = day.members.iter().zip(&metered).all(|(member, out)| member.from_curtailed == out.curtailed);
            for (member, out) in day.members.iter().zip(&metered) {
                prop_assert!((0..=out.curtailed.0).contains(&member.from_curtailed.0) && (0..=out.exported.0).contains(&member.from_exported.0));
                prop_assert!(member.from_exported.0 == 0 || all_curtailed, "curtailed energy goes first");
                prop_assert_eq!(member.credit_returned.0, member.from_exported.0 * given.export_price.0);
            }
            prop_assert_eq!(total(&day.members, |m| m.from_curtailed.0 + m.from_exported.0), sent);
            for ((parcel, due), contract) in day.parcels[0].iter().zip(&given.dues).zip(&story.contracts) {
                prop_assert!((0..=due.contracted.0).contains(&parcel.sent.0) && parcel.shortfall().0 >= 0);
                prop_assert_eq!(parcel.received, contract.loss.received(parcel.sent));
                prop_assert_eq!(parcel.seller_due.0, parcel.sent.0 * contract.seller_price.0);
                prop_assert!(parcel.rent.0 >= 0 && parcel.replacement.0 >= 0);
                let is_free = due.is_neutral || given.is_estimated || given.metered.is_none();
                prop_assert_eq!(parcel.penalty.0, if is_free { 0 } else { parcel.shortfall().0 * contract.penalty.0 });
                // In proportion, to the watt-hour.
                let asked = i128::from(total(&given.dues, |due| due.contracted.0).max(1));
                prop_assert!((i128::from(parcel.sent.0) * asked - i128::from(due.contracted.0) * i128::from(sent)).abs() < asked);
            }
        }
    }

    #[test]
    fn what_arrives_replaces_imports_or_is_exported(story in story()) {
        let sold = story.sold();
        for buyer in 0..2 {
            for (interval, given) in story.buying_intervals(&sold, buyer).iter().enumerate() {
                let day = receive(given.parcels.len(), story.buyers, std::slice::from_ref(given)).expect("settled");
                let metered = &story.buying[interval][buyer];
                let received = total(&given.parcels, |p| p.received.0);
                prop_assert_eq!(total(&day.members, |m| m.bought.0) + day.exported.0, received);
                prop_assert!(day.exported.0 == 0 || day.members.iter().zip(metered).all(|(member, seen)| member.bought == seen.imported));
                for (member, seen) in day.members.iter().zip(metered) {
                    prop_assert!((0..=seen.imported.0).contains(&member.bought.0) && (0..=seen.import_cost.0).contains(&member.refund.0));
                    prop_assert!(member.bought != seen.imported || member.refund == seen.import_cost);
                }
                let due = total(&given.parcels, |p| p.buyer_due().expect("fits").0);
                prop_assert_eq!(total(&day.members, |m| m.due.0) + day.export_due.0, due);
                let compensation = total(&given.parcels, |p| p.compensation().expect("fits").0);
                prop_assert_eq!(total(&day.members, |m| m.compensation.0) + day.compensation_left.0, compensation, "penalties stay with members");
                prop_assert!(story.buyers == 0 || day.compensation_left.0 == 0);
            }
        }
    }

    #[test]
    fn both_legs_balance_and_agree(story in story()) {
        let sold = story.sold();
        let leg = sold.leg().expect("fits");
        prop_assert_eq!(leg.lines().map(|line| line.0).sum::<i64>(), 0);
        prop_assert!(leg.utility_receivable.0 <= 0);
        prop_assert_eq!(total(&sold.members, |m| m.earned.0), total(&sold.contracts().expect("fits"), |p| p.seller_due.0));
        for (line, member) in leg.members.iter().zip(&sold.members) {
            prop_assert!((line.0 * 1_000 - (member.credit_returned.0 - member.earned.0)).abs() < 1_000);
        }
        for buyer in 0..2 {
            let bought = story.bought(&sold, buyer);
            let other = bought.leg().expect("fits");
            prop_assert_eq!(other.lines().map(|line| line.0).sum::<i64>(), 0);
            let owed: Vec<i64> = story.contracts_of(buyer).into_iter().map(|at| -leg.clearing[at].0).collect();
            prop_assert_eq!(ngwee(&other.clearing), owed, "what one is owed the other owes");
            prop_assert!(other.rent.0 <= 0 && other.fees.iter().all(|fee| fee.0 <= 0) && other.utility_payable.0 >= 0);
            for (line, member) in other.members.iter().zip(&bought.members) {
                prop_assert!((line.0 * 1_000 - (member.due.0 - member.refund.0 - member.compensation.0)).abs() < 1_000);
            }
        }
    }

    #[test]
    fn settling_again_posts_the_difference(story in story(), better in story()) {
        let mut corrected = story.clone();
        // Some readings of the day come in later: as many intervals as both stories have, with the members of this one.
        for (given, new) in corrected.selling.iter_mut().zip(&better.selling) {
            let new = new.metered.clone().unwrap_or_default();
            given.metered = Some((0..story.sellers).map(|at| new.get(at).copied().unwrap_or_default()).collect());
            given.is_estimated = false;
        }
        let (before, after) = (story.sold(), corrected.sold());
        prop_assert_eq!(&story.sold(), &before, "the same again is the same");
        let (posted, now) = (before.leg().expect("fits"), after.leg().expect("fits"));
        prop_assert!(posted.difference(&posted).expect("fits").is_nothing());
        let difference = now.difference(&posted).expect("fits");
        prop_assert_eq!(difference.lines().map(|line| line.0).sum::<i64>(), 0);
        prop_assert!(posted.lines().zip(difference.lines()).zip(now.lines()).all(|((a, b), c)| a.0 + b.0 == c.0));
        for buyer in 0..2 {
            let (posted, now) = (story.bought(&before, buyer).leg().expect("fits"), corrected.bought(&after, buyer).leg().expect("fits"));
            let bought = now.difference(&posted).expect("fits");
            prop_assert_eq!(bought.lines().map(|line| line.0).sum::<i64>(), 0);
            prop_assert!(posted.lines().zip(bought.lines()).zip(now.lines()).all(|((a, b), c)| a.0 + b.0 == c.0));
            for (line, at) in bought.clearing.iter().zip(story.contracts_of(buyer)) {
                prop_assert_eq!(line.0, -difference.clearing[at].0);
            }
        }
    }

    #[test]
    fn the_order_of_contracts_and_members_matters_to_single_units_alone(story in story()) {
        let mut turned = story.clone();
        turned.contracts.reverse();
        for given in &mut turned.selling {
            given.dues.reverse();
            if let Some(metered) = &mut given.metered { metered.reverse() }
        }
        let (one, other) = (story.sold(), turned.sold());
        for (row, turned) in one.parcels.iter().zip(&other.parcels) {
            prop_assert_eq!(total(row, |p| p.sent.0), total(turned, |p| p.sent.0));
            for (parcel, turned) in row.iter().zip(turned.iter().rev()) {
                prop_assert!((parcel.sent.0 - turned.sent.0).abs() <= 1);
            }
        }
        let intervals = i64::try_from(story.selling.len()).expect("small");
        for (member, turned) in one.members.iter().zip(other.members.iter().rev()) {
            prop_assert!((member.from_curtailed.0 - turned.from_curtailed.0).abs() <= intervals);
            prop_assert!((member.from_exported.0 - turned.from_exported.0).abs() <= intervals);
        }
    }
}
