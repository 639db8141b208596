//! What programs rely on: repeats, pages, tags, languages, limits; and what nobody gets to see.

use crate::world::{DAY, Who, World};
use api::{Limits, Rate};
use axum::body::Body;
use axum::http::{Method, Request, header};
use serde_json::{Value, json};

async fn world() -> (World, test_kit::Database) {
    let database = test_kit::sqlite();
    (World::new(database.url(), Limits::none()).await, database)
}

#[test]
fn a_payment_is_made_once_and_its_key_is_for_it_alone() {
    test_kit::run(async {
        let (world, _database) = world().await;
        let token = world.token(Who::Member).await;
        let pay = |amount: i64| json!({"from_member": 2, "to_member": 3, "amount_ngwee": amount});
        let path = "/wallets/MULENGA/transfers";
        let first = world.post(token.as_deref(), path, &pay(150), "wish-1").await;
        let again = world.post(token.as_deref(), path, &pay(150), "wish-1").await;
        assert_eq!((first.status.as_u16(), again.status.as_u16()), (201, 201), "{}", first.text());
        assert_eq!((&first.json()["transfer_no"], &again.json()["is_repeat"]), (&again.json()["transfer_no"], &json!(true)));
        for (body, key, status, code) in [
            (pay(151), "wish-1", 422, "key_reused"),
            (pay(99_999_999), "wish-2", 409, "exceeds_credits"),
            (pay(0), "wish-3", 422, "amount_not_positive"),
            (json!({"from_member": 2, "to_member": 2, "amount_ngwee": 1}), "wish-4", 422, "self_payment"),
            (json!({"from_member": 2, "to_member": 99, "amount_ngwee": 1}), "wish-5", 404, "member_unknown"),
        ] {
            let answer = world.post(token.as_deref(), path, &body, key).await;
            assert_eq!((answer.status.as_u16(), answer.code().as_str()), (status, code), "{body}");
        }
        let wallet = world.get(token.as_deref(), "/wallets/MULENGA").await.json();
        let paid = world.service.wallet_balance(world.village.id, domain::MemberNo::new(3).expect("a number")).await.expect("reads");
        assert_eq!(wallet["items"].as_array().map(Vec::len), Some(1), "one's own wallet alone");
        assert!(paid.posted.0 > 0 && wallet["items"][0]["member_no"] == 2, "{wallet}");
    });
}

#[test]
fn a_list_of_payments_answers_for_each() {
    test_kit::run(async {
        let (world, _database) = world().await;
        let token = world.token(Who::Member).await;
        let row = |to: i64, amount: i64| json!({"from_member": 2, "to_member": to, "amount_ngwee": amount});
        let list = json!([row(3, 10), row(99, 10), row(4, 10), row(1, 99_999_999)]);
        let answer = world.post(token.as_deref(), "/wallets/MULENGA/transfers", &list, "list-1").await;
        assert_eq!(answer.status.as_u16(), 200, "{}", answer.text());
        let items = answer.json()["items"].as_array().cloned().expect("a list");
        let told: Vec<Value> = items.iter().map(|item| if item["code"].is_null() { json!("paid") } else { item["code"].clone() }).collect();
        assert_eq!(told, [json!("paid"), json!("member_unknown"), json!("paid"), json!("exceeds_credits")]);
        let again = world.post(token.as_deref(), "/wallets/MULENGA/transfers", &list, "list-1").await.json();
        assert_eq!((&again["items"][0]["transfer_no"], &again["items"][0]["is_repeat"]), (&items[0]["transfer_no"], &json!(true)));
    });
}

