//! Whole pages over HTTP: what they say, what they weigh, what they refuse.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, OnceLock};

mod fixture;

/// Every page of the fixtures.
const PAGES: [(&str, &str); 37] = [
    ("list", "/app"),
    ("sunny", "/app/clusters/KAB"),
    ("night", "/app/clusters/NIGHT"),
    ("outage", "/app/clusters/OUTAGE"),
    ("silent", "/app/clusters/SILENT"),
    ("no_battery", "/app/clusters/NOBAT"),
    ("new", "/app/clusters/NEW"),
    ("large", "/app/clusters/LUS"),
    ("off_grid", "/app/clusters/VIL"),
    ("members", "/app/clusters/KAB/book"),
    ("statement_cheaper", "/app/clusters/KAB/members/12/statement?month=2025-10"),
    ("statement_dearer", "/app/clusters/KAB/members/3/statement"),
    ("statement_unsettled", "/app/clusters/VIL/members/1/statement"),
    ("statement_earning", "/app/clusters/LUS/members/5/statement"),
    ("day", "/app/clusters/KAB/days/2025-10-20"),
    ("day_open", "/app/clusters/KAB/days/2025-10-21"),
    ("trade", "/app/clusters/KAB/trade"),
    ("trade_one_seller", "/app/clusters/NIGHT/trade"),
    ("trade_off", "/app/clusters/OUTAGE/trade"),
    ("trade_new", "/app/clusters/NEW/trade"),
    ("trade_look", "/app/clusters/VIL/trade"),
    ("trade_without_market", "/app/clusters/LUS/trade"),
    ("trade_silent", "/app/clusters/SILENT/trade"),
    ("groups", "/app/clusters/KAB/trade/between"),
    ("groups_member", "/app/clusters/NIGHT/trade/between"),
    ("groups_off", "/app/clusters/OUTAGE/trade/between"),
    ("groups_papers", "/app/clusters/NEW/trade/between"),
    ("groups_limits", "/app/clusters/VIL/trade/between"),
    ("deal_mine", "/app/clusters/KAB/trade/between/deals/6"),
    ("deal_theirs", "/app/clusters/KAB/trade/between/deals/7"),
    ("deal_delivered", "/app/clusters/KAB/trade/between/deals/4"),
    ("deal_matched", "/app/clusters/KAB/trade/between/deals/3"),
    ("deal_over", "/app/clusters/KAB/trade/between/deals/5"),
    ("deal_member", "/app/clusters/NIGHT/trade/between/deals/6"),
    ("carbon", "/app/clusters/KAB/carbon"),
    ("carbon_new", "/app/clusters/NEW/carbon"),
    ("carbon_off_grid", "/app/clusters/VIL/carbon"),
];

/// All files of a first load, compressed.
const WEIGHT_MAX: usize = 100 * 1024;

struct Reply {
    status: u16,
    head: String,
    body: Vec<u8>,
}

impl Reply {
    fn text(&self) -> String {
        String::from_utf8(self.body.clone()).expect("pages are UTF-8")
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|l| {
            let (key, value) = l.split_once(": ")?;
            key.eq_ignore_ascii_case(name).then_some(value)
        })
    }
}

/// One server for all tests of this file.
fn server() -> SocketAddr {
    static ADDRESS: OnceLock<SocketAddr> = OnceLock::new();
    *ADDRESS.get_or_init(|| {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a loopback port");
        listener.set_nonblocking(true).expect("a non-blocking listener");
        let address = listener.local_addr().expect("an address");
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
            runtime.expect("a runtime").block_on(async {
                let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
                axum::serve(listener, web::fixture_router(Arc::new(fixture::Fixtures))).await.expect("it serves");
            });
        });
        address
    })
}

fn ask(method: &str, path: &str, is_compressed: bool) -> Reply {
    let mut stream = TcpStream::connect(server()).expect("it accepts");
    let encoding = if is_compressed { "accept-encoding: gzip\r\n" } else { "" };
    write!(stream, "{method} {path} HTTP/1.0\r\nhost: localhost\r\n{encoding}\r\n").expect("it reads");
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).expect("it answers");
    let end = bytes.windows(4).position(|w| w == b"\r\n\r\n").expect("a head ends");
    let head = String::from_utf8(bytes[..end].to_vec()).expect("heads are ASCII");
    let status = head.split(' ').nth(1).and_then(|s| s.parse().ok()).expect("a status");
    Reply { status, head, body: bytes[end + 4..].to_vec() }
}

