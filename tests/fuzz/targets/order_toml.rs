#![no_main]
//! Orders: any text as a file.
//!
//! What is read is written and read again as the same, in TOML and in JSON, and so is its hash; what
//! the check accepts it accepts again unchanged and keeps every bound of the procedure it names, and
//! what it refuses it refuses with a field.

use std::sync::LazyLock;

use holos::poll::{Floors, Order, Profile, Profiles, PublicationMode, Rules};
use holos_fuzz::home::ANY_PROFILE;

static PROFILES: LazyLock<Profiles> = LazyLock::new(|| {
    let any = Profile::from_toml(ANY_PROFILE).expect("a good profile");
    Profiles::builtin().with(any).expect("another name")
});

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Ok(text) = str::from_utf8(data) else { return };
    let Ok(order) = Order::from_toml(text) else { return };
    // A number past 63 bits has no TOML.
    if let Ok(written) = toml::to_string(&order) {
        assert_eq!(Order::from_toml(&written).as_ref(), Ok(&order));
    }
    let json = serde_json::to_string(&order).expect("an order is JSON");
    let again = Order::from_json(&json).expect("our own spelling");
    assert_eq!(again, order);
    let rules = Rules { floors: Floors::default(), profiles: &PROFILES };
    match order.clone().check(&rules) {
        Ok(checked) => {
            let Rules { floors, profiles } = rules;
            let profile = profiles.get(&order.profile).expect("a profile that there is");
            assert_eq!(checked.profile(), profile);
            let (period, crowd) = (checked.period(), checked.crowd());
            let (opens, closes) = (period.opens_at.instant(), period.closes_at.instant());
            let minutes = opens.duration_until(closes).as_mins();
            assert!((10..=366 * 24 * 60).contains(&minutes), "{minutes} minutes");
            assert!(crowd.k >= floors.k && crowd.ballots_apart >= floors.ballots_apart);
            let publication = &order.publication;
            assert!(publication.minimum_answers >= floors.k);
            assert!(profile.publication_modes.contains(&publication.mode));
            if publication.mode == PublicationMode::Live {
                assert!(minutes / i64::from(publication.release_minutes()) <= 1_000);
            }
            assert_eq!(order.questions.len(), 1);
            assert!((2..=10).contains(&order.questions[0].options.len()));
            assert!((1..=profile.results_retention_years).contains(&order.retention_years));
            let who = &order.participants;
            let lists = (&who.eligibility.regions, &who.eligibility.groups);
            let narrow = !(lists.0.is_empty() && lists.1.is_empty());
            let many = |people| people >= floors.eligible_population;
            assert!(who.eligible_population.map_or(!narrow, many), "a poll aimed at a few");
            // Its hash is of what it says: written in another way it is the same.
            assert!(again.hash() == order.hash());
            let checked = checked.into_parts().0;
            assert_eq!(checked, order);
            assert!(checked.check(&rules).is_ok());
        }
        Err(violations) => {
            assert!(!violations.is_empty());
            assert!(violations.iter().all(|found| !found.field.is_empty()));
        }
    }
});
