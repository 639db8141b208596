//! What pages weigh, compressed.

use super::*;

/// All files of a first load.
const FIRST_MAX: usize = 100 * 1024;
/// All script, the worker included.
const SCRIPT_MAX: usize = 15 * 1024;
/// A page seen before: its files are kept by the browser.
const REPEAT_MAX: usize = 15 * 1024;

#[test]
fn every_page_is_light() {
    let scene = Scene::new();
    let row = scene.cluster("LIGHT", 20);
    let roles = [Role::Member, Role::Chair, Role::Treasurer];
    scene.person(1, "Thandiwe", roles.iter().map(|role| (row.id, no(1), *role)).collect());
    let (mut nobody, mut chair) = (scene.browser(), scene.signed_in(1));
    let open = ["/app", "/app/sign-in", "/app/pin", "/app/start", "/app/start/phone", "/app/start/group", "/app/start/group?code=LIGHT"];
    let own = [
        "/app?all",
        "/app/me",
        "/app/me/pin",
        "/app/sessions",
        "/app/notices",
        "/app/alerts",
        "/app/start/found",
        "/app/start/found?preset=village",
        "/app/start/home?code=LIGHT",
        "/app/start/tour?code=LIGHT",
        "/app/clusters/LIGHT",
        "/app/clusters/LIGHT/members",
        "/app/clusters/LIGHT/members/1",
        "/app/clusters/LIGHT/members/2",
        "/app/clusters/LIGHT/members/1/leave",
        "/app/clusters/LIGHT/group",
        "/app/clusters/LIGHT/book",
        "/app/clusters/LIGHT/trade",
        "/app/clusters/LIGHT/trade/order",
        "/app/clusters/LIGHT/trade/gift",
        "/app/clusters/LIGHT/trade/between",
        "/app/clusters/LIGHT/trade/between/offer",
        "/app/clusters/LIGHT/trade/between/deal",
        "/app/clusters/LIGHT/carbon",
    ];
    let mut heaviest = (0, "");
    for path in open {
        heaviest = heaviest.max((weigh(&mut nobody, path), path));
    }
    for path in own {
        heaviest = heaviest.max((weigh(&mut chair, path), path));
    }
    println!("heaviest page alone: {} bytes, {}", heaviest.0, heaviest.1);
}

/// The page alone, after holding it and its files to their limits.
fn weigh(browser: &mut Browser, path: &str) -> usize {
    let html = browser.get(path).text();
    let page = browser.weigh(path);
    let files: Vec<String> = html.split('"').filter(|part| part.starts_with("/static/")).map(str::to_owned).collect();
    let (mut all, mut script) = (page, 0);
    for file in files.iter().map(String::as_str).chain(["/app/offline.js"]) {
        let bytes = browser.weigh(file);
        all += bytes;
        script += if file.ends_with(".js") { bytes } else { 0 };
    }
    assert!(all <= FIRST_MAX && script <= SCRIPT_MAX && page <= REPEAT_MAX, "{path}: {all} bytes in all, {script} of script, {page} of page");
    page
}

#[test]
fn a_hundred_homes_are_one_page() {
    let scene = Scene::new();
    let row = scene.cluster("CENT", 100);
    scene.person(1, "Thandiwe", vec![(row.id, no(1), Role::Member), (row.id, no(1), Role::Chair), (row.id, no(1), Role::Treasurer)]);
    let mut chair = scene.signed_in(1);
    let page = chair.get("/app/clusters/CENT/members");
    assert_eq!(page.text().matches("<li class=\"person").count(), 100);
    assert!(page.body.len() <= 60 * 1024, "{} bytes", page.body.len());
    assert!(chair.weigh("/app/clusters/CENT/members") <= REPEAT_MAX);
}
