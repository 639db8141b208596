//! Chromium through its driver, by the WebDriver protocol, and the demo as a server: just what the browser tests need.

#![allow(dead_code, reason = "each test file uses what it needs")]

use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

/// A running demo with a database of its own.
pub struct Demo {
    /// `http://127.0.0.1:PORT`.
    pub address: String,
    child: Child,
    folder: PathBuf,
}

impl Demo {
    /// Starts the demo on a free port and waits until it serves.
    pub fn start(options: &[&str]) -> Self {
        let name = std::thread::current().name().unwrap_or("test").replace(':', "-");
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("demo-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder for the demo");
        let mut child = Command::new(env!("CARGO_BIN_EXE_innerlectra"))
            .args(["demo", "--listen", "127.0.0.1:0", "--database"])
            .arg(folder.join("demo.db"))
            .args(options)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program starts");
        let lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        let opened = lines.map_while(Result::ok).find_map(|line| line.split_whitespace().find(|word| word.starts_with("http://")).map(str::to_owned));
        let address = opened.expect("the demo says where it serves").trim_end_matches('/').to_owned();
        Self { address, child, folder }
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// Where `scripts/fetch_axe.sh` puts the accessibility rules.
const AXE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/tools/axe-0.1.8/axe.min.js");

/// What an accessibility rule found.
#[derive(Debug)]
pub struct Finding {
    /// `minor`, `moderate`, `serious` or `critical`.
    pub impact: String,
    /// Name of the rule.
    pub rule: String,
    /// How often, and the first place.
    pub example: String,
}

/// A headless Chromium.
pub struct Browser {
    driver: Child,
    port: u16,
    session: String,
    profile: PathBuf,
}

impl Browser {
    /// Starts driver and browser.
    ///
    /// # Panics
    /// When either is missing, with what installs them: a page that nobody looked at must not pass.
    pub fn start() -> Self {
        Self::start_with(true)
    }

    /// The same in a browser that runs no script of a page.
    pub fn start_without_script() -> Self {
        Self::start_with(false)
    }

    fn start_with(script: bool) -> Self {
        let missing = "chromedriver is missing: apt-get install chromium chromium-driver";
        let mut driver = Command::new("chromedriver").arg("--port=0").stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect(missing);
        let mut lines = BufReader::new(driver.stdout.take().expect("its output")).lines().map_while(Result::ok);
        let port = lines.find_map(|line| line.split("started successfully on port ").nth(1)?.trim_end_matches('.').parse().ok());
        let name = std::thread::current().name().unwrap_or("test").replace(':', "-");
        let profile = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("profile-{}-{name}", std::process::id()));
        let mut browser = Self { driver, port: port.expect("chromedriver says its port"), session: String::new(), profile };
        let flags = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"];
        let mut args: Vec<String> = flags.iter().chain(&["--disable-component-update", "--disable-sync"]).map(|&flag| flag.to_owned()).collect();
        args.push(format!("--user-data-dir={}", browser.profile.display()));
        let wanted = json!({"capabilities": {"alwaysMatch": {"goog:chromeOptions": {"args": args, "prefs": {"profile.managed_default_content_settings.javascript": if script { 1 } else { 2 }}}, "goog:loggingPrefs": {"browser": "ALL"}}}});
        let made = browser.send("POST", "/session", &wanted);
        browser.session = made["value"]["sessionId"].as_str().unwrap_or_else(|| panic!("no session: {made}")).to_owned();
        browser
    }

    /// Opens an address and waits until it is loaded.
    pub fn open(&mut self, address: &str) {
        self.command("url", &json!({ "url": address }));
    }

    /// Where the browser is.
    pub fn address(&mut self) -> String {
        let answer = self.send("GET", &format!("/session/{}/url", self.session), &Value::Null);
        answer["value"].as_str().unwrap_or_default().to_owned()
    }

    /// The text of the first element that fits; `None` when there is none.
    pub fn text(&mut self, selector: &str) -> Option<String> {
        let element = self.find(selector)?;
        let answer = self.send("GET", &format!("/session/{}/element/{element}/text", self.session), &Value::Null);
        answer["value"].as_str().map(str::to_owned)
    }

    /// Whether any element fits.
    pub fn exists(&mut self, selector: &str) -> bool {
        self.find(selector).is_some()
    }

    /// Presses the first element that fits.
    pub fn press(&mut self, selector: &str) {
        let element = self.find(selector).unwrap_or_else(|| panic!("{} has no {selector}", self.address()));
        self.command(&format!("element/{element}/click"), &json!({}));
    }

    /// Fills a form as a person does, and sends it with its button.
    pub fn submit(&mut self, action: &str, fields: &[(&str, &str)]) {
        let form = format!("form[action='{action}']");
        // Around the form and in it.
        let folded = format!("details:not([open]):has({form}) > summary, {form} details:not([open]) > summary");
        while self.find(&folded).is_some() {
            self.press(&folded);
        }
        for (name, value) in fields {
            let chosen = [format!("{form} select[name='{name}'] option[value='{value}']"), format!("{form} [name='{name}'][value='{value}']")];
            let choice = chosen.iter().find_map(|selector| self.find(selector));
            let field = self.find(&format!("{form} input[name='{name}']:not([type=radio]):not([type=checkbox])"));
            match (choice, field) {
                (Some(choice), _) => drop(self.command(&format!("element/{choice}/click"), &json!({}))),
                (None, Some(field)) => {
                    self.command(&format!("element/{field}/clear"), &json!({}));
                    self.command(&format!("element/{field}/value"), &json!({ "text": value }));
                }
                (None, None) => panic!("{}: {form} has no {name} {value}: {:?}", self.address(), self.text("main")),
            }
        }
        self.press(&format!("{form} button"));
    }

    /// Waits until the address holds this.
    ///
    /// # Panics
    /// After five seconds, with what the page says instead.
    pub fn arrives(&mut self, part: &str) {
        let is_there = (0..50).any(|_| {
            std::thread::sleep(std::time::Duration::from_millis(100));
            self.address().contains(part)
        });
        assert!(is_there, "not at {part} but at {}: {:?}", self.address(), self.text("main"));
    }

    /// Waits until the page says this.
    ///
    /// # Panics
    /// After five seconds, with what the page says instead.
    pub fn shows(&mut self, words: &str) {
        let is_there = (0..50).any(|_| {
            std::thread::sleep(std::time::Duration::from_millis(100));
            self.text("main").is_some_and(|text| text.contains(words))
        });
        assert!(is_there, "{} does not say {words}: {:?}", self.address(), self.text("main"));
    }

    /// Forgets who is signed in.
    pub fn forget(&mut self) {
        self.send("DELETE", &format!("/session/{}/cookie", self.session), &Value::Null);
    }

    fn find(&mut self, selector: &str) -> Option<String> {
        let found = self.send("POST", &format!("/session/{}/element", self.session), &json!({ "using": "css selector", "value": selector }));
        found["value"]["element-6066-11e4-a52e-4f735466cecf"].as_str().map(str::to_owned)
    }

    /// Runs a script on the page and gives what it returns.
    pub fn script(&mut self, script: &str) -> Value {
        self.command("execute/sync", &json!({ "script": script, "args": [] }))
    }

    /// Runs the accessibility rules of WCAG 2.2 A and AA on the page; gives what they found, serious first.
    ///
    /// # Panics
    /// When the rules are missing, with what fetches them.
    pub fn axe(&mut self) -> Vec<Finding> {
        let source = std::fs::read_to_string(AXE).expect("the accessibility rules are missing: scripts/fetch_axe.sh");
        self.script(&source);
        let run = r"
            const done = arguments[arguments.length - 1];
            axe.run(document, { resultTypes: ['violations'] }).then(
                found => done(found.violations.map(v => [v.impact, v.id, v.nodes.length + ' x ' + v.nodes[0].html.slice(0, 160)])),
                error => done([['critical', 'axe', String(error)]]));
        ";
        let found = self.command("execute/async", &json!({ "script": run, "args": [] }));
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        found.as_array().into_iter().flatten().map(|v| Finding { impact: text(&v[0]), rule: text(&v[1]), example: text(&v[2]) }).collect()
    }

    /// Asks the browser itself: sizes and media it should pretend.
    pub fn cdp(&mut self, name: &str, parameters: Value) {
        self.command("goog/cdp/execute", &json!({ "cmd": name, "params": parameters }));
    }

    /// What the page complained of since the last time.
    pub fn errors(&mut self) -> Vec<String> {
        let log = self.command("se/log", &json!({ "type": "browser" }));
        let entries = log.as_array().cloned().unwrap_or_default();
        entries.iter().filter(|entry| entry["level"] == "SEVERE").filter_map(|entry| entry["message"].as_str().map(str::to_owned)).collect()
    }

    /// Keeps a picture of what is seen.
    pub fn picture(&mut self, name: &str) {
        let path = format!("/session/{}/screenshot", self.session);
        let taken = self.send("GET", &path, &Value::Null);
        let bytes = base64(taken["value"].as_str().unwrap_or_default());
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("pictures");
        std::fs::create_dir_all(&folder).and_then(|()| std::fs::write(folder.join(format!("{name}.png")), bytes)).expect("keeps the picture");
    }

    fn command(&mut self, name: &str, body: &Value) -> Value {
        let answer = self.send("POST", &format!("/session/{}/{name}", self.session), body);
        assert!(answer["value"]["error"].is_null(), "{name}: {answer}");
        answer["value"].clone()
    }

    fn send(&self, method: &str, path: &str, body: &Value) -> Value {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).expect("the driver answers");
        stream.set_read_timeout(Some(std::time::Duration::from_secs(60))).expect("a time limit");
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body.as_bytes())).expect("the driver listens");
        // The driver keeps the connection open whatever it is asked: the length says where the answer ends.
        let mut answer = BufReader::new(stream);
        let (mut line, mut length) = (String::new(), 0);
        while answer.read_line(&mut line).expect("the driver answers") > 2 {
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().expect("a length");
            }
            line.clear();
        }
        let mut json = vec![0; length];
        answer.read_exact(&mut json).expect("the driver answers");
        let json = String::from_utf8_lossy(&json);
        serde_json::from_str(&json).unwrap_or_else(|error| panic!("{method} {path}: {error}: {json}"))
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        if !self.session.is_empty() {
            self.send("DELETE", &format!("/session/{}", self.session), &Value::Null);
        }
        let _ = self.driver.kill();
        let _ = self.driver.wait();
        let _ = std::fs::remove_dir_all(&self.profile);
    }
}

fn base64(text: &str) -> Vec<u8> {
    let value = |byte: u8| b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".iter().position(|&known| known == byte);
    let sextets: Vec<u32> = text.bytes().filter_map(value).filter_map(|value| u32::try_from(value).ok()).collect();
    let group = |four: &[u32]| {
        let whole = four.iter().fold(0, |whole, sextet| whole << 6 | sextet) << (6 * (4 - four.len()));
        whole.to_be_bytes()[1..four.len()].to_vec()
    };
    sextets.chunks(4).flat_map(group).collect()
}
