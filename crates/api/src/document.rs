//! The OpenAPI document: what stands above the operations, and what all of them share.

use axum::http::Method;
use std::collections::HashMap;
use utoipa::openapi::path::{Operation, Parameter, ParameterIn};
use utoipa::openapi::response::ResponseBuilder;
use utoipa::openapi::schema::{AdditionalProperties, KnownFormat, ObjectBuilder, Schema, SchemaFormat, Type};
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{ContentBuilder, Header, HeaderBuilder, PathItem, Ref, RefOr};
use utoipa::{Modify, OpenApi};

use crate::problem::{Field, MEDIA_TYPE, ProblemDocument};

/// The document of this program's REST interface, without its operations; [`crate::document`] gives the whole.
#[derive(Debug, Clone, Copy, OpenApi)]
#[openapi(
    info(
        title = "Innerlectra",
        description = "The operating system of community energy clusters. Money is in ngwee (100 ngwee are one kwacha), energy in Wh, power in W, \
                       instants in milliseconds since 1970 UTC (`_at`), days as `YYYY-MM-DD` in the cluster's local time (`_on`). \
                       See docs/api.md for signing in, repeats, pages and limits.",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
        version = "1"
    ),
    tags(
        (name = "auth", description = "Accounts and sessions."),
        (name = "users", description = "One's own profile, notices, and who looked at one's data."),
        (name = "regions", description = "Prices and rules of a place, each dated and with its source."),
        (name = "clusters", description = "Found, join, read and settle clusters."),
        (name = "members", description = "The members of a cluster: directory, roles, statements, readings."),
        (name = "meters", description = "Meters and whose they are."),
        (name = "readings", description = "Readings come in."),
        (name = "assets", description = "Shared equipment and who owns it."),
        (name = "ledger", description = "Accounts, transfers and the log that proves them."),
        (name = "wallets", description = "A member's money, and payments between members."),
        (name = "alerts", description = "One's own price alerts."),
        (name = "market", description = "Prices of energy credits in a cluster: now, before and ahead, and live; what clusters offer to each other."),
        (name = "trade", description = "A member's orders, standing orders and trades; orders that officers look at; deals between clusters."),
        (name = "carbon", description = "Avoided carbon, by a named method."),
        (name = "admin", description = "The installation, for its operators."),
        (name = "server", description = "Whether it runs, and what it is.")
    ),
    components(schemas(ProblemDocument, Field)),
    security(("bearer" = [])),
    modifiers(&Shared)
)]
pub struct ApiDoc;

/// Adds the bearer scheme.
struct Shared;

impl Modify for Shared {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("bearer", SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)));
        let problem = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
        let response = ResponseBuilder::new().description("Why it was not carried out.").content(MEDIA_TYPE, problem).build();
        components.responses.insert("Problem".to_owned(), RefOr::T(response));
    }
}

/// What every operation shares: the answers that are problems, 304 of reads, the key of what moves value.
pub(crate) fn complete(document: &mut utoipa::openapi::OpenApi) {
    document.components.iter_mut().flat_map(|components| components.schemas.values_mut()).for_each(close_choices);
    for (path, item) in &mut document.paths.paths {
        let has_path_parameters = path.contains('{');
        for (method, operation) in operations(item) {
            complete_operation(operation, &method, has_path_parameters);
        }
    }
}

/// A choice among objects takes the fields of one of them and no other.
fn close_choices(schema: &mut RefOr<Schema>) {
    let RefOr::T(Schema::OneOf(choices)) = schema else { return };
    for choice in &mut choices.items {
        if let RefOr::T(Schema::Object(object)) = choice
            && !object.properties.is_empty()
        {
            object.additional_properties = Some(Box::new(AdditionalProperties::FreeForm(false)));
        }
    }
}

/// The operations of an address, with their methods.
pub(crate) fn operations(item: &mut PathItem) -> impl Iterator<Item = (Method, &mut Operation)> {
    let slots = [
        (Method::GET, item.get.as_mut()),
        (Method::POST, item.post.as_mut()),
        (Method::PUT, item.put.as_mut()),
        (Method::PATCH, item.patch.as_mut()),
        (Method::DELETE, item.delete.as_mut()),
    ];
    slots.into_iter().filter_map(|(method, operation)| operation.map(|operation| (method, operation)))
}

