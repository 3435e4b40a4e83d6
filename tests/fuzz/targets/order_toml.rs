#![no_main]
//! Orders: any text as a file.
//!
//! What is read is written and read again as the same, in TOML and in JSON; what the check accepts
//! it accepts again unchanged, and what it refuses it refuses with a field.

use holos::poll::Order;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Ok(text) = str::from_utf8(data) else { return };
    let Ok(order) = Order::from_toml(text) else { return };
    // A number past 63 bits has no TOML.
    if let Ok(written) = toml::to_string(&order) {
        assert_eq!(Order::from_toml(&written).as_ref(), Ok(&order));
    }
    let json = serde_json::to_string(&order).expect("an order is JSON");
    assert_eq!(serde_json::from_str::<Order>(&json).expect("our own spelling"), order);
    match order.clone().check(10) {
        Ok(checked) => {
            let checked = checked.into_order();
            assert_eq!(checked, order);
            assert!(checked.check(10).is_ok());
            assert!(order.publication.minimum_answers >= 10);
            assert_eq!(order.questions.len(), 1);
        }
        Err(violations) => {
            assert!(!violations.is_empty());
            assert!(violations.iter().all(|found| !found.field.is_empty()));
        }
    }
});
