//! The fields of staff's requests: read, or refused by name and rule; and how long an answer's list
//! may be.
//!
//! Says what a field cannot hold, never what it held. Whether a value makes sense is decided behind
//! the edge.

use holos_reasons::Reason;
use jiff::Timestamp;
use jiff::civil::Date;
use prost::Message;
use prost_types::Timestamp as WireTimestamp;
use tonic::Status;
use tonic_types::FieldViolation;

use super::status::status_of_fields;
use crate::ground::limits::LIST_BYTES_MAX;
use crate::poll::Violation;

/// A request with one field that breaks a rule.
pub(super) fn invalid(field: &str, rule: &str) -> Status {
    fields_status(&[Violation { field: field.to_owned(), rule: rule.to_owned() }], &[])
}

/// A request with fields that break rules; `names` are the domain's names of fields and the wire's,
/// where they differ.
pub(super) fn fields_status(broken: &[Violation], names: &[(&str, &str)]) -> Status {
    let fields: Vec<_> = broken
        .iter()
        .map(|broken| FieldViolation::new(wire_field(&broken.field, names), &broken.rule))
        .collect();
    let first = fields.first().map(|first| first.field.clone()).unwrap_or_default();
    status_of_fields(Reason::FieldInvalid, fields, [("field", first)])
}

/// The wire's name of a field, or of a place in a list that is one.
fn wire_field(field: &str, names: &[(&str, &str)]) -> String {
    let named = names.iter().find_map(|(domain, wire)| {
        let rest = field.strip_prefix(domain)?;
        (rest.is_empty() || rest.starts_with('[')).then(|| format!("{wire}{rest}"))
    });
    named.unwrap_or_else(|| field.to_owned())
}

/// A text of one line.
pub(super) fn bounded(text: String, field: &str, max: usize) -> Result<String, Status> {
    let length = text.chars().count();
    let fits = (1..=max).contains(&length) && !text.chars().any(char::is_control);
    if fits && !text.trim().is_empty() {
        return Ok(text);
    }
    Err(invalid(field, &format!("must hold 1 to {max} characters and no control characters")))
}

/// A message that must be there.
pub(super) fn present<T>(message: Option<T>, field: &str) -> Result<T, Status> {
    message.ok_or_else(|| invalid(field, "must be present"))
}

/// A day as `2026-11-22`, and no other spelling of it.
pub(super) fn date(text: &str, field: &str) -> Result<Date, Status> {
    let read = text.parse::<Date>().ok().filter(|date| date.to_string() == text);
    read.ok_or_else(|| invalid(field, "must be a date as 2026-11-22"))
}

/// A moment.
pub(super) fn time(wire: &WireTimestamp, field: &str) -> Result<Timestamp, Status> {
    let whole = (0..1_000_000_000).contains(&wire.nanos);
    let read = Timestamp::new(wire.seconds, wire.nanos).ok().filter(|_| whole);
    read.ok_or_else(|| invalid(field, "must be a time between the years -9999 and 9999"))
}

/// The first messages of a list, as many as an answer can hold.
pub(super) fn fitting<M: Message>(messages: impl IntoIterator<Item = M>) -> Vec<M> {
    let mut bytes = 0;
    let fits = |message: &M| {
        bytes += message.encoded_len();
        bytes <= LIST_BYTES_MAX
    };
    messages.into_iter().take_while(fits).collect()
}

#[cfg(test)]
mod tests {
    use tonic::Code;
    use tonic_types::StatusExt;

    use super::*;

    fn text(status: &Status) -> &str {
        assert_eq!(status.code(), Code::InvalidArgument);
        status.message()
    }

    #[test]
    fn a_broken_field_is_named_as_the_wire_names_it() {
        let broken = ["body", "polls[3]", "bodyguard"]
            .map(|field| Violation { field: field.to_owned(), rule: "must not".to_owned() });
        let names = [("body", "account.body_code"), ("polls", "poll_ids")];
        let status = fields_status(&broken, &names);
        assert_eq!(text(&status), "account.body_code: must not");
        let details = status.get_error_details();
        assert_eq!(details.error_info().unwrap().reason, "FIELD_INVALID");
        assert_eq!(details.error_info().unwrap().metadata["field"], "account.body_code");
        let request = details.bad_request().unwrap();
        let fields: Vec<_> =
            request.field_violations.iter().map(|found| found.field.as_str()).collect();
        assert_eq!(fields, ["account.body_code", "poll_ids[3]", "bodyguard"]);
    }

    #[test]
    fn a_day_has_one_spelling() {
        assert!(date("2028-02-29", "f").is_ok());
        for bad in ["", "2026-02-29", "20261122", "2026-11-22T10:00", "2026-11-22 ", "22.11.2026"] {
            let refused = date(bad, "f").unwrap_err();
            assert_eq!(text(&refused), "f: must be a date as 2026-11-22", "{bad}");
        }
    }

    #[test]
    fn a_moment_has_one_spelling() {
        let wire = |seconds, nanos| time(&WireTimestamp { seconds, nanos }, "f");
        assert_eq!(wire(1, 5).unwrap(), "1970-01-01T00:00:01.000000005Z".parse().unwrap());
        assert_eq!(wire(-1, 5).unwrap(), "1969-12-31T23:59:59.000000005Z".parse().unwrap());
        for (seconds, nanos) in [(0, -1), (0, 1_000_000_000), (i64::MAX, 0), (i64::MIN, 0)] {
            assert!(wire(seconds, nanos).is_err(), "{seconds} {nanos}");
        }
    }

    #[test]
    fn a_list_ends_before_it_is_too_long_for_clients() {
        let message = "x".repeat(LIST_BYTES_MAX / 4);
        let list = fitting(std::iter::repeat_n(message, 5));
        assert_eq!(list.len(), 3);
    }
}
