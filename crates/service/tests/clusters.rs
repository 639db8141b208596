//! Founding, joining, leaving, owning and ruling clusters, on both engines.

#[allow(dead_code, reason = "other tests use the rest")]
mod society;

use domain::{Admission, ClusterCode, ClusterKind, Connection, GeoPoint, GovernanceConfig, MemberState, MeterNo, MeterRole, Role, TradePrice};
use ledger::AccountCode;
use quantity::{BusinessDay, Interval, Ngwee, PricePerKwh, WattHours, Watts};
use service::cluster::{AssetNew, ClusterFound, DirectoryFilter, EntryUpdate, Household, MeterNew, ProfileUpdate, RulesChange, SHARES_WHOLE};
use service::policy::Actor;
use service::{ClusterCreate, MemberCreate, Service, ServiceError};
use settlement::{PriceRule, RuleSet, SharingKey};
use society::{
    accounts, balances, csv, day, found, household, import, join, joins, key, no, noon, operator, own, recount, settle, society, society_with, user,
    user_id, village,
};
use store::tables::{ClusterRow, Consents};

fn code<T: std::fmt::Debug>(result: Result<T, ServiceError>) -> &'static str {
    result.expect_err("refused").code()
}

async fn roles(service: &Service, cluster: &ClusterRow, who: i64) -> Vec<(i64, Role)> {
    let (id, user) = (cluster.id, user_id(who));
    let read = service.store().read::<_, store::StoreError, _>(move |tx| Box::pin(async move { tx.roles_in(id, user).await }));
    read.await.expect("reads").into_iter().map(|(no, role)| (no.get(), role)).collect()
}

async fn notices(service: &Service, who: i64) -> Vec<String> {
    let user = user_id(who);
    let read = service.store().read::<_, store::StoreError, _>(move |tx| Box::pin(async move { tx.notice_list(user, None, 50).await }));
    let notices = read.await.expect("reads");
    for notice in &notices {
        for language in domain::Language::ALL {
            assert!(service::notice_text(message::Say::new(*language), notice).is_some(), "a notice without words: {notice:?}");
        }
    }
    let mut kinds: Vec<String> = notices.into_iter().map(|notice| notice.kind).collect();
    kinds.reverse();
    kinds
}

