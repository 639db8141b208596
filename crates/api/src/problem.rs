//! The one place where errors become HTTP: a stable code, its status, and a problem document (RFC 9457).

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use ledger::Refusal;
use message::{Arg, Language, Say};
use quantity::{BusinessDay, Instant};
use serde::Serialize;
use service::ServiceError;
use service::policy::Denied;
use std::sync::Arc;
use store::StoreError;
use utoipa::ToSchema;

/// The media type of a problem document.
pub(crate) const MEDIA_TYPE: &str = "application/problem+json";
/// When to come again after something that passes by itself.
const RETRY_AFTER_S: u64 = 1;

/// Why a request was not carried out, in the form of RFC 9457.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub(crate) struct ProblemDocument<'a> {
    /// Identifies the kind of problem: the list of codes in the documentation, at this one.
    #[serde(rename = "type")]
    kind: String,
    /// For the person: what happened and the next step, in the language asked for.
    title: String,
    /// The HTTP status.
    #[schema(minimum = 400, maximum = 599)]
    status: u16,
    /// For the developer: the same with its values, in English.
    detail: &'a str,
    /// The stable code that programs branch on, in snake case.
    code: &'static str,
    /// Number of the request in the server's log.
    instance: &'a str,
    /// What is wrong with single fields of the body, the path or the query.
    #[serde(skip_serializing_if = "<[Field]>::is_empty")]
    #[schema(value_type = Option<Vec<Field>>)]
    fields: &'a [Field],
}

/// What is wrong with one field.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct Field {
    /// Where: a JSON pointer (RFC 6901) into the body, or the name of a parameter.
    pointer: String,
    /// The stable code.
    code: &'static str,
    /// For the developer, in English.
    detail: String,
}

/// Why a request was not carried out.
#[derive(Debug, Clone)]
pub(crate) struct Problem(Arc<Inner>);

#[derive(Debug, Clone)]
struct Inner {
    status: StatusCode,
    code: &'static str,
    detail: String,
    fields: Vec<Field>,
    retry: Retry,
    /// Values that the words for people name.
    args: Vec<(&'static str, i64)>,
}

/// When to come again.
#[derive(Debug, Clone, Copy)]
enum Retry {
    Never,
    AfterS(u64),
    At(Instant),
}

impl Problem {
    /// A problem with this code; `detail` is for developers, in English.
    pub(crate) fn new(code: &'static str, detail: impl Into<String>) -> Self {
        Self::of(code, detail.into(), Vec::new())
    }

    /// One field that is wrong.
    pub(crate) fn of_field(pointer: impl Into<String>, code: &'static str, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        let field = Field { pointer: pointer.into(), code, detail: detail.clone() };
        Self::of(code, detail, vec![field])
    }

    fn of(code: &'static str, detail: String, fields: Vec<Field>) -> Self {
        let status = status_of(code);
        let retry = if status == StatusCode::SERVICE_UNAVAILABLE { Retry::AfterS(RETRY_AFTER_S) } else { Retry::Never };
        Self(Arc::new(Inner { status, code, detail, fields, retry, args: Vec::new() }))
    }

    /// Too many requests; the next may come in `seconds`.
    pub(crate) fn too_many(seconds: u64) -> Self {
        let mut problem = Self::new("too_many_requests", format!("too many requests: send the next one in {seconds} s"));
        Arc::make_mut(&mut problem.0).retry = Retry::AfterS(seconds);
        problem
    }

    /// The same, to be tried again at `at`.
    fn until(mut self, at: Option<Instant>) -> Self {
        if let Some(at) = at {
            let inner = Arc::make_mut(&mut self.0);
            inner.retry = Retry::At(at);
            inner.args.push(("until_clock", at.0));
        }
        self
    }

    /// Seconds after which to try again, where that makes sense.
    pub(crate) fn retry_after_s(&self, now: Instant) -> Option<u64> {
        match self.0.retry {
            Retry::Never => None,
            Retry::AfterS(seconds) => Some(seconds),
            Retry::At(at) => Some(u64::try_from(at.ms_since(now)).unwrap_or(0).div_ceil(1_000).max(1)),
        }
    }

