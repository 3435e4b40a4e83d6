//! Breakdowns: by which facts about voters an order may ask totals to be split.
//!
//! Each is a marginal: a question's options by the strata of one fact, never of two together. A
//! ballot whose voter declined, or whose credential lacks the claim, is in no stratum; the
//! question's own totals count it all the same.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::eligibility::{Claims, Eligibility, Needs};
use super::order::GROUPS_MAX;
use super::region::Region;

/// A fact about voters by which the totals of each question are split.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, utoipa::ToSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Breakdown {
    /// The 27 regions, in the order of [`Region::ISO`].
    #[schemars(description = "The 27 regions, by their ISO 3166-2 codes.")]
    Region,
    /// The age reached in this calendar year (year - year of birth), in [`AGE_BANDS`].
    #[schemars(description = "The age reached in this calendar year, in eight bands from 14.")]
    AgeBand,
    /// The groups that the order admits, in its order; who is in several is in the first of them.
    #[schemars(description = "The groups of the eligibility, in its order; two or more.")]
    Group,
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
    pub const ALL: [Self; 3] = [Self::Region, Self::AgeBand, Self::Group];

    /// The breakdown as an order spells it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Region => "region",
            Self::AgeBand => "age-band",
            Self::Group => "group",
        }
    }

    /// The names of its strata in a poll of this eligibility, in the order of their cells.
    pub fn strata(self, eligibility: &Eligibility) -> Vec<&str> {
        match self {
            Self::Region => Region::ISO.to_vec(),
            Self::AgeBand => AGE_BANDS.to_vec(),
            Self::Group => eligibility.groups.iter().map(String::as_str).collect(),
        }
    }

    /// Number of its strata, most.
    pub(super) const fn strata_max(self) -> usize {
        match self {
            Self::Region => Region::ISO.len(),
            Self::AgeBand => AGE_BANDS.len(),
            Self::Group => GROUPS_MAX,
        }
    }

    /// The stratum of a person with these claims in this year.
    pub(super) fn stratum(
        self,
        claims: &Claims,
        year: i16,
        eligibility: &Eligibility,
    ) -> Option<usize> {
        match self {
            Self::Region => claims.region.as_ref().map(Region::index),
            Self::AgeBand => {
                let age = i32::from(year) - i32::from(claims.birth_year?);
                AGE_BAND_STARTS.iter().rposition(|start| age >= *start)
            }
            Self::Group => {
                eligibility.groups.iter().position(|group| claims.groups.contains(group))
            }
        }
    }

    /// Adds the claim it is made from.
    pub(super) fn add_to(self, needs: &mut Needs) {
        match self {
            Self::Region => needs.region = true,
            Self::AgeBand => needs.age = true,
            // The eligibility asks for them already: the strata are its groups.
            Self::Group => {}
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

    fn stratum(breakdown: Breakdown, claims: &Claims, year: i16) -> Option<usize> {
        breakdown.stratum(claims, year, &Eligibility::default())
    }

    #[test]
    fn an_age_band_is_the_age_reached_in_the_year() {
        for age in 0..=150_i16 {
            let stratum = stratum(Breakdown::AgeBand, &born(2026 - age), 2026);
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
        assert_eq!(stratum(Breakdown::AgeBand, &over, 2026), None);
        assert_eq!(stratum(Breakdown::AgeBand, &born(i16::MAX), i16::MIN), None);
        assert_eq!(stratum(Breakdown::AgeBand, &born(i16::MIN), i16::MAX), Some(7));
    }

    #[test]
    fn a_region_is_that_of_the_place() {
        let place = |code| claims(|claims| claims.region = Region::parse(code));
        let stratum = |claims: &Claims| stratum(Breakdown::Region, claims, 2026);
        assert_eq!(stratum(&place("UA-05")), Some(0));
        assert_eq!(stratum(&place("UA73040190010054219")), Some(26));
        assert_eq!(stratum(&Claims::default()), None);
    }

    #[test]
    fn whoever_is_in_several_groups_is_in_the_first_that_the_order_names() {
        let groups = ["lviv", "students", "veterans"].map(str::to_owned).to_vec();
        let eligibility = Eligibility { groups, ..Eligibility::default() };
        let of = |groups: &[&str]| {
            let groups = groups.iter().map(|group| (*group).to_owned()).collect();
            let claims = claims(|claims| claims.groups = groups);
            Breakdown::Group.stratum(&claims, 2026, &eligibility)
        };
        assert_eq!(of(&["veterans", "students"]), Some(1));
        assert_eq!(of(&["veterans"]), Some(2));
        assert_eq!(of(&[]), None);
        assert_eq!(Breakdown::Group.strata(&eligibility), ["lviv", "students", "veterans"]);
    }
}
