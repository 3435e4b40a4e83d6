//! The table as a page of the documentation shows it.

use std::fmt::Write as _;
use std::time::Duration;

use crate::{Entry, Given, Reason, Retry};

/// The table of all reasons in Markdown: a section for each kind of answer.
pub fn reasons_markdown() -> String {
    let mut page = String::new();
    for given in Given::ALL {
        if given != Given::ALL[0] {
            page.push('\n');
        }
        page.push_str("### ");
        page.push_str(given.heading());
        page.push_str("\n\n| reason | gRPC status | HTTP | retry | text | українською | note |\n");
        page.push_str("|---|---|---|---|---|---|---|\n");
        for entry in Reason::ALL.iter().map(|reason| reason.entry()) {
            if entry.given == given {
                row(&mut page, entry);
            }
        }
    }
    page
}

fn row(page: &mut String, entry: &Entry) {
    let Entry { name, code, http_status, retry, english, ukrainian, note, .. } = entry;
    let retry = match retry {
        Retry::Never => "no".to_owned(),
        Retry::After(delay) => format!("after {} s", seconds(*delay)),
    };
    let code = code.name();
    writeln!(
        page,
        "| `{name}` | {code} | {http_status} | {retry} | {english} | {ukrainian} | {note} |"
    )
    .expect("a string takes any text");
}

/// `60`, `0.2`: as a person writes it.
fn seconds(delay: Duration) -> String {
    delay.as_secs_f64().to_string()
}
