//! The claims of a token, read as they come and only as far as they are needed.
//!
//! What no rule asks for is skipped without becoming a value (RFC 7519, section 4, wants unknown
//! claims ignored; L3 wants no claim read that the poll does not need): it must keep the grammar of
//! JSON, and no more is asked of it. What is read stands once, as of two values nobody can say
//! which one was meant. Decides nothing about what it reads.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::ground::limits::{CLAIM_GROUPS_MAX, TOKEN_AUDIENCES_MAX};
use crate::poll::{AGE_MAX, Claims, Country, Needs, Region};

/// Years of birth that can be claimed.
const BIRTH_YEARS: std::ops::RangeInclusive<i64> = 1_900..=2_100;

/// What a token says.
pub(super) struct TokenClaims<'a> {
    pub(super) iss: Cow<'a, str>,
    /// Whether one of its audiences is ours.
    pub(super) is_for_us: bool,
    pub(super) sub: Cow<'a, str>,
    pub(super) poll: Option<Cow<'a, str>>,
    pub(super) pkid: Cow<'a, str>,
    pub(super) iat: i64,
    pub(super) exp: i64,
    pub(super) nbf: Option<i64>,
    pub(super) person: Claims,
}

/// Reads a token's claims.
#[derive(Clone, Copy)]
pub(super) struct ClaimsReader<'p> {
    /// This engine's name.
    pub(super) audience: &'p str,
    /// Which claims about the person are read.
    pub(super) needs: &'p Needs,
}

/// A claim's name, as far as it matters.
enum Name {
    Iss,
    Aud,
    Sub,
    Poll,
    Pkid,
    Iat,
    Exp,
    Nbf,
    AgeOver(u8),
    BirthYear,
    Region,
    Citizenship,
    Groups,
    Other,
}

impl<'de> DeserializeSeed<'de> for ClaimsReader<'_> {
    type Value = TokenClaims<'de>;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Self::Value, D::Error> {
        from.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for ClaimsReader<'_> {
    type Value = TokenClaims<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of claims")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let [mut iss, mut sub, mut poll, mut pkid] = [None, None, None, None];
        let [mut iat, mut exp, mut nbf] = [None::<i64>; 3];
        let mut is_for_us = None;
        let mut about = About::default();
        while let Some(name) = map.next_key_seed(NameReader(self.needs))? {
            match name {
                Name::Iss => once(&mut iss, map.next_value_seed(TextReader)?)?,
                Name::Sub => once(&mut sub, map.next_value_seed(TextReader)?)?,
                Name::Poll => once(&mut poll, map.next_value_seed(TextReader)?)?,
                Name::Pkid => once(&mut pkid, map.next_value_seed(TextReader)?)?,
                Name::Aud => {
                    once(&mut is_for_us, map.next_value_seed(AudienceReader(self.audience))?)?;
                }
                Name::Iat => once(&mut iat, map.next_value()?)?,
                Name::Exp => once(&mut exp, map.next_value()?)?,
                Name::Nbf => once(&mut nbf, map.next_value()?)?,
                Name::Other => {
                    map.next_value::<IgnoredAny>()?;
                }
                name => about.read(&name, self.needs, &mut map)?,
            }
        }
        Ok(TokenClaims {
            iss: needed(iss, "iss")?,
            is_for_us: needed(is_for_us, "aud")?,
            sub: needed(sub, "sub")?,
            poll,
            pkid: needed(pkid, "pkid")?,
            iat: needed(iat, "iat")?,
            exp: needed(exp, "exp")?,
            nbf,
            person: about.claims,
        })
    }
}

/// What is read about the person, and which of it was there.
#[derive(Default)]
struct About {
    claims: Claims,
    /// A bit for each age.
    ages: u128,
    birth_year: bool,
    region: bool,
    citizenship: bool,
    groups: bool,
}

impl About {
    // Apart from the claims that every token has: most polls need none of these.
    #[inline(never)]
    fn read<'de, A: MapAccess<'de>>(
        &mut self,
        name: &Name,
        needs: &Needs,
        map: &mut A,
    ) -> Result<(), A::Error> {
        match name {
            Name::AgeOver(age) => {
                let bit = 1 << age;
                if self.ages & bit != 0 {
                    return Err(Error::custom("a claim stands twice"));
                }
                self.ages |= bit;
                if map.next_value::<bool>()? {
                    self.claims.age_over = self.claims.age_over.max(Some(*age));
                }
            }
            Name::BirthYear => {
                first(&mut self.birth_year)?;
                let year = birth_year(map.next_value()?);
                self.claims.birth_year =
                    Some(year.ok_or_else(|| Error::custom("no year of birth"))?);
            }
            // A place or country that we do not know is as good as none.
            Name::Region => {
                first(&mut self.region)?;
                self.claims.region = Region::parse(&map.next_value_seed(TextReader)?);
            }
            Name::Citizenship => {
                first(&mut self.citizenship)?;
                self.claims.citizenship = Country::parse(&map.next_value_seed(TextReader)?);
            }
            Name::Groups => {
                first(&mut self.groups)?;
                self.claims.groups = map.next_value_seed(GroupsReader(needs))?;
            }
            _ => {}
        }
        Ok(())
    }
}

