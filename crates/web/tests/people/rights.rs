//! Every address, tried by everybody; forms from elsewhere; private fields in the raw answers.

use super::*;
use browser::Says;

/// Who tries: nobody, stranger, officer elsewhere, member 4, technician, treasurer, chair, operator.
const WHO: [&str; 8] = ["nobody", "stranger", "officer elsewhere", "member", "technician", "treasurer", "chair", "operator"];

/// What each gets of each page: `o` the page, `s` sent to sign in, `x` refused, `r` sent on, `-` not there.
const PAGES: [(&str, &str); 43] = [
    ("/", "rrrrrrrr"),
    ("/app", "oorrrrro"),
    ("/app/clusters", "rrrrrrrr"),
    ("/app/start/code", "rrrrrrrr"),
    ("/app/start/waiting?code=RIGHT", "srrrrrrr"),
    ("/app/sign-in", "orrrrrrr"),
    ("/app/pin", "oooooooo"),
    ("/app/start", "orrrrrrr"),
    ("/app/start/phone", "oooooooo"),
    ("/app/start/group", "oooooooo"),
    ("/app/start/group?code=RIGHT", "oooooooo"),
    ("/app/start/home?code=RIGHT", "sooooooo"),
    ("/app/start/open", "sooooooo"),
    ("/app/start/found", "sooooooo"),
    ("/app/start/found?preset=town", "sooooooo"),
    ("/app/start/tour?code=RIGHT", "sxxooooo"),
    ("/app/me", "sooooooo"),
    ("/app/me/pin", "sooooooo"),
    ("/app/sessions", "sooooooo"),
    ("/app/notices", "sooooooo"),
    ("/app/alerts", "sooooooo"),
    ("/app/sms", "sxxxxxxo"),
    ("/app/clusters/RIGHT", "sxxooooo"),
    ("/app/clusters/RIGHT/members", "sxxooooo"),
    ("/app/clusters/RIGHT/members/4", "sxxooooo"),
    ("/app/clusters/RIGHT/members/4/statement", "sxxoxooo"),
    ("/app/clusters/RIGHT/members/4/cash", "sxxoxxxx"),
    ("/app/clusters/RIGHT/members/4/leave", "sxxoxxxx"),
    ("/app/clusters/RIGHT/members/4/move", "sxxoxxxx"),
    ("/app/clusters/RIGHT/group", "sxxooooo"),
    ("/app/clusters/RIGHT/book", "sxxxxooo"),
    ("/app/clusters/RIGHT/days/today", "sxxrrrrr"),
    ("/app/clusters/RIGHT/trade", "sxxooooo"),
    // Who runs the installation has no home there.
    ("/app/clusters/RIGHT/trade/order", "sxxoooox"),
    ("/app/clusters/RIGHT/trade/orders/1", "sxx----x"),
    ("/app/clusters/RIGHT/trade/gift", "sxxoooox"),
    ("/app/clusters/RIGHT/trade/between", "sxxooooo"),
    ("/app/clusters/RIGHT/trade/between/offer", "sxxxxooo"),
    ("/app/clusters/RIGHT/trade/between/deal", "sxxxxooo"),
    ("/app/clusters/RIGHT/trade/between/deals/1", "sxx-----"),
    ("/app/clusters/RIGHT/trade/between/deals/1/accept", "sxxxx---"),
    ("/app/clusters/RIGHT/trade/between/deals/1/counter", "sxxxx---"),
    ("/app/clusters/RIGHT/carbon", "sxxooooo"),
];