#[test]
fn pages_lead_through_a_whole_list() {
    test_kit::run(async {
        let (world, _database) = world().await;
        let token = world.token(Who::Officer).await;
        let (mut path, mut numbers) = ("/ledger/MULENGA/transfers?limit=7".to_owned(), Vec::new());
        loop {
            let answer = world.get(token.as_deref(), &path).await;
            let page = answer.json();
            let items = page["items"].as_array().expect("rows");
            numbers.extend(items.iter().map(|item| item["transfer_no"].as_i64().expect("a number")));
            let Some(next) = page["next"].as_str() else { break };
            assert_eq!(items.len(), 7);
            assert_eq!(answer.header("link"), format!("</ledger/MULENGA/transfers?after={next}&limit=7>; rel=\"next\""));
            path = format!("/ledger/MULENGA/transfers?after={next}&limit=7");
        }
        assert!(numbers.len() > 7 && numbers.iter().zip(1..).all(|(no, place)| *no == place), "every transfer once, in order: {numbers:?}");
        let days = world.get(token.as_deref(), "/clusters/MULENGA/days?limit=1").await.json();
        assert_eq!(days["items"][0]["day_on"], DAY);
        let next = days["next"].as_str().expect("more days");
        let second = world.get(token.as_deref(), &format!("/clusters/MULENGA/days?limit=1&after={next}")).await.json();
        assert_eq!(second["items"][0]["day_on"], "2026-03-03");
    });
}

#[test]
fn an_unchanged_read_is_not_sent_again() {
    test_kit::run(async {
        let (world, _database) = world().await;
        let token = world.token(Who::Member).await.expect("a token");
        let first = world.get(Some(&token), "/clusters/MULENGA/rules").await;
        let tag = first.header("etag").to_owned();
        assert!(tag.starts_with("W/\"") && first.header("cache-control") == "private, no-cache");
        let request = Request::get("/clusters/MULENGA/rules").header(header::AUTHORIZATION, format!("Bearer {token}")).header("if-none-match", &tag);
        let again = world.send(request.body(Body::empty()).expect("a request")).await;
        assert_eq!((again.status.as_u16(), again.bytes.len(), again.header("etag")), (304, 0, tag.as_str()));
    });
}

#[test]
fn a_cookie_counts_only_from_our_own_pages() {
    test_kit::run(async {
        let (world, _database) = world().await;
        let token = world.token(Who::Member).await.expect("a token");
        let send = |method: &str, path: &str, from: Option<&str>| {
            let mut request = Request::builder().method(method).uri(path).header("cookie", format!("innerlectra-session={token}"));
            if let Some(from) = from {
                request = request.header("sec-fetch-site", from);
            }
            world.send(request.header("content-type", "application/json").body(Body::from("{}")).expect("a request"))
        };
        assert_eq!(send("GET", "/users/me", None).await.status.as_u16(), 200, "reading is harmless");
        assert_eq!(send("PATCH", "/users/me", Some("same-origin")).await.status.as_u16(), 200);
        for from in [Some("cross-site"), Some("same-site"), Some("none"), None] {
            let answer = send("PATCH", "/users/me", from).await;
            assert_eq!((answer.status.as_u16(), answer.code().as_str()), (403, "form_foreign"), "{from:?}");
        }
    });
}

#[test]
fn what_others_do_not_show_is_not_in_the_answer() {
    test_kit::run(async {
        let (world, _database) = world().await;
        let member = world.token(Who::Member).await;
        for path in ["/clusters/MULENGA/members", "/clusters/MULENGA/dashboard", "/clusters/MULENGA", "/assets/MULENGA", "/meters/MULENGA"] {
            let text = world.get(member.as_deref(), path).await.text();
            for hidden in ["0971000004", "971000004", "Officer Surname", "\"phone\"", "\"used_wh\""] {
                assert!(!text.contains(hidden), "{path} tells {hidden}");
            }
        }
        let meters = world.get(member.as_deref(), "/meters/MULENGA").await.text();
        assert!(meters.contains("MULENGA-M2") && !meters.contains("MULENGA-M3"), "a neighbour's meter is not told");
        let day = world.get(member.as_deref(), &format!("/clusters/MULENGA/days/{DAY}")).await.json();
        let told: Vec<&Value> = day["members"].as_array().expect("members").iter().map(|line| &line["member_no"]).collect();
        assert_eq!(told, [&json!(2)], "of a day, one's own line alone");
        for path in ["statement", "returns", "looks", "entry", "readings?from=2026-03-02&to=2026-03-03", "users"] {
            let answer = world.get(member.as_deref(), &format!("/clusters/MULENGA/members/3/{path}")).await;
            assert_eq!(answer.code(), "not_allowed", "{path} of a neighbour");
        }
        // An officer's look is written down, and the member sees it.
        let officer = world.token(Who::Officer).await;
        assert_eq!(world.get(officer.as_deref(), "/clusters/MULENGA/members/2/statement").await.status.as_u16(), 200);
        world.service.audit_flush().await;
        let looks = world.get(member.as_deref(), "/clusters/MULENGA/members/2/looks").await.json();
        assert_eq!(looks["items"][0]["who"], "Officer Surname", "{looks}");
        // What one shows is told.
        let shown = json!({"consents": {"show_name": true, "show_phone": true, "show_usage": false}});
        assert_eq!(world.call(member.as_deref(), Method::PATCH, "/clusters/MULENGA/members/2/entry", Some(&shown), None).await.status.as_u16(), 200);
        let text = world.get(officer.as_deref(), "/clusters/MULENGA/members").await.text();
        assert!(text.contains("+260971000003") && text.contains("Member Surname"), "{text}");
    });
}

