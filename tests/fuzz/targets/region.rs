#![no_main]
//! Codes of places: two texts, parted by a line's end.
//!
//! A code is kept as it was read, lies in one region, and contains exactly what a naive comparison
//! of its levels says.

use holos::poll::Region;

/// The regions' first two digits in KATOTTG, in the order of their ISO codes.
const KATOTTG: &str = "050744121418212326803235850146485153565961636568717473";
/// The digits of each level.
const LEVELS: [usize; 5] = [2, 2, 3, 3, 2];

/// The region, and the levels below it down to the last that is there.
fn place(code: &str) -> Option<(usize, Vec<String>)> {
    if let Some(at) = Region::ISO.iter().position(|iso| *iso == code) {
        return Some((at, Vec::new()));
    }
    let digits = code.strip_prefix("UA").filter(|digits| digits.len() == 17)?;
    if !digits.chars().all(|c| c.is_ascii_digit()) {
        return None;
    }
    let mut rest = digits;
    let mut levels: Vec<String> = Vec::new();
    for length in LEVELS {
        let (level, after) = rest.split_at(length);
        levels.push(level.to_owned());
        rest = after;
    }
    let first = levels.remove(0);
    let region = (0..27).find(|at| KATOTTG[at * 2..at * 2 + 2] == first)?;
    while levels.last().is_some_and(|level| level.chars().all(|c| c == '0')) {
        levels.pop();
    }
    Some((region, levels))
}

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Ok(text) = str::from_utf8(data) else { return };
    let (one, two) = text.split_once('\n').unwrap_or((text, text));
    let read = [one, two].map(|code| {
        let region = Region::parse(code);
        let expected = place(code);
        assert_eq!(region.map(|region| region.index()), expected.as_ref().map(|place| place.0));
        region.zip(expected)
    });
    let [Some((a, place_a)), Some((b, place_b))] = read else { return };
    assert_eq!(a.as_str(), one);
    assert_eq!(Region::try_from(String::from(a)), Ok(a));
    assert!(a.contains(&a) && b.contains(&b));
    // A level of zeros in the midst is a level all the same.
    let inside = place_a.0 == place_b.0 && place_b.1.starts_with(&place_a.1);
    let zeros = inside_by_zeros(&place_a, &place_b, two);
    assert_eq!(a.contains(&b), inside || zeros, "{one} {two}");
});

/// Whether the deeper code ends where the other still has levels of zeros.
fn inside_by_zeros(a: &(usize, Vec<String>), b: &(usize, Vec<String>), code: &str) -> bool {
    let padded = |levels: &[String]| {
        let mut all: Vec<String> = levels.to_vec();
        for length in LEVELS.iter().skip(1 + all.len()) {
            all.push("0".repeat(*length));
        }
        all
    };
    code.len() == 19 && a.0 == b.0 && padded(&b.1).starts_with(&a.1)
}
