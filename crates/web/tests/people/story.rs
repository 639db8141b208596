//! From the first page to the dashboard, by forms alone; what goes wrong, and what is pressed twice.

use super::*;

/// Registers somebody through the pages.
fn register(scene: &Scene, n: u32, name: &str) -> Browser {
    let mut browser = scene.browser();
    let page = browser.open("/");
    assert_eq!(page.status, 200);
    let page = browser.get("/app/start");
    assert_eq!(browser.fill(&page, "/app/start", &[("language", "en")]).location(), "/app/start/phone");
    let page = browser.get("/app/start/phone");
    let number = Scene::phone(n).spoken();
    assert_eq!(browser.fill(&page, "/app/start/phone", &[("phone", &number)]).location(), "/app/start/code");
    let page = browser.get("/app/start/code");
    let code = scene.code_to(Scene::phone(n));
    let reply = browser.fill(&page, "/app/start/code", &[("code", &code), ("name", name), ("pin", PIN), ("pin2", PIN)]);
    assert_eq!(reply.location(), "/app/start/group", "{}", reply.text());
    browser
}

#[test]
fn a_house_asks_one_more_person_who_says_yes() {
    let scene = Scene::new();
    let row = scene.cluster("HOUSE", 2);
    scene.person(1, "Mutinta", vec![(row.id, no(2), Role::Member)]);
    scene.person(2, "Chipo", Vec::new());
    scene.person(3, "Chair", vec![(row.id, no(1), Role::Member), (row.id, no(1), Role::Chair)]);
    let (mut one, mut two, mut chair) = (scene.signed_in(1), scene.signed_in(2), scene.signed_in(3));
    let (entry, people) = ("/app/clusters/HOUSE/members/2", "/app/clusters/HOUSE/members/2/people");
    let page = one.get(entry);
    holds_together(&page, "entry");
    for n in [2, 77] {
        let reply = one.fill(&page, people, &[("phone", &Scene::phone(n).spoken())]);
        assert_eq!((reply.status, reply.location()), (303, format!("{entry}?done=asked").as_str()), "the same for every number");
    }
    assert!(!chair.get(entry).text().contains(people), "no officer is offered it");
    assert_eq!(two.get(entry).status, 403, "asked is not accepted");
    let notices = two.get("/app/notices");
    holds_together(&notices, "notices");
    assert!(notices.text().contains("Mutinta asks you to act for"), "{}", notices.text());
    assert_eq!(two.post("/app/invitations", &[("key", "k"), ("cluster", "HOUSE"), ("house", "2"), ("answer", "yes")]).status, 303);
    assert_eq!(two.get(entry).status, 200);
    let raw = one.get(entry).text();
    assert!(raw.contains("Chipo") && raw.contains("Let go"));
}

#[test]
fn from_the_first_page_to_the_dashboard_without_script() {
    let scene = Scene::new();
    let mut founder = register(&scene, 1, "Thandiwe Phiri");
    let page = founder.get("/app/start/found?preset=village");
    holds_together(&page, "found");
    let typed = [("name", "Mulenga Sun"), ("place", "Mulenga"), ("alias", "Phiri"), ("pledge", "3000"), ("admission", "by_officer")];
    let reply = founder.fill(&page, "/app/start/found", &typed);
    assert_eq!(reply.status, 303, "{}", reply.text());
    let code = reply.location().split("code=").nth(1).unwrap().split('&').next().unwrap().to_owned();
    let tour = founder.open(reply.location());
    assert!(tour.text().contains(&code) && tour.headline().contains("Mulenga Sun"));
    let home = founder.open("/app");
    assert_eq!(home.status, 200);
    assert!(home.text().contains("data-live="), "one group leads to its dashboard");
    holds_together(&home, "dashboard");

    // A neighbour sees the card and the verdict before signing in, then asks to join; an officer admits.
    let mut stranger = scene.browser();
    let card = stranger.get(&format!("/app/start/group?code={}&use=light&use=fridge&hours=8&pledge=3000", code.to_lowercase()));
    assert_eq!(card.status, 200);
    holds_together(&card, "card");
    assert!(card.text().contains("class=\"houses\"") && card.text().contains("not a promise"));
    let mut neighbour = register(&scene, 2, "Bupe Mwila");
    let page = neighbour.get(&format!("/app/start/home?code={code}"));
    let reply = neighbour.fill(&page, "/app/start/home", &[("alias", "Mwila"), ("pledge", "3,000.00")]);
    assert_eq!(reply.location(), format!("/app/start/waiting?code={code}"), "{}", reply.text());
    let waiting = neighbour.open(reply.location());
    assert!(waiting.headline().contains("Mulenga Sun"));
    let directory = founder.get(&format!("/app/clusters/{code}/members"));
    holds_together(&directory, "directory");
    let admit = format!("/app/clusters/{code}/members/2/admit");
    assert_eq!(founder.fill(&directory, &admit, &[]).status, 303);
    let notices = neighbour.get("/app/notices");
    assert!(notices.text().contains("Mulenga Sun"), "the neighbour is told");
    assert_eq!(neighbour.get(&format!("/app/clusters/{code}")).status, 200);
    assert_eq!(neighbour.fill(&notices, "/app/notices", &[]).status, 303);
    assert!(!neighbour.get("/app/notices").text().contains("class=\"person new\""));
}

