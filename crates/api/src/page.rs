//! The documentation as one page: made from the document, readable offline and without script. Groups open and close by themselves.

use crate::problem::STATUSES;
use serde_json::{Map, Value};
use std::fmt::Write as _;

const STYLE: &str = "\
:root{color-scheme:light dark;--ink:#1b1f1d;--paper:#fbfaf7;--line:#c9c5ba;--soft:#5b625e;--code:#efece4;--get:#0b5c46;--change:#8a3b00}\
@media(prefers-color-scheme:dark){:root{--ink:#e9e6de;--paper:#151817;--line:#3c4340;--soft:#a9b0ab;--code:#1f2422;--get:#6fd3b0;--change:#f0a56b}}\
body{font:1rem/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper);max-width:60rem;margin:0 auto;padding:1rem}\
h1{font-size:1.6rem;margin:.5rem 0}h2{font-size:1.25rem;margin:1.5rem 0 .5rem}p{margin:.4rem 0}\
details{border-top:1px solid var(--line);padding:.15rem 0}details details{margin-left:1rem}\
summary{cursor:pointer;padding:.6rem 0;min-height:1.5rem;overflow-wrap:anywhere}summary b{font-size:1.1rem}\
.m{font-weight:700;display:inline-block;min-width:3.8rem;color:var(--change)}.m.get{color:var(--get)}\
.n{color:var(--soft)}code{background:var(--code);padding:.05rem .3rem;border-radius:.2rem;overflow-wrap:anywhere}\
table{border-collapse:collapse;width:100%;margin:.4rem 0 .8rem;font-size:.95rem}th,td{text-align:left;vertical-align:top;padding:.3rem .6rem .3rem 0;border-top:1px solid var(--line)}\
th{color:var(--soft);font-weight:600}a{color:inherit}\
@media(max-width:36rem){table,tbody,tr,td{display:block}thead,th{display:none}td{border:0;padding:0 0 .2rem}tr{border-top:1px solid var(--line);padding:.3rem 0}}";

