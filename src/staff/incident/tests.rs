use super::*;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_795_000_000 + second).unwrap()
}

fn noticed() -> NewIncident {
    NewIncident {
        noticed_at: at(-600),
        kind: IncidentKind::UnauthorisedAccess,
        title: "Викрадено ключ видавця".to_owned(),
        description: "Ключ знайдено\nу відкритому сховищі".to_owned(),
        polls: vec![PollId::from_bytes([1; 16]), PollId::from_bytes([2; 16])],
    }
}

fn incident() -> Incident {
    Incident::open(3, noticed(), "staff-4", at(0)).unwrap()
}

fn act() -> Closure {
    Closure {
        cause: "cause".to_owned(),
        consequences: "consequences".to_owned(),
        measures: "measures".to_owned(),
    }
}

fn told() -> NewNotification {
    NewNotification {
        whom: "Уповноважений".to_owned(),
        told_at: at(30),
        reference: "19-вих".to_owned(),
    }
}

fn texts(broken: &[Violation]) -> Vec<String> {
    broken.iter().map(ToString::to_string).collect()
}

fn invalid<T: std::fmt::Debug>(result: Result<T, IncidentError>) -> Vec<String> {
    match result {
        Err(IncidentError::Invalid(broken)) => texts(&broken),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_record_grows_from_the_notice_to_the_act() {
    let opened = incident();
    assert_eq!((opened.opened_at, opened.opened_by.as_str()), (at(0), "staff-4"));
    let noted = opened.noted("Голосування призупинено", "staff-5", at(60)).unwrap();
    let told = noted.notified(told(), "staff-6", at(61)).unwrap();
    let closed = told.closed(act(), "staff-6", at(90)).unwrap();
    assert_eq!(closed.notes[0].by, "staff-5");
    assert_eq!((closed.notified[0].at, closed.notified[0].told_at), (at(61), at(30)));
    let end = closed.closed.clone().unwrap();
    assert_eq!((end.at, end.by.as_str(), end.cause.as_str()), (at(90), "staff-6", "cause"));
    let begin = Incident { notes: vec![], notified: vec![], closed: None, ..closed };
    assert_eq!(begin, opened, "what stood there still stands");
}

#[test]
fn a_closed_record_takes_nothing_more() {
    let closed = incident().closed(act(), "staff-4", at(9)).unwrap();
    assert_eq!(closed.noted("late", "staff-4", at(10)), Err(IncidentError::Closed));
    assert_eq!(closed.notified(told(), "staff-4", at(60)), Err(IncidentError::Closed));
    assert_eq!(closed.closed(act(), "staff-4", at(10)), Err(IncidentError::Closed));
}

#[test]
fn a_record_holds_so_many_notes_and_can_be_closed_all_the_same() {
    let mut full = incident();
    for second in 0..INCIDENT_NOTES_MAX {
        full = full.noted("n", "staff-4", at(i64::try_from(second).unwrap())).unwrap();
    }
    assert_eq!(full.noted("n", "staff-4", at(999)), Err(IncidentError::Full));
    assert!(full.notified(told(), "staff-4", at(999)).is_ok());
    assert!(full.closed(act(), "staff-4", at(999)).is_ok());
}

#[test]
fn each_field_of_a_record_is_held_to_its_rule() {
    let said = |change: &dyn Fn(&mut NewIncident)| {
        let mut noticed = noticed();
        change(&mut noticed);
        texts(&Incident::open(1, noticed, "staff-4", at(0)).unwrap_err())
    };
    let future = said(&|new| new.noticed_at = at(1));
    assert_eq!(future, ["noticed_at: must not lie in the future"]);
    assert_eq!(said(&|new| new.title.clear()), ["title: must hold 1 to 200 characters"]);
    let lines = said(&|new| new.title = "a\nb".to_owned());
    assert_eq!(lines, ["title: must not hold control characters"]);
    let long = said(&|new| new.description = "x".repeat(ACT_CHARACTERS_MAX + 1));
    assert_eq!(long, ["description: must hold 1 to 10000 characters"]);
    let twice = said(&|new| new.polls.push(new.polls[0]));
    assert_eq!(twice, ["polls: must not hold the same twice"]);
    let many = said(&|new| {
        new.polls = (0..=u8::MAX).map(|id| PollId::from_bytes([id; 16])).collect();
        new.polls.push(PollId::from_bytes([0; 16]));
    });
    assert_eq!(many, ["polls: must hold at most 256"]);
    assert!(Incident::open(1, NewIncident { polls: vec![], ..noticed() }, "s", at(0)).is_ok());
}

#[test]
fn each_field_of_an_addition_is_held_to_its_rule() {
    let note = |text: &str| invalid(incident().noted(text, "staff-4", at(1)));
    assert_eq!(note(" "), ["text: must hold 1 to 2000 characters"]);
    assert_eq!(note(&"x".repeat(2_001)), ["text: must hold 1 to 2000 characters"]);
    let told = |told: NewNotification| invalid(incident().notified(told, "staff-4", at(31)));
    assert_eq!(
        told(NewNotification { whom: String::new(), told_at: at(32), reference: String::new() }),
        [
            "whom: must hold 1 to 200 characters",
            "told_at: must not lie in the future",
            "reference: must hold 1 to 100 characters"
        ]
    );
    let empty =
        Closure { cause: String::new(), consequences: String::new(), measures: String::new() };
    assert_eq!(
        invalid(incident().closed(empty, "staff-4", at(1))),
        [
            "cause: must hold 1 to 10000 characters",
            "consequences: must hold 1 to 10000 characters",
            "measures: must hold 1 to 10000 characters"
        ]
    );
}

#[test]
fn a_record_is_stored_as_it_is_read_and_without_room_for_more() {
    let noted = incident().noted("n", "staff-5", at(60)).unwrap();
    let told = noted.notified(told(), "staff-6", at(61)).unwrap();
    for incident in [incident(), told.closed(act(), "staff-6", at(90)).unwrap()] {
        let stored = serde_json::to_value(&incident).unwrap();
        assert_eq!(serde_json::from_value::<Incident>(stored.clone()).unwrap(), incident);
        let mut more = stored;
        more["voters"] = "1".into();
        assert!(serde_json::from_value::<Incident>(more).is_err());
    }
    for kind in IncidentKind::ALL {
        assert_eq!(serde_json::to_value(kind).unwrap(), kind.wire_name());
    }
}
