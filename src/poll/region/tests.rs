use super::*;
use proptest::prelude::*;

fn region(code: &str) -> Region {
    Region::parse(code).unwrap()
}

#[test]
fn the_27_regions_are_read_by_either_code() {
    for (index, (iso, katottg)) in Region::ISO.iter().zip(KATOTTG).enumerate() {
        let whole = format!("UA{katottg}000000000012345");
        assert_eq!(region(iso).index(), index);
        assert_eq!(region(&whole).index(), index);
        assert_eq!(region(iso).as_str(), *iso);
        assert!(region(iso).contains(&region(&whole)) && region(&whole).contains(&region(iso)));
    }
    let named = [
        ("UA80000000000093317", "UA-30"), // Kyiv
        ("UA32000000000030281", "UA-32"), // Kyiv region
        ("UA44000000000018893", "UA-09"), // Luhansk
        ("UA73000000000044923", "UA-77"), // Chernivtsi
        ("UA01000000000013043", "UA-43"), // Crimea
        ("UA85000000000065278", "UA-40"), // Sevastopol
    ];
    for (katottg, iso) in named {
        assert_eq!(Region::ISO[region(katottg).index()], iso);
    }
}

#[test]
fn anything_else_is_no_place() {
    let bad = [
        "",
        "UA",
        "UA-",
        "UA-00",
        "UA-01",
        "UA-80",
        "ua-30",
        "UA-3",
        "UA-300",
        "UA-3о",
        "PL-30",
        "UA00000000000012345",
        "UA30000000000012345",
        "UA8000000000009331",
        "UA800000000000933170",
        "UA8000000000009331x",
        "ua80000000000093317",
        "US80000000000093317",
        "UA-8000000000009331",
    ];
    for text in bad {
        assert!(Region::parse(text).is_none(), "{text}");
    }
}

#[test]
fn a_place_contains_what_lies_within_it_and_nothing_beside_it() {
    let nested = [
        "UA-77",
        "UA73040000000036528", // a raion
        "UA73040190000012345", // a hromada of it
        "UA73040190010054219", // a town of that
        "UA73040190010112345", // a district of that
    ];
    for (depth, outer) in nested.iter().enumerate() {
        for (other, inner) in nested.iter().enumerate() {
            let contains = region(outer).contains(&region(inner));
            assert_eq!(contains, depth <= other, "{outer} {inner}");
        }
    }
    for (depth, beside) in [
        (0, "UA-74"),
        (0, "UA74040190010054219"),
        (1, "UA73060000000012345"),
        (2, "UA73040200000012345"),
        (3, "UA73040190020012345"),
        (4, "UA73040190010212345"),
    ] {
        for place in &nested[depth..] {
            assert!(!region(place).contains(&region(beside)), "{place} {beside}");
        }
    }
    // Kyiv has city districts and none of the levels between.
    let (kyiv, district) = (region("UA80000000000093317"), region("UA80000000000126643"));
    assert!(kyiv.contains(&district) && !district.contains(&kyiv));
    assert!(!district.contains(&region("UA80000000000289092")));
}

/// A code by its levels, with few values each, so that places often share them.
fn code() -> impl Strategy<Value = String> {
    let whole = (0..27_usize).prop_map(|n| Region::ISO[n].to_owned());
    let levels = (0..3_usize, 0..3_u32, 0..3_u32, 0..3_u32, 0..3_u32, 0..99_999_u32);
    let within = levels.prop_map(|(region, raion, hromada, settlement, district, number)| {
        let region = KATOTTG[region];
        format!("UA{region}{raion:02}{hromada:03}{settlement:03}{district:02}{number:05}")
    });
    prop_oneof![1 => whole, 5 => within]
}

proptest! {
    #[test]
    fn containment_is_that_of_the_levels(outer in code(), inner in code()) {
        let (outer, inner) = (region(&outer), region(&inner));
        // Level by level, in numbers rather than in text; a region by its ISO code has none.
        let levels = |place: &Region| -> Vec<u32> {
            let text = place.as_str();
            if text.len() == 5 { return vec![0; 4]; }
            [4..6, 6..9, 9..12, 12..14].map(|level| text[level].parse().unwrap()).to_vec()
        };
        let (own, other) = (levels(&outer), levels(&inner));
        let depth = own.iter().rposition(|level| *level > 0).map_or(0, |last| last + 1);
        let expected = outer.index() == inner.index() && own[..depth] == other[..depth];
        prop_assert_eq!(outer.contains(&inner), expected);
    }

    #[test]
    fn containment_is_reflexive_and_transitive(a in code(), b in code(), c in code()) {
        let (a, b, c) = (region(&a), region(&b), region(&c));
        prop_assert!(a.contains(&a));
        prop_assert!(!(a.contains(&b) && b.contains(&c)) || a.contains(&c));
    }

    #[test]
    fn reading_never_panics_and_keeps_the_text(text in "\\PC{0,24}|UA[0-9]{17}|UA-[0-9]{2}") {
        if let Some(place) = Region::parse(&text) {
            prop_assert_eq!(place.as_str(), text);
        }
    }
}
