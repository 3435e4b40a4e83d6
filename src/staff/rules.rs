//! The rules that fields of staff's records are checked against.
//!
//! A text is named by its field and rule, and never repeated: it may name a person.

use jiff::civil::Date;

use crate::poll::Violation;

/// The rules that were broken so far.
#[derive(Default)]
pub(super) struct Broken(Vec<Violation>);

impl Broken {
    pub(super) fn into_vec(self) -> Vec<Violation> {
        self.0
    }

    /// The result, when the fields are all that can be wrong.
    pub(super) fn into_result(self) -> Result<(), Vec<Violation>> {
        if self.0.is_empty() { Ok(()) } else { Err(self.0) }
    }

    pub(super) fn add(&mut self, field: &str, rule: impl Into<String>) {
        self.0.push(Violation { field: field.to_owned(), rule: rule.into() });
    }

    /// A text of one line.
    pub(super) fn line(&mut self, field: &str, value: &str, max: usize) {
        self.text(field, value, max, char::is_control);
    }

    /// A text of several paragraphs.
    pub(super) fn paragraphs(&mut self, field: &str, value: &str, max: usize) {
        self.text(field, value, max, |letter| letter.is_control() && letter != '\n');
    }

    fn text(&mut self, field: &str, value: &str, max: usize, refused: impl Fn(char) -> bool) {
        // Bytes first: nothing is counted that is far too long.
        let fits = value.len() <= 4 * max && value.chars().count() <= max;
        if !fits || value.trim().is_empty() {
            self.add(field, format!("must hold 1 to {max} characters"));
        } else if value.chars().any(refused) {
            self.add(field, "must not hold control characters");
        }
    }

    /// A name of machines.
    pub(super) fn visible(&mut self, field: &str, value: &str, max: usize) {
        if !is_visible(value, max) {
            self.add(field, format!("must hold 1 to {max} visible ASCII characters"));
        }
    }

    /// A body's registry code.
    pub(super) fn code(&mut self, field: &str, value: &str) {
        if value.len() != 8 || !value.bytes().all(|byte| byte.is_ascii_digit()) {
            self.add(field, "must hold 8 digits");
        }
    }

    /// The day of something that has happened.
    pub(super) fn past(&mut self, field: &str, day: Date, today: Date) {
        if day > today {
            self.add(field, "must not lie after today");
        }
    }
}

/// Whether this is some visible ASCII characters.
pub(super) fn is_visible(value: &str, max: usize) -> bool {
    (1..=max).contains(&value.len()) && value.bytes().all(|byte| byte.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(check: impl FnOnce(&mut Broken)) -> Vec<String> {
        let mut broken = Broken::default();
        check(&mut broken);
        broken.into_vec().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_text_is_held_to_its_bounds_in_characters() {
        let none: [String; 0] = [];
        assert_eq!(rules(|broken| broken.line("f", &"ї".repeat(3), 3)), none);
        for bad in ["", " ", "\t", "їїїї", &"a".repeat(13)] {
            let said = rules(|broken| broken.line("f", bad, 3));
            assert_eq!(said, ["f: must hold 1 to 3 characters"], "{bad:?}");
        }
        let said = rules(|broken| broken.line("f", "a\nb", 3));
        assert_eq!(said, ["f: must not hold control characters"]);
        assert_eq!(rules(|broken| broken.paragraphs("f", "a\nb", 3)), none);
        let said = rules(|broken| broken.paragraphs("f", "a\r\nb", 9));
        assert_eq!(said, ["f: must not hold control characters"]);
    }

    #[test]
    fn names_and_codes_are_plain() {
        for bad in ["", "a b", "ї", "abcd", "a\n"] {
            let said = rules(|broken| broken.visible("f", bad, 3));
            assert_eq!(said, ["f: must hold 1 to 3 visible ASCII characters"], "{bad:?}");
        }
        for bad in ["", "1234567", "123456789", "1234567a", "١٢٣٤"] {
            let said = rules(|broken| broken.code("f", bad));
            assert_eq!(said, ["f: must hold 8 digits"], "{bad}");
        }
    }
}