#[test]
fn what_is_wrong_stands_beside_its_field_and_what_was_typed_comes_back() {
    let scene = Scene::new();
    scene.person(1, "Bupe", Vec::new());
    let mut browser = scene.browser();
    let page = browser.get("/app/sign-in?next=/app/me");
    let reply = browser.fill(&page, "/app/sign-in", &[("phone", "0971000001"), ("pin", "908172")]);
    assert_eq!(reply.status, 422);
    let html = reply.text();
    assert!(html.contains("login_refused") && html.contains("value=\"0971000001\"") && !html.contains("908172"));
    holds_together(&reply, "sign-in");
    let again = browser.fill(&reply, "/app/sign-in", &[("phone", "0971000001"), ("pin", PIN)]);
    assert_eq!(again.location(), "/app/me", "the return address survives a mistake");
    for (field, value, code) in [("phone", "12", "phone_form"), ("phone", "+27821234567", "phone_foreign"), ("pin", "12", "pin_form")] {
        let mut browser = scene.browser();
        let page = browser.get("/app/sign-in");
        let other = if field == "phone" { ("pin", PIN) } else { ("phone", "0971000001") };
        let reply = browser.fill(&page, "/app/sign-in", &[(field, value), other]);
        assert!(reply.status == 422 && reply.text().contains(code) && reply.text().contains("aria-invalid"), "{field}={value}");
    }
    let mut stranger = scene.browser();
    let unknown = stranger.get("/app/start/group?code=NOWHERE");
    assert!(unknown.text().contains("cluster_unknown"));
}

#[test]
fn pressing_twice_is_once() {
    let scene = Scene::new();
    scene.person(1, "Bupe", Vec::new());
    let mut browser = scene.signed_in(1);
    let page = browser.get("/app/start/found?preset=hostel");
    let typed = [("name", "Twice"), ("place", "Kabwe"), ("alias", "Bupe"), ("pledge", "3000")];
    let first = browser.fill(&page, "/app/start/found", &typed);
    let second = browser.fill(&page, "/app/start/found", &typed);
    assert_eq!((first.status, first.location()), (303, second.location()));
    let mut other = scene.browser();
    let fields = browser::form(&page.text(), "/app/start/found");
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert!(other.post("/app/start/found", &fields).location().starts_with("/app/sign-in"), "another browser gets no kept answer");
    let groups = scene.runtime.block_on(scene.service.cluster_list(Actor::System)).unwrap();
    assert_eq!(groups.len(), 1);
    // Two at the same time, too: registration gives one account and one session.
    let mut new = scene.browser();
    let page = new.get("/app/start/phone");
    new.fill(&page, "/app/start/phone", &[("phone", "0971000002")]);
    let page = new.get("/app/start/code");
    let code = scene.code_to(Scene::phone(2));
    let answers: Vec<Reply> = std::thread::scope(|scope| {
        let press = || {
            let (mut browser, page, code) = (new.clone(), page.clone(), code.clone());
            scope.spawn(move || browser.fill(&page, "/app/start/code", &[("code", &code), ("name", "Natasha"), ("pin", PIN), ("pin2", PIN)]))
        };
        let both = [press(), press()];
        both.map(|press| press.join().unwrap()).into()
    });
    assert!(answers.iter().all(|answer| answer.location() == "/app/start/group"));
    assert_eq!(answers[0].header("set-cookie"), answers[1].header("set-cookie"));
}

