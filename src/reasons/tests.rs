//! What holds for every row.

use std::collections::BTreeSet;

use super::{Code, Given, Reason, Retry, reasons_markdown};

fn is_cyrillic(c: char) -> bool {
    ('\u{400}'..='\u{4ff}').contains(&c)
}

#[test]
fn names_are_unique_and_fit_error_info() {
    let mut seen = BTreeSet::new();
    for reason in Reason::ALL {
        let name = reason.name();
        assert!(seen.insert(name), "{name} stands twice");
        assert!((2..=63).contains(&name.len()), "{name}: ErrorInfo allows 63 characters");
        let plain = name.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_');
        assert!(plain && !name.starts_with('_') && !name.ends_with('_'), "{name}");
    }
    assert!(seen.len() > 90, "the table was read");
}

#[test]
fn a_name_is_its_variants_in_capitals() {
    for reason in Reason::ALL {
        let mut name = String::new();
        for c in format!("{reason:?}").chars() {
            if c.is_ascii_uppercase() && !name.is_empty() {
                name.push('_');
            }
            name.push(c.to_ascii_uppercase());
        }
        assert_eq!(name, reason.name());
    }
}

#[test]
fn texts_are_in_their_language_and_end_plainly() {
    for reason in Reason::ALL {
        let entry = reason.entry();
        for text in [entry.english, entry.ukrainian] {
            let name = entry.name;
            assert_eq!(text, text.trim(), "{name}");
            assert!(text.chars().count() >= 10, "{name}: {text:?} says nothing");
            assert!(text.chars().count() <= 200, "{name}: {text:?} is too long");
            let last = text.chars().next_back().unwrap();
            assert!(last.is_alphanumeric() || last == ')', "{name}: {text:?} ends with {last:?}");
            assert!(!text.contains(['\n', '|', '`', '"']), "{name}: {text:?} breaks a table");
            assert!(!text.contains("  "), "{name}: {text:?} has two blanks");
        }
        assert!(!entry.english.chars().any(is_cyrillic), "{}", entry.name);
        assert!(entry.ukrainian.chars().any(is_cyrillic), "{}", entry.name);
        // Letters that only Russian has.
        assert!(!entry.ukrainian.contains(['ы', 'э', 'ё', 'ъ']), "{}", entry.name);
        assert!(!entry.note.contains(['\n', '|']), "{}: the note breaks the table", entry.name);
    }
}

/// A field's path before the colon is no word: both languages name the same field.
#[test]
fn both_texts_name_the_same_field() {
    let field = |text: &'static str| {
        let (field, _) = text.split_once(": ")?;
        let path = |c: char| c.is_ascii_lowercase() || c == '_' || c == '.';
        field.chars().all(path).then_some(field)
    };
    for reason in Reason::ALL {
        let entry = reason.entry();
        assert_eq!(field(entry.english), field(entry.ukrainian), "{}", entry.name);
    }
}

#[test]
fn the_http_status_is_the_codes_except_where_http_has_a_better_one() {
    let better = [(Reason::WatchersFull, 503), (Reason::MethodNotAllowed, 405)];
    for reason in Reason::ALL {
        let of_code = match reason.entry().code {
            Code::InvalidArgument => 400,
            Code::Unauthenticated => 401,
            Code::PermissionDenied => 403,
            Code::NotFound => 404,
            Code::AlreadyExists | Code::FailedPrecondition => 409,
            Code::ResourceExhausted => 429,
            Code::Unimplemented => 501,
            Code::Unavailable => 503,
            Code::DeadlineExceeded => 504,
        };
        let better = better.iter().find(|(better, _)| better == reason);
        let expected = better.map_or(of_code, |(_, status)| *status);
        assert_eq!(reason.entry().http_status, expected, "{}", reason.name());
    }
}

#[test]
fn what_may_be_retried_is_neither_wrong_nor_forbidden() {
    for reason in Reason::ALL {
        let entry = reason.entry();
        if let Retry::After(delay) = entry.retry {
            assert!(!delay.is_zero(), "{}", entry.name);
            // A key that is not known yet may be fetched meanwhile.
            let passes = matches!(entry.code, Code::ResourceExhausted | Code::Unavailable);
            assert!(passes || *reason == Reason::TokenKeyUnknown, "{}", entry.name);
        }
    }
}

#[test]
fn the_page_shows_every_reason_once() {
    let page = reasons_markdown();
    for reason in Reason::ALL {
        let row = format!("\n| `{}` |", reason.name());
        assert_eq!(page.matches(&row).count(), 1, "{}", reason.name());
    }
    let headings = page.lines().filter(|line| line.starts_with("### ")).count();
    assert_eq!(headings, Given::ALL.len());
    for line in page.lines().filter(|line| line.starts_with("| `")) {
        assert_eq!(line.matches('|').count(), 8, "{line}");
    }
}