/// What each gets of each form, sent empty from our own page: `s` and `x` as above, `y` past the rights (done, or wrong in the form).
const FORMS: [(&str, &str); 45] = [
    ("/app/me", "syyyyyyy"),
    ("/app/me/pin", "syyyyyyy"),
    ("/app/notices", "syyyyyyy"),
    ("/app/alerts", "syyyyyyy"),
    ("/app/alerts/delete", "syyyyyyy"),
    ("/app/invitations", "syyyyyyy"),
    ("/app/pin/approve", "sxxxxxxy"),
    ("/app/sessions/end", "syyyyyyy"),
    ("/app/sessions/end-all", "syyyyyyy"),
    ("/app/start/home?code=RIGHT", "syyyyyyy"),
    ("/app/start/open", "syyyyyyy"),
    ("/app/start/found?preset=town", "syyyyyyy"),
    ("/app/clusters/RIGHT/members/4", "sxxyxxxx"),
    ("/app/clusters/RIGHT/members/4/admit", "sxxxxyyy"),
    ("/app/clusters/RIGHT/members/4/refuse", "sxxxxyyy"),
    // The group is no open market: there its own member is told to ask the technician.
    ("/app/clusters/RIGHT/members/4/meters", "sxxyxxxx"),
    ("/app/clusters/RIGHT/members/4/roles", "sxxxxxyy"),
    ("/app/clusters/RIGHT/members/4/people", "sxxyxxxx"),
    ("/app/clusters/RIGHT/members/4/reset", "sxxxxyxy"),
    ("/app/clusters/RIGHT/meters", "sxxxyyyy"),
    ("/app/clusters/RIGHT/meters/assign", "sxxxyyyy"),
    ("/app/clusters/RIGHT/equipment", "sxxxxyyy"),
    ("/app/clusters/RIGHT/equipment/1/owners", "sxxxxyyy"),
    ("/app/clusters/RIGHT/receipts", "sxxxxyxy"),
    ("/app/clusters/RIGHT/cash", "sxxxxyxy"),
    ("/app/clusters/RIGHT/payouts", "sxxxxyxy"),
    ("/app/clusters/RIGHT/members/4/cash", "sxxyxxxx"),
    ("/app/clusters/RIGHT/members/4/cash/cancel", "sxxyxxxx"),
    ("/app/clusters/RIGHT/members/4/move", "sxxyxxxx"),
    ("/app/clusters/RIGHT/members/4/leave", "sxxyxxxx"),
    ("/app/clusters/RIGHT/trade/order", "sxxyyyyx"),
    ("/app/clusters/RIGHT/trade/orders/1", "sxxyyyyx"),
    ("/app/clusters/RIGHT/trade/cancel", "sxxyyyyx"),
    ("/app/clusters/RIGHT/trade/standing", "sxxyyyyx"),
    ("/app/clusters/RIGHT/trade/dispute", "sxxyyyyx"),
    ("/app/clusters/RIGHT/trade/surplus", "sxxyyyyx"),
    ("/app/clusters/RIGHT/trade/gift", "sxxyyyyx"),
    ("/app/clusters/RIGHT/trade/review", "sxxxxyyy"),
    ("/app/clusters/RIGHT/trade/between/papers", "sxxxxxyy"),
    ("/app/clusters/RIGHT/trade/between/limits", "sxxxxxyx"),
    ("/app/clusters/RIGHT/trade/between/withdraw", "sxxxxyyy"),
    ("/app/clusters/RIGHT/trade/between/offer", "sxxxxyyy"),
    ("/app/clusters/RIGHT/trade/between/deal", "sxxxxyyy"),
    ("/app/clusters/RIGHT/trade/between/deals/1", "sxxxxyyy"),
    ("/app/clusters/RIGHT/trade/between/deals/1/counter", "sxxxxyyy"),
];

/// Forms that anybody may send: what they do is guarded by a secret, or is the reader's own.
const OPEN_FORMS: [&str; 8] =
    ["/app/language", "/app/start", "/app/start/phone", "/app/start/code", "/app/sign-in", "/app/sign-out", "/app/pin", "/app/practice"];

/// Addresses that are no pages: live figures and files have tests of their own.
const NO_PAGES: [&str; 4] = ["/app/clusters/{code}/live", "/app/clusters/{code}/trade/live", "/app/offline.js", "/static/{file}"];