#[test]
fn a_forgotten_pin_needs_two_treasurers() {
    let scene = Scene::new();
    let row = scene.cluster("RESET", 4);
    scene.person(1, "Bupe", vec![(row.id, no(1), Role::Member)]);
    for n in [2, 3] {
        scene.person(n, &format!("Treasurer {n}"), vec![(row.id, no(n.into()), Role::Member), (row.id, no(n.into()), Role::Treasurer)]);
    }
    let approve = |n| {
        let mut officer = scene.signed_in(n);
        let page = officer.get("/app/clusters/RESET/members/1");
        officer.fill(&page, "/app/clusters/RESET/members/1/reset", &[])
    };
    assert_eq!(approve(2).location(), "/app/clusters/RESET/members/1?done=approved");
    assert_eq!(approve(3).location(), "/app/clusters/RESET/members/1?done=sent");
    let mut owner = scene.browser();
    let page = owner.get("/app/pin");
    let code = scene.code_to(Scene::phone(1));
    let reply = owner.fill(&page, "/app/pin", &[("phone", "0971000001"), ("code", &code), ("pin", "58206"), ("pin2", "58206")]);
    assert_eq!((reply.status, reply.location()), (303, "/app"), "{}", reply.text());
    assert_eq!(owner.get("/app/me").status, 200);
}

/// A member's cash on the pages: paid to an officer, asked back, handed over, told in the book.
#[test]
fn cash_comes_in_and_goes_out_with_two_keys() {
    let scene = Scene::new();
    let row = scene.cluster("CASH", 3);
    let all = [Role::Member, Role::Chair, Role::Treasurer];
    scene.person(1, "Chair", all.iter().map(|role| (row.id, no(1), *role)).collect());
    scene.person(2, "Bupe", vec![(row.id, no(2), Role::Member)]);
    let (mut chair, mut bupe) = (scene.signed_in(1), scene.signed_in(2));
    let (group, own) = ("/app/clusters/CASH/group", "/app/clusters/CASH/members/2/cash");
    let desk = "/app/clusters/CASH/cash";
    let page = chair.get(group);
    holds_together(&page, group);
    assert!(page.text().contains("Nobody waits for cash."));
    let wrong = chair.fill(&page, desk, &[("house", "1"), ("amount", "500"), ("paper", "A-1")]);
    assert!(wrong.status == 422 && wrong.text().contains("own_household") && wrong.text().contains("No money has moved."), "{}", wrong.text());
    let reply = chair.fill(&page, desk, &[("house", "2"), ("amount", "500"), ("paper", "A-1")]);
    assert!(reply.location().contains("done=cash"), "{}", reply.text());
    assert!(chair.open(reply.location()).text().contains("K500.00 from house 2"));
    let page = chair.get(group);
    let wrong = chair.fill(&page, desk, &[("house", "3"), ("amount", "500"), ("paper", "A-1")]);
    assert!(wrong.status == 422 && wrong.text().contains("reference_used"), "{}", wrong.text());

    assert!(bupe.get("/app/clusters/CASH/members/2").text().contains(own));
    let page = bupe.get(own);
    holds_together(&page, own);
    let wrong = bupe.fill(&page, own, &[("amount", "5000")]);
    assert!(wrong.status == 422 && wrong.text().contains("exceeds_credits"), "{}", wrong.text());
    for _ in 0..2 {
        let page = bupe.get(own);
        let reply = bupe.fill(&page, own, &[("amount", "120.50")]);
        assert!(reply.location().contains("done=asked"), "{}", reply.text());
    }
    let page = bupe.get(own);
    assert!(page.text().contains("Payout 2") && page.text().contains("K259.00"), "what is held cannot be asked for again");
    let page = chair.get(group);
    let reply = chair.fill(&page, "/app/clusters/CASH/payouts", &[("act", "confirm")]);
    assert!(reply.location().contains("done=handed"), "{}", reply.text());
    let (page, old) = (bupe.get(own), chair.get(group));
    let reply = bupe.fill(&page, &format!("{own}/cancel"), &[]);
    assert!(reply.location().contains("done=cancelled"), "{}", reply.text());
    // The officer's page is old: what was cancelled is not handed over.
    let late = chair.fill(&old, "/app/clusters/CASH/payouts", &[("act", "confirm")]);
    assert!(late.status == 422 && late.text().contains("payout_cancelled"), "{}", late.text());
    let page = chair.get(group);
    assert!(page.text().contains("Nobody waits for cash."));
    let book = bupe.get("/app/clusters/CASH/members/2/statement").text();
    assert!(book.contains("Taken out in cash") && book.contains("Cash into your wallet") && book.contains(own), "{book}");
}

