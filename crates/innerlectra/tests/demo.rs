//! The demo from outside: its figures as a golden table, the laws recounted from its JSON and from the shipped readings, and its pages.

mod program;

use program::{Folder, Running, run};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::io::{Read, Write};
use std::net::TcpStream;

/// Six weeks of each cluster: Wh, then ngwee. A change here is a change of what members pay: it needs a reason in the changelog.
const GOLDEN: &str = "
                        KAB       LUS      VIL
    generation_wh   3011885  33554445  2001112
    consumption_wh  2061967  26881179  1087057
    self_wh          130697   7746233        0
    shared_wh        474461    950896   593377
    charged_wh       827589   2241008   582640
    discharged_wh    740619   2002227   490801
    exported_wh     1376720  14344739        0
    imported_wh      552116  11785287        0
    curtailed_wh     202418   8271569   825095
    unserved_wh      164074   4396536     2879
    paid_ngwee      -120475  -1135869    11869
    alone_ngwee      -23648  -1671046        0
";
/// Pages are for phones on slow networks.
const PAGE_BYTES_MAX: usize = 100 * 1024;

fn int(json: &Value, key: &str) -> i64 {
    json[key].as_i64().unwrap_or_else(|| panic!("{key} in {json}"))
}

fn clusters(json: &Value) -> &Vec<Value> {
    json["clusters"].as_array().expect("clusters")
}

/// Consumption of homes and generation of all meters, straight from a shipped file.
fn shipped_sums(code: &str) -> (i64, i64) {
    let data = |name: &str| std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data/zambia").join(name);
    let sites = std::fs::read_to_string(data("sites.csv")).expect("the sites");
    let plants: BTreeSet<&str> = sites.lines().filter(|line| line.contains(",shared_pv")).filter_map(|line| line.split(',').next()).collect();
    let file = std::fs::File::open(data(&format!("{}_15min.csv.gz", code.to_lowercase()))).expect("the readings");
    let mut text = String::new();
    flate2::read::GzDecoder::new(file).read_to_string(&mut text).expect("gzip");
    let (mut consumption, mut generation) = (0, 0);
    for line in text.lines().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        let wh = |at: usize| cells[at].parse::<i64>().expect("whole watt-hours");
        generation += wh(3);
        consumption += if plants.contains(cells[0]) { 0 } else { wh(2) };
    }
    (consumption, generation)
}

fn laws(cluster: &Value) {
    let wh = |keys: &[&str]| keys.iter().map(|key| int(cluster, &format!("{key}_wh"))).sum::<i64>();
    assert_eq!(wh(&["generation"]), wh(&["self", "shared", "charged", "exported", "curtailed"]), "all that was made went somewhere");
    assert_eq!(wh(&["consumption"]), wh(&["self", "shared", "discharged", "imported", "unserved"]), "all that was used came from somewhere");
    let members = cluster["members"].as_array().expect("members");
    let sum = |key: &str| members.iter().map(|member| int(member, key)).sum::<i64>();
    for key in ["consumption_wh", "imported_wh", "unserved_wh"] {
        assert_eq!(sum(key), int(cluster, key), "{key}");
    }
    assert_eq!(sum("own_share_wh") + sum("received_wh"), int(cluster, "shared_wh"));
    assert_eq!(sum("given_wh"), sum("received_wh"), "what some gave others got");
    assert_eq!(sum("posted_ngwee"), int(cluster, "paid_ngwee"));
    let rounded = (sum("alone_ngwee") - int(cluster, "alone_ngwee")).abs();
    assert!(2 * rounded <= members.len() as i64 + 1, "each member's sum alone is rounded for itself");
    for member in members {
        assert!(int(member, "served_minutes") <= int(member, "outage_minutes"));
        assert!(int(member, "unserved_wh") <= int(member, "consumption_wh"));
    }
    let code = cluster["cluster"].as_str().expect("a code");
    assert_eq!((int(cluster, "consumption_wh"), int(cluster, "generation_wh")), shipped_sums(code), "every reading of {code} counts once");
}

