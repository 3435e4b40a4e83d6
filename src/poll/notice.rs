//! The notice of processing: what people are told before they answer (L4, L5).
//!
//! An order brings what differs from poll to poll: [`Notice`]. What the law or the engine itself
//! fixes is text of this program: the [`RIGHTS`] and the [`MECHANISM`].

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::order::{CODE, LocalizedText, NOT_BLANK, NOTICE_CHARACTERS_MAX, PHONE};

mod mechanism;
mod rights;

pub use mechanism::MECHANISM;
pub use rights::RIGHTS;

/// A text of this program in both languages of the procedure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FixedText {
    /// Ukrainian.
    pub uk: &'static str,
    /// English.
    pub en: &'static str,
}

/// Who answers for the processing, and how to reach them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Party {
    /// Registry code (ЄДРПОУ): 8 digits.
    #[schemars(regex(pattern = CODE))]
    pub code: String,
    /// Name, 1 to 2,000 characters a language, as all texts of a notice.
    pub name: LocalizedText,
    /// Postal address.
    pub address: LocalizedText,
    /// Phone: 3 to 32 characters of `[0-9+() -]`.
    #[schemars(regex(pattern = PHONE))]
    pub phone: String,
}

/// Whom a voter asks about the processing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ResponsiblePerson {
    /// Name or post.
    pub name: LocalizedText,
    /// How to reach them: a mail address or a phone, 1 to 2,000 characters.
    #[schemars(length(min = 1, max = NOTICE_CHARACTERS_MAX), regex(pattern = NOT_BLANK))]
    pub contact: String,
}

/// What an order says about the processing of its voters' data; all of it is read by people. Each
/// text has 1 to 2,000 characters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Notice {
    /// The controller (володілець).
    pub controller: Party,
    /// The processor (розпорядник), where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub processor: Option<Party>,
    /// Where the data are kept.
    pub data_location: LocalizedText,
    /// Which data are processed.
    pub contents: LocalizedText,
    /// What for.
    pub purpose: LocalizedText,
    /// On which ground of law.
    pub legal_ground: LocalizedText,
    /// To whom data are given.
    pub recipients: LocalizedText,
    /// To which countries data are transferred; usually: to none.
    pub transfer_abroad: LocalizedText,
    /// How long they are kept.
    pub retention: LocalizedText,
    /// Whom to ask.
    pub responsible_person: ResponsiblePerson,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fixed_texts_are_there_in_both_languages() {
        let cyrillic = |text: &str| text.chars().any(|c| ('а'..='я').contains(&c));
        for text in RIGHTS.iter().chain([&MECHANISM]) {
            assert!(cyrillic(text.uk) && !cyrillic(text.en));
            for text in [text.uk, text.en] {
                assert!(text.ends_with('.') && text.trim() == text && !text.contains("  "));
                assert!(text.chars().count() <= 2000 && !text.contains('\n'));
            }
        }
    }
}
