//! A person's pseudonym, of one of the kinds that exist.
//!
//! Decides which bytes can name a person. Does not know whose they are.

use zeroize::Zeroize;

use super::issuers::SubjectKind;
use crate::ground::limits::{SUBJECT_BYTES_MAX, SUBJECT_BYTES_MIN};
use crate::outcome::Rejection;

/// Digits of a taxpayer's number.
const RNOKPP_DIGITS: usize = 10;
/// Weights of its first nine digits; the tenth is their sum modulo 11 modulo 10.
const RNOKPP_WEIGHTS: [i32; RNOKPP_DIGITS - 1] = [-1, 5, 7, 9, 4, 6, 10, 5, 7];

/// A person's pseudonym. Wiped on drop, printed nowhere.
pub(crate) struct Subject {
    // In place: no allocation a voter, and nothing left behind on the heap.
    bytes: [u8; SUBJECT_BYTES_MAX],
    length: u8,
    kind: u8,
}

impl Subject {
    /// Tag of an opaque pseudonym; hashed into the voter's tag, so never reused.
    const OPAQUE: u8 = 1;
    /// Tag of a taxpayer's number; likewise.
    const RNOKPP: u8 = 2;

    /// The number of a kind, as it stands in tags.
    pub(crate) const fn number_of(kind: SubjectKind) -> u8 {
        match kind {
            SubjectKind::Opaque => Self::OPAQUE,
            SubjectKind::Rnokpp => Self::RNOKPP,
        }
    }

    /// The pseudonym of this kind.
    pub(super) fn new(kind: SubjectKind, bytes: &[u8]) -> Result<Self, Rejection> {
        match kind {
            SubjectKind::Opaque => Self::opaque(bytes),
            SubjectKind::Rnokpp => Self::rnokpp(bytes),
        }
    }

    fn opaque(bytes: &[u8]) -> Result<Self, Rejection> {
        if !(SUBJECT_BYTES_MIN..=SUBJECT_BYTES_MAX).contains(&bytes.len()) {
            return Err(Rejection::SubjectInvalid);
        }
        Ok(Self::of(Self::OPAQUE, bytes))
    }

    /// One spelling of each number, so that nobody is two people by a blank.
    fn rnokpp(text: &[u8]) -> Result<Self, Rejection> {
        let digits = text.trim_ascii();
        let right = digits.len() == RNOKPP_DIGITS
            && digits.iter().all(u8::is_ascii_digit)
            && i32::from(digits[RNOKPP_DIGITS - 1] - b'0') == check_digit(digits);
        if right { Ok(Self::of(Self::RNOKPP, digits)) } else { Err(Rejection::SubjectInvalid) }
    }

    fn of(kind: u8, bytes: &[u8]) -> Self {
        let length = u8::try_from(bytes.len()).expect("a subject holds at most 64 bytes");
        let mut subject = Self { bytes: [0; SUBJECT_BYTES_MAX], length, kind };
        subject.bytes[..bytes.len()].copy_from_slice(bytes);
        subject
    }

    /// Which kind of pseudonym it is.
    pub(crate) const fn kind(&self) -> u8 {
        self.kind
    }

    /// The pseudonym itself.
    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.length)]
    }
}

impl Drop for Subject {
    fn drop(&mut self) {
        // The rest was never written.
        self.bytes[..usize::from(self.length)].zeroize();
    }
}

fn check_digit(digits: &[u8]) -> i32 {
    let weighted = RNOKPP_WEIGHTS.iter().zip(digits);
    let sum: i32 = weighted.map(|(weight, digit)| weight * i32::from(digit - b'0')).sum();
    sum.rem_euclid(11) % 10
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rnokpp(text: &str) -> Option<Vec<u8>> {
        let subject = Subject::new(SubjectKind::Rnokpp, text.as_bytes());
        subject.ok().map(|subject| {
            assert_eq!(subject.kind(), 2);
            subject.as_bytes().to_vec()
        })
    }

    #[test]
    fn a_taxpayers_number_holds_its_check_digit() {
        // The weighted sums are 295, 221, 104, -9 and one that is 10 modulo 11.
        let right = [
            ("123456789", 9),
            ("318471069", 1),
            ("222222222", 5),
            ("900000000", 2),
            ("300000005", 0),
        ];
        for (nine, last) in right {
            for digit in 0..10 {
                let text = format!("{nine}{digit}");
                let expected = (digit == last).then(|| text.clone().into_bytes());
                assert_eq!(rnokpp(&text), expected, "{text}");
            }
        }
    }

    #[test]
    fn every_spelling_of_a_number_is_one_person() {
        for spelling in ["1234567899", " 1234567899", "1234567899\n", "\t1234567899 "] {
            assert_eq!(rnokpp(spelling).as_deref(), Some(&b"1234567899"[..]));
        }
        for wrong in
            ["", " ", "123456789", "12345678990", "1234 567899", "+123456789", "١234567899"]
        {
            assert_eq!(rnokpp(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn an_opaque_subject_has_its_bounds() {
        for (length, right) in [(0, false), (10, false), (15, false), (16, true), (64, true)] {
            let subject = Subject::new(SubjectKind::Opaque, &vec![7; length]);
            assert_eq!(subject.is_ok(), right, "{length}");
        }
        assert!(Subject::new(SubjectKind::Opaque, &[7; 65]).is_err());
    }
}