#[test]
fn officers_keep_meters_equipment_offices_and_receipts() {
    let scene = Scene::new();
    let row = scene.cluster("KEEP", 3);
    let all = [Role::Member, Role::Chair, Role::Treasurer];
    scene.person(1, "Chair", all.iter().map(|role| (row.id, no(1), *role)).collect());
    scene.person(2, "Bupe", vec![(row.id, no(2), Role::Member)]);
    let mut chair = scene.signed_in(1);
    let group = "/app/clusters/KEEP/group";
    let page = chair.get(group);
    holds_together(&page, group);
    let reply = chair.fill(&page, "/app/clusters/KEEP/meters", &[("serial", "M-1"), ("whose", "2")]);
    assert!(reply.location().contains("done=meter"), "{}", reply.text());
    let page = chair.get(group);
    assert!(page.text().contains("M-1"));
    let reply = chair.fill(&page, "/app/clusters/KEEP/equipment", &[("name", "Panels"), ("cost", "34,000")]);
    assert!(reply.location().contains("done=equipment"), "{}", reply.text());
    let page = chair.get(group);
    assert!(page.text().contains("K34,000.00") && page.text().contains("33.3"), "owned by three homes alike");
    let reply = chair.fill(&page, "/app/clusters/KEEP/receipts", &[("house", "2"), ("amount", "1000")]);
    assert!(reply.location().contains("done=receipt"), "{}", reply.text());
    assert!(chair.open(reply.location()).text().contains("K1,000.00"));
    let page = chair.get(group);
    let reply = chair.fill(&page, "/app/clusters/KEEP/equipment/1/owners", &[("owners", "paid")]);
    assert!(reply.location().contains("done=equipment"), "{}", reply.text());
    let page = chair.get(group);
    assert!(page.text().contains("100"), "who alone has paid owns it all");
    let over = chair.fill(&page, "/app/clusters/KEEP/receipts", &[("house", "2"), ("amount", "99999")]);
    assert!(
        over.status == 422 && over.text().contains("contribution_over") && over.text().contains("No money has moved."),
        "{}: {}",
        over.status,
        over.text()
    );
    let page = chair.get("/app/clusters/KEEP/members/2");
    let reply = chair.fill(&page, "/app/clusters/KEEP/members/2/roles", &[("role", "technician"), ("give", "yes")]);
    assert!(reply.location().contains("done=given"), "{}", reply.text());
    let mut member = scene.signed_in(2);
    assert!(member.get("/app/me").text().contains("technician"));
    let entry = "/app/clusters/KEEP/members/2";
    let page = member.get(entry);
    let reply = member.fill(&page, entry, &[("skills", "Ladder"), ("consent", "name")]);
    assert!(reply.location().contains("done=saved"), "{}", reply.text());
    assert!(chair.get("/app/clusters/KEEP/members?find=ladder").text().contains("Ladder"));
    assert!(member.get("/app/clusters/KEEP/members?find=nothing").text().contains("class=\"blank\""));
    // Leaving closes it; the confirmation is a page of its own.
    let leave = "/app/clusters/KEEP/members/2/leave";
    let page = member.get(leave);
    assert_eq!(member.fill(&page, leave, &[]).status, 303);
}

#[test]
fn sessions_end_where_they_are_ended() {
    let scene = Scene::new();
    scene.person(1, "Bupe", Vec::new());
    let (mut here, mut there) = (scene.signed_in(1), scene.signed_in(1));
    let page = here.get("/app/sessions");
    assert_eq!(here.fill(&page, "/app/sessions/end", &[]).status, 303);
    assert_eq!(there.get("/app/me").location(), "/app/sign-in?next=/app/me");
    let page = here.get("/app/me");
    assert_eq!(here.fill(&page, "/app/sign-out", &[]).location(), "/app/sign-in?done=out");
    assert!(!here.cookies.keys().any(|name| name.contains("session")));
    let mut all = scene.signed_in(1);
    let page = all.get("/app/sessions");
    assert_eq!(all.fill(&page, "/app/sessions/end-all", &[]).status, 303);
    assert_eq!(all.get("/app/notices").status, 303);
}