/// The operations that one has to sign in for: methods by address.
pub(crate) fn secured(document: &mut utoipa::openapi::OpenApi) -> HashMap<String, Vec<Method>> {
    let paths = document.paths.paths.iter_mut();
    let secured = |item| operations(item).filter(|(_, operation)| !is_public(operation)).map(|(method, _)| method).collect();
    paths.map(|(path, item)| (path.clone(), secured(item))).collect()
}

fn is_public(operation: &Operation) -> bool {
    let security = serde_json::to_value(&operation.security).unwrap_or_default();
    security.as_array().is_some_and(|choices| choices.iter().any(|choice| choice.as_object().is_some_and(serde_json::Map::is_empty)))
}

/// What a parameter looks like, by its name: the same everywhere.
fn complete_parameter(parameter: &mut Parameter) {
    let text = |pattern: &str| ObjectBuilder::new().schema_type(Type::String).pattern(Some(pattern));
    let schema = match parameter.name.as_str() {
        "id" | "cluster" | "other" => text("^[A-Za-z][A-Za-z0-9-]{2,11}$"),
        "date" => text("^[0-9]{4}-[0-9]{2}-[0-9]{2}$").format(Some(SchemaFormat::KnownFormat(KnownFormat::Date))),
        "no" | "order" => whole_number(1),
        "start" => ObjectBuilder::new().schema_type(Type::Integer).format(Some(SchemaFormat::KnownFormat(KnownFormat::Int64))),
        "after" => text("^c([0-7][0-9a-f]{15}|[0-9a-f]{1,15})$"),
        "month" => text("^[12][0-9]{3}-(0[1-9]|1[0-2])$"),
        "Idempotency-Key" => text("^[!-~]{1,64}$"),
        _ => return,
    };
    parameter.schema = Some(schema.build().into());
}

fn whole_number(minimum: i64) -> ObjectBuilder {
    let kind = ObjectBuilder::new().schema_type(Type::Integer).format(Some(SchemaFormat::KnownFormat(KnownFormat::Int64)));
    kind.minimum(Some(utoipa::Number::Int(isize::try_from(minimum).unwrap_or(0))))
}

fn complete_operation(operation: &mut Operation, method: &Method, has_path_parameters: bool) {
    for parameter in operation.parameters.iter_mut().flatten() {
        if let RefOr::T(parameter) = parameter {
            complete_parameter(parameter);
        }
    }
    let is_public = operation.security.as_ref().is_some_and(|security| serde_json::to_string(security).is_ok_and(|text| text == "[{}]"));
    let is_in_query = |parameter: &RefOr<Parameter>| matches!(parameter, RefOr::T(Parameter { parameter_in: ParameterIn::Query, .. }));
    let has_query = operation.parameters.iter().flatten().any(is_in_query);
    // A query that names a cluster names one that may not be there.
    let names_cluster =
        |parameter: &RefOr<Parameter>| is_in_query(parameter) && matches!(parameter, RefOr::T(Parameter { name, .. }) if name == "cluster");
    let has_cluster = operation.parameters.iter().flatten().any(names_cluster);
    let has_body = operation.request_body.is_some();
    // A token that is no good is refused everywhere.
    let mut statuses = vec!["400", "401", "429", "503"];
    if !is_public || *method != Method::GET {
        statuses.push("403");
    }
    if has_path_parameters || has_body || has_cluster {
        statuses.push("404");
    }
    if *method != Method::GET {
        statuses.push("409");
    }
    if *method != Method::GET || has_query {
        statuses.push("422");
    }
    if has_body {
        statuses.extend(["413", "415"]);
    }
    for status in statuses {
        operation.responses.responses.entry(status.to_owned()).or_insert_with(|| RefOr::Ref(Ref::from_response_name("Problem")));
    }
    for response in operation.responses.responses.values_mut() {
        if let RefOr::T(response) = response
            && response.description.is_empty()
        {
            response.description = if *method == Method::GET { "What was asked for." } else { "What was done." }.to_owned();
        }
    }
    if *method == Method::GET
        && let Some(RefOr::T(ok)) = operation.responses.responses.get_mut("200")
        && !ok.content.contains_key("text/event-stream")
    {
        ok.headers.insert("ETag".to_owned(), text_header("Give it back as If-None-Match."));
        let unchanged = ResponseBuilder::new().description("Unchanged: the caller's entity tag is the present one.").build();
        operation.responses.responses.insert("304".to_owned(), RefOr::T(unchanged));
    }
}

fn text_header(description: &str) -> RefOr<Header> {
    let text = ObjectBuilder::new().schema_type(Type::String).build();
    RefOr::T(HeaderBuilder::new().schema(Some(text)).description(Some(description)).build())
}
