use super::*;

/// An order with every field set.
fn full() -> Order {
    let mut order = Order::from_toml(include_str!("../../../cli/demo/order.toml")).unwrap();
    order.participants.eligibility = Eligibility {
        minimum_age: Some(14),
        regions: ["UA-77", "UA80000000000126643"].map(|code| Region::parse(code).unwrap()).to_vec(),
        citizenships: vec![Country::parse("UA").unwrap()],
        groups: ["pupils", "teachers"].map(str::to_owned).to_vec(),
    };
    order.participants.eligible_population = Some(5_000);
    order.breakdowns = vec![Breakdown::AgeBand, Breakdown::Group, Breakdown::Region];
    order.publication.mode = PublicationMode::Live;
    order.publication.k = Some(12);
    order.publication.ballots_apart = Some(120);
    order.publication.release_minutes = Some(30);
    order.publication.early_end = EarlyEnd::Withhold;
    let processor = Party { code: "87654321".to_owned(), ..order.notice.controller.clone() };
    order.notice.processor = Some(processor);
    order
}

#[test]
fn an_order_comes_back_from_the_wire() {
    let plain = Order::from_toml(include_str!("../../../cli/demo/order.toml")).unwrap();
    for order in [full(), plain] {
        let (read, unread) = domain_order(proto::Order::from(&order));
        assert_eq!((read, unread), (order, vec![]));
    }
}

#[test]
fn what_the_domain_has_no_value_for_is_named_with_its_place() {
    let mut wire = proto::Order::from(&full());
    let eligibility = wire.participants.as_mut().unwrap().eligibility.as_mut().unwrap();
    eligibility.minimum_age = Some(1000);
    eligibility.regions.insert(1, "UA-01".to_owned());
    eligibility.citizenships.push("ua".to_owned());
    wire.breakdowns = vec![1, 0, 77];
    wire.publication.as_mut().unwrap().mode = 9;
    wire.publication.as_mut().unwrap().early_end = 9;
    wire.publication.as_mut().unwrap().release_minutes = None;
    let (order, unread) = domain_order(wire);
    let unread: Vec<_> = unread.iter().map(ToString::to_string).collect();
    assert_eq!(
        unread,
        [
            "participants.eligibility.regions[1]: must be an ISO 3166-2:UA or KATOTTG code",
            "participants.eligibility.citizenships[1]: must be an ISO 3166-1 alpha-2 code in capitals",
            "breakdowns[1]: must be REGION, AGE_BAND or GROUP",
            "breakdowns[2]: must be REGION, AGE_BAND or GROUP",
            "publication.mode: must be NEVER, AT_CLOSE or LIVE",
            "publication.early_end: must be PUBLISH or WITHHOLD",
        ]
    );
    let rules = crate::poll::Rules {
        floors: crate::poll::Floors::default(),
        profiles: &crate::poll::Profiles::builtin(),
    };
    let found = order.check(&rules).err().unwrap();
    assert_eq!(found.len(), 1, "the age is past its bound");
    assert_eq!(found[0].field, "participants.eligibility.minimum_age");
}
