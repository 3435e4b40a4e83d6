//! Codes of places in Ukraine: ISO 3166-2:UA for regions, KATOTTG for everything within them.
//!
//! KATOTTG is the codifier of administrative units and territories of communities, approved by
//! order No. 290 of the Ministry for Communities and Territories Development of 26 November 2020.
//! After `UA` it has 17 digits:
//!
//! ```text
//! UA | region 2 | raion 2 | hromada 3 | settlement 3 | city district 2 | number of the object 5
//! ```
//!
//! A level that a place does not have is all zeros, and every place repeats the levels above it. So
//! the digits up to the last level that is not zero say where a place lies; the number at the end
//! only names it.
//!
//! The codifier itself is not held here: a code of the right form within a region that exists is
//! taken as a place.

use serde::{Deserialize, Serialize};
use zeroize::Zeroize;

/// Bytes of an ISO code: `UA-` and 2 digits.
const ISO_BYTES: usize = 5;
/// Bytes of the longest code: `UA` and 17 digits.
const CODE_BYTES_MAX: usize = 19;
/// Where each level of a KATOTTG code ends, counted from its start.
const LEVEL_ENDS: [usize; 5] = [4, 6, 9, 12, 14];

/// The first two digits of the KATOTTG codes of each region, in the order of [`Region::ISO`]. They
/// differ from the ISO digits for Luhansk, Kyiv, Sevastopol, Crimea and Chernivtsi.
const KATOTTG: [&str; 27] = [
    "05", "07", "44", "12", "14", "18", "21", "23", "26", "80", "32", "35", "85", "01", "46", "48",
    "51", "53", "56", "59", "61", "63", "65", "68", "71", "74", "73",
];

/// A place in Ukraine, by its KATOTTG code or by its region's ISO 3166-2 code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Region {
    code: [u8; CODE_BYTES_MAX],
    length: u8,
    /// Position in [`Region::ISO`].
    index: u8,
}

impl Zeroize for Region {
    fn zeroize(&mut self) {
        self.code.zeroize();
        self.length.zeroize();
        self.index.zeroize();
    }
}

impl Region {
    /// The ISO 3166-2 codes of the 27 regions. Their order is the order of the strata of a
    /// breakdown, and so of stored sums: it never changes.
    pub const ISO: [&'static str; 27] = [
        "UA-05", "UA-07", "UA-09", "UA-12", "UA-14", "UA-18", "UA-21", "UA-23", "UA-26", "UA-30",
        "UA-32", "UA-35", "UA-40", "UA-43", "UA-46", "UA-48", "UA-51", "UA-53", "UA-56", "UA-59",
        "UA-61", "UA-63", "UA-65", "UA-68", "UA-71", "UA-74", "UA-77",
    ];

    /// Reads a code; `None` unless it is the ISO code of a region, or has the form of a KATOTTG
    /// code within one.
    pub fn parse(text: &str) -> Option<Self> {
        let index = match text.len() {
            ISO_BYTES => Self::ISO.iter().position(|iso| *iso == text)?,
            CODE_BYTES_MAX => {
                let digits = text.strip_prefix("UA")?;
                if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
                    return None;
                }
                KATOTTG.iter().position(|region| digits.starts_with(region))?
            }
            _ => return None,
        };
        let mut code = [0; CODE_BYTES_MAX];
        code.get_mut(..text.len())?.copy_from_slice(text.as_bytes());
        let length = u8::try_from(text.len()).ok()?;
        Some(Self { code, length, index: u8::try_from(index).ok()? })
    }

    /// The code as it was read.
    pub fn as_str(&self) -> &str {
        str::from_utf8(self.bytes()).expect("ASCII letters and digits")
    }

    /// Which of [`Region::ISO`] the place lies in.
    pub fn index(&self) -> usize {
        usize::from(self.index)
    }

    /// Whether `other` is this place or lies within it.
    pub fn contains(&self, other: &Self) -> bool {
        self.index == other.index
            && self.within_region().is_none_or(|levels| other.bytes().starts_with(levels))
    }

    /// The code up to its last level that is not zero; `None` for a whole region.
    fn within_region(&self) -> Option<&[u8]> {
        let code = self.bytes();
        if code.len() == ISO_BYTES {
            return None;
        }
        let mut levels = LEVEL_ENDS.windows(2).rev();
        let last = levels.find(|ends| code[ends[0]..ends[1]].iter().any(|digit| *digit != b'0'))?;
        Some(&code[..last[1]])
    }

    fn bytes(&self) -> &[u8] {
        &self.code[..usize::from(self.length)]
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

#[cfg(test)]
mod tests;
