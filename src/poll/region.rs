//! Codes of places in Ukraine: ISO 3166-2:UA for regions, KATOTTG for everything within them.

use serde::{Deserialize, Serialize};
use zeroize::Zeroize;

/// Bytes of the longest code: `UA` and 17 digits.
const CODE_BYTES_MAX: usize = 19;

/// A place in Ukraine, by its KATOTTG code or by its region's ISO 3166-2 code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Region {
    code: [u8; CODE_BYTES_MAX],
    length: u8,
}

impl Zeroize for Region {
    fn zeroize(&mut self) {
        self.code.zeroize();
        self.length.zeroize();
    }
}

impl Region {
    /// Reads a code; `None` unless it is one of the two forms.
    pub fn parse(text: &str) -> Option<Self> {
        let mut code = [0; CODE_BYTES_MAX];
        code.get_mut(..text.len())?.copy_from_slice(text.as_bytes());
        let length = u8::try_from(text.len()).ok()?;
        let digits = match text.len() {
            5 => text.strip_prefix("UA-")?,
            CODE_BYTES_MAX => text.strip_prefix("UA")?,
            _ => return None,
        };
        digits.bytes().all(|byte| byte.is_ascii_digit()).then_some(Self { code, length })
    }

    /// The code as it was read.
    pub fn as_str(&self) -> &str {
        str::from_utf8(&self.code[..usize::from(self.length)]).expect("ASCII letters and digits")
    }
}

impl TryFrom<String> for Region {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("not an ISO 3166-2:UA or KATOTTG code")
    }
}

impl From<Region> for String {
    fn from(region: Region) -> Self {
        region.as_str().to_owned()
    }
}