    /// The stable code.
    #[cfg(test)]
    pub(crate) fn code(&self) -> &'static str {
        self.0.code
    }

    /// The document as bytes, for a reader of `language`; `instance` is the number of the request.
    pub(crate) fn document(&self, language: Language, instance: &str) -> Vec<u8> {
        let Inner { status, code, detail, fields, args, .. } = &*self.0;
        let args: Vec<(&str, Arg<'_>)> = args.iter().map(|(name, value)| (*name, Arg::Number(*value))).collect();
        let title = Say::new(language).error_or_general(code, &args);
        let document = ProblemDocument { kind: format!("/docs#{code}"), title, status: status.as_u16(), detail, code, instance, fields };
        serde_json::to_vec(&document).unwrap_or_default()
    }
}

impl IntoResponse for Problem {
    /// The status and headers; the edge writes the document, as it knows the reader's language and the time.
    fn into_response(self) -> Response {
        let mut response = self.0.status.into_response();
        let headers = response.headers_mut();
        if self.0.status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(HeaderName::from_static("content-type"), HeaderValue::from_static(MEDIA_TYPE));
        response.extensions_mut().insert(self);
        response
    }
}

impl From<ServiceError> for Problem {
    fn from(error: ServiceError) -> Self {
        let (code, text) = (error.code(), error.to_string());
        if status_of(code) == StatusCode::INTERNAL_SERVER_ERROR {
            tracing::error!(code, error = %text, "a request failed inside");
            return Self::new(code, "something failed inside; nothing was done, or it is told by asking again with the same key");
        }
        let until = if let ServiceError::Account(account) = &error { account.until() } else { None };
        Self::new(code, text).until(until)
    }
}

impl From<Denied> for Problem {
    fn from(denied: Denied) -> Self {
        Self::new(denied.code(), denied.to_string())
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        Self::new(refusal.code(), refusal.to_string())
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        ServiceError::from(error).into()
    }
}

/// Collects what is wrong with the fields of a body, so that one answer names all of it.
#[derive(Debug, Default)]
pub(crate) struct Fields(Vec<Field>);

impl Fields {
    /// The value, or `None` and a note at `pointer`.
    pub(crate) fn take<T, E: Coded>(&mut self, pointer: impl Into<String>, result: Result<T, E>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(error) => {
                self.0.push(Field { pointer: pointer.into(), code: error.code_of(), detail: error.to_string() });
                None
            }
        }
    }

    /// The day, or `None` and a note at `pointer`.
    pub(crate) fn day(&mut self, pointer: impl Into<String>, text: &str) -> Option<BusinessDay> {
        let day = crate::input::read_day(text);
        self.check(day.is_some(), pointer, "date_invalid", "write a day as YYYY-MM-DD");
        day
    }

    /// A note at `pointer` unless `holds`.
    pub(crate) fn check(&mut self, holds: bool, pointer: impl Into<String>, code: &'static str, detail: impl Into<String>) {
        if !holds {
            self.0.push(Field { pointer: pointer.into(), code, detail: detail.into() });
        }
    }

    /// Nothing, when nothing was noted.
    ///
    /// # Errors
    /// The problem with all notes; its code is that of the first.
    pub(crate) fn finish(self) -> Result<(), Problem> {
        let Some(first) = self.0.first() else { return Ok(()) };
        let (code, detail) = (first.code, first.detail.clone());
        Err(Problem::of(code, detail, self.0))
    }

    /// The value that [`Fields::finish`] has shown to be there.
    pub(crate) fn missing() -> Problem {
        Problem::new("body_invalid", "a field is wrong")
    }
}

/// Errors with a stable code.
pub(crate) trait Coded: std::fmt::Display {
    /// The code.
    fn code_of(&self) -> &'static str;
}

macro_rules! coded {
    ($($name:ty),+ $(,)?) => {$(
        impl Coded for $name {
            fn code_of(&self) -> &'static str {
                self.code()
            }
        }
    )+};
}
coded!(
    service::AccountError,
    domain::IdError,
    domain::MsisdnError,
    domain::PlaceError,
    domain::UnknownWord,
    quantity::IntervalError,
    quantity::RatioError
);

