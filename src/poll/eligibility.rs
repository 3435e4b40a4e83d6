//! Who may answer: predicates of the poll, and the claims of a credential that meet them.
//!
//! Eligibility is a set of predicates, never an identity (L3): a claim that no predicate of the
//! poll needs is not read at all.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use zeroize::Zeroize;

use super::order::{AGE_MAX, CITIZENSHIPS_MAX, GROUPS_MAX, NAME, PLACES_MAX};
use super::region::Region;

/// A country by its ISO 3166-1 alpha-2 code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Country([u8; 2]);

/// What a poll asks of its participants; a predicate that is not set holds for everybody.
#[derive(
    Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema, utoipa::ToSchema,
)]
#[serde(deny_unknown_fields)]
pub struct Eligibility {
    /// Full years, 1 to 120.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = AGE_MAX))]
    pub minimum_age: Option<u8>,
    /// Any of these regions, or a place within one of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(
        with = "Vec<String>",
        length(max = PLACES_MAX),
        inner(regex(pattern = r"^(UA-[0-9]{2}|UA[0-9]{17})$")),
        extend("uniqueItems" = true)
    )]
    #[schema(value_type = Vec<String>)]
    pub regions: Vec<Region>,
    /// Any of these citizenships.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(
        with = "Vec<String>",
        length(max = CITIZENSHIPS_MAX),
        inner(regex(pattern = "^[A-Z]{2}$")),
        extend("uniqueItems" = true)
    )]
    #[schema(value_type = Vec<String>)]
    pub citizenships: Vec<Country>,
    /// Membership of any of these groups: 1 to 64 characters of `[a-z0-9-]` each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(
        length(max = GROUPS_MAX),
        inner(length(max = 64), regex(pattern = NAME)),
        extend("uniqueItems" = true)
    )]
    pub groups: Vec<String>,
}

/// Which claims a poll needs: the only ones that are read from a credential.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// `age_over_*` and `birth_year`.
    pub age: bool,
    /// `region`.
    pub region: bool,
    /// `citizenship`.
    pub citizenship: bool,
    /// The `groups` that matter, in order and each once; others are dropped.
    pub groups: Vec<String>,
}

/// The claims that were read. No `Debug`: they describe a person. Wiped on drop.
#[derive(Default)]
pub struct Claims {
    /// The greatest n of the `age_over_n` claims that are true: the person is n or older.
    pub age_over: Option<u8>,
    /// The year of birth.
    pub birth_year: Option<i16>,
    /// Where the person lives.
    pub region: Option<Region>,
    /// The person's citizenship.
    pub citizenship: Option<Country>,
    /// Those of the needed groups that the person belongs to.
    pub groups: Vec<String>,
}

impl Drop for Claims {
    fn drop(&mut self) {
        // Each only if it was read: this runs for every ballot, and most polls need no claim at all.
        if self.age_over.is_some() {
            self.age_over.zeroize();
        }
        if self.birth_year.is_some() {
            self.birth_year.zeroize();
        }
        if self.region.is_some() {
            self.region.zeroize();
        }
        if self.citizenship.is_some() {
            self.citizenship.zeroize();
        }
        if !self.groups.is_empty() {
            self.groups.zeroize();
        }
    }
}

impl Zeroize for Country {
    fn zeroize(&mut self) {
        self.0.zeroize();
    }
}

impl Country {
    /// Reads two capital letters.
    pub fn parse(text: &str) -> Option<Self> {
        let code: [u8; 2] = text.as_bytes().try_into().ok()?;
        code.iter().all(u8::is_ascii_uppercase).then_some(Self(code))
    }

    /// The two letters.
    pub fn as_str(&self) -> &str {
        str::from_utf8(&self.0).expect("two ASCII letters")
    }
}

impl TryFrom<String> for Country {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("not an ISO 3166-1 alpha-2 code in capitals")
    }
}

impl From<Country> for String {
    fn from(country: Country) -> Self {
        country.as_str().to_owned()
    }
}

impl Needs {
    /// Whether this group matters. Every token names up to 32, and all open polls together may need
    /// thousands.
    pub fn has_group(&self, name: &str) -> bool {
        self.groups.binary_search_by(|needed| needed.as_str().cmp(name)).is_ok()
    }

    /// These needs and others.
    pub fn add(&mut self, other: &Self) {
        self.age |= other.age;
        self.region |= other.region;
        self.citizenship |= other.citizenship;
        for group in &other.groups {
            if let Err(place) = self.groups.binary_search(group) {
                self.groups.insert(place, group.clone());
            }
        }
    }
}

impl Eligibility {
    /// Whether everybody may answer.
    pub fn is_everybody(&self) -> bool {
        *self == Self::default()
    }

    /// The claims that deciding it needs.
    pub fn needs(&self) -> Needs {
        let mut groups = self.groups.clone();
        groups.sort_unstable();
        groups.dedup();
        Needs {
            age: self.minimum_age.is_some(),
            region: !self.regions.is_empty(),
            citizenship: !self.citizenships.is_empty(),
            groups,
        }
    }

    /// Whether a person with these claims may answer in this year. A predicate whose claim is
    /// missing does not hold: nobody is admitted by saying less.
    pub fn admits(&self, claims: &Claims, year: i16) -> bool {
        let region = |place: &Region| self.regions.iter().any(|region| region.contains(place));
        let citizenship = |country: &Country| self.citizenships.contains(country);
        self.minimum_age.is_none_or(|age| is_of_age(age, claims, year))
            && (self.regions.is_empty() || claims.region.as_ref().is_some_and(region))
            && (self.citizenships.is_empty()
                || claims.citizenship.as_ref().is_some_and(citizenship))
            && (self.groups.is_empty()
                || claims.groups.iter().any(|group| self.groups.contains(group)))
    }
}

/// A year of birth alone proves an age only from the year after the birthday of that age: until
/// then the birthday may lie ahead. Whoever turns `age` this year needs the predicate.
fn is_of_age(age: u8, claims: &Claims, year: i16) -> bool {
    let surely = |born: i16| i32::from(year) - i32::from(born) > i32::from(age);
    claims.age_over.is_some_and(|over| over >= age) || claims.birth_year.is_some_and(surely)
}

#[cfg(test)]
mod tests;
