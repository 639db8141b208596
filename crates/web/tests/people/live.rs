//! The live figures over HTTP.

use std::io::{BufRead, BufReader};

use super::*;

/// The next event: its name, id and data. Comments are passed over.
fn event(lines: &mut impl BufRead) -> (String, String, String) {
    let (mut name, mut id, mut data) = (String::new(), String::new(), String::new());
    loop {
        let mut line = String::new();
        assert!(lines.read_line(&mut line).expect("the stream goes on") > 0, "the stream ended");
        let line = line.trim_end();
        if let Some(text) = line.strip_prefix("event:") {
            name = text.trim().to_owned();
        } else if let Some(text) = line.strip_prefix("id:") {
            id = text.trim().to_owned();
        } else if let Some(text) = line.strip_prefix("data:") {
            data = text.trim().to_owned();
        } else if line.is_empty() && !(name.is_empty() && data.is_empty()) {
            return (name, id, data);
        }
    }
}

#[test]
fn a_stream_says_what_is_now_and_ends_with_the_session() {
    let scene = Scene::new();
    let row = scene.cluster("LIVE", 3);
    scene.person(1, "Bupe", vec![(row.id, no(1), Role::Member)]);
    let mut browser = scene.signed_in(1);
    let page = browser.get("/app/clusters/LIVE");
    assert!(page.text().contains("data-live=\"/app/clusters/LIVE/live\""));
    let shape = page.text().split("data-shape=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let mut lines = BufReader::new(browser.listen("/app/clusters/LIVE/live"));
    let (_, _, data) = event(&mut lines);
    assert!(data.len() <= 1_024, "{} bytes", data.len());
    let news: serde_json::Value = serde_json::from_str(&data).unwrap();
    assert_eq!(news["shape"], shape.as_str(), "the page and its news are of one shape");
    assert_eq!(news["text"]["now"], page.headline().as_str());
    assert_eq!(news["old"], 0, "a group that never had a reading has nothing old");
    let page = browser.get("/app/me");
    browser.fill(&page, "/app/sign-out", &[]);
    let (name, ..) = event(&mut lines);
    assert_eq!(name, "end");
    assert_eq!(browser.get("/app/clusters/LIVE/live").status, 303, "nobody listens");
}

#[test]
fn the_market_of_a_page_goes_on() {
    let scene = Scene::new();
    trading::group(&scene);
    let (mut seller, mut buyer) = (scene.signed_in(1), scene.signed_in(2));
    trading::placed(&mut seller, &trading::order("sell", "0.5", "1.20"));
    let page = buyer.get(trading::HUB);
    assert!(page.text().contains(&format!("data-live=\"{}/live\"", trading::HUB)), "{}", page.text());
    let shape = page.text().split("data-shape=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let mut lines = BufReader::new(buyer.listen(&format!("{}/live", trading::HUB)));
    let mut news = || {
        let (_, _, data) = event(&mut lines);
        assert!(data.len() <= 1_024, "{} bytes", data.len());
        serde_json::from_str::<serde_json::Value>(&data.replace('\u{a0}', " ")).unwrap()
    };
    let first = news();
    assert_eq!(
        (&first["shape"], &first["text"]["say-book"]),
        (&shape.as_str().into(), &"Sellers ask from K1.20. Nobody wants to buy yet.".into()),
        "{first}"
    );
    trading::placed(&mut buyer, &trading::order("buy", "0.4", "1.30"));
    let next = news();
    assert_eq!(next["text"]["v-last"], "K1.20", "{next}");
    assert_ne!(next["shape"], shape.as_str(), "there was no last price before");
    assert_eq!(buyer.get(trading::HUB).text().matches("id=\"v-last\"").count(), 1);
    for at in ["v-last", "n-last", "say-book", "say-last"] {
        assert!(buyer.get(trading::HUB).text().contains(&format!("id=\"{at}\"")), "{at} has its place");
    }
}

#[test]
fn strangers_do_not_listen() {
    let scene = Scene::new();
    scene.cluster("LIVE", 2);
    scene.person(1, "Stranger", Vec::new());
    let mut stranger = scene.signed_in(1);
    assert_eq!(stranger.get("/app/clusters/LIVE/live").status, 403);
    let direct = stranger.ask("GET", "/app/clusters/LIVE/live", "accept: text/event-stream\r\n", "");
    assert_eq!(direct.status, 403);
    let nobody = scene.browser().ask("GET", "/app/clusters/LIVE/live", "accept: text/event-stream\r\n", "");
    assert_eq!(nobody.status, 401);
    assert_eq!(stranger.get("/app/clusters/LIVE/trade/live").status, 403);
}