/// A year that somebody alive can be born in.
pub(super) fn birth_year(year: i64) -> Option<i16> {
    BIRTH_YEARS.contains(&year).then(|| i16::try_from(year).ok()).flatten()
}

/// An age that a claim can be about.
pub(super) fn age(age: u32) -> Option<u8> {
    u8::try_from(age).ok().filter(|age| (1..=AGE_MAX).contains(age))
}

fn once<T, E: Error>(place: &mut Option<T>, value: T) -> Result<(), E> {
    if place.is_some() {
        return Err(E::custom("a claim stands twice"));
    }
    *place = Some(value);
    Ok(())
}

fn first<E: Error>(seen: &mut bool) -> Result<(), E> {
    if std::mem::replace(seen, true) { Err(E::custom("a claim stands twice")) } else { Ok(()) }
}

fn needed<T, E: Error>(value: Option<T>, name: &'static str) -> Result<T, E> {
    value.ok_or_else(|| E::missing_field(name))
}

struct NameReader<'p>(&'p Needs);

impl<'de> DeserializeSeed<'de> for NameReader<'_> {
    type Value = Name;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Name, D::Error> {
        from.deserialize_str(self)
    }
}

impl Visitor<'_> for NameReader<'_> {
    type Value = Name;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a claim's name")
    }

    // With escapes resolved: `"\u0069ss"` is `iss`.
    fn visit_str<E: Error>(self, name: &str) -> Result<Name, E> {
        let Self(needs) = self;
        Ok(match name {
            "iss" => Name::Iss,
            "aud" => Name::Aud,
            "sub" => Name::Sub,
            "poll" => Name::Poll,
            "pkid" => Name::Pkid,
            "iat" => Name::Iat,
            "exp" => Name::Exp,
            "nbf" => Name::Nbf,
            "birth_year" if needs.age => Name::BirthYear,
            "region" if needs.region => Name::Region,
            "citizenship" if needs.citizenship => Name::Citizenship,
            "groups" if !needs.groups.is_empty() => Name::Groups,
            _ if needs.age => name
                .strip_prefix("age_over_")
                .and_then(written_age)
                .map_or(Name::Other, Name::AgeOver),
            _ => Name::Other,
        })
    }
}

/// One spelling of each number: a claim must not stand twice under two names.
fn written_age(digits: &str) -> Option<u8> {
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit()) && !digits.starts_with('0');
    if plain { digits.parse().ok().and_then(|number: u32| age(number)) } else { None }
}

/// A string, borrowed unless it has escapes.
struct TextReader;

impl<'de> DeserializeSeed<'de> for TextReader {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Cow<'de, str>, D::Error> {
        from.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for TextReader {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Borrowed(text))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Owned(text.to_owned()))
    }
}

/// Whether one of the audiences, a string or a list of them, is this one.
#[derive(Clone, Copy)]
struct AudienceReader<'p>(&'p str);

impl<'de> DeserializeSeed<'de> for AudienceReader<'_> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<bool, D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for AudienceReader<'_> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string, or a list of 1 to 8")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<bool, E> {
        Ok(text == self.0)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<bool, A::Error> {
        let (mut count, mut found) = (0, false);
        while let Some(text) = list.next_element_seed(TextReader)? {
            count += 1;
            found |= text == self.0;
            if count > TOKEN_AUDIENCES_MAX {
                break;
            }
        }
        if (1..=TOKEN_AUDIENCES_MAX).contains(&count) {
            Ok(found)
        } else {
            Err(A::Error::invalid_length(count, &self))
        }
    }
}

/// Those of a list of groups that matter.
struct GroupsReader<'p>(&'p Needs);

impl<'de> DeserializeSeed<'de> for GroupsReader<'_> {
    type Value = Vec<String>;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Vec<String>, D::Error> {
        from.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for GroupsReader<'_> {
    type Value = Vec<String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of at most 32 strings")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vec<String>, A::Error> {
        let mut groups = Vec::new();
        let mut count = 0;
        while let Some(name) = list.next_element_seed(TextReader)? {
            count += 1;
            if count > CLAIM_GROUPS_MAX {
                return Err(A::Error::invalid_length(count, &self));
            }
            if self.0.has_group(&name) {
                groups.push(name.into_owned());
            }
        }
        Ok(groups)
    }
}