/// Every address of the router stands in a table above; a new one is added here first.
#[test]
fn no_address_is_left_out() {
    let fits = |route: &str, path: &str| {
        let path = path.split('?').next().unwrap_or_default();
        let parts = |text: &str| text.split('/').map(str::to_owned).collect::<Vec<_>>();
        let (route, path) = (parts(route), parts(path));
        route.len() == path.len() && route.iter().zip(&path).all(|(r, p)| r.starts_with('{') || r == p)
    };
    let source = include_str!("../../src/routes.rs");
    let routes: Vec<(&str, &str)> = source.split(".route(\"").skip(1).filter_map(|rest| rest.split_once("\", ")).collect();
    assert!(routes.len() > 35, "the router is read");
    for (route, rest) in routes {
        let handlers = rest.split("\n").next().unwrap_or_default();
        let is_page = PAGES.iter().any(|(path, _)| fits(route, path)) || NO_PAGES.contains(&route);
        let is_form = FORMS.iter().any(|(path, _)| fits(route, path)) || OPEN_FORMS.contains(&route);
        assert!(!handlers.contains("get(") || is_page, "{route} is tried by nobody");
        assert!(!handlers.contains("post(") || is_form, "the form of {route} is tried by nobody");
    }
}

/// Everybody of [`WHO`] in a browser.
fn everybody(scene: &Scene) -> Vec<Browser> {
    let (right, other) = (scene.cluster("RIGHT", 8), scene.cluster("OTHER", 2));
    scene.person(1, WHO[1], Vec::new());
    scene.person(2, WHO[2], vec![(other.id, no(1), Role::Member), (other.id, no(1), Role::Treasurer), (other.id, no(1), Role::Chair)]);
    scene.person(3, WHO[3], vec![(right.id, no(4), Role::Member)]);
    for (n, role) in [(4, Role::Technician), (5, Role::Treasurer), (6, Role::Chair)] {
        let member = no(i64::from(n) + 1);
        scene.person(n, WHO[n as usize], vec![(right.id, member, Role::Member), (right.id, member, role)]);
    }
    scene.runtime.block_on(scene.service.operator_set(Scene::phone(7), WHO[7], &Pin::parse(PIN).unwrap())).unwrap();
    std::iter::once(scene.browser()).chain((1..=7).map(|n| scene.signed_in(n))).collect()
}

fn seen(reply: &Reply) -> char {
    match reply.status {
        303 if reply.location().starts_with("/app/sign-in") => 's',
        303 => 'r',
        200 => 'o',
        403 => 'x',
        404 => '-',
        status => panic!("{status}: {}", reply.text()),
    }
}

#[test]
fn every_page_by_everybody() {
    let scene = Scene::new();
    let mut people = everybody(&scene);
    for (path, expected) in PAGES {
        let mut found = String::new();
        for (browser, who) in people.iter_mut().zip(WHO) {
            let reply = browser.get(path);
            found.push(seen(&reply));
            if reply.status == 200 {
                holds_together(&reply, &format!("{path} by {who}"));
            }
            if reply.status == 403 {
                assert!(reply.text().contains("not_allowed"), "{path} by {who}");
            }
        }
        assert_eq!(found, expected, "{path}");
    }
    // Where somebody wanted to go is remembered, and is a page of ours.
    assert_eq!(people[0].get("/app/clusters/RIGHT/group").location(), "/app/sign-in?next=/app/clusters/RIGHT/group");
}

#[test]
fn every_form_by_everybody() {
    let scene = Scene::new();
    let mut people = everybody(&scene);
    for (path, expected) in FORMS {
        let mut found = String::new();
        for browser in &mut people {
            let before = browser.cookies.clone();
            let (action, query) = path.split_once('?').unwrap_or((path, ""));
            let mut fields = vec![("key", path), ("house", "4"), ("whose", "4"), ("user", "1"), ("role", "technician"), ("name", "A"), ("cost", "1")];
            fields.extend([
                ("amount", "1"),
                ("serial", "M-9"),
                ("limit", "1000"),
                ("from", "2026-11-21"),
                ("on", "2026-11-21"),
                ("kind", "battery"),
                ("session", "99"),
                ("meter", "9"),
                ("region", "kabwe"),
            ]);
            fields.extend(query.split_once('='));
            fields.retain(|(name, _)| !(action.starts_with("/app/start") && *name == "name"));
            let reply = browser.post(action, &fields);
            found.push(match reply.status {
                303 if reply.location().starts_with("/app/sign-in?next") || reply.location() == "/app/sign-in" => 's',
                403 => 'x',
                303 | 422 | 400 | 404 => 'y',
                status => panic!("{path}: {status}: {}", reply.text()),
            });
            browser.cookies = before;
        }
        assert_eq!(found, expected, "{path}");
        if path.ends_with("end-all") {
            people = std::iter::once(scene.browser()).chain((1..=7).map(|n| scene.signed_in(n))).collect();
        }
    }
}