#[test]
fn a_number_registers_founds_and_another_joins() {
    test_kit::run(async {
        let (world, _database) = world().await;
        let operator = world.token(Who::Operator).await;
        let mut tokens = Vec::new();
        for (phone, name) in [("0972000001", "Founder"), ("0972000002", "Joiner")] {
            world.clock.set(world.service.now().plus_ms(1_000));
            let begun = world.post(None, "/auth/registrations", &json!({"phone": phone}), "k").await;
            assert_eq!((begun.status.as_u16(), begun.bytes.len()), (202, 0));
            let sms = world.get(operator.as_deref(), "/admin/sms?limit=1").await.json();
            let told = sms["items"][0]["body"].as_str().expect("a text").to_owned();
            assert!(!told.bytes().any(|b| b.is_ascii_digit()), "the operator sees that a code went out, and not the code: {told}");
            let texts = world.service.sms_list(service::policy::Actor::System, None, 1).await.expect("texts");
            let body = texts[0].body.clone();
            let code: String = body.split(|c: char| !c.is_ascii_digit()).find(|digits| digits.len() >= 5).expect("a code").to_owned();
            let confirm = json!({"phone": phone, "code": code, "name": name, "pin": "7294", "device": "a test"});
            let signed_in = world.post(None, "/auth/registrations/confirm", &confirm, "k").await;
            assert_eq!(signed_in.status.as_u16(), 201, "{}", signed_in.text());
            tokens.push(signed_in.json()["token"].as_str().expect("a token").to_owned());
        }
        let household = |alias: &str| json!({"alias": alias, "contribution_ngwee": 300_000});
        let found = json!({
            "code": "NEWONE", "name": "New One", "kind": "micro", "place": "Kabwe", "region": "kabwe", "connection": "one_point",
            "location": {"latitude_micro": -14_446_900, "longitude_micro": 28_446_400}, "household": household("First home")
        });
        let founded = world.post(Some(&tokens[0]), "/clusters/create", &found, "found-1").await;
        assert_eq!(founded.status.as_u16(), 201, "{}", founded.text());
        let again = world.post(Some(&tokens[0]), "/clusters/create", &found, "found-1").await;
        assert_eq!((again.status.as_u16(), again.json()), (201, founded.json()), "the same wish is the same cluster");
        let mut other = found.clone();
        other["name"] = json!("Another");
        assert_eq!(world.post(Some(&tokens[0]), "/clusters/create", &other, "found-1").await.code(), "key_reused");
        assert_eq!(world.post(Some(&tokens[0]), "/clusters/create", &found, "found-2").await.code(), "cluster_code_taken");
        let join = json!({"code": "NEWONE", "household": household("Second home")});
        let joined = world.post(Some(&tokens[1]), "/clusters/join", &join, "join-1").await;
        assert_eq!((joined.status.as_u16(), &joined.json()["state"]), (201, &json!("active")), "{}", joined.text());
        assert_eq!(world.post(Some(&tokens[1]), "/clusters/join", &join, "join-2").await.code(), "already_member");
        let me = world.get(Some(&tokens[1]), "/users/me").await.json();
        assert_eq!((&me["clusterMemberships"][0]["cluster"], &me["clusterMemberships"][0]["member_no"]), (&json!("NEWONE"), &json!(2)));
        let own = world.get(Some(&tokens[1]), "/clusters").await.json();
        assert_eq!(own["items"].as_array().map(Vec::len), Some(1));
    });
}

