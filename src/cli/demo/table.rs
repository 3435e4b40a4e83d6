//! Numbers and bars for a terminal.

/// Eighths of a cell, from one to seven.
const EIGHTHS: [char; 7] = ['▏', '▎', '▍', '▌', '▋', '▊', '▉'];

/// A bar of at most `width` cells: `value` of `most`, to the eighth of a cell, and to one eighth if
/// it is not zero.
pub(super) fn bar(value: u64, most: u64, width: usize) -> String {
    if value == 0 || most == 0 {
        return String::new();
    }
    let cells = 8 * width as u128;
    let eighths = (u128::from(value.min(most)) * cells / u128::from(most)).max(1);
    let full = usize::try_from(eighths / 8).expect("at most the width");
    let rest = usize::try_from(eighths % 8).expect("below eight");
    let mut bar = "█".repeat(full);
    if rest > 0 {
        bar.push(EIGHTHS[rest - 1]);
    }
    bar
}

/// A number with a comma at the thousands.
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `part` of `whole` in per cent with two digits, rounded; nothing of nothing is 0.
pub(super) fn percent(part: u64, whole: u64) -> String {
    let whole = u128::from(whole.max(1));
    let hundredths = (u128::from(part) * 10_000 + whole / 2) / whole;
    format!("{}.{:02} %", hundredths / 100, hundredths % 100)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_bar_is_exact_to_the_eighth() {
        assert_eq!(bar(1, 2, 4), "██");
        assert_eq!(bar(5, 16, 4), "█▎");
        assert_eq!(bar(4, 4, 4), "████");
        assert_eq!(bar(0, 4, 4), "");
        assert_eq!(bar(1, 1_000_000, 4), "▏");
        assert_eq!(bar(0, 0, 4), "");
    }

    #[test]
    fn thousands_are_grouped() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(1000), "1,000");
        assert_eq!(grouped(2_138_838), "2,138,838");
    }

    #[test]
    fn per_cent_are_rounded() {
        assert_eq!(percent(703_347, 2_138_838), "32.88 %");
        assert_eq!(percent(1_325_327, 2_138_838), "61.96 %");
        assert_eq!(percent(2, 3), "66.67 %");
        assert_eq!(percent(0, 0), "0.00 %");
    }

    proptest! {
        #[test]
        fn a_bar_never_outgrows_its_width(value: u64, most: u64, width in 0..80_usize) {
            prop_assert!(bar(value, most, width).chars().count() <= width.max(1));
        }

        #[test]
        fn grouping_keeps_the_digits(number: u64) {
            prop_assert_eq!(grouped(number).replace(',', ""), number.to_string());
        }
    }
}
