use super::*;
use crate::tests::tree;

const CHECKPOINT: &str = "origin\n9\nroot\n\n\u{2014} origin signature\n";

fn proof(index: u64) -> Proof {
    let hashes = tree(9).prove_inclusion(index, 9).unwrap();
    Proof { index, hashes, checkpoint: CHECKPOINT.to_owned() }
}

#[test]
fn a_proof_reads_as_it_was_written() {
    for index in 0..9 {
        let text = proof(index).to_text();
        assert_eq!(Proof::parse(text.as_bytes()).unwrap(), proof(index));
    }
    let alone = Proof { hashes: Vec::new(), ..proof(0) };
    assert_eq!(alone.to_text(), format!("c2sp.org/tlog-proof@v1\nindex 0\n\n{CHECKPOINT}"));
    assert_eq!(Proof::parse(alone.to_text().as_bytes()).unwrap(), alone);
}

#[test]
fn extra_data_is_skipped() {
    let text = proof(3).to_text().replacen("index", "extra aGVsbG8=\nindex", 1);
    assert_eq!(Proof::parse(text.as_bytes()).unwrap(), proof(3));
}

#[test]
fn what_is_no_proof_is_refused_with_its_part() {
    let text = proof(3).to_text();
    let hash = proof(3).hashes[0].to_base64();
    for (changed, error) in [
        (String::new(), ProofError::Header),
        (text.replacen("v1", "v2", 1), ProofError::Header),
        (text.replacen('\n', "\r\n", 1), ProofError::Header),
        (text.replacen("\n\n", "\n", 2), ProofError::Checkpoint),
        (text.replacen("index 3\n", "", 1), ProofError::Index),
        (text.replacen("index 3", "index 03", 1), ProofError::Index),
        (text.replacen("index 3", "index -3", 1), ProofError::Index),
        (text.replacen("index 3", "extra !\nindex 3", 1), ProofError::Index),
        (text.replacen("index 3", "extra YQ==\nextra YQ==\nindex 3", 1), ProofError::Index),
        (text.replacen(&hash, &hash[1..], 1), ProofError::Hashes),
        (text.replacen(&hash, &[hash.as_str(); 65].join("\n"), 1), ProofError::Hashes),
        (text.clone() + &" ".repeat(PROOF_BYTES_MAX), ProofError::TooLong),
    ] {
        assert_eq!(Proof::parse(changed.as_bytes()), Err(error), "{changed:.200}");
    }
}
