//! The documentation names what the program says.

use holos::grpc::STATUS_REASONS;
use holos::outcome::{REASON_UNKNOWN, Rejection};

#[test]
fn the_readme_names_every_reason_that_an_answer_can_carry() {
    let readme = include_str!("../../README.md");
    let rejections = Rejection::ALL.iter().map(|rejection| rejection.reason());
    let reasons = rejections.chain(STATUS_REASONS.iter().copied()).chain([REASON_UNKNOWN]);
    // In back quotes, so that no reason is found in the middle of a longer one.
    let missing: Vec<_> =
        reasons.filter(|reason| !readme.contains(&format!("`{reason}`"))).collect();
    assert!(missing.is_empty(), "README.md does not name {missing:?}");
}
