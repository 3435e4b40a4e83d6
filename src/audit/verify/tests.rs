use super::super::testing::{Store, hour, lively};
use super::super::{Actor, AuditLog, Event, export_trailer};
use super::*;
use ed25519_dalek::SigningKey;
use proptest::prelude::*;
use proptest::sample::Index;
use std::io::Read;
use std::sync::OnceLock;

fn exported(log: &AuditLog) -> Vec<u8> {
    let mut bytes = vec![];
    log.export(hour(500)).unwrap().read_to_end(&mut bytes).unwrap();
    bytes
}

fn split(bytes: &[u8]) -> Vec<Vec<u8>> {
    bytes.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect()
}

/// An export with its trailer, and what checks it.
struct Sample {
    store: Store,
    lines: Vec<Vec<u8>>,
    key: VerifyingKey,
}

fn sample() -> Sample {
    let store = lively(8);
    let key = store.keys().signing_key().verifying_key();
    let lines = split(&exported(&store.open().unwrap()));
    Sample { store, lines, key }
}

impl Sample {
    fn check(&self, bytes: &[u8], known: Option<&AuditHead>) -> Result<Verified, ExportFlaw> {
        verify_export(bytes, &self.key, known)
    }

    /// The flaw of the export with the lines in this order.
    fn flaw(&self, order: &[usize]) -> ExportFlaw {
        let lines: Vec<&[u8]> = order.iter().map(|at| &self.lines[*at][..]).collect();
        self.check(&lines.concat(), None).unwrap_err()
    }

    /// The export with line `at` replaced.
    fn with(&self, at: usize, line: &[u8]) -> Vec<u8> {
        let mut lines = self.lines.clone();
        lines[at] = [line, b"\n"].concat();
        lines.concat()
    }

    fn entry(&self, at: usize) -> Entry {
        entry::decode(self.lines[at].trim_ascii_end()).unwrap().0
    }

    fn head(&self, at: usize) -> AuditHead {
        let hash = entry::hash(self.lines[at].trim_ascii_end());
        AuditHead { sequence: at as u64, hash: *hash.as_bytes() }
    }
}

type IsNamed = fn(&ExportFlaw) -> bool;

fn stranger() -> SigningKey {
    SigningKey::from_bytes(&[9; 32])
}

#[test]
fn a_sound_export_is_verified_with_the_public_key_alone() {
    let sample = sample();
    let verified = sample.check(&sample.lines.concat(), None).unwrap();
    let head = sample.store.keys().audit_head().unwrap();
    let whole = Verified {
        entries: 8,
        first: Some(0),
        last: head,
        exported_at: hour(500),
        known: Known::NotGiven,
    };
    assert_eq!(verified, whole);
}

#[test]
fn an_empty_log_is_exported_too() {
    let store = Store::new();
    let key = store.keys().signing_key().verifying_key();
    let bytes = exported(&store.open().unwrap());
    let verified = verify_export(&bytes[..], &key, None).unwrap();
    assert_eq!((verified.entries, verified.first, verified.last), (0, None, None));
}