#[test]
fn readings_are_taken_or_refused_one_by_one() {
    test_kit::run(async {
        let (world, _database) = world().await;
        let token = world.token(Who::Officer).await;
        let start = crate::world::first_start().0 + 2 * 86_400_000;
        let row = |meter: &str, start: i64, wh: i64| json!({"meter": meter, "start_at": start, "consumption_wh": wh});
        let body =
            json!([row("MULENGA-M1", start, 100), row("UNKNOWN", start, 100), row("MULENGA-M2", start + 1, 100), row("MULENGA-M2", start, -5)]);
        let report = world.call(token.as_deref(), Method::POST, "/readings/MULENGA", Some(&body), None).await.json();
        assert_eq!((&report["rows"], &report["accepted"]), (&json!(4), &json!(1)), "{report}");
        let refused: Vec<(i64, &str)> = report["refused"]
            .as_array()
            .expect("rows")
            .iter()
            .map(|row| (row["index"].as_i64().expect("a place"), row["code"].as_str().expect("a code")))
            .collect();
        assert_eq!(refused, [(1, "meter_unknown"), (2, "step_mismatch"), (3, "value_negative")]);
        let path = "/clusters/MULENGA/members/1/readings?from=2026-03-04&to=2026-03-05";
        let read = world.get(token.as_deref(), path).await.json();
        assert_eq!(read["items"], json!([{"start_at": start, "meter_no": 1, "consumption_wh": 100, "generation_wh": 0, "quality": "late"}]));
    });
}

#[test]
fn too_many_guesses_wait() {
    test_kit::run(async {
        let database = test_kit::sqlite();
        let limits = Limits { guess: Some(Rate { burst: 3, per_minute: 1 }), ..Limits::none() };
        let world = World::new(database.url(), limits).await;
        let wrong = json!({"phone": "0971999999", "pin": "8305"});
        for _ in 0..3 {
            assert_eq!(world.post(None, "/auth/sessions", &wrong, "k").await.code(), "login_refused");
        }
        let answer = world.post(None, "/auth/sessions", &wrong, "k").await;
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (429, "too_many_requests"));
        assert!(answer.header("retry-after").parse::<u64>().is_ok_and(|seconds| (1..=61).contains(&seconds)));
        assert_eq!(world.get(None, "/regions").await.status.as_u16(), 200, "reading goes on");
    });
}

#[test]
fn a_known_number_and_an_unknown_one_get_the_same_answer() {
    test_kit::run(async {
        let (world, _database) = world().await;
        let (known, unknown) = ("0971000003", "0971999999");
        for path in ["/auth/registrations", "/auth/sessions", "/auth/registrations/confirm", "/auth/pin-resets/confirm"] {
            let body = |phone: &str| match path {
                "/auth/registrations" => json!({"phone": phone}),
                "/auth/sessions" => json!({"phone": phone, "pin": "8305"}),
                "/auth/registrations/confirm" => json!({"phone": phone, "code": "12345", "name": "A", "pin": "8305"}),
                _ => json!({"phone": phone, "code": "12345", "new_pin": "8305"}),
            };
            let (one, other) = (world.post(None, path, &body(known), "k").await, world.post(None, path, &body(unknown), "k").await);
            let told = |answer: &crate::world::Answer| (answer.status, answer.code(), answer.json()["detail"].clone());
            assert_eq!(told(&one), told(&other), "{path}");
        }
    });
}

