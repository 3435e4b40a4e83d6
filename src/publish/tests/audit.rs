use super::*;

/// A final statement with one breakdown table, which verifies.
fn good() -> Statement {
    let poll = closed(|order| {
        order.breakdowns = vec![Breakdown::Group];
        order.participants.eligibility.groups = ["a", "b", "c"].map(str::to_owned).to_vec();
        order.participants.eligible_population = Some(5_000);
    });
    let definition = &poll.definition;
    let mut tally = Sums::zero(definition.layout().len());
    for (option, counts) in [[100, 50, 3], [80, 70, 30], [60, 2, 40]].into_iter().enumerate() {
        for (stratum, count) in counts.into_iter().enumerate() {
            let cell = definition.layout().breakdown_cell(0, option, Breakdown::Group, stratum);
            tally.cells[cell.unwrap()] = count;
            tally.cells[option] += count;
            tally.ballots += count;
        }
    }
    published(decided(&poll, &tally, &Standing::default(), &[], false))
}

fn said(statement: Statement) -> String {
    let file = Publication::sign(statement, &key());
    match verify(&file.bytes(), &key().verifying_key()) {
        Ok(_) => String::new(),
        Err(error) => error.to_string(),
    }
}

fn after(change: impl FnOnce(&mut Statement)) -> String {
    let mut statement = good();
    change(&mut statement);
    said(statement)
}

#[test]
fn a_release_that_was_made_by_the_rules_verifies() {
    assert_eq!(said(good()), "");
    let hidden = good().breakdowns[0].options[0].counts.iter().any(Option::is_none);
    assert!(hidden, "three answers are hidden");
}

#[test]
fn a_table_of_what_the_release_does_not_have_is_found() {
    let foreign = "breakdowns[0]: it is of no question of the release, or of none of its options";
    assert_eq!(after(|said| said.breakdowns[0].question = "other".to_owned()), foreign);
    assert_eq!(after(|said| said.breakdowns[0].options[0].id = "other".to_owned()), foreign);
    assert_eq!(after(|said| said.breakdowns[0].options.reverse()), foreign);
    let twice = after(|said| {
        let row = said.breakdowns[0].options[2].clone();
        said.breakdowns[0].options.push(row);
    });
    assert_eq!(twice, foreign);
    let again = after(|said| {
        let table = said.breakdowns[0].clone();
        said.breakdowns.push(table);
    });
    assert!(again.ends_with("it stands twice"), "{again}");
    let shape = after(|said| {
        said.breakdowns[0].options[1].counts.pop();
    });
    assert_eq!(shape, "breakdowns[0]: options[1]: not one count a stratum");
    let withheld = after(|said| said.breakdowns[0].withheld = true);
    assert_eq!(withheld, "breakdowns[0]: it is withheld and has rows or strata");
    let empty = after(|said| {
        let table = &mut said.breakdowns[0];
        (table.withheld, table.strata, table.options) = (true, Vec::new(), Vec::new());
    });
    assert_eq!(empty, "");
}

#[test]
fn a_number_that_may_not_be_seen_is_found() {
    // The hidden cell itself.
    let shown = after(|said| {
        let hidden = said.breakdowns[0].options[0].counts.iter_mut().find(|count| count.is_none());
        *hidden.unwrap() = Some(3);
    });
    assert!(shown.starts_with("breakdowns[0]: the "), "{shown}");
    // One that lets it be computed.
    let every = after(|said| {
        let table = &mut said.breakdowns[0];
        for (row, counts) in [[100, 50, 3], [80, 70, 30], [60, 2, 40]].into_iter().enumerate() {
            for (at, count) in counts.into_iter().enumerate() {
                table.options[row].counts[at] = (count >= 10).then_some(count);
            }
        }
        for (at, answers) in [240, 122, 73].into_iter().enumerate() {
            table.strata[at].answers = Some(answers);
        }
    });
    assert!(every.contains("can be computed to within"), "{every}");
    let few = after(|said| {
        let left_out = |count: &mut u64| std::mem::replace(count, 9);
        let before = left_out(&mut said.questions[0].options[0].count);
        said.total = said.total.map(|total| total - before + 9);
    });
    assert_eq!(few, "breakdowns[0]: options[0]: an option with fewer than k answers is left out");
    let wrong = after(|said| {
        let cells = said.breakdowns[0].options.iter_mut().flat_map(|row| &mut row.counts);
        *cells.flatten().next().unwrap() += 1_000;
    });
    assert!(wrong.starts_with("breakdowns[0]: "), "{wrong}");
}

#[test]
fn members_that_do_not_belong_to_a_kind_are_found() {
    let open = |said: &mut Statement| (said.closed_at, said.close_reason) = (None, None);
    let bare = |said: &mut Statement| (said.total, said.questions) = (None, Vec::new());
    let live = "closed_at: a live release is of an open poll";
    assert_eq!(after(|said| said.kind = ReleaseKind::Live), live);
    assert_eq!(after(open), "closed_at: a final release is of a closed poll");
    let tables = after(|said| {
        open(said);
        said.kind = ReleaseKind::Live;
    });
    assert_eq!(tables, "breakdowns: only a final release has them");
    let none = after(|said| {
        bare(said);
        said.breakdowns.clear();
    });
    assert_eq!(none, "total: it states none");
    let withdrawal = |change: fn(&mut Statement)| {
        after(|said| {
            said.kind = ReleaseKind::Withdrawal;
            said.breakdowns.clear();
            change(said);
        })
    };
    assert_eq!(withdrawal(|_| ()), "total: a withdrawal states none");
    let unnamed = withdrawal(|said| (said.total, said.questions) = (None, Vec::new()));
    assert_eq!(unnamed, "correction: a withdrawal names the release that holds no more");
    let previous = "previous: every release but the first names the one before it";
    assert_eq!(after(|said| said.release = 2), previous);
    assert_eq!(after(|said| said.previous = Some("ab".repeat(32))), previous);
}
