//! Who publishes, and on which terms: the facts of open data that no poll knows.
//!
//! The initiator of a poll owns its results; the publisher keeps the catalogue in which they are.

use serde::{Deserialize, Serialize};

use crate::poll::{LocalizedText, Region};

/// Characters of a name, most; as of a legal body's.
const PUBLISHER_NAME_CHARACTERS_MAX: usize = 300;
/// Characters of an address of the web: what every catalogue takes, with room for the path.
const BASE_URL_BYTES_MAX: usize = 200;
/// Bytes of an address of e-mail (RFC 5321).
const EMAIL_BYTES_MAX: usize = 254;

/// Facts of the publisher, from the configuration.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Publisher {
    /// Where the public pages are, `https://` and without a slash at the end; at most 200 bytes.
    /// Every stable address begins with it, so it never changes.
    pub base_url: String,
    /// Name of the publisher, 1 to 300 characters in each language.
    pub name: LocalizedText,
    /// Its registry code (ЄДРПОУ): 8 digits.
    pub code: String,
    /// The person or unit responsible for the data, 1 to 300 characters.
    pub contact_name: String,
    /// Its address of e-mail.
    pub contact_email: String,
    /// The licence of all results.
    #[serde(default)]
    pub licence: Licence,
    /// KATOTTG code of the publisher's territory; the whole country when nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub territory: Option<String>,
}

/// A licence under which results may be used again, also for gain (Resolution No. 835).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
pub enum Licence {
    /// The source is named.
    #[default]
    #[serde(rename = "CC-BY-4.0")]
    CcBy4,
    /// No terms at all.
    #[serde(rename = "CC0-1.0")]
    Cc0,
}

impl Licence {
    /// Its name in the list of SPDX.
    pub const fn spdx(self) -> &'static str {
        match self {
            Self::CcBy4 => "CC-BY-4.0",
            Self::Cc0 => "CC0-1.0",
        }
    }

    /// Its text.
    pub const fn url(self) -> &'static str {
        match self {
            Self::CcBy4 => "https://creativecommons.org/licenses/by/4.0/",
            Self::Cc0 => "https://creativecommons.org/publicdomain/zero/1.0/",
        }
    }

    /// Its name in the European list of licences, which DCAT-AP asks for.
    pub(super) const fn authority(self) -> &'static str {
        match self {
            Self::CcBy4 => "http://publications.europa.eu/resource/authority/licence/CC_BY_4_0",
            Self::Cc0 => "http://publications.europa.eu/resource/authority/licence/CC0",
        }
    }
}

impl Publisher {
    /// What is wrong with it: field and rule, nothing when all is well.
    pub fn check(&self) -> Vec<(&'static str, &'static str)> {
        let rules = [
            (is_base_url(&self.base_url), "base_url", BASE_URL_RULE),
            (is_name(&self.name.uk), "name.uk", NAME_RULE),
            (is_name(&self.name.en), "name.en", NAME_RULE),
            (is_code(&self.code), "code", "must be 8 digits"),
            (is_name(&self.contact_name), "contact_name", NAME_RULE),
            (is_email(&self.contact_email), "contact_email", EMAIL_RULE),
            (
                self.territory.as_deref().is_none_or(is_territory),
                "territory",
                "must be a KATOTTG code: UA and 17 digits within a region of Ukraine",
            ),
        ];
        let broken = rules.into_iter().filter(|(holds, ..)| !holds);
        broken.map(|(_, field, rule)| (field, rule)).collect()
    }
}

const BASE_URL_RULE: &str = "must be https:// with a host and perhaps a path, of letters, digits and \
                             -._~:/ only, without a slash at the end, at most 200 bytes";
const NAME_RULE: &str = "must have 1 to 300 characters, not all blank, none of them a control";
const EMAIL_RULE: &str = "must be an address of e-mail, in ASCII, at most 254 bytes";

/// No user, query or fragment: paths are put after it. No letters beyond ASCII: an address is
/// compared byte by byte.
fn is_base_url(text: &str) -> bool {
    let Some(rest) = text.strip_prefix("https://") else { return false };
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:/".contains(&byte);
    text.len() <= BASE_URL_BYTES_MAX
        && rest.bytes().all(allowed)
        && rest.split('/').all(|part| !part.is_empty())
        && rest.starts_with(|first: char| first.is_ascii_alphanumeric())
}

fn is_name(text: &str) -> bool {
    !text.trim().is_empty()
        && text.chars().count() <= PUBLISHER_NAME_CHARACTERS_MAX
        && !text.chars().any(char::is_control)
}

fn is_code(text: &str) -> bool {
    text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// It becomes a `mailto:` address as it is, so only characters that need no escape there.
fn is_email(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._+".contains(&byte);
    let Some((mailbox, host)) = text.split_once('@') else { return false };
    text.len() <= EMAIL_BYTES_MAX
        && [mailbox, host].into_iter().all(|part| !part.is_empty() && part.bytes().all(allowed))
        && host.contains('.')
        && host.split('.').all(|label| !label.is_empty())
}

fn is_territory(text: &str) -> bool {
    text.len() == "UA".len() + 17 && Region::parse(text).is_some()
}