#[test]
fn the_trailer_is_pinned() {
    let key = SigningKey::from_bytes(&[5; 32]);
    let head = AuditHead { sequence: 7, hash: [0x22; 32] };
    let line = String::from_utf8(export_trailer(Some(&head), hour(0), &key)).unwrap();
    let unsigned = format!(
        r#"{{"exported_at":"2023-03-08T10:00:00Z","head":{{"hash":"{}","seq":7}}"#,
        "22".repeat(32)
    );
    let rest = line.strip_prefix(&unsigned).unwrap();
    assert!(rest.starts_with(r#","signature":""#), "{rest}");
    let read = export::decode(line.as_bytes()).unwrap();
    assert!(read.is_signed(&key.verifying_key()));
    assert!(!read.is_signed(&stranger().verifying_key()));
}

#[test]
fn every_way_to_tamper_with_lines_has_its_name_and_place() {
    use ExportFlaw as F;
    let sample = sample();
    // Line 8 is the trailer.
    let cases: [(&[usize], IsNamed); 16] = [
        (&[0, 1, 3, 4, 5, 6, 7, 8], |f| matches!(f, F::Removed { sequence: 2 })),
        (&[0, 1, 5, 6, 7, 8], |f| matches!(f, F::Removed { sequence: 2 })),
        (&[0, 1, 3, 2, 4, 5, 6, 7, 8], |f| matches!(f, F::Reordered { sequence: 2 })),
        (&[0, 1, 3, 4, 5, 6, 7, 2, 8], |f| matches!(f, F::Reordered { sequence: 2 })),
        (&[1, 0, 2, 3, 4, 5, 6, 7, 8], |f| matches!(f, F::Reordered { sequence: 0 })),
        (&[0, 0, 1, 2, 3, 4, 5, 6, 7, 8], |f| matches!(f, F::Doubled { sequence: 0 })),
        (&[0, 1, 2, 3, 1, 4, 5, 6, 7, 8], |f| matches!(f, F::Doubled { sequence: 1 })),
        (&[0, 1, 2, 3, 4, 5, 6, 7, 7, 8], |f| matches!(f, F::Doubled { sequence: 7 })),
        (&[2, 3, 4, 5, 6, 7, 8], |f| matches!(f, F::CutAtFront { sequence: 2 })),
        (&[8], |f| matches!(f, F::CutShort { sequence: 0 })),
        (&[], |f| matches!(f, F::CutShort { sequence: 0 })),
        (&[0, 1, 2, 3, 4, 5, 6, 7], |f| matches!(f, F::CutShort { sequence: 8 })),
        (&[0, 1, 2, 3, 4, 8], |f| matches!(f, F::CutShort { sequence: 5 })),
        (&[0, 1, 2], |f| matches!(f, F::CutShort { sequence: 3 })),
        (&[0, 1, 2, 3, 4, 5, 6, 7, 8, 8], |f| matches!(f, F::GoesOn)),
        (&[0, 1, 2, 3, 8, 4, 5, 6, 7], |f| matches!(f, F::CutShort { sequence: 4 })),
    ];
    for (order, is_named) in cases {
        let flaw = sample.flaw(order);
        assert!(is_named(&flaw), "{order:?}: {flaw:?}");
    }
}

#[test]
fn a_forged_line_has_its_name_and_place() {
    use ExportFlaw as F;
    let sample = sample();
    let mut entry = sample.entry(3);
    let found = |bytes: &[u8]| sample.check(bytes, None).unwrap_err();
    // Signed by a stranger in place of the true one.
    let own = entry::encode(&entry, &stranger());
    entry.by = Actor::staff("nobody", "auditor");
    let forged = entry::encode(&entry, &stranger());
    assert!(matches!(found(&sample.with(3, &forged)), F::Changed { sequence: 3 }));
    assert!(matches!(found(&sample.with(3, &own)), F::Changed { sequence: 3 }));
    assert!(matches!(found(&sample.with(3, b"{}")), F::Changed { sequence: 3 }));
    // Put before the true one.
    for inserted in [&forged[..], b"{}", b""] {
        let mut lines = sample.lines.clone();
        lines.insert(3, [inserted, b"\n"].concat());
        assert!(matches!(found(&lines.concat()), F::Inserted { sequence: 3 }));
    }
    // Signed by the engine, but in another life of the log.
    let engine = sample.store.keys();
    entry.previous = Hash::from_bytes([7; 32]);
    let other = entry::encode(&entry, engine.signing_key());
    assert!(matches!(found(&sample.with(3, &other)), F::Unchained { sequence: 3 }));
    let mut last = sample.entry(7);
    last.by = Actor::staff("nobody", "auditor");
    let other = entry::encode(&last, engine.signing_key());
    assert!(matches!(found(&sample.with(7, &other)), F::OtherTrailer { sequence: 7 }));
    let key = stranger();
    let trailer = export_trailer(Some(&sample.head(7)), hour(1), &key);
    assert!(matches!(found(&sample.with(8, &trailer)), F::OtherTrailer { sequence: 7 }));
    let earlier = export_trailer(Some(&sample.head(4)), hour(1), engine.signing_key());
    assert!(matches!(found(&sample.with(8, &earlier)), F::OtherTrailer { sequence: 7 }));
}

#[test]
fn another_engines_log_is_another_keys() {
    let (sample, key) = (sample(), stranger().verifying_key());
    let flaw = verify_export(&sample.lines.concat()[..], &key, None).unwrap_err();
    assert!(matches!(flaw, ExportFlaw::OtherKey { sequence: 0 }));
}

#[test]
fn a_head_noted_earlier_must_be_in_the_log() {
    let sample = sample();
    let all = sample.lines.concat();
    for at in 0..8 {
        let verified = sample.check(&all, Some(&sample.head(at))).unwrap();
        assert_eq!(verified.known, Known::Holds);
        let other = AuditHead { hash: [3; 32], ..sample.head(at) };
        let flaw = sample.check(&all, Some(&other)).unwrap_err();
        assert!(matches!(flaw, ExportFlaw::NotAPrefix { sequence } if sequence == at as u64));
    }
    let later = AuditHead { sequence: 8, hash: [3; 32] };
    let flaw = sample.check(&all, Some(&later)).unwrap_err();
    assert!(matches!(flaw, ExportFlaw::NotAPrefix { sequence: 8 }), "an older log was put back");
}

#[test]
fn of_a_head_that_expired_only_the_last_is_still_known() {
    let sample = sample();
    let log = sample.store.open().unwrap();
    log.expire(hour(9), &Actor::engine(), 2).unwrap();
    let bytes = exported(&log);
    let known = |head: &AuditHead| sample.check(&bytes, Some(head)).map(|v| v.known);
    assert_eq!(known(&sample.head(1)).unwrap(), Known::Expired);
    assert_eq!(known(&sample.head(2)).unwrap(), Known::Holds);
    let other = AuditHead { hash: [3; 32], ..sample.head(2) };
    assert!(matches!(known(&other), Err(ExportFlaw::NotAPrefix { sequence: 2 })));
    let later = split(&bytes);
    let flaw = sample.check(&later[1..].concat(), None).unwrap_err();
    assert!(matches!(flaw, ExportFlaw::CutAtFront { sequence: 4 }));
}

#[test]
fn an_entry_that_tells_of_another_expiry_covers_no_cut() {
    let sample = sample();
    let log = sample.store.open().unwrap();
    let hash = Hash::from_bytes([1; 32]);
    let event = Event::AuditExpired { through: 2, hash, folded_epoch: None };
    log.append(hour(9), &Actor::engine(), event).unwrap();
    let lines = split(&exported(&log));
    let flaw = sample.check(&lines[3..].concat(), None).unwrap_err();
    assert!(matches!(flaw, ExportFlaw::CutAtFront { sequence: 3 }));
}

#[test]
fn an_export_is_of_the_moment_when_it_began() {
    let sample = sample();
    let log = sample.store.open().unwrap();
    let mut export = log.export(hour(500)).unwrap();
    log.append(hour(9), &Actor::engine(), Event::StoreCreated).unwrap();
    log.expire(hour(9), &Actor::engine(), 3).unwrap();
    let mut bytes = vec![];
    export.read_to_end(&mut bytes).unwrap();
    assert_eq!(bytes, sample.lines.concat());
}

/// One way to tamper with a file of lines.
#[derive(Clone, Debug)]
enum Tampering {
    Remove(Index),
    Double(Index, Index),
    Exchange(Index, Index),
    Insert(Index, String),
    Flip(Index, u8),
    CutEnd(Index),
    CutFront(Index),
}

fn tampering() -> impl Strategy<Value = Tampering> {
    let at = any::<Index>;
    prop_oneof![
        at().prop_map(Tampering::Remove),
        (at(), at()).prop_map(|(from, to)| Tampering::Double(from, to)),
        (at(), at()).prop_map(|(one, other)| Tampering::Exchange(one, other)),
        (at(), "\\PC{0,40}").prop_map(|(at, text)| Tampering::Insert(at, text)),
        (at(), 0..8_u8).prop_map(|(at, bit)| Tampering::Flip(at, bit)),
        at().prop_map(Tampering::CutEnd),
        at().prop_map(Tampering::CutFront),
    ]
}

impl Tampering {
    /// The lines, tampered with; the same where there was nothing to change.
    fn on(&self, mut lines: Vec<Vec<u8>>) -> Vec<u8> {
        let count = lines.len();
        match self {
            Self::Remove(at) => drop(lines.remove(at.index(count))),
            Self::Double(from, to) => {
                lines.insert(to.index(count + 1), lines[from.index(count)].clone());
            }
            Self::Exchange(one, other) => lines.swap(one.index(count), other.index(count)),
            Self::Insert(at, text) => {
                lines.insert(at.index(count + 1), format!("{text}\n").into_bytes());
            }
            Self::Flip(at, bit) => {
                let mut bytes = lines.concat();
                let at = at.index(bytes.len());
                bytes[at] ^= 1 << bit;
                return bytes;
            }
            Self::CutEnd(at) => {
                let mut bytes = lines.concat();
                bytes.truncate(at.index(bytes.len()));
                return bytes;
            }
            Self::CutFront(at) => drop(lines.drain(..=at.index(count))),
        }
        lines.concat()
    }
}

static SAMPLE: OnceLock<Sample> = OnceLock::new();

proptest! {
    #[test]
    fn no_tampering_passes(tamperings in prop::collection::vec(tampering(), 1..4)) {
        let sample = SAMPLE.get_or_init(|| {
            let sample = sample();
            let log = sample.store.open().unwrap();
            log.expire(hour(9), &Actor::engine(), 1).unwrap();
            let lines = split(&exported(&log));
            Sample { lines, ..sample }
        });
        let good = sample.lines.concat();
        let after = |lines: &[Vec<u8>]| tamperings.iter().fold(lines.concat(), |bytes, tampering| {
            if bytes.is_empty() { bytes } else { tampering.on(split(&bytes)) }
        });
        let export = after(&sample.lines);
        prop_assert_eq!(sample.check(&export, None).is_ok(), export == good);

        // The file itself, against the head in the key store.
        let (_, lines) = sample.lines.split_last().unwrap();
        let (good, log) = (lines.concat(), after(lines));
        let head = entry::decode(lines.last().unwrap().trim_ascii_end()).map(|(entry, _)| entry.seq);
        let keys = sample.store.keys();
        prop_assert_eq!(keys.audit_head().unwrap().map(|head| head.sequence), head);
        sample.store.set(&log);
        let opened = sample.store.open();
        let found = sample.store.bytes();
        sample.store.set(&good);
        match opened {
            // What lies beyond the head was never acknowledged, and one line of it is cut off.
            Ok(_) => prop_assert!(found == good && log.starts_with(&good)),
            Err(_) => prop_assert_eq!(found, log, "what is refused is left as it was"),
        }
    }
}
