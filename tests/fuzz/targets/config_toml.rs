#![no_main]
//! Configurations: any text as a file.
//!
//! What is read is written and read again as the same; what is refused names a field or a place.

use std::path::Path;

use holos::process::config::{Config, ConfigError};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Ok(text) = str::from_utf8(data) else { return };
    let folder = Path::new("/nowhere");
    match Config::parse(text, folder) {
        Ok(config) => {
            let written = config.to_toml();
            let again = Config::parse(&written, folder).expect("our own spelling");
            // Of all its fields, also one that is not written.
            assert_eq!(format!("{again:?}"), format!("{config:?}"));
            let fields = config.missing_files();
            assert!(fields.iter().all(|found| !found.field.is_empty()));
            let _source = config.key_source();
            let floors = config.floors();
            let bounds = 10..=1_000_000;
            assert!((10..=10_000).contains(&floors.k));
            assert!(bounds.contains(&floors.ballots_apart));
            assert!(bounds.contains(&floors.eligible_population));
        }
        Err(ConfigError::Rules(findings)) => {
            assert!(!findings.is_empty());
            assert!(findings.iter().all(|found| !found.field.is_empty()));
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
});
