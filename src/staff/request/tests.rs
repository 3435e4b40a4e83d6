use super::*;
use jiff::civil::date;
use proptest::prelude::*;

/// Noon in Kyiv on this day, in winter.
fn on(day: Date) -> Timestamp {
    format!("{day}T10:00:00Z").parse().unwrap()
}

fn new(kind: RequestKind, received_on: Date) -> NewRequest {
    NewRequest {
        kind,
        reference: "105-вх".to_owned(),
        received_on,
        poll: None,
        subject_matter: "Кількість відповідей на опитування".to_owned(),
    }
}

fn request(kind: RequestKind, received_on: Date) -> Request {
    Request::file(1, new(kind, received_on), &[], "staff-3", on(received_on)).unwrap()
}

fn answer(day: Date) -> Answer {
    Answer { on: day, outgoing_reference: "106-вих".to_owned(), outcome: Outcome::Satisfied }
}

fn texts(broken: &[Violation]) -> Vec<String> {
    broken.iter().map(ToString::to_string).collect()
}

fn invalid(result: Result<Request, RequestError>) -> Vec<String> {
    match result {
        Err(RequestError::Invalid(broken)) => texts(&broken),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_data_subject_is_answered_within_thirty_days() {
    for (received, due) in [
        (date(2026, 11, 23), date(2026, 12, 23)),
        (date(2026, 1, 31), date(2026, 3, 2)),
        (date(2028, 1, 31), date(2028, 3, 1)),
        (date(2027, 2, 1), date(2027, 3, 3)),
        (date(2026, 11, 27), date(2026, 12, 27)),
    ] {
        let holidays = [due];
        assert_eq!(RequestKind::DataSubject.due_on(received, &holidays), due, "{received}");
    }
}

#[test]
fn public_information_is_given_within_five_working_days() {
    for (received, due) in [
        (date(2026, 11, 23), date(2026, 11, 30)),
        (date(2026, 11, 27), date(2026, 12, 4)),
        (date(2026, 11, 28), date(2026, 12, 4)),
        (date(2028, 2, 24), date(2028, 3, 2)),
    ] {
        assert_eq!(RequestKind::PublicInformation.due_on(received, &[]), due, "{received}");
    }
    let holidays = [date(2026, 12, 25), date(2027, 1, 1)];
    let received = date(2026, 12, 24);
    let due = RequestKind::PublicInformation.due_on(received, &holidays);
    assert_eq!(due, date(2027, 1, 4));
}

#[test]
fn the_term_for_public_information_becomes_twenty_days_once_and_in_time() {
    let received = date(2026, 11, 23);
    let request = request(RequestKind::PublicInformation, received);
    assert_eq!(request.due_on, date(2026, 11, 30));
    let last = on(request.due_on);
    let longer = request.extended("Великий обсяг", &[], "staff-3", last).unwrap();
    assert_eq!(longer.due_on, date(2026, 12, 21), "twenty from the receipt, not from now");
    assert_eq!(longer.extended.as_ref().unwrap().before, date(2026, 11, 30));
    let again = longer.extended("Ще", &[], "staff-3", last);
    assert_eq!(again, Err(RequestError::NotExtendable));
    let late = request.extended("Пізно", &[], "staff-3", on(date(2026, 12, 1)));
    assert_eq!(late, Err(RequestError::TermOver));
    // The day ends in Kyiv, not in Greenwich.
    let midnight = "2026-11-30T22:00:00Z".parse().unwrap();
    assert_eq!(request.extended("x", &[], "staff-3", midnight), Err(RequestError::TermOver));
    let before = "2026-11-30T21:59:59Z".parse().unwrap();
    assert!(request.extended("x", &[], "staff-3", before).is_ok());
    assert_eq!(
        invalid(request.extended("", &[], "staff-3", last)),
        ["reason: must hold 1 to 2000 characters"]
    );
    let holidays = [date(2026, 12, 21)];
    let longer = request.extended("Свято", &holidays, "staff-3", last).unwrap();
    assert_eq!(longer.due_on, date(2026, 12, 22));
}

#[test]
fn the_term_for_a_data_subject_never_changes() {
    let received = date(2026, 11, 23);
    let request = request(RequestKind::DataSubject, received);
    let longer = request.extended("Великий обсяг", &[], "staff-3", on(received));
    assert_eq!(longer, Err(RequestError::NotExtendable));
}

#[test]
fn a_request_tells_when_it_is_due_soon_and_overdue() {
    let public = request(RequestKind::PublicInformation, date(2026, 11, 23));
    let subject = request(RequestKind::DataSubject, date(2026, 11, 23));
    for (request, day, status) in [
        (&public, date(2026, 11, 26), RequestStatus::Open),
        (&public, date(2026, 11, 27), RequestStatus::DueSoon),
        (&public, date(2026, 11, 30), RequestStatus::DueSoon),
        (&public, date(2026, 12, 1), RequestStatus::Overdue),
        (&subject, date(2026, 12, 15), RequestStatus::Open),
        (&subject, date(2026, 12, 16), RequestStatus::DueSoon),
        (&subject, date(2026, 12, 23), RequestStatus::DueSoon),
        (&subject, date(2026, 12, 24), RequestStatus::Overdue),
    ] {
        assert_eq!(request.status(day), status, "{day}");
    }
    let answered = public.answered(answer(date(2026, 11, 24)), "s", on(date(2026, 12, 24)));
    let answered = answered.unwrap();
    assert_eq!(answered.status(date(2026, 12, 24)), RequestStatus::Answered);
}

#[test]
fn an_answer_is_final() {
    let received = date(2026, 11, 23);
    let request = request(RequestKind::PublicInformation, received);
    let answered = request.answered(answer(received), "staff-3", on(received)).unwrap();
    let again = answered.answered(answer(received), "staff-3", on(received));
    assert_eq!(again, Err(RequestError::Answered));
    let longer = answered.extended("x", &[], "staff-3", on(received));
    assert_eq!(longer, Err(RequestError::Answered));
}

#[test]
fn each_field_is_held_to_its_rule() {
    let received = date(2026, 11, 23);
    let said = |change: &dyn Fn(&mut NewRequest)| {
        let mut new = new(RequestKind::DataSubject, received);
        change(&mut new);
        texts(&Request::file(1, new, &[], "staff-3", on(received)).unwrap_err())
    };
    let rule = "reference: must hold 1 to 100 characters";
    assert_eq!(said(&|new| new.reference.clear()), [rule]);
    let rule = "received_on: must not lie after today";
    assert_eq!(said(&|new| new.received_on = date(2026, 11, 24)), [rule]);
    let rule = "subject_matter: must hold 1 to 2000 characters";
    assert_eq!(said(&|new| new.subject_matter = "x".repeat(2_001)), [rule]);
    let request = request(RequestKind::DataSubject, received);
    let said = |day, reference: &str| {
        let outgoing_reference = reference.to_owned();
        let answer = Answer { on: day, outgoing_reference, outcome: Outcome::Refused };
        invalid(request.answered(answer, "staff-3", on(date(2026, 11, 25))))
    };
    assert_eq!(said(date(2026, 11, 26), "1"), ["on: must not lie after today"]);
    assert_eq!(said(date(2026, 11, 22), "1"), ["on: must not lie before the receipt"]);
    let rule = "outgoing_reference: must hold 1 to 100 characters";
    assert_eq!(said(date(2026, 11, 25), ""), [rule]);
}

#[test]
fn a_request_is_stored_as_it_is_read_and_without_room_for_more() {
    let received = date(2026, 11, 23);
    let open = request(RequestKind::PublicInformation, received);
    let longer = open.extended("x", &[], "staff-3", on(received)).unwrap();
    let answered = longer.answered(answer(received), "staff-3", on(received)).unwrap();
    for request in [open, answered] {
        let stored = serde_json::to_value(&request).unwrap();
        assert_eq!(serde_json::from_value::<Request>(stored.clone()).unwrap(), request);
        let mut more = stored;
        more["requester"] = "1".into();
        assert!(serde_json::from_value::<Request>(more).is_err());
    }
    for kind in RequestKind::ALL {
        assert_eq!(serde_json::to_value(kind).unwrap(), kind.wire_name());
    }
    for outcome in Outcome::ALL {
        assert_eq!(serde_json::to_value(outcome).unwrap(), outcome.wire_name());
    }
}

proptest! {
    /// Against a count day by day that knows only the words of the law.
    #[test]
    fn a_term_ends_on_a_working_day_with_five_of_them_after_the_receipt(
        offset in 0_i32..4_000,
        holidays in prop::collection::vec(0_i32..4_030, 0..40),
    ) {
        let first = date(2024, 1, 1);
        let received = calendar_days_after(first, offset);
        let holidays: Vec<_> =
            holidays.into_iter().map(|days| calendar_days_after(first, days)).collect();
        let due = RequestKind::PublicInformation.due_on(received, &holidays);
        let works = |day: Date| {
            day.weekday().to_monday_one_offset() <= 5 && !holidays.contains(&day)
        };
        let mut counted = 0;
        let mut day = received;
        while day < due {
            day = day.tomorrow().unwrap();
            counted += usize::from(works(day));
        }
        prop_assert_eq!(counted, 5);
        prop_assert!(works(due));
    }
}