#[test]
fn a_language_is_chosen_on_every_page_and_stays() {
    let scene = Scene::new();
    let mut browser = scene.browser();
    let page = browser.get("/app/sign-in?next=/app/me");
    let reply = browser.fill(&page, "/app/language", &[("language", "ny")]);
    assert_eq!((reply.status, reply.location()), (303, "/app/sign-in?next=/app/me"));
    assert!(browser.get("/app").text().contains("<html lang=\"ny\""));
    for back in ["//evil.example", "https://evil.example", "/app/../x", "/app/start//evil", "/app\\evil"] {
        let reply = browser.fill(&page, "/app/language", &[("language", "bem"), ("back", back)]);
        assert!(reply.location().starts_with("/app") && !reply.location().contains("evil"), "{back}: {}", reply.location());
    }
}

#[test]
fn a_practice_run_lets_everybody_look_around() {
    let scene = Scene::new();
    assert!(!scene.browser().get("/app").text().contains("/app/practice"));
    assert_eq!(scene.browser().post("/app/practice", &[("key", "k"), ("person", "0")]).status, 404);
    let person = web::PracticePerson {
        role: Role::Treasurer,
        name: "Mwansa".to_owned(),
        cluster: domain::ClusterCode::parse("PRACT").unwrap(),
        phone: Scene::phone(9),
        pin: PIN.to_owned(),
    };
    let practice = Some(web::Practice { people: vec![person] });
    let scene = Scene::with(WebOptions { practice, ..WebOptions::default() });
    let row = scene.cluster("PRACT", 2);
    scene.person(9, "Mwansa", vec![(row.id, no(1), Role::Member), (row.id, no(1), Role::Treasurer)]);
    let mut browser = scene.browser();
    let welcome = browser.get("/app");
    assert!(welcome.text().contains("modelled"), "{}", welcome.text());
    assert_eq!(browser.fill(&welcome, "/app/practice", &[]).location(), "/app/clusters/PRACT");
    assert_eq!(browser.get("/app/clusters/PRACT").status, 200);
    assert_eq!(scene.browser().get("/app/sms").status, 200);
}

#[test]
fn what_is_promised_is_shown_until_it_is_paid() {
    let scene = Scene::new();
    let row = scene.cluster("OWES", 3);
    let all = [Role::Member, Role::Chair, Role::Treasurer];
    scene.person(1, "Chair", all.iter().map(|role| (row.id, no(1), *role)).collect());
    scene.person(2, "Bupe", vec![(row.id, no(2), Role::Member)]);
    let (mut chair, mut member) = (scene.signed_in(1), scene.signed_in(2));
    let book = "/app/clusters/OWES/members/2/statement";
    let html = member.get(book).text();
    assert!(html.contains("Still to pay: K3,000.00.") && !html.contains("put in nothing"), "{html}");
    let html = member.get("/app/clusters/OWES").text();
    assert!(html.split("id=\"dues\"").nth(1).is_some_and(|due| due.contains("K3,000.00")), "{html}");
    assert!(member.get("/app/me").text().contains("K0.00 of K3,000.00"));
    let group = "/app/clusters/OWES/group";
    assert!(!member.get(group).text().contains("Still to"), "what others promised is for officers");
    let page = chair.get(group);
    assert!(page.text().contains("Still to come from all homes: K9,000.00."));
    chair.fill(&page, "/app/clusters/OWES/receipts", &[("house", "2"), ("amount", "3000")]);
    assert!(chair.get(group).text().contains("Still to come from all homes: K6,000.00."));
    assert!(!member.get("/app/clusters/OWES").text().contains("id=\"dues\""), "nothing is due");
    assert!(!member.get(book).text().contains("Still to pay"));
    // Leaving says what becomes of it.
    assert!(member.get("/app/clusters/OWES/members/2/leave").text().contains("K3,000.00 you put in are paid back after 90 days"));
}