#[test]
fn forms_from_elsewhere_do_nothing() {
    let scene = Scene::new();
    let row = scene.cluster("CROSS", 2);
    scene.person(1, "Bupe", vec![(row.id, no(1), Role::Member), (row.id, no(1), Role::Chair), (row.id, no(1), Role::Treasurer)]);
    let mut browser = scene.signed_in(1);
    let page = browser.get("/app/me");
    for says in [Says::Elsewhere, Says::OtherOrigin] {
        browser.says = says;
        for action in
            ["/app/me", "/app/sign-out", "/app/language", "/app/sessions/end-all", "/app/notices", "/app/start/found", "/app/clusters/CROSS/receipts"]
        {
            let fields = [("key", "k"), ("name", "Mallory"), ("language", "toi"), ("token", "guess")];
            let reply = browser.post(action, &fields);
            assert!(reply.status == 403 && reply.text().contains("form_foreign"), "{action} {says:?}: {}", reply.status);
        }
        // Not even with the token of the page, which another site cannot read anyway.
        assert_eq!(browser.fill(&page, "/app/me", &[("name", "Mallory")]).status, 403);
    }
    // An old browser says nothing: the token of the page decides.
    browser.says = Says::Nothing;
    assert_eq!(browser.fill(&page, "/app/me", &[("name", "Mallory"), ("token", "0123456789abcdef0123456789abcdef")]).status, 403);
    assert!(browser.get("/app/me").text().contains("Bupe"));
    assert_eq!(browser.fill(&page, "/app/me", &[("name", "Bupe Mwila")]).status, 303);
    let mut nobody = scene.browser();
    nobody.says = Says::Nothing;
    let page = nobody.get("/app/sign-in");
    assert_eq!(nobody.fill(&page, "/app/sign-in", &[("phone", "0971000001"), ("pin", PIN)]).status, 303, "signing in has a token, too");
}

#[test]
fn what_is_not_shown_is_not_there() {
    let scene = Scene::new();
    let row = scene.cluster("QUIET", 6);
    for n in 1..=2 {
        scene.person(n, &format!("Secretname{n}"), vec![(row.id, no(n.into()), Role::Member)]);
    }
    let (mut one, mut two) = (scene.signed_in(1), scene.signed_in(2));
    let list = "/app/clusters/QUIET/members";
    let raw = two.get(list).text();
    assert!(raw.contains("Home 1") && !raw.contains("Secretname1") && !raw.contains("971000001") && !raw.contains("097 100 0001"));
    let entry = "/app/clusters/QUIET/members/1";
    let page = one.get(entry);
    one.fill(&page, entry, &[("consent", "phone")]);
    assert!(two.get(list).text().contains("097 100 0001"), "shown once it is allowed");
}

#[test]
fn bodies_are_bounded_and_tries_are_counted() {
    let scene = Scene::new();
    let mut browser = scene.browser();
    let long = "x".repeat(70_000);
    assert_eq!(browser.post("/app/sign-in", &[("key", "k"), ("phone", &long)]).status, 400);
    let plain = browser.ask("POST", "/app/sign-in", "content-type: text/plain\r\n", "phone=1");
    assert_eq!(plain.status, 400);
    let mut statuses = Vec::new();
    for n in 0..25 {
        statuses.push(browser.post("/app/sign-in", &[("key", &n.to_string()), ("phone", "0971234567"), ("pin", "90817")]).status);
    }
    assert!(statuses.contains(&429), "{statuses:?}");
    assert_eq!(browser.get("/app/sign-in").status, 200, "reading goes on");
}
