//! Trade between two groups over their officers' pages: papers, limits, offers to all, and a deal from the first word to the agreement.

use super::*;
use domain::{BetweenLimits, Compliance, GridLink, SellerOfRecord, TradingConfig};
use quantity::PricePerKwh;
use service::between::LineSet;
use service::cluster::RulesChange;

const SUN: &str = "/app/clusters/SUN/trade/between";
const MOON: &str = "/app/clusters/MOON/trade/between";

fn today() -> BusinessDay {
    BusinessDay::of(START, quantity::UtcOffset::LUSAKA)
}

fn papers() -> Compliance {
    Compliance {
        capacity_w: Some(20_000),
        grid_link: Some(GridLink::OnePoint),
        licence_exemption: Some("below 100 kW".to_owned()),
        seller_of_record: Some(SellerOfRecord::Cooperative),
        wiring_note: Some("own wires".to_owned()),
        voted_on: Some(today()),
        ..Compliance::new()
    }
}

/// A vote that allows trade with other groups.
fn allow(scene: &Scene, row: &ClusterRow) {
    scene.runtime.block_on(async {
        let trading = scene.service.rules_read(Actor::System, row).await.unwrap().trading.config;
        let trading = Some(TradingConfig { is_between_on: true, ..trading });
        let change = RulesChange { from_day: today(), settlement: None, governance: None, trading };
        scene.service.rules_change(Actor::System, row, change).await.unwrap();
    });
}

/// Two groups that may trade: a chair (1), a member (2) and a treasurer (3) of SUN, the chair of MOON (11), and a line from SUN to MOON that
/// costs K0.20, carries 5 kWh in a quarter hour and loses a tenth.
fn two_groups(scene: &Scene) -> (ClusterRow, ClusterRow) {
    let (sun, moon) = (scene.cluster("SUN", 3), scene.cluster("MOON", 3));
    let limits = BetweenLimits {
        sell_max: WattHours(200_000),
        buy_max: WattHours(200_000),
        sell_price_min: PricePerKwh(50),
        buy_price_max: PricePerKwh(300),
        spend_max: Ngwee(50_000),
        ..BetweenLimits::NOTHING
    };
    for row in [&sun, &moon] {
        allow(scene, row);
        scene.runtime.block_on(scene.service.compliance_set(Actor::System, row, papers())).unwrap();
        scene.runtime.block_on(scene.service.between_limits_set(Actor::System, row, today(), limits)).unwrap();
    }
    let line = LineSet { from_day: today(), fee: PricePerKwh(20), capacity: WattHours(5_000), loss_ppm: 100_000, owner: "Mulenga wires".to_owned() };
    scene.runtime.block_on(scene.service.line_set(Actor::System, &sun, &moon, line)).unwrap();
    scene.person(1, "Chair", vec![(sun.id, no(1), Role::Member), (sun.id, no(1), Role::Chair)]);
    scene.person(2, "Member", vec![(sun.id, no(2), Role::Member)]);
    scene.person(3, "Treasurer", vec![(sun.id, no(3), Role::Member), (sun.id, no(3), Role::Treasurer)]);
    scene.person(11, "Other chair", vec![(moon.id, no(1), Role::Member), (moon.id, no(1), Role::Chair)]);
    (sun, moon)
}

fn says(reply: &Reply, words: &str) -> bool {
    reply.text().replace('\u{a0}', " ").replace("&#39;", "'").contains(words)
}

/// Terms for tomorrow, 1.5 kWh each hour from 8 to 16, with some of them changed.
fn terms(path: &str, changed: &[(&str, &str)]) -> String {
    let mut fields = vec![
        ("other", "MOON"),
        ("side", "sell"),
        ("energy", "1.5"),
        ("day", "2026-11-22"),
        ("from", "08:00"),
        ("last", "2026-11-22"),
        ("until", "16:00"),
        ("price", "1.50"),
        ("penalty", "0.20"),
        ("by", "2026-11-21"),
        ("by_time", "18:00"),
    ];
    for (name, value) in &mut fields {
        *value = changed.iter().find(|(changed, _)| changed == name).map_or(*value, |(_, value)| *value);
    }
    let fields: Vec<String> = fields.iter().map(|(name, value)| format!("{name}={}", browser::encoded(value))).collect();
    format!("{path}?{}", fields.join("&"))
}

