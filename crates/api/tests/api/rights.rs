//! Every operation of the document, tried as everybody. `rights.txt` says what is expected; an operation without a row there fails.

use crate::document::check_file;
use crate::world::{DAY, Who, World, first_start};
use axum::http::Method;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::path::Path;

/// One operation as the document has it.
struct Operation {
    name: String,
    method: Method,
    path: String,
    has_body: bool,
    needs_key: bool,
    is_public: bool,
}

fn operations() -> Vec<Operation> {
    let document: Value = serde_json::from_str(&api::document()).expect("JSON");
    let mut operations = Vec::new();
    for (path, item) in document["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("operations") {
            let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
            operations.push(Operation {
                name: operation["operationId"].as_str().expect("a name").to_owned(),
                method: method.to_ascii_uppercase().parse().expect("a method"),
                path: path.clone(),
                has_body: operation["requestBody"].is_object(),
                needs_key: parameters.iter().any(|parameter| parameter["name"] == "Idempotency-Key"),
                is_public: operation["security"].as_array().is_some_and(|security| security.iter().any(|one| one == &json!({}))),
            });
        }
    }
    // What ends a membership comes last: the others are tried with it.
    operations.sort_by_key(|operation| (operation.name == "member_leave", operation.name.clone()));
    operations
}

/// A body that is refused by rights or not at all, save for the state of things.
fn body(name: &str) -> Value {
    let household = json!({"alias": "New home", "contribution_ngwee": 300000});
    let terms = json!({
        "start_at": 1773000000000i64, "end_at": 1773003600000i64, "energy_wh": 100, "price_ngwee_per_kwh": 90, "penalty_ngwee_per_kwh": 0,
        "expires_at": 1772990000000i64
    });
    match name {
        "registration_begin" => json!({"phone": "0971999999"}),
        "registration_confirm" => json!({"phone": "0971999999", "code": "000000", "name": "A Name", "pin": "7294"}),
        "session_create" => json!({"phone": "0971999998", "pin": "7294"}),
        // A wrong one: it must not change.
        "pin_change" => json!({"old_pin": "8305", "new_pin": "8316"}),
        "pin_reset_confirm" => json!({"phone": "0971999997", "code": "000000", "new_pin": "7294"}),
        "profile_update" => json!({}),
        "notices_read" => json!({"notices": []}),
        "create_cluster" => {
            json!({"name": "New Group", "kind": "micro", "place": "Kabwe", "region": "kabwe", "connection": "one_point", "household": household})
        }
        "join_open" => json!({"region": "kabwe", "household": {"alias": "Lone home", "contribution_ngwee": 0}}),
        "cluster_profile_set" => json!({}),
        "pin_reset_ask" => json!({"phone": "0971999996"}),
        "join_cluster" => json!({"code": "ELSEWHERE", "household": household}),
        "member_leave" => json!({"left_on": "2026-03-09"}),
        "role_set" => json!({"user_id": "1", "role": "keeper", "is_granted": true}),
        "person_invite" | "person_take_back" => json!({"phone": "0971999995"}),
        "invitation_answer" => json!({"is_accepted": false}),
        "contribution_pay" => json!({"amount_ngwee": 100}),
        "members_move" => json!({"to": "ELSEWHERE", "members": [2], "moved_on": "2026-03-09"}),
        "pin_reset_approve" => json!({"member_no": 3}),
        "entry_update" => json!({}),
        "verdict" => json!({"cluster": "MULENGA", "contribution_ngwee": 300000, "monthly_wh": 60000, "outage_hours": 0}),
        "rules_change" => json!({"from_on": "2026-03-09"}),
        "outage_record" | "meter_add" | "asset_add" | "readings_append" => json!([]),
        "own_meter_add" => json!({"serial": "OWN-1"}),
        "meter_assign" => json!({"member_no": 2, "from_on": "2026-03-09"}),
        "meter_release" => json!({"from_on": "2026-03-09"}),
        "meter_exchange" => json!({"serial": "NEW-1", "from_on": "2026-03-09"}),
        "asset_shares_set" => json!({"from_on": "2026-03-09", "whole_parts": 10, "shares": [{"member_no": 1, "parts": 10}]}),
        "cash_receive" => json!({"member_no": 2, "amount_ngwee": 100, "reference": "P-1"}),
        "payout_ask" => json!({"member_no": 2, "amount_ngwee": 100}),
        "payout_cancel" => json!({"member_no": 2}),
        "order_place" | "order_preview" => json!({"side": "buy", "price_ngwee_per_kwh": 120, "energy_wh": 1000}),
        "order_amend" => json!({"energy_wh": 500}),
        "standing_set" => json!({"side": "sell", "price_ngwee_per_kwh": 90, "keep_wh": 2000}),
        "order_review" => json!({"decision": "refuse"}),
        "surplus_choice_set" => json!({"choice": "bank"}),
        "credit_give" => json!({"to_member": 3, "energy_wh": 100}),
        "cover_add" => json!({"source": "gift", "amount_ngwee": 100}),
        "compliance_set" => json!({}),
        "between_limits_set" => json!({
            "from_on": "2026-03-09", "sell_max_wh": 0, "buy_max_wh": 0, "sell_price_min_ngwee_per_kwh": 0, "buy_price_max_ngwee_per_kwh": 0, "spend_max_ngwee": 0
        }),
        "line_set" => json!({
            "from_cluster": "MULENGA", "to_cluster": "ELSEWHERE", "from_on": "2026-03-09", "fee_ngwee_per_kwh": 20, "capacity_wh": 500, "loss_ppm": 0,
            "owner": "Wires"
        }),
        "line_outage_set" => json!({
            "from_cluster": "MULENGA", "to_cluster": "ELSEWHERE", "start_at": 0, "end_at": 900000, "capacity_wh": 0, "note": "A pole fell"
        }),
        "offer_place" => {
            json!({"side": "sell", "start_at": 1773000000000i64, "end_at": 1773003600000i64, "energy_wh": 100, "price_ngwee_per_kwh": 90})
        }
        "deal_offer" => json!({"other": "ELSEWHERE", "side": "seller", "terms": terms}),
        "deal_counter" => terms,
        "wallet_pay" => json!({"from_member": 2, "to_member": 3, "amount_ngwee": 100}),
        "alert_create" => json!({"cluster": "MULENGA", "kind": "above", "price_ngwee_per_kwh": 150}),
        other => panic!("{other} has no body here: give it one that its rights alone can refuse"),
    }
}