#[test]
fn a_member_finds_the_own_book_and_the_way_back() {
    let scene = Scene::new();
    let row = scene.cluster("WAY", 3);
    scene.person(1, "Chair", vec![(row.id, no(1), Role::Member), (row.id, no(1), Role::Chair)]);
    scene.person(2, "Bupe", vec![(row.id, no(2), Role::Member)]);
    let (mut chair, mut member) = (scene.signed_in(1), scene.signed_in(2));
    let lit = |html: &str| {
        let at = html.find("aria-current=\"page\"").unwrap();
        html[..at].rsplit("href=\"").next().unwrap().split('"').next().unwrap().to_owned()
    };
    let book = "/app/clusters/WAY/members/2/statement";
    for page in [book, "/app/clusters/WAY/members/2/leave", "/app/clusters/WAY/members/2/move"] {
        assert_eq!(lit(&member.get(page).text()), book, "{page}");
    }
    assert_eq!(lit(&chair.get(book).text()), "/app/clusters/WAY/members", "another's book is among the homes");
    let refused = member.get("/app/clusters/WAY/members/1/statement");
    let html = refused.text();
    assert!(refused.status == 403 && html.contains("/app/sign-out") && html.contains("/app/notices") && html.contains("Back to my group"));
    let unknown = member.get("/app/nothing").text();
    assert!(unknown.contains("/app/sign-out") && unknown.contains("/app?all"));
    // A link that would be refused is plain text.
    let other = "href=\"/app/clusters/WAY/members/3/statement\"";
    assert!(!member.get("/app/clusters/WAY").text().contains(other) && chair.get("/app/clusters/WAY").text().contains(other));
    // Who belongs to a group is not asked to join it.
    for page in ["/app/start/home?code=WAY", "/app/start/group?code=WAY"] {
        let html = member.get(page).text();
        assert!(html.contains("You belong to this group.") && !html.contains("name=\"alias\""), "{page}");
    }
}

#[test]
fn a_refused_contribution_names_the_limits_and_none_is_filled_in() {
    let scene = Scene::new();
    let row = scene.cluster("LIMIT", 3);
    scene.person(1, "Bupe", Vec::new());
    let mut browser = scene.signed_in(1);
    let card = scene.runtime.block_on(scene.service.cluster_card(Actor::System, &row.code)).unwrap();
    let limits = format!("{} to {}", message::number::money(card.contribution_min.0), message::number::money(card.contribution_max.0));
    for (path, action) in [("/app/start/found?preset=village", "/app/start/found"), ("/app/start/home?code=LIMIT", "/app/start/home")] {
        let page = browser.get(path);
        assert!(page.text().contains(&limits), "{path}");
        assert!(browser::form(&page.text(), action).iter().any(|(name, value)| name == "pledge" && value.is_empty()), "{path}");
        for (pledge, says) in [("1", limits.as_str()), ("999999", &limits), ("", "amount_missing")] {
            let reply = browser.fill(&page, action, &[("name", "N"), ("place", "P"), ("alias", "A"), ("pledge", pledge)]);
            let fault = reply.text().split("id=\"f-pledge-fault\"").nth(1).unwrap_or_default().to_owned();
            assert!(fault.split("</div>").next().unwrap_or_default().contains(says), "{path} {pledge}: {fault}");
        }
    }
    assert!(browser.get("/app/start/group?code=LIMIT").text().contains("name=\"pledge\" type=\"text\" value=\"\""));
}

#[test]
fn the_third_wrong_pin_tells_of_the_lock_whoever_has_the_number() {
    let scene = Scene::new();
    scene.person(1, "Bupe", Vec::new());
    for phone in ["0971000001", "0971000099"] {
        let mut browser = scene.browser();
        let page = browser.get("/app/sign-in");
        let tries: Vec<String> = (0..3).map(|_| browser.fill(&page, "/app/sign-in", &[("phone", phone), ("pin", "90817")]).text()).collect();
        assert!(tries[1].contains("login_refused") && !tries[2].contains("login_refused"), "{phone}");
        assert!(tries[2].contains("Wait until 10:01"), "{phone}");
    }
}

#[test]
fn a_language_chosen_below_a_page_is_kept_in_the_account() {
    let scene = Scene::new();
    scene.person(1, "Bupe", Vec::new());
    let mut browser = scene.signed_in(1);
    let page = browser.get("/app/me");
    browser.fill(&page, "/app/language", &[("language", "toi")]);
    assert!(scene.signed_in(1).get("/app/me").text().contains("<html lang=\"toi\""), "another browser, the same account");
}