#[test]
fn six_weeks_give_these_sums() {
    let folder = Folder::new("demo");
    let database = folder.file("demo.db");
    let demo = ["demo", "--no-serve", "--json", "--database", &database];
    let first = run(&demo).json();
    let rows: Vec<Vec<&str>> = GOLDEN.lines().map(|line| line.split_whitespace().collect()).filter(|row: &Vec<&str>| !row.is_empty()).collect();
    for (at, code) in rows[0].iter().enumerate() {
        let cluster = clusters(&first).iter().find(|cluster| cluster["cluster"] == *code).expect("the cluster");
        let found: BTreeMap<&str, i64> = rows[1..].iter().map(|row| (row[0], int(cluster, row[0]))).collect();
        let golden = rows[1..].iter().map(|row| (row[0], row[at + 1].parse().expect("a number"))).collect();
        assert_eq!(found, golden, "{code}");
        laws(cluster);
    }
    let again = run(&demo).good();
    for line in again.err.lines() {
        let is_idle = line.contains(" 0 new,") || line.contains(": 0 days settled, 0 intervals sealed, 0 transfers booked");
        assert!(is_idle, "a second run adds nothing: {line}");
    }
    assert_eq!(again.err.lines().count(), 6);
    assert_eq!(again.json(), first);
    let verified = run(&["verify", "--json", "--database", &database]).json();
    for (cluster, recounted) in clusters(&first).iter().zip(clusters(&verified)) {
        assert_eq!((&recounted["cluster"], &recounted["root"]), (&cluster["cluster"], &cluster["log_root"]));
    }
    let text = run(&["demo", "--no-serve", "--only", "VIL", "--database", &database]).good().out;
    assert!(text.contains("Mkushi Village Grid") && text.contains("modelled readings") && !text.contains("Kabwe"), "{text}");
}

/// An answer: status, head, body.
type Answer = (u16, String, String);

/// Somebody with a browser that keeps its cookies.
struct Reader {
    address: String,
    cookies: BTreeMap<String, String>,
}

impl Reader {
    fn of(address: String) -> Self {
        Self { address, cookies: BTreeMap::new() }
    }

    fn get(&mut self, path: &str) -> Answer {
        self.request("GET", path, "")
    }

    fn request(&mut self, method: &str, path: &str, body: &str) -> Answer {
        let mut stream = TcpStream::connect(&self.address).expect("the server listens");
        stream.set_read_timeout(Some(std::time::Duration::from_secs(30))).expect("a timeout");
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let (host, cookies, length) = (&self.address, cookies.join("; "), body.len());
        write!(stream, "{method} {path} HTTP/1.0\r\nHost: {host}\r\nCookie: {cookies}\r\nContent-Length: {length}\r\n").expect("sends");
        write!(stream, "Content-Type: application/x-www-form-urlencoded\r\n\r\n{body}").expect("sends");
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).expect("an answer");
        let text = String::from_utf8(bytes).expect("text");
        let (head, body) = text.split_once("\r\n\r\n").expect("a head");
        for cookie in head.lines().filter_map(|line| line.strip_prefix("set-cookie: ")) {
            let (name, value) = cookie.split(';').next().and_then(|pair| pair.split_once('=')).expect("a cookie");
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
        (status, head.to_owned(), body.to_owned())
    }

    /// Sends the form of a page that holds this text, with what it hides and what is typed.
    fn send(&mut self, page: &str, form: &str, typed: &str) {
        let (_, _, page) = self.get(page);
        let form = page.split("<form").find(|text| text.contains(form)).unwrap_or_else(|| panic!("there is no {form}: {page}"));
        let form = form.split("</form>").next().expect("a form");
        let hidden = form.split("type=\"hidden\" name=\"").skip(1).filter_map(|rest| {
            let mut parts = rest.split('"');
            Some(format!("{}={}", parts.next()?, parts.nth(1)?))
        });
        let body = hidden.chain([typed.to_owned()]).collect::<Vec<_>>().join("&");
        let action = form.split("action=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("an action");
        assert_eq!(self.request("POST", action, &body).0, 303, "{action} {body}");
    }
}

/// Paths of this site that a page links to.
fn links(page: &str) -> impl Iterator<Item = String> {
    let hrefs = page.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next());
    hrefs.filter(|href| href.starts_with('/')).map(|href| href.split('#').next().unwrap_or(href).replace("&amp;", "&"))
}

/// Reads every page that can be reached from the first one, and gives their paths.
fn read_all(reader: &mut Reader) -> BTreeSet<String> {
    let (mut seen, mut waiting) = (BTreeSet::from(["/".to_owned()]), VecDeque::from(["/".to_owned()]));
    while let Some(path) = waiting.pop_front() {
        assert!(seen.len() < 1_000, "the site has no end: {path}");
        let (status, head, body) = reader.get(&path);
        assert!(status == 200 || status == 303, "{path}: {status} {body}");
        let onward = head.lines().filter_map(|line| line.strip_prefix("location: ")).map(str::to_owned);
        assert!(body.len() < PAGE_BYTES_MAX, "{path} has {} bytes", body.len());
        assert!(head.contains("content-security-policy: default-src 'none'"), "{path}: {head}");
        waiting.extend(links(&body).chain(onward).filter(|link| seen.insert(link.clone())));
    }
    seen
}