fn proposed(chair: &mut Browser) -> Reply {
    let page = chair.get(&terms(&format!("{SUN}/deal"), &[]));
    let reply = chair.fill(&page, &format!("{SUN}/deal"), &[]);
    assert_eq!(reply.status, 303, "{}", reply.text());
    reply
}

/// Names another price, as shown.
fn countered(chair: &mut Browser, home: &str, price: &str) -> Reply {
    let counter = format!("{home}/deals/1/counter");
    let page = chair.get(&terms(&counter, &[("price", price)]));
    let reply = chair.fill(&page, &counter, &[]);
    assert_eq!((reply.status, reply.location()), (303, format!("{home}/deals/1?done=counter").as_str()), "{}", reply.text());
    reply
}

#[test]
fn one_proposes_the_other_names_a_price_and_the_first_agrees() {
    let scene = Scene::new();
    two_groups(&scene);
    let (mut chair, mut member, mut other) = (scene.signed_in(1), scene.signed_in(2), scene.signed_in(11));
    let form = chair.get(&format!("{SUN}/deal"));
    assert!(says(&form, "Group MOON<small>we can sell</small>") && form.text().contains(r#"value="2026-11-22""#), "{}", form.text());
    let shown = chair.get(&terms(&format!("{SUN}/deal"), &[]));
    for words in [
        "We sell 12.0 kWh to Group MOON.",
        "1.5 kWh",
        "Sun 22 Nov, 16:00",
        "10.8 kWh",
        "K18.00",
        "Group MOON pays K20.40 in all, line fee in it.",
        "If we send nothing, the penalty is K2.40.",
    ] {
        assert!(says(&shown, words), "{words}: {}", shown.text());
    }
    holds_together(&shown, "the total");
    let done = chair.fill(&shown, &format!("{SUN}/deal"), &[]);
    assert_eq!((done.status, done.location()), (303, format!("{SUN}/deals/1?done=deal").as_str()), "{}", done.text());
    // A second press is the same deal.
    assert_eq!(chair.fill(&shown, &format!("{SUN}/deal"), &[]).location(), done.location());
    let own = chair.get(done.location());
    assert!(
        says(&own, "We wait for the answer of Group MOON.") && says(&own, "The deal is proposed.") && says(&own, "We proposed"),
        "{}",
        own.text()
    );
    assert_eq!(chair.get(SUN).text().matches("Waits for their answer").count(), 1);

    let hub = other.get(MOON);
    assert!(says(&hub, "1 deal waits for our answer.") && says(&hub, "Buy 12.0 kWh from Group SUN"), "{}", hub.text());
    let asked = other.get(&format!("{MOON}/deals/1"));
    assert!(says(&asked, "Group SUN waits for our answer.") && says(&asked, "We pay") && says(&asked, "K20.40"), "{}", asked.text());
    let counter = format!("{MOON}/deals/1/counter");
    let form = other.get(&counter);
    for value in
        [r#"value="1.5""#, r#"value="1.50""#, r#"value="0.20""#, r#"value="2026-11-22""#, r#"value="16:00" selected"#, r#"value="18:00" selected"#]
    {
        assert!(form.text().contains(value), "the terms on the table stand in the form, {value}: {}", form.text());
    }
    countered(&mut other, MOON, "1.35");

    let look = chair.get(&format!("{SUN}/deals/1/accept"));
    assert!(says(&look, "Agree and get K16.20") && says(&look, "It binds both groups at once."), "{}", look.text());
    holds_together(&look, "agreeing");
    // Who is no officer looks, and does nothing.
    let seen = member.get(&format!("{SUN}/deals/1"));
    assert!(says(&seen, "Group MOON named other terms") && says(&seen, "An officer answers.") && !seen.text().contains("<form class=\"form"));
    let page = format!("{SUN}/deals/1");
    for path in [format!("{page}/accept"), format!("{page}/counter"), format!("{SUN}/deal"), format!("{SUN}/offer")] {
        assert_eq!(member.get(&path).status, 403, "{path}");
    }
    for act in ["accept", "decline", "withdraw"] {
        assert_eq!(member.post(&page, &[("key", act), ("act", act), ("version", "2")]).status, 403, "{act}");
    }
    let done = chair.fill(&look, &page, &[]);
    assert_eq!((done.status, done.location()), (303, format!("{page}?done=accept").as_str()), "{}", done.text());
    assert_eq!(chair.fill(&look, &page, &[]).location(), done.location());
    // Another key, long after: it is over, and nothing changes.
    let late = chair.post(&page, &[("key", "later"), ("act", "accept"), ("version", "2")]);
    assert!(late.status == 422 && says(&late, "deal_ended"), "{}", late.text());
    for (browser, page) in [(&mut chair, page.as_str()), (&mut other, "/app/clusters/MOON/trade/between/deals/1")] {
        let agreed = browser.get(page);
        assert!(says(&agreed, "We have a deal with Group ") && says(&agreed, "What was agreed") && !says(&agreed, "Say no"), "{}", agreed.text());
        assert_eq!(agreed.text().matches("agreed</b>").count(), 1);
    }
}

#[test]
fn nobody_agrees_to_terms_that_were_not_shown() {
    let scene = Scene::new();
    two_groups(&scene);
    let (mut chair, mut treasurer, mut other) = (scene.signed_in(1), scene.signed_in(3), scene.signed_in(11));
    proposed(&mut chair);
    countered(&mut other, MOON, "1.40");
    let look = chair.get(&format!("{SUN}/deals/1/accept"));
    countered(&mut treasurer, SUN, "1.45");
    // Meanwhile it is the other's turn.
    let page = format!("{SUN}/deals/1");
    assert!(says(&chair.get(&format!("{page}/accept")), "deal_not_your_turn"));
    countered(&mut other, MOON, "0.90");
    let changed = chair.fill(&look, &page, &[]);
    assert!(
        changed.status == 422 && says(&changed, "The terms changed while you looked.") && says(&changed, "Agree and get K10.80"),
        "{}",
        changed.text()
    );
    assert_eq!(chair.fill(&changed, &page, &[]).location(), format!("{page}?done=accept"));
}

#[test]
fn a_deal_is_declined_or_taken_back_once() {
    let scene = Scene::new();
    two_groups(&scene);
    let (mut chair, mut other) = (scene.signed_in(1), scene.signed_in(11));
    proposed(&mut chair);
    // Not the own turn: neither agreeing nor saying no.
    let page = format!("{SUN}/deals/1");
    for act in ["accept", "decline"] {
        let refused = chair.post(&page, &[("key", act), ("act", act), ("version", "1")]);
        assert!(refused.status == 422 && says(&refused, "deal_not_your_turn") && says(&refused, "No money has moved."), "{}", refused.text());
    }
    assert!(says(&chair.get(&format!("{page}/counter")), "It is the turn of the other group."));
    assert_eq!(chair.post(&page, &[("key", "odd"), ("act", "burn")]).status, 400);
    let shown = chair.get(&page);
    assert_eq!(chair.fill(&shown, &page, &[]).location(), format!("{page}?done=withdraw"));
    assert_eq!(chair.fill(&shown, &page, &[]).location(), format!("{page}?done=withdraw"));
    assert!(says(&other.get(&format!("{MOON}/deals/1")), "These terms were taken back."));

    proposed(&mut chair);
    let (theirs, shown) = (format!("{MOON}/deals/2"), other.get(&format!("{MOON}/deals/2")));
    assert_eq!(other.fill(&shown, &theirs, &[]).location(), format!("{theirs}?done=decline"));
    assert!(says(&chair.get(&format!("{SUN}/deals/2")), "Group MOON said no"));
    assert_eq!(chair.get(&format!("{SUN}/deals/9")).status, 404);
    assert_eq!(chair.get(&format!("{SUN}/deals/x")).status, 404);
}

#[test]
fn what_is_wrong_with_terms_stands_at_its_field() {
    let scene = Scene::new();
    two_groups(&scene);
    let mut chair = scene.signed_in(1);
    for (field, value, words) in [
        ("energy", "much", "Write how many kWh each hour"),
        ("energy", "0", "Write how many kWh each hour"),
        ("energy", "0.001", "Write kWh in steps of 0.004 kWh"),
        ("energy", "25.5", "Members allow to sell 200.0 kWh in a day. With this it is 204.0 kWh."),
        ("energy", "20.4", "The line carries 20.0 kWh an hour."),
        ("day", "soon", "A day looks like"),
        ("from", "8 o'clock", "Choose a time."),
        ("until", "08:00", "The end must come after the beginning."),
        ("day", "2026-11-21", "This time has begun."),
        ("last", "2027-03-01", "This is too far ahead."),
        ("price", "dear", "Write a price above zero"),
        ("price", "0", "Write a price above zero"),
        ("price", "0.40", "Members allow to sell for K0.50 or more."),
        ("penalty", "-1", "Write a penalty, or 0."),
        ("penalty", "3.01", "The penalty is twice the price at most."),
        ("by", "2026-11-20", "Later than now"),
        ("by", "2026-11-23", "Later than now"),
        ("side", "give", "choice_needed"),
        ("side", "buy", "No line leads from one group to the other."),
        ("other", "", "choice_needed"),
        ("other", "NOBODY", "Choose another group."),
        ("other", "SUN", "deal_steps_differ|deal_terms|line_missing"),
    ] {
        let path = terms(&format!("{SUN}/deal"), &[(field, value)]);
        let page = chair.get(&path);
        let found = words.split('|').any(|words| says(&page, words));
        assert!(page.status == 200 && found && !says(&page, "Check before you propose"), "{field} {value}: {}", page.text());
        assert!(page.text().contains(r#"aria-invalid="true""#) || says(&page, r#"role="alert""#), "{field} {value}");
        holds_together(&page, &path);
        // The same when it is sent without having been looked at.
        let query = path.split_once('?').unwrap().1;
        let body = format!("key={}&{query}", browser::encoded(&format!("{field}{value}")));
        let kind = "content-type: application/x-www-form-urlencoded\r\nsec-fetch-site: same-origin\r\n";
        let reply = chair.ask("POST", &format!("{SUN}/deal"), kind, &body);
        assert_eq!(reply.status, 422, "{field} {value}: {}", reply.text());
    }
    assert!(says(&chair.get(SUN), "Our group has no deal yet."), "nothing was proposed");
}

#[test]
fn an_offer_is_shown_put_on_the_board_once_and_taken_back() {
    let scene = Scene::new();
    let (_, moon) = two_groups(&scene);
    let (mut treasurer, mut member, mut other) = (scene.signed_in(3), scene.signed_in(2), scene.signed_in(11));
    let offer = format!("{SUN}/offer");
    let asked = |side: &str, day: &str, from: &str, until: &str, energy: &str, price: &str| {
        format!("{offer}?side={side}&day={day}&from={from}&until={until}&energy={energy}&price={price}")
    };
    let good = asked("sell", "2026-11-22", "08:00", "24:00", "1.5", "1.20");
    let shown = treasurer.get(&good);
    for words in [
        "We sell 24.0 kWh for K1.20 or more.",
        "Sun 22 Nov, 08:00 to 24:00",
        "Sat 21 Nov, 18:00",
        "We get, at least",
        "K28.80",
        "costs K0.20 for 1 kWh, K4.80 at most",
        // What the other group pays for each kWh that arrives, after a tenth is lost and the fee.
        "Group MOON",
        "K1.56",
    ] {
        assert!(says(&shown, words), "{words}: {}", shown.text());
    }
    holds_together(&shown, &good);
    let done = treasurer.fill(&shown, &offer, &[]);
    assert_eq!((done.status, done.location()), (303, format!("{SUN}?done=offer#offers").as_str()), "{}", done.text());
    assert_eq!(treasurer.fill(&shown, &offer, &[]).location(), done.location());
    let page = treasurer.get(&format!("{SUN}?done=offer"));
    assert!(says(&page, "The offer is on the board.") && says(&page, "Sell 24.0 kWh for K1.20 or more"), "{}", page.text());
    assert_eq!(page.text().matches("Take back").count(), 1, "one offer");
    let board = other.get(MOON);
    assert!(says(&board, "Group SUN sells 24.0 kWh") && says(&board, "Asks K1.20 for 1 kWh: we pay K1.56."), "{}", board.text());
    assert!(board.text().contains("/deal?other=SUN&#38;side=buy&#38;day=2026-11-22&#38;from=08:00") || says(&board, "other=SUN&amp;side=buy"));
    // The link fills the form in, and asks for nothing yet.
    let form = other.get(&format!("{MOON}/deal?other=SUN&side=buy&day=2026-11-22&from=08:00&last=2026-11-22&until=24:00&energy=1.5&price=1.20"));
    assert!(form.text().contains(r#"value="24:00" selected"#) && !says(&form, "Check before you propose"), "{}", form.text());

    for (path, words) in [
        (asked("buy", "2026-11-22", "09:00", "10:00", "1", "1.20"), "The group has an offer on the other side"),
        (asked("sell", "2026-11-21", "12:00", "13:00", "1", "1.20"), "Offers for this day closed Fri 20 Nov, 18:00."),
        (asked("sell", "2027-05-01", "12:00", "13:00", "1", "1.20"), "at most 60 days ahead"),
        (asked("sell", "2026-11-23", "12:00", "13:00", "1", "0.49"), "Members allow to sell for K0.50 or more."),
        (asked("buy", "2026-11-23", "12:00", "13:00", "1", "3.01"), "Members allow K3.00 at most, line fee in it. This is K3.01."),
        (asked("buy", "2026-11-23", "00:00", "24:00", "8.4", "1"), "Members allow to buy 200.0 kWh in a day. With this it is 201.6 kWh."),
        (asked("buy", "2026-11-23", "00:00", "24:00", "8", "2.61"), "Members allow to spend K500.00 in a day. With this it is K501.12"),
        (asked("sell", "2026-11-23", "13:00", "12:00", "1", "1.20"), "The end must come after the beginning."),
        (asked("sell", "", "", "", "", ""), "A day looks like"),
    ] {
        let page = treasurer.get(&path);
        assert!(page.status == 200 && words.split('|').any(|words| says(&page, words)), "{path}: {}", page.text());
        assert!(!says(&page, "Put the offer on the board"), "{path}");
        holds_together(&page, &path);
    }

    let withdraw = format!("{SUN}/withdraw");
    assert_eq!(member.post(&withdraw, &[("key", "m"), ("offer", "1")]).status, 403);
    assert!(!says(&member.get(SUN), "Take back"));
    assert_eq!(treasurer.post(&withdraw, &[("key", "a"), ("offer", "x")]).status, 400);
    let unknown = treasurer.post(&withdraw, &[("key", "b"), ("offer", "9")]);
    assert!(unknown.status == 422 && says(&unknown, "There is no such offer."), "{}", unknown.text());
    assert_eq!(treasurer.fill(&page, &withdraw, &[]).location(), format!("{SUN}?done=back#offers"));
    assert_eq!(treasurer.fill(&page, &withdraw, &[]).location(), format!("{SUN}?done=back#offers"));
    assert!(says(&treasurer.get(SUN), "Our group offers nothing now."));
    // Papers that are gone stop the next offer, of either group.
    scene.runtime.block_on(scene.service.compliance_set(Actor::System, &moon, Compliance::new())).unwrap();
    let mut chair = scene.signed_in(1);
    let page = chair.get(&terms(&format!("{SUN}/deal"), &[]));
    assert!(says(&page, "MOON has papers missing. It cannot trade yet."), "{}", page.text());
    assert!(says(
        &other.get(&format!("{MOON}/offer?side=sell&day=2026-11-23&from=08:00&until=09:00&energy=1&price=1")),
        "Our papers are not complete."
    ));
}

#[test]
fn the_chair_fills_in_the_papers_and_says_what_is_allowed_while_the_group_forms() {
    let scene = Scene::new();
    let sun = scene.cluster("SUN", 3);
    scene.person(1, "Chair", vec![(sun.id, no(1), Role::Member), (sun.id, no(1), Role::Chair)]);
    scene.person(2, "Treasurer", vec![(sun.id, no(2), Role::Member), (sun.id, no(2), Role::Treasurer)]);
    let (mut chair, mut treasurer) = (scene.signed_in(1), scene.signed_in(2));
    assert!(says(&chair.get(SUN), "Our group does not trade with other groups."));
    allow(&scene, &sun);
    let page = chair.get(SUN);
    assert!(says(&page, "Papers are missing. We cannot trade yet.") && says(&page, "6 things are missing."), "{}", page.text());
    assert!(says(&page, "Members have not said anything yet.") && !says(&page, "Propose a deal"), "{}", page.text());
    let seen = treasurer.get(SUN);
    assert!(says(&seen, "The chair fills in the papers.") && !says(&seen, "Save the papers") && says(&seen, "A vote of the members changes this."));

    let papers = format!("{SUN}/papers");
    let filled = [
        ("capacity", "20.5"),
        ("grid", "one_point"),
        ("exemption", "20 kW, of the members"),
        ("seller", "cooperative"),
        ("wires", "Own wires <b>"),
        ("voted", "2026-11-20"),
    ];
    for (field, value, words) in [
        ("capacity", "big", "Write kilowatts above zero"),
        ("capacity", "9999999999", "too small or too large"),
        ("voted", "yesterday", "A day looks like"),
        ("licence_last", "31.12.2027", "A day looks like"),
        ("wires", &"x".repeat(201), "too small or too large"),
    ] {
        let refused = chair.fill(&page, &papers, &[&[(field, value)][..], &filled[..]].concat());
        assert!(refused.status == 422 && says(&refused, words), "{field}: {}", refused.text());
        holds_together(&refused, field);
    }
    assert_eq!(treasurer.post(&papers, &[("key", "t")]).status, 403);
    assert_eq!(chair.fill(&page, &papers, &filled).location(), format!("{SUN}?done=papers#papers"));
    let page = chair.get(&format!("{SUN}?done=papers"));
    assert!(says(&page, "The papers are saved.") && says(&page, "All papers are there.") && says(&page, "20.5 kW"), "{}", page.text());
    assert!(says(&page, "Members have allowed no trade yet.") && !page.text().contains("wires <b>"), "{}", page.text());

    let limits = format!("{SUN}/limits");
    let allowed = [("sell", "40"), ("sell_price", "0.90"), ("buy", "20"), ("buy_price", "1.80"), ("spend", "120")];
    for (field, value, words) in [
        ("sell", "", "Write kWh, such as 40."),
        ("spend", "much", "Write kwacha, such as 100."),
        ("from", "", "A day looks like"),
        ("from", "2026-11-20", "This day is over."),
        ("buy", "99999999", "too small or too large"),
    ] {
        let refused = chair.fill(&page, &limits, &[&[(field, value)][..], &allowed[..]].concat());
        assert!(refused.status == 422 && says(&refused, words), "{field} {value}: {}", refused.text());
        holds_together(&refused, field);
    }
    assert_eq!(treasurer.post(&limits, &[("key", "t")]).status, 403);
    assert_eq!(chair.fill(&page, &limits, &allowed).location(), format!("{SUN}?done=limits#limits"));
    let page = chair.get(SUN);
    assert!(says(&page, "We may trade with other groups.") && says(&page, "40.0 kWh") && says(&page, "K120.00"), "{}", page.text());
    // No line leads anywhere: what is missing is said, with the step.
    assert!(says(&chair.get(&format!("{SUN}/deal")), "No line leads to another group."));
    assert!(says(
        &chair.get(&format!("{SUN}/offer?side=sell&day=2026-11-22&from=08:00&until=09:00&energy=1&price=1")),
        "Nobody could take this offer."
    ));
}