#[test]
fn who_moved_reads_both_books_and_a_trader_adds_meters() {
    let scene = Scene::new();
    let group = scene.cluster("KEEP", 2);
    let join = |n: i64| {
        let household = Household { contribution: Ngwee(0), ..household(n) };
        let key = IdempotencyKey::derive(&[b"open", &n.to_be_bytes()]);
        scene.runtime.block_on(scene.service.join_open(Actor::System, "kabwe", household, key)).unwrap().cluster
    };
    let open = join(11);
    join(12);
    scene.person(1, "Bupe", vec![(open.id, no(1), Role::Member)]);
    scene.person(2, "Mutale", vec![(open.id, no(2), Role::Member)]);
    let today = BusinessDay::of(START, quantity::UtcOffset::LUSAKA);
    scene.runtime.block_on(scene.service.members_move(Actor::System, &open, &group, vec![no(1)], today)).unwrap();
    // Nothing of the old group is open but the own book, which names the new one; and the other way round.
    let mut gone = scene.signed_in(1);
    assert_ne!(gone.get("/app/clusters/OPEN-KABWE").status, 200);
    let (old, new) = ("/app/clusters/OPEN-KABWE/members/1/statement", "/app/clusters/KEEP/members/3/statement");
    let page = gone.get(old);
    assert_eq!(page.status, 200, "{}", page.text());
    assert!(page.text().contains("Moved to Group KEEP") && page.text().contains(new), "{}", page.text());
    let page = gone.get(new);
    assert!(page.text().contains("Moved in from Open market") && page.text().contains(old), "{}", page.text());
    // A trader writes a further meter down; in a group the technician does.
    let (entry, meters) = ("/app/clusters/OPEN-KABWE/members/2", "/app/clusters/OPEN-KABWE/members/2/meters");
    let mut trader = scene.signed_in(2);
    let page = trader.get(entry);
    let reply = trader.fill(&page, meters, &[("serial", "a b")]);
    assert_eq!(reply.status, 422, "{}", reply.text());
    let page = trader.get(entry);
    assert!(trader.fill(&page, meters, &[("serial", "T-9")]).location().contains("done=meter"));
    assert!(trader.get(entry).text().contains("T-9"));
    assert!(!gone.get("/app/clusters/KEEP/members/3").text().contains("/members/3/meters"));
}

#[test]
fn price_alerts_are_added_and_deleted_without_script() {
    let scene = Scene::new();
    let row = scene.cluster("ALERT", 3);
    scene.person(1, "Bupe", vec![(row.id, no(2), Role::Member)]);
    let mut browser = scene.signed_in(1);
    let empty = browser.get("/app/alerts");
    holds_together(&empty, "alerts");
    assert!(browser.get("/app/me").text().contains("/app/alerts") && browser.get("/app/notices").text().contains("/app/alerts"));
    // What is wrong stands beside its field.
    let wrong = browser.fill(&empty, "/app/alerts", &[("kind", "below"), ("price", "")]);
    assert_eq!(wrong.status, 422);
    holds_together(&wrong, "alerts, wrong");
    let small = browser.fill(&wrong, "/app/alerts", &[("kind", "change_day"), ("percent", "4.99")]);
    assert!(small.status == 422 && small.text().contains("alert_threshold"));
    for fields in [[("kind", "below"), ("price", "0.90")], [("kind", "change_day"), ("percent", "20")], [("kind", "cheap_ahead"), ("price", "")]] {
        // A form that is sent twice is one: each is a new one.
        let page = browser.get("/app/alerts");
        let set = browser.fill(&page, "/app/alerts", &fields);
        assert_eq!(set.location(), "/app/alerts?done=set", "{fields:?}");
    }
    let list = browser.get("/app/alerts?done=set");
    holds_together(&list, "alerts, three");
    let text = list.text();
    for words in ["K0.90 a kWh or less", "up or down within a day", "Cheap hours ahead", "Group ALERT"] {
        assert!(text.contains(words), "{words}: {text}");
    }
    assert_eq!(browser.fill(&list, "/app/alerts/delete", &[]).location(), "/app/alerts?done=gone");
    assert!(!browser.get("/app/alerts").text().contains("K0.90 a kWh or less"));
    // Who belongs to no group is told nothing of any.
    scene.person(2, "Chanda", Vec::new());
    let mut stranger = scene.signed_in(2);
    let page = stranger.get("/app/alerts");
    assert!(page.status == 200 && !page.text().contains("name=\"kind\""));
}
