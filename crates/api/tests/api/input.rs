//! Bad input: what it is answered with, by stable code, and nothing half-done.

use crate::world::{Who, World};
use api::Limits;
use axum::body::Body;
use axum::http::{Request, StatusCode, header};

/// Method, path, content type, body; then status and code. `-` is no content type; the key is always sent.
const CASES: &[(&str, &str, &str, &str, u16, &str)] = &[
    // Addresses.
    ("GET", "/nowhere", "-", "", 404, "not_found"),
    ("GET", "/clusters/MULENGA/nowhere", "-", "", 404, "not_found"),
    ("PUT", "/clusters", "-", "", 405, "method_not_allowed"),
    ("TRACE", "/users/me", "-", "", 405, "method_not_allowed"),
    ("GET", "/clusters/..%2Fetc", "-", "", 400, "cluster_code_invalid"),
    ("GET", "/clusters/NOWHERE/dashboard", "-", "", 404, "cluster_unknown"),
    ("GET", "/clusters/MULENGA/members/zero/statement", "-", "", 400, "bad_address"),
    ("GET", "/clusters/MULENGA/members/0/statement", "-", "", 400, "bad_address"),
    ("GET", "/clusters/MULENGA/members/99999999999999999999/returns", "-", "", 400, "bad_address"),
    ("GET", "/clusters/MULENGA/members/2/statement?month=2026-13", "-", "", 400, "date_invalid"),
    ("GET", "/clusters/MULENGA/members/2/statement?moon=full", "-", "", 400, "bad_address"),
    ("GET", "/clusters/MULENGA/members/2/readings?from=2026-03-02&to=2026-03-02", "-", "", 422, "interval_empty"),
    ("GET", "/clusters/MULENGA/members/2/readings?from=2026-03-02&to=2026-09-02", "-", "", 422, "span_too_long"),
    ("GET", "/clusters/MULENGA/members/2/readings?from=2026-03-02", "-", "", 400, "bad_address"),
    ("GET", "/clusters/MULENGA/days/2026-02-30", "-", "", 400, "date_invalid"),
    ("GET", "/clusters/MULENGA/days/2031-01-01", "-", "", 404, "day_unknown"),
    ("GET", "/clusters/MULENGA/days?after=1", "-", "", 400, "cursor_invalid"),
    ("GET", "/clusters/MULENGA/days?limit=0", "-", "", 400, "limit_out_of_range"),
    ("GET", "/clusters/MULENGA/days?limit=101", "-", "", 400, "limit_out_of_range"),
    ("GET", "/clusters/MULENGA/days?limit=1&limit=2", "-", "", 400, "bad_address"),
    ("GET", "/clusters/MULENGA/intervals/5/proof?member=2", "-", "", 404, "interval_unknown"),
    ("GET", "/regions/atlantis", "-", "", 404, "region_unknown"),
    // Bodies.
    ("POST", "/clusters/join", "application/json", "{", 400, "body_malformed"),
    ("POST", "/clusters/join", "application/json", "", 400, "body_malformed"),
    ("POST", "/clusters/join", "application/json", "[]", 400, "body_invalid"),
    ("POST", "/clusters/join", "application/json", "\u{feff}{}", 400, "body_malformed"),
    ("POST", "/clusters/join", "text/plain", "{}", 415, "content_type_unsupported"),
    ("POST", "/clusters/join", "-", "{}", 415, "content_type_unsupported"),
    ("POST", "/clusters/join", "application/json; charset=utf-8", "{}", 400, "field_missing"),
    (
        "POST",
        "/clusters/join",
        "application/json",
        r#"{"code":"MULENGA","household":{"alias":"A","contribution_ngwee":1,"isOwner":true}}"#,
        400,
        "field_unknown",
    ),
    ("POST", "/clusters/join", "application/json", r#"{"code":"MULENGA","code":"MULENGA"}"#, 400, "body_invalid"),
    (
        "POST",
        "/clusters/join",
        "application/json",
        r#"{"code":"NOWHERE","household":{"alias":"A","contribution_ngwee":300000}}"#,
        404,
        "cluster_unknown",
    ),
    (
        "POST",
        "/clusters/join",
        "application/json",
        r#"{"code":"x","household":{"alias":"A","contribution_ngwee":300000}}"#,
        400,
        "cluster_code_invalid",
    ),
    (
        "POST",
        "/clusters/join",
        "application/json",
        r#"{"code":"ELSEWHERE","household":{"alias":"A","contribution_ngwee":1}}"#,
        422,
        "contribution_low",
    ),
    (
        "POST",
        "/clusters/join",
        "application/json",
        r#"{"code":"ELSEWHERE","household":{"alias":"A","contribution_ngwee":999999999}}"#,
        422,
        "contribution_high",
    ),
    (
        "POST",
        "/clusters/join",
        "application/json",
        r#"{"code":"ELSEWHERE","household":{"alias":" ","contribution_ngwee":300000}}"#,
        422,
        "name_invalid",
    ),
    ("POST", "/wallets/MULENGA/transfers", "application/json", r#"{"from_member":1,"to_member":2,"amount_ngwee":1.5}"#, 400, "body_invalid"),
    ("POST", "/wallets/MULENGA/transfers", "application/json", r#"[{"from_member":1,"to_member":2,"amount":1}]"#, 400, "field_unknown"),
    ("POST", "/wallets/MULENGA/transfers", "application/json", r#""all of it""#, 400, "body_invalid"),
    (
        "POST",
        "/assets/MULENGA",
        "application/json",
        r#"[{"kind":"battery","name":"B","cost_ngwee":1,"commissioned_on":"2026-03-02","whole_parts":10,"shares":[{"member_no":1,"parts":9}]}]"#,
        422,
        "shares_not_whole",
    ),
    (
        "POST",
        "/assets/MULENGA",
        "application/json",
        r#"[{"kind":"windmill","name":"B","cost_ngwee":1,"commissioned_on":"2026-03-02"}]"#,
        422,
        "word_unknown",
    ),
    ("PUT", "/meters/MULENGA/99/owner", "application/json", r#"{"member_no":1,"from_on":"2026-03-04"}"#, 404, "meter_unknown"),
    ("POST", "/clusters/MULENGA/outages", "application/json", r#"[{"start_at":5,"end_at":5}]"#, 422, "interval_empty"),
    ("PATCH", "/users/me", "application/json", r#"{"language":"klingon"}"#, 422, "word_unknown"),
    ("PATCH", "/users/me", "application/json", r#"{"is_operator":true}"#, 400, "field_unknown"),
    ("POST", "/auth/registrations", "application/json", r#"{"phone":"+4915112345678"}"#, 422, "phone_foreign"),
    ("POST", "/auth/registrations", "application/json", r#"{"phone":"0211123456"}"#, 422, "phone_not_mobile"),
    ("POST", "/auth/registrations", "application/json", r#"{"phone":"call me"}"#, 422, "phone_form"),
    ("POST", "/auth/sessions", "application/json", r#"{"phone":"0971000004","pin":"12"}"#, 422, "pin_form"),
    ("PUT", "/auth/pin", "application/json", r#"{"old_pin":"7294","new_pin":"1234"}"#, 422, "pin_weak"),
    (
        "POST",
        "/clusters/create",
        "application/json",
        r#"{"name":"At sea","kind":"micro","place":"P","region":"kabwe","connection":"one_point","location":{"latitude_micro":0,"longitude_micro":0},"household":{"alias":"A","contribution_ngwee":300000}}"#,
        422,
        "place_outside",
    ),
    (
        "POST",
        "/clusters/create",
        "application/json",
        r#"{"name":"N","kind":"castle","place":"P","region":"kabwe","connection":"one_point","household":{"alias":"A","contribution_ngwee":300000}}"#,
        422,
        "word_unknown",
    ),
];

#[test]
fn bad_input_gets_its_code() {
    test_kit::run(async {
        let database = test_kit::sqlite();
        let world = World::new(database.url(), Limits::none()).await;
        let token = world.token(Who::Officer).await.expect("a token");
        for (at, (method, path, kind, body, status, code)) in CASES.iter().enumerate() {
            let mut request = Request::builder().method(*method).uri(*path).header(header::AUTHORIZATION, format!("Bearer {token}"));
            request = request.header("idempotency-key", format!("case-{at}"));
            if *kind != "-" {
                request = request.header(header::CONTENT_TYPE, *kind);
            }
            let answer = world.send(request.body(Body::from((*body).to_owned())).expect("a request")).await;
            assert_eq!((answer.status.as_u16(), answer.code().as_str()), (*status, *code), "{method} {path} {body}: {}", answer.text());
            assert_eq!(answer.header("content-type"), "application/problem+json", "{method} {path}");
        }
    });
}

#[test]
fn a_key_is_asked_for_and_looked_at() {
    test_kit::run(async {
        let database = test_kit::sqlite();
        let world = World::new(database.url(), Limits::none()).await;
        let token = world.token(Who::Officer).await;
        let pay = serde_json::json!({"from_member": 1, "to_member": 2, "amount_ngwee": 1});
        for (key, code) in [(None, "key_missing"), (Some(""), "key_invalid"), (Some("a b"), "key_invalid"), (Some(&*"k".repeat(65)), "key_invalid")] {
            let answer = world.call(token.as_deref(), axum::http::Method::POST, "/wallets/MULENGA/transfers", Some(&pay), key).await;
            assert_eq!((answer.status, answer.code().as_str()), (StatusCode::BAD_REQUEST, code), "{key:?}");
        }
    });
}

#[test]
fn too_much_is_refused_before_it_is_read() {
    test_kit::run(async {
        let database = test_kit::sqlite();
        let world = World::new(database.url(), Limits::none()).await;
        let token = world.token(Who::Officer).await;
        let long = serde_json::json!({"code": "A".repeat(70_000)});
        assert_eq!(world.post(token.as_deref(), "/clusters/join", &long, "k").await.code(), "body_too_large");
        let row = serde_json::json!({"from_member": 1, "to_member": 2, "amount_ngwee": 1});
        let many = serde_json::Value::Array(vec![row; 4_097]);
        assert_eq!(world.post(token.as_deref(), "/wallets/MULENGA/transfers", &many, "k").await.code(), "payments_too_many");
        let row = serde_json::json!({"meter": "M", "start_at": 0, "consumption_wh": 1});
        let many = serde_json::Value::Array(vec![row; 10_001]);
        assert_eq!(world.post(token.as_deref(), "/readings/MULENGA", &many, "k").await.code(), "rows_too_many");
    });
}