#[test]
fn an_ended_session_and_a_problem_say_so_in_the_readers_language() {
    test_kit::run(async {
        let (world, _database) = world().await;
        let token = world.token(Who::Member).await.expect("a token");
        assert_eq!(world.call(Some(&token), Method::POST, "/auth/logout", None, None).await.status.as_u16(), 204);
        let answer = world.get(Some(&token), "/users/me").await;
        assert_eq!((answer.status.as_u16(), answer.header("www-authenticate"), answer.code().as_str()), (401, "Bearer", "session_unknown"));
        assert_eq!((answer.header("content-type"), answer.header("cache-control")), ("application/problem+json", "no-store"));
        let problem = answer.json();
        assert_eq!((&problem["status"], &problem["type"]), (&json!(401), &json!("/docs#session_unknown")));
        assert_eq!(problem["instance"], answer.header("x-request-id"), "the log can be asked by it");
        let request = Request::get("/clusters/NOWHERE").header("accept-language", "bem").body(Body::empty()).expect("a request");
        let (bemba, english) = (world.send(request).await.json(), world.get(None, "/clusters/NOWHERE").await.json());
        assert_eq!((&bemba["code"], &bemba["detail"]), (&english["code"], &english["detail"]), "programs read the same");
        let said = |problem: &Value| problem["title"].as_str().expect("a title").to_owned();
        assert_ne!(said(&bemba), said(&english), "people read their own language");
        // Without that header it is the user's own.
        let token = world.token(Who::Member).await;
        let language = json!({"language": "bem"});
        assert_eq!(world.call(token.as_deref(), Method::PATCH, "/users/me", Some(&language), None).await.status.as_u16(), 200);
        assert_eq!(said(&world.get(token.as_deref(), "/clusters/NOWHERE").await.json()), said(&bemba));
    });
}

#[test]
fn the_page_reads_offline_and_lists_every_operation() {
    test_kit::run(async {
        let (world, _database) = world().await;
        let page = world.get(None, "/docs").await;
        let text = page.text();
        let document: Value = serde_json::from_str(&api::document()).expect("JSON");
        for item in document["paths"].as_object().expect("paths").values() {
            for operation in item.as_object().expect("operations").values() {
                let name = operation["operationId"].as_str().expect("a name");
                assert!(text.contains(&format!(" id=\"{name}\">")), "{name} is on the page");
            }
        }
        for outside in ["<script", "http://", "https://", "<link", "<img"] {
            assert!(!text.contains(outside), "the page needs nothing from outside: {outside}");
        }
        assert!(page.header("content-security-policy").starts_with("default-src 'none'"));
        assert_eq!(world.get(None, "/openapi.json").await.text(), api::document());
    });
}

test_kit::on_both! {
    async fn the_same_wish_at_the_same_time_is_one(url: &str) {
        let world = World::new(url, Limits::none()).await;
        let token = world.token(Who::Stranger).await;
        let household = json!({"alias": "First home", "contribution_ngwee": 300_000});
        let found = json!({"name": "Twice", "kind": "micro", "place": "Kabwe", "region": "kabwe", "connection": "one_point", "household": household});
        let once = || world.post(token.as_deref(), "/clusters/create", &found, "found-1");
        let (a, b, c) = tokio::join!(once(), once(), once());
        for answer in [&b, &c] {
            assert_eq!((answer.status.as_u16(), answer.json()), (201, a.json()), "{} {}", a.text(), answer.text());
        }
        let own = world.get(token.as_deref(), "/clusters").await.json();
        assert_eq!(own["items"].as_array().map(Vec::len), Some(1), "{own}");
        let token = world.token(Who::Member).await;
        let pay = json!({"from_member": 2, "to_member": 3, "amount_ngwee": 150});
        let once = || world.post(token.as_deref(), "/wallets/MULENGA/transfers", &pay, "wish-1");
        let (a, b, c) = tokio::join!(once(), once(), once());
        let numbers = [&a, &b, &c].map(|answer| answer.json()["transfer_no"].as_i64());
        assert!(numbers[0].is_some() && numbers.iter().all(|no| *no == numbers[0]), "{numbers:?}");
    }
}