test_kit::on_both! {
    async fn who_founds_is_member_one_chair_and_treasurer(url: &str) {
        let (service, _) = society(url).await;
        let request = ClusterFound {
            location: Some(GeoPoint::parse("-14.446912", "28.446498").expect("a place")),
            power: Watts(4_000),
            ..found("Mulenga Solar Group", ClusterKind::Micro, household("Chanda", 3_500))
        };
        let cluster = service.create_cluster(user(1), request.clone()).await.expect("founds");
        assert_eq!((cluster.code.as_str(), cluster.opened_on, cluster.kind), ("MULENGA", day(0), ClusterKind::Micro));
        let mut held = roles(&service, &cluster, 1).await;
        held.sort();
        assert_eq!(held, [(1, Role::Member), (1, Role::Treasurer), (1, Role::Chair)]);
        // What was promised is no money yet.
        assert_eq!(balances(&service, &cluster, 1).await, (0, 0, 0));
        assert_eq!(own(&service, &cluster, AccountCode::Bank).await, 0);
        recount(&service, &cluster).await;

        // The same request is one cluster; other content under its key is refused.
        assert_eq!(service.create_cluster(user(1), request.clone()).await.expect("the same"), cluster);
        assert_eq!(code(service.create_cluster(user(1), ClusterFound { name: "Other".to_owned(), ..request.clone() }).await), "key_reused");
        assert_eq!(service.cluster_list(Actor::System).await.expect("lists").len(), 1);
        // Another of the same name gets another code.
        let second = service.create_cluster(user(2), ClusterFound { key: key("second"), ..request }).await.expect("founds");
        assert_eq!(second.code.as_str(), "MULENGA-2");

        let card = service.cluster_card(Actor::Nobody, &cluster.code).await.expect("a card");
        assert_eq!((card.homes, card.is_forming, card.missing, card.is_joinable), (1, true, 9, true));
        assert_eq!((card.contribution_min, card.contribution_max), (Ngwee(200_000), Ngwee(500_000)));
        assert_eq!(card.location.expect("a place").to_string(), "-14.450000,28.450000", "a kilometre, not a house");
        assert_eq!((card.sharing_key, card.price_rule, card.service_charge, card.power), ("contribution_tiers", TradePrice::MidMarket, PricePerKwh(20), Watts(4_000)));
    }

    async fn what_cannot_be_founded_is_refused_and_leaves_nothing(url: &str) {
        let (service, _) = society(url).await;
        let good = || found("Mulenga", ClusterKind::Micro, household("Chanda", 3_500));
        let place = |latitude, longitude| Some(GeoPoint::parse(latitude, longitude).expect("a place"));
        let governance = |min: i64, max: i64| Some(GovernanceConfig::new(Ngwee(min * 100), Ngwee(max * 100)));
        for (name, request, refusal) in [
            ("too little", ClusterFound { household: household("C", 1_999), ..good() }, "contribution_low"),
            ("too much", ClusterFound { household: household("C", 5_001), ..good() }, "contribution_high"),
            ("the sea", ClusterFound { location: place("-15", "45"), ..good() }, "place_outside"),
            ("no name", ClusterFound { name: " ".to_owned(), ..good() }, "name_invalid"),
            ("no alias", ClusterFound { household: household("", 3_500), ..good() }, "name_invalid"),
            ("line break", ClusterFound { name: "a\nb".to_owned(), ..good() }, "name_invalid"),
            ("region", ClusterFound { region: "atlantis".to_owned(), ..good() }, "region_unknown"),
            ("code", ClusterFound { code: Some(ClusterCode::parse("OPEN-KABWE").expect("a code")), ..good() }, "cluster_code_reserved"),
            ("capacity", ClusterFound { capacity: WattHours(-1), ..good() }, "value_invalid"),
            ("rule below the region's", ClusterFound { governance: governance(1_000, 5_000), ..good() }, "contribution_low"),
            ("rule above the region's", ClusterFound { governance: governance(2_000, 6_000), ..good() }, "contribution_high"),
            ("tighter rule", ClusterFound { governance: governance(4_000, 5_000), ..good() }, "contribution_low"),
            ("serial", ClusterFound { household: Household { meters: vec!["a b".to_owned()], ..household("C", 3_500) }, ..good() }, "serial_invalid"),
            ("twice", ClusterFound { household: Household { meters: vec!["M".to_owned(), "M".to_owned()], ..household("C", 3_500) }, ..good() }, "meter_taken"),
            ("open", ClusterFound { kind: ClusterKind::Open, ..good() }, "not_allowed"),
        ] {
            assert_eq!(code(service.create_cluster(user(1), request).await), refusal, "{name}");
        }
        assert_eq!(code(service.create_cluster(Actor::Nobody, good()).await), "sign_in_needed");
        assert_eq!(service.cluster_list(Actor::System).await.expect("lists").len(), 0);
        let taken = ClusterFound { code: Some(ClusterCode::parse("KAB-1").expect("a code")), ..good() };
        service.create_cluster(user(1), taken.clone()).await.expect("founds");
        assert_eq!(code(service.create_cluster(user(2), taken).await), "cluster_code_taken");
    }

    async fn every_kind_has_its_size_and_an_open_one_is_there_once(url: &str) {
        let (service, _) = society(url).await;
        for (at, (kind, connection, most)) in
            [(ClusterKind::Micro, Connection::OffGrid, 25), (ClusterKind::Neighborhood, Connection::Separate, 100), (ClusterKind::Industrial, Connection::OnePoint, 2), (ClusterKind::Supply, Connection::OnePoint, 3)].into_iter().enumerate()
        {
            let request = ClusterFound { connection, ..found(&format!("Kind{at}"), kind, household("Founder", 2_000)) };
            let cluster = service.create_cluster(user(at as i64 + 1), request).await.expect("founds");
            let card = service.cluster_card(Actor::Nobody, &cluster.code).await.expect("a card");
            assert_eq!((card.kind, card.connection, card.size.members_max), (kind, connection, most));
            assert_eq!(cluster.carbon_method, if connection == Connection::OffGrid { "diesel" } else { "grid_average" });
        }
        let open = service.open_cluster_ensure("kabwe").await.expect("founds");
        assert_eq!((open.code.as_str(), open.kind), ("OPEN-KABWE", ClusterKind::Open));
        assert_eq!(service.open_cluster_ensure("kabwe").await.expect("the same"), open);
        assert_eq!(service.create_cluster(operator(), found("x", ClusterKind::Open, Household::default())).await.expect("the same"), open);
        // A trader comes with nothing and pays K1.20.
        let joined = service.join_open(user(9), "kabwe", household("Trader", 0), key("t")).await.expect("joins");
        assert_eq!((joined.member, joined.state), (no(1), MemberState::Active));
        assert_eq!(code(service.join_open(user(8), "kabwe", household("Payer", 2_000), key("p")).await), "contribution_high");
        let rules = service.rules_read(user(9), &open).await.expect("rules");
        assert_eq!(rules.settlement.rule.price_rule, PriceRule::Fixed(PricePerKwh(120)));
        assert_eq!((rules.trading.config.price_rule, rules.trading.config.fixed_price), (TradePrice::Fixed, PricePerKwh(120)));
    }

    async fn joining_has_its_rules(url: &str) {
        let (service, _) = society(url).await;
        let cluster = service.create_cluster(user(1), found("Mulenga", ClusterKind::Micro, household("Chanda", 3_500))).await.expect("founds");
        let wish = join(&cluster.code, Household { meters: vec!["M-2".to_owned()], ..household("Mutale", 2_000) });
        let joined = service.join_cluster(user(2), wish.clone()).await.expect("joins");
        assert_eq!((joined.member, joined.state, roles(&service, &cluster, 2).await), (no(2), MemberState::Active, vec![(2, Role::Member)]));
        assert_eq!(service.join_cluster(user(2), wish.clone()).await.expect("the same"), joined);
        let other = |alias: &str, kwacha| join(&cluster.code, household(alias, kwacha));
        for (name, who, request, refusal) in [
            ("a second time", 2, other("Mutale again", 2_000), "already_member"),
            ("another's name", 3, other("CHANDA", 2_000), "alias_taken"),
            ("no such code", 3, join(&ClusterCode::parse("NOWHERE").expect("a code"), household("Phiri", 2_000)), "cluster_unknown"),
            ("too little", 3, other("Phiri", 1_000), "contribution_low"),
            ("a long name", 3, other(&"x".repeat(61), 2_000), "name_invalid"),
            ("another's meter", 3, join(&cluster.code, Household { meters: vec!["M-2".to_owned()], ..household("Phiri", 2_000) }), "meter_taken"),
        ] {
            assert_eq!(code(service.join_cluster(user(who), request).await), refusal, "{name}");
        }
        let reused = service_key(&service, &wish, household("Somebody", 3_000)).await;
        assert_eq!(reused, "key_reused");
        assert_eq!(code(service.join_cluster(Actor::Nobody, other("Phiri", 2_000)).await), "sign_in_needed");
        assert_eq!(notices(&service, 1).await, ["joined"]);
        assert_eq!(notices(&service, 2).await, ["welcome"]);
        assert_eq!(balances(&service, &cluster, 2).await, (0, 0, 0));
        recount(&service, &cluster).await;
    }

    async fn who_comes_at_the_same_time_is_answered_as_if_one_after_the_other(url: &str) {
        let (service, _) = society(url).await;
        // The same request to found, eight times at once, is one cluster.
        let request = found("Power", ClusterKind::Supply, household("Shop 1", 3_500));
        let tries: Vec<_> = (0..8).map(|_| (service.clone(), request.clone())).map(|(service, request)| tokio::spawn(async move { service.create_cluster(user(1), request).await })).collect();
        let mut founded = Vec::new();
        for one in tries {
            founded.push(one.await.expect("runs").expect("founds"));
        }
        assert!(founded.iter().all(|row| *row == founded[0]));
        assert_eq!(service.cluster_list(Actor::System).await.expect("lists").len(), 1);
        // Two places are left and eight households want them; nobody gets one twice.
        let cluster = founded[0].clone();
        let wish = |at: i64| (service.clone(), join(&cluster.code, household(&format!("Shop {at}"), 2_000)));
        let tries: Vec<_> = (2..10).map(|at| (at, wish(at))).map(|(at, (service, wish))| tokio::spawn(async move { service.join_cluster(user(at), wish).await })).collect();
        let mut answers = Vec::new();
        for one in tries {
            answers.push(one.await.expect("runs").map_or_else(|error| error.code().to_owned(), |joined| joined.state.to_string()));
        }
        answers.sort();
        // From its second member on the cluster has its size: the others ask, and an officer finds one place.
        assert_eq!(answers, ["active", "asked", "asked", "asked", "asked", "asked", "asked", "asked"]);
        let askers = service.askers(user(1), &cluster).await.expect("lists");
        service.member_admit(user(1), &cluster, askers[0].member).await.expect("admits");
        assert_eq!(code(service.member_admit(user(1), &cluster, askers[1].member).await), "cluster_full");
        recount(&service, &cluster).await;
    }

    /// A region's market is never full: the next open cluster is there when the last place is taken, and who come at once get the same one.
    async fn a_full_open_cluster_is_followed_by_the_next(url: &str) {
        let (service, _) = society_with(url, &|region| region.country = small_country().into()).await;
        let trader = |who: i64| {
            let service = service.clone();
            async move { service.join_open(user(who), "kabwe", household(&format!("Trader {who}"), 0), key(&format!("t{who}"))).await }
        };
        let place = |joined: &service::cluster::Joined| (joined.cluster.code.to_string(), joined.member.get());
        for (who, at) in [(1, ("OPEN-KABWE", 1)), (2, ("OPEN-KABWE", 2)), (3, ("OPEN-KABWE-2", 1))] {
            assert_eq!(place(&trader(who).await.expect("joins")), (at.0.to_owned(), at.1));
        }
        // The same request is one effect, wherever it led to, also when there is room elsewhere.
        assert_eq!(place(&trader(3).await.expect("the same")), ("OPEN-KABWE-2".to_owned(), 1));
        let first = service.cluster(&ClusterCode::parse("OPEN-KABWE").expect("a code")).await.expect("is there");
        service.member_leave(user(1), &first, no(1), day(0)).await.expect("leaves");
        assert_eq!(place(&trader(3).await.expect("the same")), ("OPEN-KABWE-2".to_owned(), 1));
        // One place in a region's market is enough.
        let again = service.join_open(user(3), "kabwe", household("Other", 0), key("other")).await;
        assert_eq!(code(again), "already_member");
        assert_eq!(place(&trader(4).await.expect("joins")), ("OPEN-KABWE".to_owned(), 3), "a place that is free again is taken first");
        assert_eq!(place(&trader(5).await.expect("joins")), ("OPEN-KABWE-2".to_owned(), 2));
        // Six come at once to what is full: three more clusters, two in each.
        let (a, b, c, d, e, f) = tokio::join!(trader(11), trader(12), trader(13), trader(14), trader(15), trader(16));
        let mut places: Vec<_> = [a, b, c, d, e, f].into_iter().map(|joined| place(&joined.expect("joins"))).collect();
        places.sort();
        let expected: Vec<_> = (3..=5).flat_map(|at| (1..=2).map(move |member| (format!("OPEN-KABWE-{at}"), member))).collect();
        assert_eq!(places, expected);
        // Named by its code, a full one is followed too.
        let wish = join(&first.code, household("Trader 20", 0));
        assert_eq!(place(&service.join_cluster(user(20), wish.clone()).await.expect("joins")), ("OPEN-KABWE-6".to_owned(), 1));
        assert_eq!(place(&service.join_cluster(user(20), wish).await.expect("the same")), ("OPEN-KABWE-6".to_owned(), 1));
    }

    async fn a_trader_adds_meters_of_the_own_home(url: &str) {
        let (service, clock) = society(url).await;
        let home = |at: i64| Household { meters: vec![format!("T-{at}")], ..household(&format!("Trader {at}"), 0) };
        for at in [1, 2] {
            service.join_open(user(at), "kabwe", home(at), key(&format!("t{at}"))).await.expect("joins");
        }
        let open = service.open_cluster_ensure("kabwe").await.expect("is there");
        let add = |who: i64, member: i64, serial: &'static str| {
            let (service, open) = (service.clone(), open.clone());
            async move { service.own_meter_add(user(who), &open, no(member), serial).await }
        };
        let second = add(1, 1, "T-1b").await.expect("adds");
        assert_eq!(add(1, 1, "T-1b").await.expect("the same"), second);
        for (who, member, serial, refusal) in
            [(2, 1, "X-1", "not_allowed"), (1, 1, "T-2", "meter_taken"), (1, 1, "a b", "serial_invalid"), (1, 2, "X-1", "not_allowed")]
        {
            assert_eq!(code(add(who, member, serial).await), refusal, "{serial}");
        }
        for serial in ["T-1c", "T-1d"] {
            add(1, 1, serial).await.expect("adds");
        }
        assert_eq!(code(add(1, 1, "T-1e").await), "meters_most");
        let own = service.meter_list(user(1), &open).await.expect("lists");
        let serials: Vec<_> = own.iter().map(|meter| (meter.meter.serial.as_str(), meter.owner)).collect();
        assert_eq!(serials, ["T-1", "T-1b", "T-1c", "T-1d"].map(|serial| (serial, Some((no(1), day(0))))));
        clock.set(noon(1));
        // Readings become money: the household does not send them.
        let sent = service.require(user(1), open.id, service::policy::Action::ReadingsWrite).await;
        assert_eq!(code(sent), "not_allowed");
        assert_eq!(import(&service, &open, &csv(0..1, &[("T-1b", 100, 0)])).await.len(), 0, "the operator's count for it");
        service.member_leave(user(1), &open, no(1), day(1)).await.expect("leaves");
        assert_eq!(code(add(1, 1, "T-1f").await), "member_left");
        let group = village(&service, 2).await;
        assert_eq!(code(service.own_meter_add(user(2), &group, no(2), "M-9").await), "meter_by_officer");
    }

    async fn a_cluster_can_close_its_door(url: &str) {
        let (service, _) = society(url).await;
        let cluster = village(&service, 1).await;
        let shut = ProfileUpdate { is_joinable: Some(false), power: Some(Watts(5_000)), ..ProfileUpdate::default() };
        assert_eq!(code(service.cluster_profile_set(user(2), &cluster, shut).await), "not_allowed");
        let card = service.cluster_profile_set(user(1), &cluster, shut).await.expect("sets");
        assert_eq!((card.is_joinable, card.power), (false, Watts(5_000)));
        assert_eq!(code(service.join_cluster(user(2), join(&cluster.code, household("Mutale", 2_000))).await), "cluster_closed");
        let sea = ProfileUpdate { location: Some(GeoPoint::parse("-15", "45").expect("a place")), ..ProfileUpdate::default() };
        assert_eq!(code(service.cluster_profile_set(user(1), &cluster, sea).await), "place_outside");
        let open = service.cluster_profile_set(user(1), &cluster, ProfileUpdate { is_joinable: Some(true), ..ProfileUpdate::default() }).await.expect("sets");
        assert_eq!((open.is_joinable, open.power), (true, Watts(5_000)));
    }

    async fn an_officer_admits_when_the_cluster_has_its_size(url: &str) {
        let (service, _) = society(url).await;
        let cluster = service.create_cluster(user(1), found("Power", ClusterKind::Industrial, household("Plant A", 3_500))).await.expect("founds");
        let asked = joins(&service, 2, &cluster, household("Plant B", 2_000)).await;
        assert_eq!((asked.member, asked.state), (no(2), MemberState::Asked));
        assert_eq!(roles(&service, &cluster, 2).await, []);
        assert_eq!(code(service.join_cluster(user(2), join(&cluster.code, household("Plant B again", 2_000))).await), "already_asked");
        assert_eq!(notices(&service, 1).await, ["asked"]);
        assert_eq!(code(service.member_admit(user(2), &cluster, no(2)).await), "not_allowed");
        assert_eq!(service.askers(user(1), &cluster).await.expect("lists").len(), 1);
        service.member_admit(user(1), &cluster, no(2)).await.expect("admits");
        assert_eq!(roles(&service, &cluster, 2).await, [(2, Role::Member)]);
        assert_eq!(notices(&service, 2).await, ["welcome", "admitted"]);
        assert_eq!(code(service.member_admit(user(1), &cluster, no(2)).await), "not_asked");
        // Two are an industrial cluster; a third does not fit.
        assert_eq!(code(service.join_cluster(user(3), join(&cluster.code, household("Plant C", 2_000))).await), "cluster_full");
        assert!(!service.cluster_card(Actor::Nobody, &cluster.code).await.expect("a card").is_joinable);
    }

    async fn who_is_refused_is_told_and_may_ask_again(url: &str) {
        let (service, _) = society(url).await;
        let governance = GovernanceConfig { admission: Admission::ByOfficer, ..GovernanceConfig::new(Ngwee(200_000), Ngwee(500_000)) };
        let request = ClusterFound { governance: Some(governance), ..found("Mulenga", ClusterKind::Micro, household("Chanda", 3_500)) };
        let cluster = service.create_cluster(user(1), request).await.expect("founds");
        let asked = joins(&service, 2, &cluster, household("Mutale", 2_000)).await;
        service.member_refuse(user(1), &cluster, asked.member).await.expect("refuses");
        assert_eq!(notices(&service, 2).await, ["refused"]);
        let again = service.join_cluster(user(2), service::cluster::ClusterJoin { key: key("again"), ..join(&cluster.code, household("Mutale", 2_000)) });
        let again = again.await.expect("asks");
        assert_eq!((again.member, again.state), (no(3), MemberState::Asked));
        service.member_admit(user(1), &cluster, again.member).await.expect("admits");
        let page = service.directory(user(2), &cluster, None, 100, DirectoryFilter::default()).await.expect("lists");
        assert_eq!(page.items.iter().map(|entry| entry.member.get()).collect::<Vec<_>>(), [1, 3]);
    }

    async fn a_contribution_is_money_when_a_treasurer_enters_it(url: &str) {
        let (service, _) = society(url).await;
        let cluster = village(&service, 2).await;
        let pay = |amount: i64, text: &'static str| service.contribution_pay(user(1), &cluster, no(2), Ngwee(amount), key(text));
        let paid = pay(100_000, "first").await.expect("pays");
        assert_eq!((paid.paid, paid.pledge), (Ngwee(100_000), Ngwee(300_000)));
        let again = pay(100_000, "first").await.expect("the same");
        assert_eq!((again.transfer, again.paid), (paid.transfer, Ngwee(100_000)));
        assert_eq!(code(pay(90_000, "first").await), "key_reused");
        assert_eq!(code(pay(200_001, "rest").await), "contribution_over");
        assert_eq!(code(pay(0, "nothing").await), "value_invalid");
        pay(200_000, "last").await.expect("pays");
        assert_eq!(balances(&service, &cluster, 2).await, (0, 0, 300_000));
        assert_eq!(own(&service, &cluster, AccountCode::Bank).await, -300_000);
        assert_eq!(code(service.contribution_pay(user(2), &cluster, no(2), Ngwee(1), key("x")).await), "not_allowed");
        let list = service.pledge_list(user(1), &cluster).await.expect("the list");
        let of_two = list.iter().find(|home| home.member == no(2)).expect("the second home");
        assert!(of_two.paid.0 > 0 && of_two.pledge >= of_two.paid, "{of_two:?}");
        assert!(list.iter().any(|home| home.member == no(1) && home.paid.0 < home.pledge.0), "who promised and paid nothing is there: {list:?}");
        assert_eq!(code(service.pledge_list(user(2), &cluster).await), "not_allowed");
        assert_eq!(code(service.contribution_pay(user(1), &cluster, no(7), Ngwee(1), key("y")).await), "member_unknown");
        recount(&service, &cluster).await;
    }

    async fn leaving_ends_meters_and_offices_and_keeps_history(url: &str) {
        let (service, clock) = society(url).await;
        let cluster = village(&service, 3).await;
        assert_eq!(code(service.member_leave(user(1), &cluster, no(1), day(0)).await), "last_officer");
        assert_eq!(code(service.member_leave(user(2), &cluster, no(3), day(0)).await), "not_allowed");
        assert_eq!(code(service.role_set(user(2), &cluster, no(2), user_id(2), Role::Chair, true).await), "not_allowed");
        assert_eq!(code(service.role_set(user(1), &cluster, no(2), user_id(3), Role::Chair, true).await), "user_not_member");
        for role in [Role::Chair, Role::Treasurer] {
            service.role_set(user(1), &cluster, no(2), user_id(2), role, true).await.expect("grants");
        }
        clock.set(noon(2));
        let readings = csv(0..2, &[("M-1", 100, 0), ("M-2", 50, 0), ("M-3", 80, 0), ("P-1", 0, 600)]);
        assert_eq!(import(&service, &cluster, &readings).await, [""; 0]);
        assert_eq!(settle(&service, &cluster).await, [(0, 1), (1, 1)]);
        assert_eq!(code(service.member_leave(user(1), &cluster, no(1), day(1)).await), "day_past");
        let left = service.member_leave(user(1), &cluster, no(1), day(3)).await.expect("leaves");
        assert_eq!((left.on, left.held, left.pledge_unpaid), (day(3), Ngwee(0), Ngwee(250_000)));
        assert_eq!((left.wallet.0, left.receivable.0, left.capital.0), balances(&service, &cluster, 1).await);
        assert_ne!(left.wallet.0 + left.receivable.0, 0, "two days are between them: {left:?}");
        assert_eq!(code(service.member_leave(user(1), &cluster, no(1), day(3)).await), "member_left");
        assert_eq!(roles(&service, &cluster, 1).await, [(1, Role::Member)], "the own history stays open");
        assert!(notices(&service, 2).await.contains(&"left".to_owned()));

        clock.set(noon(5));
        let later = csv(2..5, &[("M-1", 100, 0), ("M-2", 50, 0), ("M-3", 80, 0), ("P-1", 0, 600)]);
        assert_eq!(import(&service, &cluster, &later).await, ["meter_not_assigned"; 2 * 96]);
        assert_eq!(settle(&service, &cluster).await, [(2, 1), (3, 1), (4, 1)]);
        let statement = service.member_statement(user(1), &cluster, no(1), None).await.expect("a statement");
        assert_eq!(statement.days.iter().map(|sum| sum.day).collect::<Vec<_>>(), [day(0), day(1), day(2)]);
        assert_eq!(code(service.directory(user(1), &cluster, None, 100, DirectoryFilter::default()).await), "not_allowed");
        assert_eq!(code(service.member_statement(user(1), &cluster, no(2), None).await), "not_allowed");
        let page = service.directory(user(2), &cluster, None, 100, DirectoryFilter::default()).await.expect("lists");
        assert_eq!(page.items.iter().map(|entry| entry.member.get()).collect::<Vec<_>>(), [2, 3]);
    }

    async fn a_cluster_without_members_is_settled_and_lives_again(url: &str) {
        let (service, clock) = society(url).await;
        let cluster = village(&service, 1).await;
        clock.set(noon(1));
        let both = [("M-1", 100, 0), ("P-1", 0, 600)];
        import(&service, &cluster, &csv(0..1, &both)).await;
        settle(&service, &cluster).await;
        service.member_leave(user(1), &cluster, no(1), day(2)).await.expect("leaves: there is nobody to be left without officers");
        clock.set(noon(4));
        import(&service, &cluster, &csv(1..4, &[("P-1", 0, 600)])).await;
        assert_eq!(settle(&service, &cluster).await, [(1, 1), (2, 1), (3, 1)]);
        let joined = joins(&service, 2, &cluster, Household { meters: vec!["M-2".to_owned()], ..household("Mutale", 2_000) }).await;
        assert_eq!(joined.state, MemberState::Active);
        clock.set(noon(6));
        import(&service, &cluster, &csv(4..6, &[("M-2", 100, 0), ("P-1", 0, 600)])).await;
        assert_eq!(settle(&service, &cluster).await, [(4, 1), (5, 1)]);
    }

    async fn who_leaves_today_is_taken_out_of_the_day_that_is_being_settled(url: &str) {
        let (service, clock) = society(url).await;
        let cluster = village(&service, 2).await;
        let meters = [("M-1", 100, 0), ("M-2", 50, 0), ("P-1", 0, 600)];
        clock.set(noon(1));
        import(&service, &cluster, &csv(0..2, &meters)).await;
        let report = service.cluster_settle(Actor::System, &cluster, |_| {}).await.expect("settles");
        assert_eq!(report.days.iter().map(|day| (day.intervals, day.is_posted)).collect::<Vec<_>>(), [(96, true), (46, false)]);
        service.member_leave(user(2), &cluster, no(2), day(1)).await.expect("leaves");
        let again = service.cluster_settle(Actor::System, &cluster, |_| {}).await.expect("settles");
        assert_eq!((again.days[0].day, again.days[0].sealed), (day(1), 46), "every interval of today is sealed anew without the one who left");
        recount(&service, &cluster).await;
        // Then the last one goes too, on the same day.
        service.member_leave(user(1), &cluster, no(1), day(1)).await.expect("leaves");
        clock.set(noon(2));
        assert_eq!(settle(&service, &cluster).await, [(1, 1)]);
        let days = service.member_statement(user(1), &cluster, no(1), None).await.expect("a statement").days;
        assert_eq!(days.iter().map(|day| day.sums.flows.consumption).collect::<Vec<_>>(), [9_600, 0]);
        assert_eq!(days[1].posted, Ngwee(0));
    }

    async fn when_the_last_weight_leaves_the_others_share_alike(url: &str) {
        let (service, clock) = society(url).await;
        let member = |at: i64, weight| MemberCreate {
            alias: format!("Home {at}"),
            kind: "urban_home".to_owned(),
            weight,
            contribution: Ngwee(0),
            top_up: Ngwee(0),
            meters: vec![format!("M-{at}")],
        };
        let founded = village(&service, 1).await;
        let row = ClusterRow { id: domain::ClusterId::new(5).expect("an id"), code: ClusterCode::parse("FIXED").expect("a code"), ..founded };
        let create = ClusterCreate {
            cluster: store::tables::ClusterNew { row: row.clone(), secret: [3; 32] },
            rule: store::tables::RuleRow {
                rule: RuleSet { sharing_key: SharingKey::Static, ..RuleSet::new(Connection::OnePoint) },
                from_day: day(0),
                prices: store::tables::RulePrices::Region,
            },
            members: vec![member(1, 0), member(2, 0), member(3, 7)],
            plant_meters: vec!["P-1".to_owned()],
            meter_limit: Watts(100_000),
            assets: Vec::new(),
            outages: Vec::new(),
        };
        service.cluster_create(create).await.expect("founds");
        service.member_leave(Actor::System, &row, no(3), day(1)).await.expect("leaves");
        clock.set(noon(2));
        import(&service, &row, &csv(0..2, &[("M-1", 200, 0), ("M-2", 200, 0), ("M-3", 50, 0), ("P-1", 0, 300)])).await;
        assert_eq!(settle(&service, &row).await, [(0, 1), (1, 1)]);
        for who in [1, 2] {
            let statement = service.member_statement(Actor::System, &row, no(who), None).await.expect("a statement");
            assert_eq!(statement.days.iter().map(|day| day.sums.flows.entitlement).collect::<Vec<_>>(), [0, 40 * 150]);
        }
    }

    async fn what_reaches_back_is_settled_again_or_refused(url: &str) {
        let (service, clock) = society(url).await;
        let cluster = village(&service, 3).await;
        clock.set(noon(4));
        let spare = MeterNew { serial: "M-9".to_owned(), role: MeterRole::Member, limit: Watts(10_000), member: None, from: None };
        let meter = service.meter_add(user(1), &cluster, vec![spare]).await.expect("adds")[0];
        import(&service, &cluster, &csv(0..4, &[("M-1", 100, 0), ("M-2", 50, 0), ("M-3", 80, 0), ("P-1", 0, 600)])).await;
        settle(&service, &cluster).await;
        let before = service.member_statement(user(2), &cluster, no(2), None).await.expect("a statement").closing;

        // A meter that was member 2's from the day before yesterday on.
        service.meter_assign(user(1), &cluster, meter, no(2), day(2)).await.expect("assigns");
        assert_eq!(import(&service, &cluster, &csv(2..4, &[("M-9", 300, 0)])).await, [""; 0]);
        assert_eq!(settle(&service, &cluster).await, [(2, 2), (3, 2)]);
        let after = service.member_statement(user(2), &cluster, no(2), None).await.expect("a statement").closing;
        assert!(after < before, "300 Wh more in each quarter hour cost something");
        assert_eq!(code(service.meter_assign(user(1), &cluster, meter, no(2), day(-1)).await), "day_past");

        // An outage of yesterday evening.
        let evening = day(3).start(cluster.offset).plus_ms(18 * 3_600_000);
        let outage = Interval::new(evening, evening.plus_ms(3_600_000)).expect("an interval");
        service.outage_record(user(1), &cluster, vec![outage]).await.expect("records");
        assert_eq!(settle(&service, &cluster).await, [(3, 3)]);
        let crooked = Interval::new(evening.plus_ms(1), evening.plus_ms(3_600_000)).expect("an interval");
        assert_eq!(code(service.outage_record(user(1), &cluster, vec![crooked]).await), "outage_invalid");
        assert_eq!(code(service.outage_record(user(2), &cluster, vec![outage]).await), "not_allowed");

        // Rules from the second day on, while the cluster is forming.
        let rules = service.rules_read(user(1), &cluster).await.expect("rules");
        let trading = domain::TradingConfig { price_rule: TradePrice::Fixed, fixed_price: PricePerKwh(100), ..rules.trading.config };
        let change = RulesChange { from_day: day(1), settlement: None, governance: None, trading: Some(trading) };
        let changed = service.rules_change(user(1), &cluster, change.clone()).await.expect("changes");
        assert_eq!((changed.settlement.rule.version, changed.settlement.rule.price_rule), (2, PriceRule::Fixed(PricePerKwh(100))));
        assert_eq!(settle(&service, &cluster).await.iter().map(|(day, _)| *day).collect::<Vec<_>>(), [1, 2, 3]);

        // All of it long after the correction window: refused, and nothing marked.
        clock.set(noon(60));
        assert_eq!(code(service.meter_assign(user(1), &cluster, meter, no(3), day(2)).await), "too_late");
        assert_eq!(code(service.outage_record(user(1), &cluster, vec![outage]).await), "too_late");
        assert_eq!(code(service.rules_change(user(1), &cluster, RulesChange { from_day: day(2), trading: Some(rules.trading.config), ..change }).await), "too_late");
        assert_eq!(settle(&service, &cluster).await, []);
    }

    async fn rules_change_by_the_chair_only_while_forming(url: &str) {
        let (service, _) = society(url).await;
        let cluster = service.create_cluster(user(1), found("Power", ClusterKind::Industrial, household("Plant A", 3_500))).await.expect("founds");
        let governance = GovernanceConfig { keepers_needed: 3, ..GovernanceConfig::new(Ngwee(200_000), Ngwee(500_000)) };
        let change = RulesChange { from_day: day(1), settlement: None, governance: Some(governance), trading: None };
        assert_eq!(code(service.rules_change(user(1), &cluster, change.clone()).await), "vote_needed");
        assert_eq!(code(service.rules_change(user(2), &cluster, change.clone()).await), "not_allowed");
        let changed = service.rules_change(Actor::System, &cluster, change.clone()).await.expect("carries out");
        assert_eq!((changed.governance.version, changed.governance.config.keepers_needed), (2, 3));
        // What holds from tomorrow does not hold today, and the other parts did not change.
        let rules = service.rules_read(user(1), &cluster).await.expect("rules");
        assert_eq!((rules.governance.version, rules.governance.config.keepers_needed, rules.settlement.rule.version), (1, 2, 1));
        let mut loose = governance;
        loose.classes.money.wait_hours = 0;
        assert_eq!(code(service.rules_change(Actor::System, &cluster, RulesChange { governance: Some(loose), ..change.clone() }).await), "config_looser");
        let zero = RuleSet { sharing_key: SharingKey::Static, service_charge: PricePerKwh(2_000_000), ..RuleSet::new(Connection::OnePoint) };
        assert_eq!(code(service.rules_change(Actor::System, &cluster, RulesChange { governance: None, settlement: Some(zero), ..change }).await), "config_range");
    }

    async fn shares_are_whole_or_refused(url: &str) {
        let (service, clock) = society(url).await;
        let cluster = village(&service, 3).await;
        let asset = |shares: Option<Vec<(i64, u64)>>, whole| AssetNew {
            kind: domain::AssetKind::SolarPanel,
            name: "Panels".to_owned(),
            cost: Ngwee(3_000_000),
            life_years: None,
            commissioned_on: day(0),
            shares: shares.map(|shares| shares.into_iter().map(|(member, parts)| (no(member), parts)).collect()),
            whole,
        };
        for (name, shares, whole, refusal) in [
            ("too few", vec![(1, 50), (2, 49)], 100, "shares_not_whole"),
            ("too many", vec![(1, 50), (2, 51)], 100, "shares_not_whole"),
            ("none for one", vec![(1, 100), (2, 0)], 100, "shares_not_whole"),
            ("one twice", vec![(1, 50), (1, 50)], 100, "shares_not_whole"),
            ("nobody", vec![], 100, "shares_not_whole"),
            ("a stranger", vec![(1, 50), (9, 50)], 100, "member_unknown"),
            ("no whole", vec![(1, 1)], 0, "value_invalid"),
            ("beyond numbers", vec![(1, u64::MAX), (2, u64::MAX)], 100, "shares_not_whole"),
        ] {
            assert_eq!(code(service.asset_add(user(1), &cluster, vec![asset(Some(shares), Some(whole))], key(name)).await), refusal, "{name}");
        }
        assert_eq!(code(service.asset_add(user(1), &cluster, vec![asset(None, None)], key("a")).await), "shares_missing", "nobody has paid");
        assert_eq!(code(service.asset_add(user(2), &cluster, vec![asset(None, None)], key("a")).await), "not_allowed");
        for (member, amount) in [(1, 250_000), (2, 100_000), (3, 100_000)] {
            service.contribution_pay(user(1), &cluster, no(member), Ngwee(amount), key(&format!("pay {member}"))).await.expect("pays");
        }
        let kinds: Vec<_> = domain::AssetKind::ALL.iter().map(|&kind| AssetNew { kind, ..asset(None, None) }).collect();
        let added = service.asset_add(user(1), &cluster, kinds.clone(), key("kinds")).await.expect("adds");
        assert_eq!(service.asset_add(user(1), &cluster, kinds, key("kinds")).await.expect("the same"), added, "the same request is one effect");
        assert_eq!(code(service.asset_add(user(1), &cluster, vec![], key("kinds")).await), "key_reused");
        assert_eq!(added.len(), 4);
        let third = service.asset_add(user(1), &cluster, vec![asset(Some(vec![(1, 1), (2, 1), (3, 1)]), Some(3))], key("third")).await.expect("adds")[0];
        clock.set(noon(3));
        let half = service.asset_shares_set(user(1), &cluster, third, day(2), 2, vec![(no(2), 1), (no(3), 1)]).await.expect("sets");
        assert_eq!((half.since, half.whole, half.owners.len()), (Some(day(2)), 2, 2));
        let all = service.asset_list(user(2), &cluster).await.expect("lists");
        let parts = |at: usize| all[at].owners.iter().map(|owner| (owner.member.get(), owner.parts)).collect::<Vec<_>>();
        // 250 : 100 : 100 of a million, to the last part.
        assert_eq!((parts(0), all[0].whole), (vec![(1, 555_556), (2, 222_222), (3, 222_222)], SHARES_WHOLE));
        assert_eq!((parts(4), all[4].asset.life_years), (vec![(2, 1), (3, 1)], 25));
        assert_eq!(code(service.asset_shares_set(user(1), &cluster, third, day(-1), 1, vec![(no(2), 1)]).await), "day_past");
    }

    async fn who_owns_the_plant_gets_its_output(url: &str) {
        let (service, clock) = society(url).await;
        let cluster = village(&service, 3).await;
        let rule = RuleSet { sharing_key: SharingKey::Ownership, ..RuleSet::new(Connection::OnePoint) };
        let change = RulesChange { from_day: day(0), settlement: Some(rule), governance: None, trading: None };
        service.rules_change(Actor::System, &cluster, change).await.expect("changes");
        let panels = AssetNew {
            kind: domain::AssetKind::SolarPanel,
            name: "Panels".to_owned(),
            cost: Ngwee(3_000_000),
            life_years: None,
            commissioned_on: day(-400),
            shares: Some(vec![(no(1), 3), (no(2), 1)]),
            whole: Some(4),
        };
        let panels = service.asset_add(user(1), &cluster, vec![panels], key("panels")).await.expect("adds")[0];
        clock.set(noon(2));
        // Everybody could use all of the plant: 40 quarter hours of 100 Wh a day.
        assert_eq!(import(&service, &cluster, &csv(0..2, &[("M-1", 100, 0), ("M-2", 100, 0), ("M-3", 100, 0), ("P-1", 0, 100)])).await, [""; 0]);
        assert_eq!(settle(&service, &cluster).await, [(0, 1), (1, 1)]);
        let own_share = async |on: i32| {
            let sums = service.member_sums(Actor::System, &cluster, day(on), day(on + 1)).await.expect("sums");
            sums.iter().map(|(_, sum)| sum.sums.flows.own_share).collect::<Vec<_>>()
        };
        assert_eq!((own_share(0).await, own_share(1).await), (vec![3_000, 1_000, 0], vec![3_000, 1_000, 0]));
        // Sold from the second day on: that day, posted already, is settled again, the first stays.
        service.asset_shares_set(user(1), &cluster, panels, day(1), 2, vec![(no(2), 1), (no(3), 1)]).await.expect("sets");
        assert_eq!(settle(&service, &cluster).await, [(1, 2)]);
        assert_eq!((own_share(0).await, own_share(1).await), (vec![3_000, 1_000, 0], vec![0, 2_000, 2_000]));
        clock.set(noon(60));
        assert_eq!(code(service.asset_shares_set(user(1), &cluster, panels, day(1), 1, vec![(no(3), 1)]).await), "too_late");
    }

    async fn a_meter_is_exchanged_without_a_gap(url: &str) {
        let (service, clock) = society(url).await;
        let cluster = village(&service, 2).await;
        let meters = service.meter_list(user(1), &cluster).await.expect("lists");
        assert_eq!(meters.iter().map(|meter| meter.meter.serial.as_str()).collect::<Vec<_>>(), ["M-1", "M-2", "P-1"]);
        assert_eq!(service.meter_list(user(2), &cluster).await.expect("lists").len(), 2, "a member sees the own and the plant's");
        let (home, plant) = (meters[1].meter.no, meters[2].meter.no);
        let fresh = service.meter_exchange(user(1), &cluster, home, "M-2b", day(2)).await.expect("exchanges");
        let panel = service.meter_exchange(user(1), &cluster, plant, "P-1b", day(2)).await.expect("exchanges");
        assert_eq!((fresh, panel), (MeterNo::new(4).expect("a number"), MeterNo::new(5).expect("a number")));
        assert_eq!(code(service.meter_exchange(user(1), &cluster, home, "M-1", day(2)).await), "meter_taken");
        assert_eq!(code(service.meter_assign(user(1), &cluster, panel, no(1), day(2)).await), "meter_of_plant");
        clock.set(noon(4));
        let readings = csv(0..2, &[("M-1", 100, 0), ("M-2", 50, 0), ("P-1", 0, 600)]) + csv(2..4, &[("M-1", 100, 0), ("M-2b", 50, 0), ("P-1b", 0, 600)]).split_once('\n').expect("a header").1;
        assert_eq!(import(&service, &cluster, &readings).await, [""; 0]);
        assert_eq!(settle(&service, &cluster).await.len(), 4);
        // Neither the old meters nor the new ones were missed on any day: nothing was estimated.
        let statement = service.member_statement(user(2), &cluster, no(2), None).await.expect("a statement");
        assert!(statement.days.iter().all(|day| day.sums.flows.consumption == 96 * 50 && day.sums.flows.entitlement > 0));
        assert_eq!(statement.estimated, 0);
        assert_eq!(import(&service, &cluster, &csv(3..4, &[("P-1", 0, 600)])).await, ["meter_not_assigned"; 96]);
    }

    async fn the_directory_shows_what_each_household_agreed_to(url: &str) {
        let (service, clock) = society(url).await;
        let request = ClusterFound { step: quantity::Step::Min60, ..found("Big", ClusterKind::Neighborhood, household("Home 001", 2_000)) };
        let cluster = service.create_cluster(user(1), request).await.expect("founds");
        for at in 2..=60 {
            let home = Household { house: format!("H{at}"), ..household(&format!("Home {at:03}"), 2_000) };
            let wish = service.join_cluster(user(at), join(&cluster.code, home)).await.expect("joins");
            if wish.state == MemberState::Asked {
                service.member_admit(user(1), &cluster, wish.member).await.expect("admits");
            }
        }
        let page = service.directory(user(2), &cluster, None, 100, DirectoryFilter::default()).await.expect("lists");
        assert_eq!((page.items.len(), page.next), (60, None), "all of them in one page");
        let first = service.directory(user(2), &cluster, None, 25, DirectoryFilter::default()).await.expect("lists");
        let rest = service.directory(user(2), &cluster, first.next, 35, DirectoryFilter::default()).await.expect("lists");
        let numbers = |items: &[service::cluster::DirectoryEntry]| items.iter().map(|entry| entry.member.get()).collect::<Vec<_>>();
        assert_eq!([numbers(&first.items), numbers(&rest.items)].concat(), (1..=60).collect::<Vec<_>>());
        assert_eq!(rest.next, None);

        society::person(&service, 5, "Bwalya Mwansa", "0977000005").await;
        let seen = |filter: DirectoryFilter| service.directory(user(2), &cluster, None, 100, filter);
        let text = |text: &str| DirectoryFilter { text: Some(text.to_owned()), role: None };
        let hidden = &seen(text("home 005")).await.expect("lists").items[0];
        assert_eq!((hidden.name.as_deref(), hidden.phone, hidden.usage, hidden.house.as_deref(), hidden.reliability.ppm), (None, None, None, Some("H5"), None));
        assert_eq!(seen(text("bwalya")).await.expect("lists").items.len(), 0, "a hidden name is not found either");
        let update = EntryUpdate {
            alias: Some("The Mwansas".to_owned()),
            skills: Some("ladder, wiring".to_owned()),
            language: Some(domain::Language::Bem),
            consents: Some(Consents { show_name: true, show_phone: true, show_usage: true }),
            ..EntryUpdate::default()
        };
        assert_eq!(code(service.entry_update(user(1), &cluster, no(5), update.clone()).await), "not_allowed", "not even the chair");
        let taken = EntryUpdate { alias: Some("home 006".to_owned()), ..EntryUpdate::default() };
        assert_eq!(code(service.entry_update(user(5), &cluster, no(5), taken).await), "alias_taken");
        service.entry_update(user(5), &cluster, no(5), update).await.expect("updates");
        let shown = &seen(text("LADDER")).await.expect("lists").items[0];
        assert_eq!((shown.member, shown.name.as_deref(), shown.phone.is_some(), shown.alias.as_str()), (no(5), Some("Bwalya Mwansa"), true, "The Mwansas"));
        assert_eq!(shown.usage, None, "there is no settled month yet");
        assert_eq!(numbers(&seen(DirectoryFilter { text: None, role: Some(Role::Treasurer) }).await.expect("lists").items), [1]);
        assert_eq!(code(service.directory(user(999), &cluster, None, 100, DirectoryFilter::default()).await), "not_allowed");
        clock.set(noon(1));
        assert_eq!(accounts(&service, cluster.id).await.capital(), 0);
    }
}

/// The same key for another wish of the same user.
/// A country whose open clusters are full with two.
fn small_country() -> domain::Country {
    let text = include_str!("../../../regions/countries/zm.toml").replace("members_max = 1000\n", "members_max = 2\n");
    domain::Country::parse(&text).expect("reads")
}

async fn service_key(service: &Service, wish: &service::cluster::ClusterJoin, household: Household) -> &'static str {
    code(service.join_cluster(user(2), service::cluster::ClusterJoin { household, ..wish.clone() }).await)
}

#[test]
fn days_are_counted_from_the_first() {
    assert_eq!(BusinessDay::of(noon(3), quantity::UtcOffset::LUSAKA), day(3));
}
