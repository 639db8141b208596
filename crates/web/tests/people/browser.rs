//! A browser without script: it follows links, keeps cookies and fills forms in.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// An answer.
#[derive(Debug, Clone)]
pub struct Reply {
    pub status: u16,
    pub head: String,
    pub body: Vec<u8>,
}

impl Reply {
    pub fn text(&self) -> String {
        String::from_utf8(self.body.clone()).expect("pages are UTF-8")
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (key, value) = line.split_once(": ")?;
            key.eq_ignore_ascii_case(name).then_some(value)
        })
    }

    pub fn location(&self) -> &str {
        self.header("location").unwrap_or_default()
    }

    /// The headline.
    pub fn headline(&self) -> String {
        let text = self.text();
        let start = text.find("<h1").map_or(0, |at| at + text[at..].find('>').unwrap_or(0) + 1);
        let end = text.find("</h1>").unwrap_or(start);
        text[start..end].replace("&#39;", "'")
    }
}

/// How a browser says where a form came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Says {
    /// `Sec-Fetch-Site: same-origin`.
    Here,
    /// `Sec-Fetch-Site: cross-site`.
    Elsewhere,
    /// Another `Origin`.
    OtherOrigin,
    /// Nothing.
    Nothing,
}

#[derive(Debug, Clone)]
pub struct Browser {
    address: SocketAddr,
    pub cookies: BTreeMap<String, String>,
    pub says: Says,
}

impl Browser {
    pub fn new(address: SocketAddr) -> Self {
        Self { address, cookies: BTreeMap::new(), says: Says::Here }
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).expect("it accepts");
        stream.set_read_timeout(Some(Duration::from_secs(30))).expect("a timeout");
        stream
    }

    fn head(&self, method: &str, path: &str, more: &str) -> String {
        let cookies = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ");
        let cookies = if cookies.is_empty() { String::new() } else { format!("cookie: {cookies}\r\n") };
        let said = match self.says {
            _ if method == "GET" => String::new(),
            Says::Here => "sec-fetch-site: same-origin\r\n".to_owned(),
            Says::Elsewhere => "sec-fetch-site: cross-site\r\n".to_owned(),
            Says::OtherOrigin => "origin: https://elsewhere.example\r\n".to_owned(),
            Says::Nothing => String::new(),
        };
        format!("{method} {path} HTTP/1.1\r\nhost: power.example\r\nconnection: close\r\n{cookies}{said}{more}\r\n")
    }

    /// One request; cookies are kept, redirects are not followed.
    pub fn ask(&mut self, method: &str, path: &str, more: &str, body: &str) -> Reply {
        let mut stream = self.connect();
        let length = if body.is_empty() && method == "GET" { String::new() } else { format!("content-length: {}\r\n", body.len()) };
        stream.write_all(format!("{}{body}", self.head(method, path, &format!("{more}{length}"))).as_bytes()).expect("it reads");
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).expect("it answers");
        let end = bytes.windows(4).position(|w| w == b"\r\n\r\n").expect("a head ends");
        let head = String::from_utf8(bytes[..end].to_vec()).expect("heads are ASCII");
        let status = head.split(' ').nth(1).and_then(|s| s.parse().ok()).expect("a status");
        for line in head.lines() {
            let Some(cookie) = line.strip_prefix("set-cookie: ") else { continue };
            let (name, rest) = cookie.split_once('=').expect("a cookie");
            let value = rest.split(';').next().unwrap_or_default();
            if cookie.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        let is_chunked = head.to_ascii_lowercase().contains("transfer-encoding: chunked");
        let body = if is_chunked { unchunked(&bytes[end + 4..]) } else { bytes[end + 4..].to_vec() };
        Reply { status, head, body }
    }

    pub fn get(&mut self, path: &str) -> Reply {
        self.ask("GET", path, "", "")
    }

    /// As `get`, compressed: for weighing.
    pub fn weigh(&mut self, path: &str) -> usize {
        let reply = self.ask("GET", path, "accept-encoding: gzip\r\n", "");
        assert_eq!(reply.header("content-encoding"), Some("gzip"), "{path}");
        reply.body.len()
    }

    /// Follows redirects until a page is there.
    pub fn open(&mut self, path: &str) -> Reply {
        let mut reply = self.get(path);
        for _ in 0..5 {
            if !(300..400).contains(&reply.status) {
                break;
            }
            let to = reply.location().to_owned();
            reply = self.get(&to);
        }
        reply
    }

    pub fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Reply {
        let body = fields.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect::<Vec<_>>().join("&");
        self.ask("POST", path, "content-type: application/x-www-form-urlencoded\r\n", &body)
    }

    /// Fills in the form of a page that is sent to `action`, and sends it: hidden fields and what is preset go with it.
    pub fn fill(&mut self, page: &Reply, action: &str, typed: &[(&str, &str)]) -> Reply {
        let fields = form(&page.text(), action);
        let mut fields: Vec<(String, String)> = fields.into_iter().filter(|(name, _)| !typed.iter().any(|(n, _)| n == name)).collect();
        fields.extend(typed.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        self.post(action, &fields)
    }

    /// Opens a stream of events and leaves it open.
    pub fn listen(&self, path: &str) -> TcpStream {
        let mut stream = self.connect();
        stream.write_all(self.head("GET", path, "accept: text/event-stream\r\n").as_bytes()).expect("it reads");
        stream
    }
}

fn unchunked(mut bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    while let Some(end) = bytes.windows(2).position(|w| w == b"\r\n") {
        let size = std::str::from_utf8(&bytes[..end]).ok().and_then(|text| usize::from_str_radix(text, 16).ok()).expect("a size");
        if size == 0 {
            break;
        }
        out.extend_from_slice(&bytes[end + 2..end + 2 + size]);
        bytes = &bytes[end + 4 + size..];
    }
    out
}

pub fn encoded(text: &str) -> String {
    text.bytes().map(|b| if b.is_ascii_alphanumeric() { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}

pub fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let start = tag.find(&format!(r#" {name}=""#))? + name.len() + 3;
    tag[start..].split('"').next()
}

/// What a browser would send of the form with this action: hidden and filled fields, what is checked and selected.
pub fn form(html: &str, action: &str) -> Vec<(String, String)> {
    let start = html.match_indices("<form").map(|(at, _)| at).find(|at| {
        let tag = html[*at..].split('>').next().unwrap_or_default();
        attribute(tag, "action") == Some(action)
    });
    let start = start.unwrap_or_else(|| panic!("there is a form for {action}"));
    let form = html[start..].split("</form>").next().unwrap_or_default();
    let plain = |text: &str| text.replace("&#38;", "&").replace("&amp;", "&").replace("&#39;", "'");
    let mut fields = Vec::new();
    let mut select: Option<String> = None;
    for tag in form.split('<').filter_map(|piece| piece.split('>').next()) {
        let value = || plain(attribute(tag, "value").unwrap_or_default());
        if tag.starts_with("select") {
            select = attribute(tag, "name").map(str::to_owned);
        } else if tag.starts_with("option") {
            let Some(name) = &select else { continue };
            let has = fields.iter().any(|(n, _): &(String, String)| n == name);
            if tag.contains(" selected") {
                fields.retain(|(n, _)| n != name);
                fields.push((name.clone(), value()));
            } else if !has {
                fields.push((name.clone(), value()));
            }
        } else if tag.starts_with("input") {
            let kind = attribute(tag, "type").unwrap_or("text");
            if !matches!(kind, "radio" | "checkbox") || tag.contains(" checked") {
                fields.push((attribute(tag, "name").unwrap_or_default().to_owned(), value()));
            }
        }
    }
    fields
}
