//! What an issuer's entry must keep, and what two of them must share.
//!
//! Looks at no file.

use std::collections::HashSet;

use super::{IssuerConfig, IssuersError, VouchedConfig};
use crate::ground::limits::{
    CERTIFICATE_NAME_BYTES_MAX, ISSUER_ID_BYTES_MAX, JWKS_REFRESH_SECONDS_MAX,
    JWKS_REFRESH_SECONDS_MIN, KEY_ID_BYTES_MAX,
};

/// The values that one issuer's entry must keep.
pub(super) fn check(config: &IssuerConfig) -> Result<(), IssuersError> {
    let issuer = || config.id.clone();
    let jwks_holds = config.jwks.as_ref().is_none_or(|jwks| {
        jwks.file.is_some() != jwks.url.is_some()
            && (jwks.ca_file.is_none() || jwks.url.is_some())
            && (JWKS_REFRESH_SECONDS_MIN..=JWKS_REFRESH_SECONDS_MAX).contains(&jwks.refresh_seconds)
    });
    let names = config.certificate_names();
    let shown = |vouched: &VouchedConfig| vouched.secret_file.is_some() || !names.is_empty();
    let unique: HashSet<_> = names.iter().collect();
    if !named(&config.id, ISSUER_ID_BYTES_MAX) {
        Err(IssuersError::Id { issuer: issuer() })
    } else if !is_space(&config.subject_space) {
        Err(IssuersError::Space { issuer: issuer() })
    } else if !is_space(&config.pseudonym_key) {
        Err(IssuersError::PseudonymKey { issuer: issuer() })
    } else if !config.vouched.as_ref().is_none_or(shown) {
        Err(IssuersError::Vouched { issuer: issuer() })
    } else if unique.len() != names.len()
        || !names.iter().all(|name| named(name, CERTIFICATE_NAME_BYTES_MAX))
    {
        Err(IssuersError::CertificateName { issuer: issuer() })
    } else if !jwks_holds {
        Err(IssuersError::Jwks { issuer: issuer() })
    } else {
        Ok(())
    }
}

/// What two issuers must share and must not: within a space a person is one subject.
pub(super) fn agree(one: &IssuerConfig, two: &IssuerConfig) -> Result<(), IssuersError> {
    if one.id == two.id {
        return Err(IssuersError::Repeated { issuer: two.id.clone() });
    }
    let same = one.pseudonym_key == two.pseudonym_key && one.subjects == two.subjects;
    if one.subject_space == two.subject_space && !same {
        return Err(IssuersError::SpaceSplit { one: one.id.clone(), two: two.id.clone() });
    }
    Ok(())
}

/// Whether this is a name: some visible ASCII characters.
pub(super) fn named(name: &str, max: usize) -> bool {
    (1..=max).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_graphic())
}

/// As in a poll's order, which names the space it admits.
fn is_space(name: &str) -> bool {
    (1..=KEY_ID_BYTES_MAX).contains(&name.len())
        && name.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'))
}
