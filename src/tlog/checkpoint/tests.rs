use super::super::merkle::empty_root;
use super::*;
use crate::tests::{ORIGIN, key, tree, verifier};

fn signed(text: &str) -> Result<Checkpoint, CheckpointError> {
    Checkpoint::open(note::sign(text, ORIGIN, &key()).as_bytes(), &verifier())
}

#[test]
fn a_checkpoint_reads_as_it_was_signed() {
    for size in [0, 1, 20] {
        let root = tree(size).root(size).unwrap();
        let checkpoint = Checkpoint { origin: ORIGIN.to_owned(), size, root };
        let note = checkpoint.sign(&key());
        assert_eq!(Checkpoint::open(note.as_bytes(), &verifier()).unwrap(), checkpoint);
    }
}

#[test]
fn the_text_is_origin_size_and_root() {
    let checkpoint = Checkpoint { origin: ORIGIN.to_owned(), size: 0, root: empty_root() };
    let note = checkpoint.sign(&key());
    let text = "polls.example/log\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n\n\u{2014} ";
    assert!(note.starts_with(text), "{note}");
}

#[test]
fn extension_lines_are_skipped() {
    let root = empty_root().to_base64();
    let text = format!("{ORIGIN}\n7\n{root}\nan extension\nanother\n");
    assert_eq!(signed(&text).unwrap().size, 7);
}

#[test]
fn what_is_not_origin_size_and_root_is_refused_though_it_is_signed() {
    let root = empty_root().to_base64();
    for text in [
        format!("{ORIGIN}\n7\n"),
        format!("{ORIGIN}\n7\n{root}\n\nextension\n"),
        format!("\n7\n{root}\n"),
        format!("{ORIGIN}\n07\n{root}\n"),
        format!("{ORIGIN}\n+7\n{root}\n"),
        format!("{ORIGIN}\n-7\n{root}\n"),
        format!("{ORIGIN}\n\n{root}\n"),
        format!("{ORIGIN}\n18446744073709551616\n{root}\n"),
        format!("{ORIGIN}\n7\n{}\n", &root[..40]),
        format!("{ORIGIN}\n7\n{} \n", root),
        format!("{ORIGIN}\n7\n{}\n", root.replace("FU=", "FV=")),
    ] {
        assert_eq!(signed(&text), Err(CheckpointError::Form), "{text}");
    }
}

#[test]
fn a_checkpoint_of_another_log_under_the_same_key_is_refused() {
    let text = format!("other.example/log\n7\n{}\n", empty_root().to_base64());
    assert_eq!(signed(&text), Err(CheckpointError::Origin));
}
