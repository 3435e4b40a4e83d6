//! Breakdowns: by which facts about voters an order may ask totals to be split.
//!
//! Each is a marginal: a question's options by the strata of one fact, never of two together. A
//! ballot whose voter declined, or whose credential lacks the claim, is in no stratum; the
//! question's own totals count it all the same.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::eligibility::{Claims, Needs};
use super::region::Region;

/// A fact about voters by which the totals of each question are split.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Breakdown {
    /// The 27 regions, in the order of [`Region::ISO`].
    #[schemars(description = "The 27 regions, by their ISO 3166-2 codes.")]
    Region,
    /// The age reached in this calendar year (year - year of birth), in [`AGE_BANDS`].
    #[schemars(description = "The age reached in this calendar year, in eight bands from 14.")]
    AgeBand,
}

/// The age bands, by their first year; each ends before the next, the last has no end. Their order
/// is that of stored sums: it never changes. Nobody under 14 uses the services that issue
/// credentials, so a younger age is in no band.
const AGE_BAND_STARTS: [i32; 8] = [14, 18, 25, 35, 45, 55, 65, 75];

/// The names of the age bands.
pub const AGE_BANDS: [&str; AGE_BAND_STARTS.len()] =
    ["14-17", "18-24", "25-34", "35-44", "45-54", "55-64", "65-74", "75+"];

impl Breakdown {
    /// Every breakdown.
    pub const ALL: [Self; 2] = [Self::Region, Self::AgeBand];

    /// The names of its strata, in the order of their cells.
    pub const fn strata(self) -> &'static [&'static str] {
        match self {
            Self::Region => &Region::ISO,
            Self::AgeBand => &AGE_BANDS,
        }
    }

    /// The stratum of a person with these claims in this year.
    pub(super) fn stratum(self, claims: &Claims, year: i16) -> Option<usize> {
        match self {
            Self::Region => claims.region.as_ref().map(Region::index),
            Self::AgeBand => {
                let age = i32::from(year) - i32::from(claims.birth_year?);
                AGE_BAND_STARTS.iter().rposition(|start| age >= *start)
            }
        }
    }

    /// Adds the claim it is made from.
    pub(super) fn add_to(self, needs: &mut Needs) {
        match self {
            Self::Region => needs.region = true,
            Self::AgeBand => needs.age = true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::claims;
    use super::*;

    fn born(birth_year: i16) -> Claims {
        claims(|claims| claims.birth_year = Some(birth_year))
    }

    #[test]
    fn an_age_band_is_the_age_reached_in_the_year() {
        for age in 0..=150_i16 {
            let stratum = Breakdown::AgeBand.stratum(&born(2026 - age), 2026);
            let band = stratum.map(|stratum| AGE_BANDS[stratum]);
            let expected = AGE_BANDS.into_iter().find(|band| match band.split_once('-') {
                Some((first, last)) => {
                    (first.parse::<i16>().unwrap()..=last.parse().unwrap()).contains(&age)
                }
                None => age >= 75,
            });
            assert_eq!(band, expected, "{age}");
        }
    }

    #[test]
    fn nobody_is_in_a_band_by_a_predicate_alone_or_before_birth() {
        let over = claims(|claims| claims.age_over = Some(65));
        assert_eq!(Breakdown::AgeBand.stratum(&over, 2026), None);
        assert_eq!(Breakdown::AgeBand.stratum(&born(i16::MAX), i16::MIN), None);
        assert_eq!(Breakdown::AgeBand.stratum(&born(i16::MIN), i16::MAX), Some(7));
    }

    #[test]
    fn a_region_is_that_of_the_place() {
        let place = |code| claims(|claims| claims.region = Region::parse(code));
        let stratum = |claims: &Claims| Breakdown::Region.stratum(claims, 2026);
        assert_eq!(stratum(&place("UA-05")), Some(0));
        assert_eq!(stratum(&place("UA73040190010054219")), Some(26));
        assert_eq!(stratum(&Claims::default()), None);
    }
}
