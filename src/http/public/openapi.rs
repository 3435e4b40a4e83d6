//! The description of the API (OpenAPI 3.1), made from the handlers themselves.
//!
//! A route can be added here only with its description, so the two cannot differ. What every route
//! has in common is added to each: a poll that does not exist, a copy that is still the latest, reads
//! that give way to ballots.

use std::sync::Arc;

use axum::Router;
use axum::http::HeaderMap;
use axum::routing::get;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::path::Operation;
use utoipa::openapi::{
    ContentBuilder, ObjectBuilder, OpenApi as Description, OpenApiVersion, Ref, RefOr, Response,
    ResponseBuilder, Type,
};
use utoipa::{IntoParams, OpenApi};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::answer::{Answer, Keep};
use super::problem::Problem;
use super::{PublicState, events, log, notices, open_data, polls, releases};

/// Where the description is.
pub(in crate::http) const PATH: &str = "/api/v1/openapi.json";

/// Why a poll has no results to read.
pub(super) const NO_RESULTS: &str = "There are no results: RESULTS_NOT_PUBLISHED with the phase, or RESULTS_WITHHELD \
                                     with the reason.";

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Holos: published polls",
        description = "Polls, their depersonalised totals, and what proves them. Reading needs no key; what is not \
            published is not here. Counts are exact or hidden, never estimated.",
        license(name = "EUPL-1.2", identifier = "EUPL-1.2"),
    ),
    components(schemas(Problem)),
    tags(
        (name = "polls", description = "What is asked, of whom, by which rules."),
        (name = "releases", description = "Totals, as they were signed. A release never changes."),
        (name = "open data", description = "The same for spreadsheets, catalogues and portals."),
        (name = "log", description = "The public log (C2SP tlog-tiles) and the keys."),
    ),
    servers((url = "/", description = "This listener.")),
)]
struct Base;

/// A poll in an address.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
#[expect(dead_code, reason = "only described; read by `asked`")]
pub(super) struct OnePoll {
    /// Identifier of the poll: a UUID in its 36-character lower-case form.
    #[param(pattern = "^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$")]
    id: String,
}

/// A release in an address.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
#[expect(dead_code, reason = "only described; read by `asked`")]
pub(super) struct NumberedRelease {
    /// Identifier of the poll: a UUID in its 36-character lower-case form.
    #[param(pattern = "^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$")]
    id: String,
    /// Number of the release, from 1.
    #[param(minimum = 1)]
    release: u32,
}

/// Every route with its description.
pub(super) fn routes() -> OpenApiRouter<PublicState> {
    OpenApiRouter::with_openapi(Base::openapi())
        .routes(routes!(polls::list))
        .routes(routes!(polls::poll))
        .routes(routes!(notices::notice))
        .routes(routes!(events::events))
        .routes(routes!(releases::results))
        .routes(routes!(open_data::latest_csv))
        .routes(routes!(releases::list))
        .routes(routes!(releases::release))
        .routes(routes!(releases::proof))
        .routes(routes!(open_data::release_csv))
        .routes(routes!(open_data::release_csvw))
        .routes(routes!(releases::definition))
        .routes(routes!(open_data::passport))
        .routes(routes!(open_data::passport_table))
        .routes(routes!(open_data::catalogue))
        .routes(routes!(open_data::register))
        .routes(routes!(log::file))
        .routes(routes!(log::publication_key))
        .routes(routes!(log::log_key))
}

/// The router, which serves its description too.
pub(super) fn serve(
    router: Router<PublicState>,
    mut description: Description,
) -> Router<PublicState> {
    complete(&mut description);
    let text = description.to_json().expect("a description serialises");
    let answer = Answer::of("application/vnd.oai.openapi+json;version=3.1", Keep::AnHour, text);
    let ready = Arc::new(answer.ready());
    router.route(PATH, get(async move |headers: HeaderMap| ready.to(&headers)))
}

/// Adds to every operation what they have in common.
fn complete(description: &mut Description) {
    description.openapi = OpenApiVersion::Version31;
    // A router's word for the rest of an address; a description has none.
    let paths = std::mem::take(&mut description.paths.paths);
    let plain = paths.into_iter().map(|(path, item)| (path.replace("{*", "{"), item));
    description.paths.paths = plain.collect();
    for (path, item) in &mut description.paths.paths {
        let Some(operation) = &mut item.get else { continue };
        if path.contains("{id}") {
            add(operation, "400", "The identifier has not the form of one: POLL_ID_MALFORMED.");
            add(operation, "404", "No such poll, or none that is public yet; or no such release.");
        }
        add(operation, "503", "Ballots are counted first, or the engine stops: try again later.");
        // A stream has no versions.
        if !path.ends_with("/events") {
            let unchanged = ResponseBuilder::new().description("The copy is still the latest.");
            let responses = &mut operation.responses.responses;
            responses.entry("304".to_owned()).or_insert_with(|| unchanged.build().into());
            for status in ["200", "304"] {
                tell(operation, status, "ETag", Type::String, "Send it back as If-None-Match.");
                tell(
                    operation,
                    status,
                    "Cache-Control",
                    Type::String,
                    "How long to keep the copy.",
                );
            }
        }
        tell(
            operation,
            "503",
            "Retry-After",
            Type::Integer,
            "Seconds to wait before asking again.",
        );
    }
}

/// Describes a header of the answers of this status, each of which has it.
fn tell(operation: &mut Operation, status: &str, name: &str, of: Type, what: &str) {
    let Some(RefOr::T(response)) = operation.responses.responses.get_mut(status) else { return };
    let schema = ObjectBuilder::new().schema_type(of).build();
    let header = HeaderBuilder::new().schema(Some(schema)).description(Some(what)).build();
    response.headers.insert(name.to_owned(), RefOr::T(header));
}

fn add(operation: &mut Operation, status: &str, what: &str) {
    let responses = &mut operation.responses.responses;
    responses.entry(status.to_owned()).or_insert_with(|| problem(what).into());
}

fn problem(what: &str) -> Response {
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
    ResponseBuilder::new().description(what).content("application/problem+json", content).build()
}