/// The HTTP status of a code. A code that is not here is a fault of ours: 500.
pub(crate) fn status_of(code: &str) -> StatusCode {
    use StatusCode as S;
    match STATUSES.iter().find(|(_, codes)| codes.contains(&code)) {
        Some((status, _)) => S::from_u16(*status).unwrap_or(S::INTERNAL_SERVER_ERROR),
        None => S::INTERNAL_SERVER_ERROR,
    }
}

/// Every code by its status.
pub(crate) const STATUSES: &[(u16, &[&str])] = &[
    // The request cannot be read.
    (400, &["body_malformed", "body_invalid", "field_unknown", "field_missing", "bad_address", "cursor_invalid", "limit_out_of_range"]),
    (400, &["key_missing", "key_invalid", "cluster_code_invalid", "date_invalid"]),
    // Nobody known asks.
    (401, &["sign_in_needed", "session_unknown", "session_expired", "login_refused"]),
    (403, &["not_allowed", "form_foreign"]),
    (404, &["not_found", "cluster_unknown", "member_unknown", "meter_unknown", "asset_unknown", "region_unknown", "country_unknown"]),
    (404, &["day_unknown", "interval_unknown", "account_unknown", "invitation_unknown", "payout_unknown"]),
    (404, &["order_unknown", "standing_unknown", "trade_unknown"]),
    (405, &["method_not_allowed"]),
    // The state of things does not allow it.
    (409, &["cluster_code_taken", "alias_taken", "already_member", "already_asked", "not_asked", "cluster_full", "cluster_closed"]),
    (409, &["meter_taken", "meter_by_officer", "meters_most", "member_left", "last_officer", "last_member_today", "vote_needed"]),
    (409, &["debt_first", "holds_open", "move_under_way", "last_person"]),
    (409, &["orders_open", "credit_short", "fund_short"]),
    (409, &["pin_reset_twice", "posting_refused", "shares_missing", "rules_missing", "user_not_member", "contribution_over"]),
    (409, &["exceeds_credits", "exceeds_debits", "account_closed", "business_day_closed", "linked_failed", "reversal_already", "overflow"]),
    (409, &["pending_already_posted", "pending_already_voided", "pending_expired"]),
    (409, &["own_household", "reference_used", "payout_paid", "payout_cancelled", "payout_expired"]),
    (409, &["trading_off", "order_money_short", "order_credits_short", "order_not_open", "order_not_held", "order_own", "self_trade"]),
    (
        409,
        &[
            "book_changed",
            "book_full",
            "order_below_filled",
            "orders_open_too_many",
            "orders_held_too_many",
            "standing_too_many",
            "disputes_too_many",
        ],
    ),
    // Between clusters.
    (404, &["deal_unknown", "offer_unknown"]),
    (
        409,
        &[
            "between_off",
            "compliance_missing",
            "between_limit",
            "line_missing",
            "line_full",
            "deal_waiting",
            "deal_second_officer",
            "deal_not_your_turn",
            "deal_ended",
        ],
    ),
    (
        409,
        &[
            "deal_expired",
            "deal_not_expired",
            "deal_rounds",
            "offer_gate_closed",
            "offer_both_sides",
            "offers_too_many",
            "offer_ended",
            "deals_too_many",
        ],
    ),
    (422, &["deal_terms", "deal_steps_differ", "offer_window", "line_loop", "line_fee", "line_capacity", "line_loss", "line_outage_invalid"]),
    (413, &["body_too_large", "payments_too_many", "rows_too_many", "too_many_entries", "list_too_long", "file_too_large"]),
    (415, &["content_type_unsupported"]),
    // Understood, and refused for what it says.
    (422, &["choice_needed", "key_reused", "number_invalid", "value_invalid", "word_unknown", "name_invalid", "serial_invalid", "quality_unknown"]),
    (422, &["phone_form", "phone_foreign", "phone_not_mobile", "code_wrong", "pin_wrong", "pin_form", "pin_weak"]),
    (422, &["pin_reset_whose", "pin_reset_own", "cluster_invalid", "cluster_code_reserved", "contribution_low", "contribution_high"]),
    (422, &["place_form", "place_range", "place_outside", "day_past", "too_late", "meter_of_plant", "shares_not_whole", "rules_contradict"]),
    (422, &["credit_amount", "credit_self", "cover_amount"]),
    (422, &["readings_twice", "readings_short", "role_of_household"]),
    (422, &["move_same", "move_not_open", "outage_invalid", "outage_block", "outage_scenario_unknown", "carbon_factor_missing"]),
    (422, &["config_form", "config_version", "config_range", "config_fraction", "config_looser", "config_crossed"]),
    (
        422,
        &["price_out_of_range", "zero_weight", "weight_too_large", "mix_invalid", "battery_invalid", "battery_needs_wires", "bands_need_connection"],
    ),
    (422, &["ratio_invalid", "interval_empty", "step_unknown", "offset_unknown", "span_too_long", "members_too_many"]),
    (
        422,
        &["cash_over", "self_payment", "amount_not_positive", "accounts_equal", "currency_mismatch", "expiry_not_after_booking", "linked_chain_open"],
    ),
    (422, &["pending_unknown", "pending_not_pending", "pending_amount_exceeded", "pending_differs"]),
    (422, &["reversal_unknown", "reversal_of_reversal", "reversal_of_pending", "reversal_differs"]),
    (422, &["order_price", "order_energy", "order_lot", "order_min", "order_price_outside", "order_energy_over", "order_expiry"]),
    (422, &["standing_keep", "standing_crossed", "dispute_words"]),
    // Price alerts.
    (404, &["alert_unknown"]),
    (409, &["alert_base", "alerts_too_many"]),
    (422, &["alert_kind", "alert_threshold", "alert_expiry"]),
    // Reasons of single rows, told in the answer.
    (422, &["row_malformed", "timestamp_invalid", "value_negative", "meter_not_assigned", "step_mismatch", "in_future", "clock_offset"]),
    (422, &["value_absurd", "register_backwards", "register_gap", "duplicate_conflict_in_file"]),
    (429, &["too_many_requests", "streams_too_many", "login_locked", "registration_rate", "invitation_rate"]),
    // Passes by itself.
    (503, &["overloaded", "database_busy", "database_unreachable", "timed_out", "batch_lost", "conflict", "retry_exhausted", "commit_unknown"]),
    (503, &["disk_full", "closed", "pin_hash_failed"]),
    // Faults of the program, of its data or of its machine.
    (500, &["failed_inside", "no_random_source", "day_unbalanced", "law_broken", "quantity_overflow", "quantity_negative", "split_negative"]),
    (
        500,
        &[
            "order_number_taken",
            "order_overfilled",
            "columns_differ",
            "energy_out_of_range",
            "run_too_long",
            "run_too_large",
            "stored_sums_malformed",
        ],
    ),
    (500, &["seal_malformed", "seal_root_differs", "seal_result_differs"]),
    (500, &["merkle_out_of_range", "merkle_proof_length", "merkle_root_differs", "merkle_frontier_malformed"]),
    (500, &["record_malformed", "record_version_unknown", "record_kind_unexpected", "record_field_invalid", "record_not_canonical"]),
    (500, &["block_cut", "block_check_sum", "block_layout", "block_impossible", "block_start", "block_other_interval", "block_unsorted"]),
    (500, &["block_negative", "database_locked", "database_newer", "database_older", "not_a_database", "database_unopenable"]),
    (500, &["database_damaged", "disk_failed", "access_denied", "invalid_url", "tls_required", "unique_violation", "foreign_key"]),
    (500, &["check_failed", "invalid_value", "data_corrupt", "suspended", "unit_panicked", "read_only", "row_count", "misuse", "lease_lost"]),
    (500, &["migration_failed", "backup_damaged", "backup_unopenable", "restore_not_empty", "engine_failed"]),
    (500, &["country_syntax", "region_syntax", "region_date", "region_range", "tariff_gap", "tariff_overlap", "tariff_bands"]),
    // Files, which only the command line reads.
    (500, &["file_empty", "header_wrong", "file_not_text", "file_truncated", "file_damaged", "io", "refused_file_unwritable"]),
    (500, &["site_empty", "site_number_invalid", "site_duplicate"]),
    (500, &["weight_meter_empty", "weight_invalid", "weight_negative", "weight_duplicate"]),
];

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::path::Path;

    /// The sources whose errors can reach a caller.
    const CRATES: [&str; 7] = ["quantity", "domain", "ledger", "metering", "settlement", "store", "service"];
    /// The files of the market whose errors can reach a caller; others are of tools on files.
    const MARKET: [&str; 2] = ["order.rs", "book/mod.rs"];

    fn sources(folder: &Path, found: &mut Vec<String>) {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                sources(&path, found);
            } else if path.extension().is_some_and(|ext| ext == "rs") {
                found.push(std::fs::read_to_string(path).expect("reads"));
            }
        }
    }

    /// Whether a text is written like a code.
    fn is_code(text: &str) -> bool {
        text.len() > 1 && text.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')
    }

    /// The texts in quotation marks that are written like a code.
    fn quoted(text: &str) -> impl Iterator<Item = &str> {
        text.split('"').skip(1).step_by(2).filter(|text| is_code(text))
    }

    /// What stands in the bodies of functions called `code`.
    fn codes_in(source: &str) -> BTreeSet<String> {
        let mut codes = BTreeSet::new();
        let public = ["pub fn code(", "pub const fn code("].into_iter().flat_map(|head| source.split(head).skip(1));
        for after in public {
            let body = &after[after.find('{').unwrap_or(0)..];
            let mut depth = 0;
            let end = body.char_indices().find_map(|(at, c)| {
                depth += i32::from(c == '{') - i32::from(c == '}');
                (depth == 0).then_some(at)
            });
            let parts: Vec<&str> = body[..end.unwrap_or(0)].split('"').collect();
            // A code stands behind an arrow, or alone in the body.
            let answers = parts.chunks(2).filter(|pair| pair[0].trim_end().ends_with("=>") || pair[0].trim() == "{");
            codes.extend(answers.filter_map(|pair| pair.get(1)).filter(|text| is_code(text)).map(|text| (*text).to_owned()));
        }
        codes
    }

    #[test]
    fn every_code_has_one_status() {
        let mut found = Vec::new();
        for name in CRATES {
            sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(name).join("src"), &mut found);
        }
        let market = MARKET.map(|file| Path::new(env!("CARGO_MANIFEST_DIR")).join("../market/src").join(file));
        found.extend(market.iter().map(|file| std::fs::read_to_string(file).expect("reads")));
        let mut codes: BTreeSet<String> = found.iter().flat_map(|source| codes_in(source)).collect();
        codes.extend(Refusal::ALL.iter().map(|refusal| refusal.code().to_owned()));
        assert!(codes.len() > 150 && codes.contains("login_refused") && codes.contains("disk_full"), "the codes are found: {}", codes.len());
        let listed: Vec<&str> = STATUSES.iter().flat_map(|(_, codes)| codes.iter().copied()).collect();
        let once: BTreeSet<&str> = listed.iter().copied().collect();
        assert_eq!(once.len(), listed.len(), "a code has one status");
        let missing: Vec<&String> = codes.iter().filter(|code| !once.contains(code.as_str())).collect();
        assert!(missing.is_empty(), "these codes have no status yet: {missing:?}");
    }

    #[test]
    fn every_code_of_this_crate_has_a_status() {
        let mut found = Vec::new();
        sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut found);
        for source in &found {
            for call in ["Problem::new(\"", "Problem::of_field("] {
                for after in source.split(call).skip(1) {
                    let quote = if call.ends_with('"') { "\"" } else { "" };
                    let text = format!("{quote}{}", after.split(')').next().unwrap_or_default());
                    let code = quoted(&text).find(|text| text.contains('_'));
                    assert!(code.is_none_or(|code| STATUSES.iter().any(|(_, codes)| codes.contains(&code))), "{code:?} has no status");
                }
            }
        }
    }

    #[test]
    fn a_fault_inside_tells_nothing_of_the_inside() {
        let problem = Problem::from(StoreError::DatabaseDamaged("/var/secret.db".to_owned()));
        let text = String::from_utf8(problem.document(Language::En, "1")).expect("text");
        assert!(text.contains("database_damaged") && !text.contains("secret"), "{text}");
    }
}