fn address(line: &str) -> String {
    let rest = line.split("http://").nth(1).expect("an address");
    rest.split('/').next().expect("an address").to_owned()
}

#[test]
fn every_page_can_be_read() {
    let folder = Folder::new("pages");
    let database = folder.file("demo.db");
    // Over the end of a month, and before the last day has ended.
    let demo = ["demo", "--listen", "127.0.0.1:0", "--only", "KAB", "--days", "20", "--database", &database];
    let (running, line) = Running::start_until_line(&demo, "http://");
    let mut reader = Reader::of(address(&line));
    let strangers = read_all(&mut reader);
    assert!(!strangers.iter().any(|path| path.contains("/statement")), "{strangers:?}");
    assert_eq!(reader.get("/app/clusters/KAB/members/1/statement").0, 303, "to the signing in");
    reader.send("/app", ", treasurer", "");
    let seen = read_all(&mut reader);
    let members = seen.iter().filter(|path| path.contains("/members/") && path.contains("/statement")).count();
    println!("{} pages, {members} of them statements", seen.len());
    for member in 1..=20 {
        assert!(seen.contains(&format!("/app/clusters/KAB/members/{member}/statement")), "no way leads to the statement of {member}");
        let (status, _, page) = reader.get(&format!("/app/clusters/KAB/members/{member}/statement?month=2025-09"));
        assert_eq!(status, 200, "{page}");
    }
    assert!(seen.iter().any(|path| path.contains("/days/2025-10-04")), "{seen:?}");
    for day in ["2025-09-15", "2025-09-30", "2025-10-03"] {
        assert_eq!(reader.get(&format!("/app/clusters/KAB/days/{day}")).0, 200, "{day}");
    }
    for (method, path, status) in [
        ("GET", "/app/clusters/XYZ", 404),
        ("GET", "/app/clusters/KAB/members/999/statement", 404),
        ("GET", "/app/clusters/KAB/days/2024-01-01", 404),
        ("GET", "/app/clusters/KAB/days/no-day", 400),
        ("GET", "/nowhere", 404),
        ("POST", "/", 405),
        ("DELETE", "/app/clusters/KAB", 405),
    ] {
        let (found, _, page) = reader.request(method, path, "");
        assert_eq!(found, status, "{method} {path}: {page}");
    }
    running.terminate().good();
    // What was shown is in the database, and `serve` shows it too.
    let (server, line) = Running::start_until_line(&["serve", "--no-settle", "--listen", "127.0.0.1:0", "--database", &database], "http://");
    // The demo lived in the time of its readings: its sessions are long over.
    let mut reader = Reader::of(address(&line));
    reader.send("/app/sign-in", "name=\"pin\"", "phone=0970000101&pin=70461");
    let served = read_all(&mut reader);
    assert!(served.contains("/app/clusters/KAB/members/20/statement"), "{served:?}");
    server.terminate().good();
    assert_eq!(run(&["verify", "--json", "--database", &database]).json()["sound"], true);
}

#[test]
fn the_days_go_on_after_the_shipped_ones() {
    let folder = Folder::new("on");
    let database = folder.file("demo.db");
    // An hour in each second: the last day is over within ten of them.
    let demo = ["demo", "--listen", "127.0.0.1:0", "--only", "VIL", "--days", "3", "--pace", "3600", "--database", &database];
    let (running, line) = Running::start_until_line(&demo, "http://");
    let mut reader = Reader::of(address(&line));
    reader.send("/app", ", member", "");
    let has_come = (0..300).any(|_| {
        std::thread::sleep(std::time::Duration::from_millis(200));
        reader.get("/app/clusters/VIL/days/2025-09-19").0 == 200
    });
    assert!(has_come, "the second day after the last does not come");
    running.terminate().good();
    // Two days have passed in the village, and hardly a minute for who signed in. The next run goes on from there.
    let (running, line) =
        Running::start_until_line(&["demo", "--listen", "127.0.0.1:0", "--only", "VIL", "--days", "3", "--database", &database], "http://");
    reader.address = address(&line);
    let (status, _, page) = reader.get("/app/clusters/VIL");
    assert_eq!(status, 200, "{page}");
    assert!(!page.contains("is-old"), "what is shown is fresh: {page}");
    assert_eq!(reader.get("/app/clusters/VIL/days/2025-09-19").0, 200);
    running.terminate().good();
    assert_eq!(run(&["verify", "--json", "--database", &database]).json()["sound"], true);
}
