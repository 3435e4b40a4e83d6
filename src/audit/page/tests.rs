use super::super::testing::{Store, hour, lively};
use super::super::{Actor, entry};
use super::*;

/// All pages one after another; also how many there were.
fn read(log: &AuditLog, filter: &Filter, size: usize) -> (Vec<u64>, usize) {
    let (mut seen, mut after, mut pages) = (vec![], None, 0);
    loop {
        let page = log.page(filter, after, size).unwrap();
        assert!(page.lines.len() <= size);
        for (line, entry) in page.lines.iter().zip(&page.entries) {
            assert_eq!(entry::decode(line).unwrap().0, *entry);
        }
        seen.extend(page.entries.iter().map(|entry| entry.seq));
        pages += 1;
        match page.next {
            // As it travels: in a page token.
            Some(next) => after = Some(next.to_string().parse().unwrap()),
            None => return (seen, pages),
        }
    }
}

fn all(filter: Filter) -> Vec<u64> {
    let store = lively(20);
    let log = store.open().unwrap();
    let (seen, _) = read(&log, &filter, 3);
    let (mut backwards, _) = read(&log, &Filter { newest_first: true, ..filter }, 3);
    backwards.reverse();
    assert_eq!(seen, backwards, "both ways show the same");
    seen
}

#[test]
fn pages_of_every_size_show_every_entry_once_in_either_order() {
    let store = lively(11);
    let log = store.open().unwrap();
    let newest_first = Filter { newest_first: true, ..Filter::default() };
    for size in 1..=13 {
        let (seen, pages) = read(&log, &Filter::default(), size);
        assert_eq!((seen, pages), ((0..11).collect(), 11_usize.div_ceil(size)));
        assert_eq!(read(&log, &newest_first, size).0, (0..11).rev().collect::<Vec<_>>());
    }
}

#[test]
fn an_empty_log_has_one_empty_page() {
    let store = Store::new();
    let log = store.open().unwrap();
    for newest_first in [false, true] {
        let filter = Filter { newest_first, ..Filter::default() };
        assert_eq!(log.page(&filter, None, 10).unwrap(), Page::default());
        let cursor = "0.0".parse().unwrap();
        assert!(matches!(log.page(&filter, Some(cursor), 10), Err(AuditError::Cursor)));
    }
}

#[test]
fn a_filter_lets_through_what_it_names() {
    let poll = Some(PollId::from_bytes([1; 16]));
    let none = Filter::default;
    assert_eq!(all(Filter { since: Some(hour(17)), ..none() }), [17, 18, 19]);
    assert_eq!(all(Filter { until: Some(hour(2)), ..none() }), [0, 1]);
    assert_eq!(all(Filter { kinds: vec!["result_read".to_owned()], ..none() }), [1, 6, 11, 16]);
    assert!(all(Filter { kinds: vec!["none".to_owned()], ..none() }).is_empty());
    assert_eq!(all(Filter { account: Some("i.bondar".to_owned()), ..none() }), [1, 6, 11, 16]);
    // 7 is the fold that froze its tally.
    assert_eq!(all(Filter { poll, ..none() }), [1, 7, 10, 13, 16]);
    assert_eq!(all(Filter { poll, without_folds: true, ..none() }), [1, 10, 13, 16]);
    let both = Filter { since: Some(hour(3)), until: Some(hour(9)), without_folds: true, ..none() };
    assert_eq!(all(both), [3, 4, 5, 6, 8]);
}

#[test]
fn a_page_reads_a_bounded_part_of_a_long_log() {
    let store = Store::new();
    let log = store.open().unwrap();
    let reference = "x".repeat(LINE_BYTES_MAX - 1_000);
    for _ in 0..6 {
        let event = Event::WrappingKeyRotation { reference: reference.clone() };
        log.append(hour(0), &Actor::engine(), event).unwrap();
    }
    for newest_first in [false, true] {
        let nothing = Filter { since: Some(hour(1)), newest_first, ..Filter::default() };
        let page = log.page(&nothing, None, 10).unwrap();
        assert!(page.lines.is_empty());
        assert!(page.next.is_some(), "empty, and not the end");
        assert_eq!(read(&log, &nothing, 10), (vec![], 3));
        let (seen, _) = read(&log, &Filter { newest_first, ..Filter::default() }, 10);
        assert_eq!(seen.len(), 6);
    }
}

#[test]
fn what_is_appended_between_two_pages_comes_at_the_end() {
    let store = lively(4);
    let log = store.open().unwrap();
    let next = log.page(&Filter::default(), None, 3).unwrap().next;
    log.append(hour(9), &Actor::engine(), Event::StoreCreated).unwrap();
    let page = log.page(&Filter::default(), next, 3).unwrap();
    assert_eq!(page.entries.iter().map(|entry| entry.seq).collect::<Vec<_>>(), [3, 4]);
}

#[test]
fn only_a_place_between_two_lines_with_the_right_number_is_read_on_from() {
    let store = lively(4);
    let log = store.open().unwrap();
    let oldest_first = Filter::default();
    let newest_first = Filter { newest_first: true, ..Filter::default() };
    let forth = log.page(&oldest_first, None, 2).unwrap().next.unwrap();
    let back = log.page(&newest_first, None, 2).unwrap().next.unwrap();
    assert_eq!((forth.offset, forth.sequence, back.sequence), (back.offset, 2, 1));
    let refused = |filter, cursor| {
        assert!(matches!(log.page(filter, Some(cursor), 2), Err(AuditError::Cursor)), "{cursor}");
    };
    refused(&newest_first, forth);
    refused(&oldest_first, back);
    let end = log.end().bytes;
    for (offset, sequence) in
        [(0, 1), (0, 9), (1, 0), (forth.offset, 3), (forth.offset + 1, 2), (end, 4), (u64::MAX, 2)]
    {
        refused(&oldest_first, Cursor { offset, sequence });
    }
    for (offset, sequence) in [(0, 0), (end, 2), (end, 4), (end - 1, 3), (end + 1, 3)] {
        refused(&newest_first, Cursor { offset, sequence });
    }
}

#[test]
fn a_place_before_an_expiry_is_none_after_it() {
    let store = lively(9);
    let log = store.open().unwrap();
    let next = log.page(&Filter::default(), None, 5).unwrap().next;
    log.expire(hour(9), &Actor::engine(), 2).unwrap();
    assert!(matches!(log.page(&Filter::default(), next, 5), Err(AuditError::Cursor)));
    assert_eq!(read(&log, &Filter::default(), 2).0, (3..=9).collect::<Vec<_>>());
}

#[test]
fn a_cursor_has_one_spelling() {
    let cursor: Cursor = "120.3".parse().unwrap();
    assert_eq!(cursor, Cursor { offset: 120, sequence: 3 });
    let bad = ["", ".", "1", "1.", ".1", "1.2.3", "+1.2", "1.+2", "01.2", "1.02", "-1.2", " 1.2"];
    for text in bad.into_iter().chain(["1.2 ", "99999999999999999999.1", "a.b"]) {
        assert_eq!(text.parse::<Cursor>(), Err(ParseCursorError), "{text}");
    }
}

#[test]
fn a_line_changed_under_the_engine_is_not_shown() {
    let store = lively(3);
    let log = store.open().unwrap();
    let bytes = String::from_utf8(store.bytes()).unwrap();
    store.set(bytes.replacen("\"seq\":1", "\"seq\":7", 1).as_bytes());
    let found = log.page(&Filter::default(), None, 9);
    assert!(matches!(found, Err(AuditError::Broken { sequence: 1 })));
}