fn get(path: &str) -> Reply {
    ask("GET", path, false)
}

/// The attribute of a tag, if it has one.
fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let start = tag.find(&format!(r#" {name}=""#))? + name.len() + 3;
    tag[start..].split('"').next()
}

/// What a reader gets: the text, a line for each block, charts by their label.
fn reading(html: &str) -> String {
    let body = html.split_once("<main").map_or(html, |(_, rest)| rest);
    let body = body.split_once("</main>").map_or(body, |(rest, _)| rest);
    let mut out = String::new();
    let mut svg_depth = 0_usize;
    for piece in body.split('<').skip(1) {
        let (tag, text) = piece.split_once('>').unwrap_or((piece, ""));
        if tag.starts_with("svg") {
            svg_depth += usize::from(!tag.ends_with('/'));
            if let Some(label) = attribute(tag, "aria-label") {
                out.push_str(&format!("\n[chart: {label}]\n"));
            }
        } else if tag == "/svg" {
            svg_depth -= 1;
        } else if svg_depth == 0 && !tag.starts_with('b') && !tag.starts_with("/b") && !tag.starts_with('a') && tag != "/a" {
            let is_cell = ["td", "/td", "/th", "span", "/span", "small"].iter().any(|t| tag.starts_with(t));
            out.push_str(if is_cell { " | " } else { "\n" });
        }
        if svg_depth == 0 {
            out.push_str(text.trim_matches('\n'));
        }
    }
    let line = |l: &str| l.split('|').map(str::trim).filter(|c| !c.is_empty()).collect::<Vec<_>>().join(" | ");
    let text = out.lines().map(line).filter(|l| !l.is_empty()).collect::<Vec<_>>().join("\n");
    text.replace("&#39;", "'").replace('\u{a0}', " ")
}

#[test]
fn pages_read_as_before() {
    for (name, path) in PAGES {
        let reply = get(path);
        assert_eq!(reply.status, 200, "{path}");
        insta::assert_snapshot!(format!("reading_{name}"), reading(&reply.text()));
    }
}

#[test]
fn the_markup_of_the_dashboard_is_as_before() {
    let mut html = get("/app/clusters/KAB").text();
    for (ending, plain) in [(".css", "style.css"), (".js", "theme.js"), (".svg", "icon.svg")] {
        let end = html.find(&format!("{ending}\"")).expect("the file is named") + ending.len();
        let start = html[..end].rfind('/').expect("it has a path") + 1;
        html.replace_range(start..end, plain);
    }
    insta::assert_snapshot!("markup_sunny", html);
}

#[test]
fn in_is_out_on_every_dashboard() {
    let mut with_power = 0;
    for (_, path) in PAGES.iter().filter(|(_, p)| p.matches('/').count() == 3) {
        let text = reading(&get(path).text());
        let sum = |side: &str| -> i64 { text.lines().filter(|l| l.starts_with(side)).filter_map(|l| watts(l.split(" | ").nth(1)?)).sum() };
        let total = |side: &str| text.lines().find_map(|l| watts(l.strip_prefix(side)?.split(" | ").next()?));
        let Some(total_in) = total("In ") else { continue };
        with_power += 1;
        assert_eq!(Some(total_in), total("Out "), "{path}");
        assert_eq!(sum("In: "), total_in, "{path}");
        assert_eq!(sum("Out: "), total_in, "{path}");
    }
    assert!(with_power >= 6);
}

/// `2,140 W` as a number.
fn watts(text: &str) -> Option<i64> {
    text.trim().strip_suffix(" W")?.replace(',', "").parse().ok()
}

#[test]
fn the_book_ties_to_the_ngwee() {
    let text = reading(&get("/app/clusters/KAB/members/12/statement").text());
    let book = text.split("My book").nth(1).and_then(|t| t.split("Every line").next()).expect("a book");
    let amount = |t: &str| -> i64 {
        let digits: String = t.chars().filter(char::is_ascii_digit).collect();
        let n: i64 = digits.parse().expect("an amount");
        if t.starts_with('\u{2212}') { -n } else { n }
    };
    let mut left = None;
    for line in book.lines() {
        let cells: Vec<&str> = line.split(" | ").collect();
        let (Some(last), Some(change)) = (cells.last(), cells.iter().rev().nth(1)) else { continue };
        if line.starts_with("Start of month") {
            left = Some(amount(last));
        } else if let (Some(before), true) = (left, change.starts_with(['+', '\u{2212}'])) {
            assert_eq!(before + amount(change), amount(last), "{line}");
            left = Some(amount(last));
        } else if line.starts_with("Yours now") {
            assert_eq!(left, Some(amount(last)));
        }
    }
    assert_eq!(left, Some(12_066));
}

#[test]
fn sentences_are_short() {
    for (_, path) in PAGES {
        let text = reading(&get(path).text());
        for sentence in text.lines().flat_map(|l| l.split(['|', '.', '?', ':'])) {
            // An equation is read as one.
            if sentence.contains(" = ") {
                continue;
            }
            let words = sentence.split_whitespace().count();
            assert!(words < 15, "{path}: {words} words in: {sentence}");
        }
    }
}

#[test]
fn a_first_load_is_light() {
    let weigh = |path: &str| {
        let reply = ask("GET", path, true);
        assert_eq!(reply.header("content-encoding"), Some("gzip"), "{path}");
        reply.body.len()
    };
    for (name, path) in PAGES {
        let html = get(path).text();
        let files: usize = html.split('"').filter(|part| part.starts_with("/static/")).map(weigh).sum();
        let total = weigh(path) + files;
        assert!(total <= WEIGHT_MAX, "{name}: {total} bytes");
    }
}

#[test]
fn every_chart_is_small() {
    for (name, path) in PAGES {
        let html = get(path).text();
        for chart in html.split(r#"<svg class="chart""#).skip(1) {
            let end = chart.find("</svg><p").or_else(|| chart.find("</svg></div>")).unwrap_or(0);
            assert!(end <= 8_192, "{name}: {end} bytes");
        }
    }
}

#[test]
fn a_hundred_members_stay_under_sixty_kilobytes() {
    let mut input = fixture::members();
    let row = input.members[0].clone();
    input.members = (1..=100).map(|no| web::input::MemberRow { no, ..row.clone() }).collect();
    let html = askama::Template::render(&web::view::members::members(&input, &web::reader::Reader::default())).expect("it renders");
    assert_eq!(html.matches("/statement\"").count(), 100);
    assert!(html.len() <= 60 * 1024, "{} bytes", html.len());
}

#[test]
fn pages_hold_to_the_content_policy() {
    for (_, path) in PAGES {
        let reply = get(path);
        let policy = reply.header("content-security-policy").expect("a policy");
        assert!(policy.contains("default-src 'none'") && policy.contains("script-src 'self'"));
        assert!(!policy.contains("unsafe"));
        let html = reply.text();
        assert!(!html.contains(" style=") && !html.contains("<style") && !html.contains(" onclick="), "{path}");
        assert_eq!(html.matches("<script").count(), 1, "{path}");
        assert!(html.contains(r#"<script src="/static/app-"#), "{path}");
        assert!(!html.contains("http://") && !html.contains("https://"), "{path} loads nothing from elsewhere");
    }
}

#[test]
fn ids_are_unique_and_links_lead_to_them() {
    for (_, path) in PAGES {
        let html = get(path).text();
        let mut ids: Vec<&str> = html.split(" id=\"").skip(1).filter_map(|s| s.split('"').next()).filter(|id| !id.is_empty()).collect();
        let count = ids.len();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), count, "{path}");
        for target in html.split("href=\"#").skip(1).filter_map(|s| s.split('"').next()) {
            assert!(ids.contains(&target), "{path} leads to #{target}");
        }
    }
}

#[test]
fn files_are_kept_by_name_and_pages_are_not() {
    let page = get("/app");
    assert_eq!(page.header("cache-control"), Some("private, no-cache"));
    let css = page.text().split('"').find(|p| p.ends_with(".css")).expect("a style sheet").to_owned();
    let file = get(&css);
    assert_eq!(file.status, 200);
    assert!(file.header("cache-control").is_some_and(|v| v.contains("immutable")));
    assert_eq!(get("/static/style-0000000000000000.css").status, 404);
}

#[test]
fn what_cannot_be_shown_says_why_and_what_next() {
    let cases = [
        ("/nope", 404, "not_found"),
        ("/app/clusters/NONE", 404, "not_found"),
        ("/app/clusters/KAB/members/0/statement", 404, "not_found"),
        ("/app/clusters/KAB/members/x/statement", 404, "not_found"),
        ("/app/clusters/KAB/members/12/statement?month=2025-13", 400, "bad_address"),
        ("/app/clusters/KAB/members/12/statement?month=2020-01", 404, "not_found"),
        ("/app/clusters/KAB/days/2025-02-30", 400, "bad_address"),
        ("/app/clusters/KAB/days/2020-01-01", 404, "not_found"),
        ("/app/clusters/%3Cscript%3E", 404, "not_found"),
        ("/app/clusters/BUSY", 503, "store_busy"),
        ("/app/clusters/BROKEN", 500, "store_corrupt"),
    ];
    for (path, status, code) in cases {
        let reply = get(path);
        assert_eq!(reply.status, status, "{path}");
        let html = reply.text();
        assert!(html.contains(code) && html.contains("class=\"btn\""), "{path}");
        assert!(!html.contains("secret"), "the cause goes to the log only");
    }
    let reply = ask("POST", "/app/clusters/KAB", false);
    assert_eq!(reply.status, 405);
    assert!(reply.text().contains("No money has moved."));
    assert_eq!(get("/").status, 303);
}

#[test]
fn numbers_that_contradict_each_other_are_not_shown() {
    let mut broken = fixture::cheaper();
    broken.closing_ngwee += 1;
    let error = web::view::statement::statement(&broken, &web::reader::Reader::default()).expect_err("the book does not add up");
    assert_eq!(error.code(), "book_does_not_add");
    let mut broken = fixture::cheaper();
    broken.receipt.as_mut().expect("a receipt").total_ngwee += 100;
    let error = web::view::statement::statement(&broken, &web::reader::Reader::default()).expect_err("the receipt does not add up");
    assert_eq!(error.code(), "receipt_does_not_add");
    let mut broken = fixture::sunny();
    broken.now.power.as_mut().expect("a reading").homes_w = -1;
    assert_eq!(web::view::dashboard::dashboard(&broken, &web::reader::Reader::default()).map(|_| ()).map_err(|e| e.code()), Err("flow_negative"));
}

#[test]
fn the_worst_alert_is_first_and_three_are_shown() {
    let view = web::view::dashboard::dashboard(&fixture::sunny(), &web::reader::Reader::default()).expect("it adds up");
    let words: Vec<&str> = view.alerts.iter().map(|a| a.class).collect();
    assert_eq!(words, ["is-bad", "is-watch", "is-info"]);
    assert_eq!(view.alerts_more, "1 more");
}

#[test]
fn names_are_escaped() {
    let mut input = fixture::cheaper();
    input.alias = "<script>alert(1)</script>".into();
    let view = web::view::statement::statement(&input, &web::reader::Reader::default()).expect("it adds up");
    let html = askama::Template::render(&view).expect("it renders");
    assert!(!html.contains("<script>alert"));
}

#[test]
fn a_month_that_is_over_is_closed_and_not_old() {
    let mut input = fixture::cheaper();
    input.now.now_at += 10 * 86_400_000;
    input.today_on = web::input::CalendarDate::new(2025, 11, 3).expect("a day");
    let view = web::view::statement::statement(&input, &web::reader::Reader::default()).expect("it adds up");
    assert!(!view.frame.is_old && view.frame.is_closed);
    assert!(view.headline.starts_with("At the end of October 2025"), "{}", view.headline);
    assert_eq!((view.receipt_title.as_str(), view.receipt_no.as_str()), ("Receipt for October 2025", "No. KAB-12-2025-10"));
    assert_eq!(view.stake_as_of, "as of today");
    let paper = askama::Template::render(&view.for_paper()).expect("it renders");
    assert!(paper.contains("<details open>") && paper.contains("data-print"));
}