/// The page of a document.
pub(crate) fn page(document: &utoipa::openapi::OpenApi) -> String {
    let document = serde_json::to_value(document).unwrap_or_default();
    let mut html =
        String::from("<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">");
    let _ = write!(html, "<title>Innerlectra REST</title><style>{STYLE}</style></head><body><main><h1>Innerlectra REST</h1>");
    let _ = write!(html, "<p>{}</p>", prose(text(&document["info"]["description"])));
    html.push_str(
        "<p>The same for programs: <a href=\"/openapi.json\">openapi.json</a> (OpenAPI 3.1). Parts: <a href=\"#operations\">operations</a>, ",
    );
    html.push_str("<a href=\"#shapes\">shapes</a>, <a href=\"#problems\">problems</a>.</p><h2 id=\"operations\">Operations</h2>");
    for tag in document["tags"].as_array().into_iter().flatten() {
        group(&mut html, &document, text(&tag["name"]), text(&tag["description"]));
    }
    html.push_str("<h2 id=\"shapes\">Shapes</h2>");
    for (name, schema) in entries(&document["components"]["schemas"]) {
        let _ = write!(html, "<details><summary><code>{0}</code></summary><div id=\"shape-{0}\">", escape(name));
        shape(&mut html, schema);
        html.push_str("</div></details>");
    }
    problems(&mut html);
    html.push_str("</main></body></html>\n");
    html
}

fn group(html: &mut String, document: &Value, tag: &str, about: &str) {
    let mut inside = String::new();
    let mut count = 0;
    for (path, item) in entries(&document["paths"]) {
        for (method, operation) in entries(item) {
            let is_of_tag = operation["tags"].as_array().is_some_and(|tags| tags.iter().any(|one| one == tag));
            if is_of_tag {
                count += 1;
                operation_part(&mut inside, document, (method, path), operation);
            }
        }
    }
    let _ = write!(html, "<details><summary><b>{}</b> <span class=\"n\">{count} · {}</span></summary>{inside}</details>", escape(tag), escape(about));
}

fn operation_part(html: &mut String, document: &Value, (method, path): (&str, &str), operation: &Value) {
    let id = escape(text(&operation["operationId"]));
    let upper = method.to_ascii_uppercase();
    let _ = write!(html, "<details><summary><span class=\"m {method}\">{upper}</span> <code>{}</code> ", escape(path));
    let _ = write!(html, "<span class=\"n\">{}</span></summary>", prose(text(&operation["summary"])));
    let _ =
        write!(html, "<p class=\"n\" id=\"{id}\">Operation <code>{id}</code>{}</p>", if is_public(operation) { ", without signing in" } else { "" });
    if let Some(about) = operation["description"].as_str() {
        let _ = write!(html, "<p>{}</p>", prose(about));
    }
    let parameters: Vec<&Value> = operation["parameters"].as_array().into_iter().flatten().collect();
    if !parameters.is_empty() {
        html.push_str("<table><thead><tr><th>Parameter</th><th>In</th><th>What</th></tr></thead><tbody>");
        for parameter in parameters {
            let must = if parameter["required"] == true { "" } else { " (may be left out)" };
            let _ = write!(
                html,
                "<tr><td><code>{}</code></td><td>{}{must}</td><td>{} {}</td></tr>",
                escape(text(&parameter["name"])),
                escape(text(&parameter["in"])),
                kind(&parameter["schema"]),
                prose(text(&parameter["description"]))
            );
        }
        html.push_str("</tbody></table>");
    }
    if let Some(body) = operation["requestBody"]["content"].as_object().and_then(|content| content.values().next()) {
        let _ = write!(html, "<p>Body: {}</p>", kind(&body["schema"]));
        let list = &body["schema"]["items"]["$ref"];
        let name = body["schema"]["$ref"].as_str().or(list.as_str()).and_then(|path| path.rsplit('/').next()).unwrap_or_default();
        shape(html, &document["components"]["schemas"][name]);
    }
    answers(html, &operation["responses"]);
    html.push_str("</details>");
}

fn answers(html: &mut String, responses: &Value) {
    let mut refusals = Vec::new();
    for (status, response) in entries(responses) {
        if response["$ref"].is_string() {
            refusals.push(status.as_str());
            continue;
        }
        let content = response["content"].as_object().and_then(|content| content.values().next());
        let shape = content.map_or_else(String::new, |content| kind(&content["schema"]));
        let _ = write!(html, "<p>Answer {}: {shape} {}</p>", escape(status), prose(text(&response["description"])));
    }
    let _ = write!(html, "<p class=\"n\">Problems: {} (<a href=\"#problems\">codes</a>)</p>", escape(&refusals.join(", ")));
}

fn is_public(operation: &Value) -> bool {
    operation["security"].as_array().is_some_and(|security| security.iter().any(|one| one.as_object().is_some_and(Map::is_empty)))
}

fn shape(html: &mut String, schema: &Value) {
    if let Some(about) = schema["description"].as_str() {
        let _ = write!(html, "<p>{}</p>", prose(about));
    }
    let Some(properties) = schema["properties"].as_object() else {
        if schema.is_object() {
            let _ = write!(html, "<p>{}</p>", kind(schema));
        }
        return;
    };
    let required: Vec<&str> = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    html.push_str("<table><thead><tr><th>Field</th><th>Kind</th><th>What</th></tr></thead><tbody>");
    for (name, property) in properties {
        let must = if required.contains(&name.as_str()) { "" } else { " (may be absent)" };
        let _ = write!(
            html,
            "<tr><td><code>{}</code>{must}</td><td>{}</td><td>{}</td></tr>",
            escape(name),
            kind(property),
            prose(text(&property["description"]))
        );
    }
    html.push_str("</tbody></table>");
}

/// What a schema allows, in a few words, with links to named shapes.
fn kind(schema: &Value) -> String {
    if let Some(name) = schema["$ref"].as_str().and_then(|path| path.rsplit('/').next()) {
        return format!("<a href=\"#shape-{0}\"><code>{0}</code></a>", escape(name));
    }
    for choice in ["oneOf", "anyOf", "allOf"] {
        if let Some(choices) = schema[choice].as_array() {
            let kinds: Vec<String> = choices.iter().filter(|one| one["type"] != "null").map(kind).collect();
            return kinds.join(" or ");
        }
    }
    if schema["type"] == "array" {
        return format!("list of {}", kind(&schema["items"]));
    }
    let mut words = match &schema["type"] {
        Value::String(one) => one.clone(),
        Value::Array(many) => many.iter().filter_map(Value::as_str).filter(|one| *one != "null").collect::<Vec<_>>().join(" or "),
        _ => "any value".to_owned(),
    };
    if let Some(choices) = schema["enum"].as_array() {
        let choices: Vec<&str> = choices.iter().filter_map(Value::as_str).collect();
        words = format!("one of {}", choices.join(", "));
    }
    for (key, before) in [("minimum", "from"), ("maximum", "to"), ("maxLength", "up to letters:"), ("pattern", "like")] {
        match &schema[key] {
            Value::Null => {}
            Value::String(bound) => {
                let _ = write!(words, " {before} {bound}");
            }
            bound => {
                let _ = write!(words, " {before} {bound}");
            }
        }
    }
    escape(&words)
}

/// The codes of problems by status; the `type` of a problem leads here.
fn problems(html: &mut String) {
    html.push_str("<h2 id=\"problems\">Problems</h2><p>A problem is <code>application/problem+json</code>: branch on <code>code</code>, show ");
    html.push_str("<code>title</code>. A code that is not here is a fault of the server (500).</p>");
    html.push_str("<table><thead><tr><th>Status</th><th>Code</th></tr></thead><tbody>");
    for (status, codes) in STATUSES {
        for code in *codes {
            let _ = write!(html, "<tr id=\"{code}\"><td>{status}</td><td><code>{code}</code></td></tr>");
        }
    }
    html.push_str("</tbody></table>");
}

fn entries(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// A sentence of the document: what stands between backticks is code.
fn prose(text: &str) -> String {
    let parts = escape(text);
    let pieces = parts.split('`').enumerate();
    pieces.map(|(at, piece)| if at % 2 == 1 { format!("<code>{piece}</code>") } else { piece.to_owned() }).collect()
}
