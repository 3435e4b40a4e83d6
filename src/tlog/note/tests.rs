use super::*;

/// The example of the format's specification.
const SPEC_KEY: &str = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
const SPEC_NOTE: &str = "This is an example message.\n\n\
    \u{2014} example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3m\
    FXmRKuwHjG1Yu72IneyaQM=\n";

/// Keys, text and signatures of the tests of Go's implementation.
const PETER: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
const PETER_SECRET: &str = "gQoUAtUUbI2E8kQzMPVAgOv5juF9nHT2JS/F1ccoMXM=";
const ENOCH: &str = "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop";
const TEXT: &str = "If you think cryptography is the answer to your problem,\n\
    then you don't know what your problem is.\n";
const PETER_LINE: &str = "\u{2014} PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUg\
    YN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";
const ENOCH_LINE: &str = "\u{2014} EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+\
    vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=\n";

fn known(keys: &[&str]) -> Vec<VerifierKey> {
    keys.iter().map(|key| VerifierKey::parse(key).unwrap()).collect()
}

fn refused(note: &str, keys: &[&str]) -> NoteError {
    open(note.as_bytes(), &known(keys)).unwrap_err()
}

#[test]
fn the_specifications_example_opens() {
    let note = open(SPEC_NOTE.as_bytes(), &known(&[SPEC_KEY])).unwrap();
    assert_eq!(note.text, "This is an example message.\n");
    assert_eq!(note.signers, ["example.com/foo"]);
}

#[test]
fn verifier_keys_read_and_print_and_a_changed_one_is_refused() {
    for text in [SPEC_KEY, PETER, ENOCH] {
        assert_eq!(VerifierKey::parse(text).unwrap().to_string(), text);
        for at in 0..text.len() {
            let mut changed = text.as_bytes().to_vec();
            changed[at] ^= 1;
            let changed = String::from_utf8(changed).unwrap();
            assert_eq!(VerifierKey::parse(&changed), Err(NoteError::Key), "{changed}");
            assert_eq!(VerifierKey::parse(&text[..at]), Err(NoteError::Key));
        }
    }
    let upper = SPEC_KEY.replace("530d903a", "530D903A");
    assert_eq!(VerifierKey::parse(&upper), Err(NoteError::Key));
}

#[test]
fn a_note_is_signed_as_others_sign_it() {
    let secret: [u8; 32] = STANDARD.decode(PETER_SECRET).unwrap().try_into().unwrap();
    let note = sign(TEXT, "PeterNeumann", &SigningKey::from_bytes(&secret));
    assert_eq!(note, format!("{TEXT}\n{PETER_LINE}"));
}

#[test]
fn signatures_of_unknown_keys_are_skipped_and_one_known_good_one_is_needed() {
    let both = format!("{TEXT}\n{PETER_LINE}{ENOCH_LINE}");
    assert_eq!(open(both.as_bytes(), &known(&[PETER, ENOCH])).unwrap().signers.len(), 2);
    assert_eq!(open(both.as_bytes(), &known(&[ENOCH])).unwrap().signers, ["EnochRoot"]);
    assert_eq!(refused(&both, &[SPEC_KEY]), NoteError::Unsigned);
    assert_eq!(refused(&both, &[]), NoteError::Unsigned);
    // The same name under another id is another key, whatever kind of signature it makes.
    let same_name = format!("{TEXT}\n\u{2014} EnochRoot rwz+AAAA\n{ENOCH_LINE}");
    assert_eq!(open(same_name.as_bytes(), &known(&[ENOCH])).unwrap().signers, ["EnochRoot"]);
}

#[test]
fn a_bad_signature_of_a_known_key_refuses_the_note_beside_good_ones() {
    let bad = ENOCH_LINE.replace("d1RvMc", "d1RvMd");
    assert_ne!(bad, ENOCH_LINE);
    let note = format!("{TEXT}\n{PETER_LINE}{bad}");
    assert_eq!(refused(&note, &[PETER, ENOCH]), NoteError::Signature);
    open(note.as_bytes(), &known(&[PETER])).unwrap();
    let short = format!("{TEXT}\n\u{2014} EnochRoot rwz+eAAA\n");
    assert_eq!(refused(&short, &[ENOCH]), NoteError::Signature);
}

#[test]
fn no_byte_of_a_note_can_be_changed_or_cut_off() {
    let (note, known) = (format!("{TEXT}\n{PETER_LINE}").into_bytes(), known(&[PETER]));
    for at in 0..note.len() {
        for bit in 0..8 {
            let mut changed = note.clone();
            changed[at] ^= 1 << bit;
            assert!(open(&changed, &known).is_err(), "byte {at}, bit {bit}");
        }
        assert!(open(&note[..at], &known).is_err());
    }
}

#[test]
fn what_is_no_note_is_refused() {
    let with = |text: &str, lines: &str| format!("{text}\n{lines}");
    for note in [
        String::new(),
        TEXT.to_owned(),
        with(TEXT, ""),
        with(TEXT, PETER_LINE.trim_end()),
        with(TEXT, "unsigned\n"),
        with(TEXT, &PETER_LINE.replace('\u{2014}', "-")),
        with(TEXT, &PETER_LINE.replace("PeterNeumann", "")),
        with(TEXT, &PETER_LINE.replace("PeterNeumann", "Peter+Neumann")),
        with(TEXT, &PETER_LINE.replace("PeterNeumann", "Peter\u{2003}Neumann")),
        with(TEXT, "\u{2014} PeterNeumann x08gow==\n"),
        with(TEXT, &PETER_LINE.replace("M=", "M")),
        with("a\tb\n", PETER_LINE),
    ] {
        assert_eq!(refused(&note, &[PETER]), NoteError::Form, "{note:?}");
    }
    let long = with(&"a\n".repeat(NOTE_BYTES_MAX / 2), PETER_LINE);
    assert_eq!(refused(&long, &[PETER]), NoteError::TooLong);
}

#[test]
fn a_text_with_empty_lines_is_signed_whole() {
    let key = SigningKey::from_bytes(&[1; 32]);
    let known = [VerifierKey::new("a.example", key.verifying_key()).unwrap()];
    for text in ["\n", "one\n\ntwo\n", "ends empty\n\n", "й\n"] {
        let note = sign(text, "a.example", &key);
        assert_eq!(open(note.as_bytes(), &known).unwrap().text, text);
    }
}