fn address(operation: &Operation) -> String {
    let no = if operation.name == "session_end" { "999" } else { "2" };
    let path =
        operation.path.replace("{id}", "MULENGA").replace("{cluster}", "MULENGA").replace("{no}", no).replace("{user}", "1").replace("{order}", "1");
    let path =
        path.replace("{date}", DAY).replace("{start}", &first_start().0.to_string()).replace("{code}", "kabwe").replace("{other}", "ELSEWHERE");
    match operation.name.as_str() {
        "member_readings" => format!("{path}?from={DAY}&to=2026-03-03"),
        "candle_list" => format!("{path}?span=1h&from_at=0&until_at=3600000"),
        "market_board" => format!("{path}?region=kabwe"),
        "delivery_list" => format!("{path}?from={DAY}&to=2026-03-03"),
        "interval_proof" => format!("{path}?member=2"),
        "reputation_read" => format!("{path}?cluster=MULENGA&member=2"),
        _ => path,
    }
}

/// `.` refused for rights, `x` not.
async fn tried(world: &World, operation: &Operation, who: Who) -> char {
    let token = world.token(who).await;
    let body = operation.has_body.then(|| body(&operation.name));
    let key = operation.needs_key.then(|| format!("{}-{who:?}", operation.name));
    let answer = world.call(token.as_deref(), operation.method.clone(), &address(operation), body.as_ref(), key.as_deref()).await;
    let refused = match answer.code().as_str() {
        "sign_in_needed" => {
            assert_eq!((answer.status.as_u16(), who), (401, Who::Nobody), "{}: only nobody is told to sign in", operation.name);
            true
        }
        "not_allowed" => {
            assert_eq!(answer.status.as_u16(), 403, "{}", operation.name);
            assert_ne!(who, Who::Nobody, "{}: nobody is told to sign in", operation.name);
            true
        }
        code => {
            assert!(answer.status.as_u16() < 500, "{} as {who:?}: {code} {}", operation.name, answer.text());
            assert!(
                !matches!(answer.status.as_u16(), 400 | 405 | 415),
                "{} as {who:?} is a request that can be read: {}",
                operation.name,
                answer.text()
            );
            false
        }
    };
    if refused { '.' } else { 'x' }
}

async fn matrix(world: &World) -> String {
    let mut lines = Vec::new();
    for operation in operations() {
        let mut row = String::new();
        for who in Who::ALL {
            row.push(tried(world, &operation, who).await);
        }
        assert_eq!(row.starts_with('x'), operation.is_public, "{}: what the document says of nobody is so", operation.name);
        lines.push(format!("{:<28} {row}", operation.name));
    }
    lines.sort();
    let mut text = String::from(
        "# Who may try what: nobody, stranger, officer elsewhere, the member, a neighbour, officer, operator. `.` is refused, `x` is not.\n",
    );
    for line in &lines {
        let _ = writeln!(text, "{line}");
    }
    let _ = writeln!(text, "# {} operations, {} tries", lines.len(), lines.len() * Who::ALL.len());
    text
}

test_kit::on_both! {
    async fn every_operation_as_everybody(url: &str) {
        let world = World::new(url, api::Limits::none()).await;
        check_file(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/api/rights.txt"), &matrix(&world).await);
    }
}
