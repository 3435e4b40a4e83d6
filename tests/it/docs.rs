//! The documentation names what the program says.

use holos::grpc::STATUS_REASONS;
use holos::outcome::{REASON_UNKNOWN, Rejection};
use holos::poll::{Order, Profiles, Rules};
use holos::staff::table_markdown;

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

#[test]
fn the_security_page_shows_the_table_of_permissions() {
    let page = include_str!("../../SECURITY.md");
    let shown = page.split("<!-- permissions -->").nth(1).unwrap();
    let shown = shown.split("<!-- /permissions -->").next().unwrap();
    assert_eq!(shown.trim(), table_markdown().trim());
}

#[test]
fn the_sample_order_keeps_every_rule() {
    let order = Order::from_toml(include_str!("../../deploy/order.toml")).unwrap();
    let rules = Rules { floors: holos::poll::Floors::default(), profiles: &Profiles::builtin() };
    assert_eq!(order.check(&rules).map(drop), Ok(()));
}
