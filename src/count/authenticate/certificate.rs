//! What a client certificate says, once TLS has checked it.
//!
//! Reads it and no more: whether it is trusted, valid and not revoked is TLS's matter, and whose it
//! is, is decided by the issuers.

use std::fmt::Write;

use aws_lc_rs::digest;
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::FromDer;

use crate::ground::limits::{CERTIFICATE_NAME_BYTES_MAX, CERTIFICATE_NAMES_MAX};

/// A client's certificate. Whether it is trusted, valid and not revoked is TLS's matter; whose it
/// is, is decided by the issuers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeerCertificate {
    /// The DNS names and URIs of its subjectAltName.
    pub names: Vec<String>,
    /// `spki:` and the SHA-256 of its SubjectPublicKeyInfo in 64 lower-case hexadecimal digits: the
    /// key's id among its issuer's keys, the same after a renewal that keeps the key.
    pub key_id: String,
}

impl PeerCertificate {
    /// Reads a certificate from its DER form. `None` when it is not one, or has more names, or
    /// longer ones, than [`crate::ground::limits`] allows: half a list of names could be read as
    /// somebody else's.
    pub fn parse(der: &[u8]) -> Option<Self> {
        let certificate = read(der)?;
        let mut names = Vec::new();
        if let Some(extension) = certificate.subject_alternative_name().ok()? {
            for name in &extension.value.general_names {
                if let GeneralName::DNSName(name) | GeneralName::URI(name) = name {
                    names.push((*name).to_owned());
                }
            }
        }
        let fits = names.len() <= CERTIFICATE_NAMES_MAX
            && names.iter().all(|name| name.len() <= CERTIFICATE_NAME_BYTES_MAX);
        let key_id = key_id(certificate.public_key().raw);
        fits.then_some(Self { names, key_id })
    }
}

/// The first and the last second of a certificate's validity, since 1970.
pub(crate) fn validity(der: &[u8]) -> Option<(i64, i64)> {
    let certificate = read(der)?;
    let validity = certificate.validity();
    Some((validity.not_before.timestamp(), validity.not_after.timestamp()))
}

fn read(der: &[u8]) -> Option<X509Certificate<'_>> {
    match X509Certificate::from_der(der) {
        Ok(([], certificate)) => Some(certificate),
        _ => None,
    }
}

fn key_id(public_key_info: &[u8]) -> String {
    let hash = digest::digest(&digest::SHA256, public_key_info);
    let mut id = String::from("spki:");
    for byte in hash.as_ref() {
        write!(id, "{byte:02x}").expect("a string takes any text");
    }
    id
}

#[cfg(test)]
mod tests {
    use super::*;
    use rcgen::{CertificateParams, KeyPair, PublicKeyData, SanType};

    fn certificate(names: Vec<SanType>, key: &KeyPair) -> Vec<u8> {
        let mut params = CertificateParams::default();
        params.subject_alt_names = names;
        params.self_signed(key).unwrap().der().to_vec()
    }

    fn dns(name: &str) -> SanType {
        SanType::DnsName(name.try_into().unwrap())
    }

    #[test]
    fn names_are_dns_names_and_uris_and_nothing_else() {
        let key = KeyPair::generate().unwrap();
        let names = vec![
            dns("app.example"),
            SanType::IpAddress("10.0.0.1".parse().unwrap()),
            SanType::URI("spiffe://example/app".try_into().unwrap()),
            SanType::Rfc822Name("a@example".try_into().unwrap()),
        ];
        let parsed = PeerCertificate::parse(&certificate(names, &key)).unwrap();
        assert_eq!(parsed.names, ["app.example", "spiffe://example/app"]);
        let parsed = PeerCertificate::parse(&certificate(Vec::new(), &key)).unwrap();
        assert!(parsed.names.is_empty());
    }

    #[test]
    fn the_key_id_is_the_keys_and_outlives_a_renewal() {
        let (key, other) = (KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
        let of = |name: &str, key| PeerCertificate::parse(&certificate(vec![dns(name)], key));
        let first = of("a", &key).unwrap();
        assert_eq!(first.key_id, of("b", &key).unwrap().key_id);
        assert_ne!(first.key_id, of("a", &other).unwrap().key_id);
        let info = key.subject_public_key_info();
        assert_eq!(first.key_id, key_id(&info));
        assert_eq!(first.key_id.len(), "spki:".len() + 64);
    }

    #[test]
    fn names_are_bounded_at_the_limit_and_one_past_it() {
        let key = KeyPair::generate().unwrap();
        let many = |count| (0..count).map(|n| dns(&format!("n{n}"))).collect();
        let fits = |names| PeerCertificate::parse(&certificate(names, &key)).is_some();
        assert!(fits(many(CERTIFICATE_NAMES_MAX)));
        assert!(!fits(many(CERTIFICATE_NAMES_MAX + 1)));
        assert!(fits(vec![dns(&"a".repeat(CERTIFICATE_NAME_BYTES_MAX))]));
        assert!(!fits(vec![dns(&"a".repeat(CERTIFICATE_NAME_BYTES_MAX + 1))]));
    }

    #[test]
    fn what_is_not_one_whole_certificate_is_none() {
        let key = KeyPair::generate().unwrap();
        let mut der = certificate(vec![dns("a")], &key);
        assert!(validity(&der).is_some());
        for end in 0..der.len() {
            assert!(PeerCertificate::parse(&der[..end]).is_none());
        }
        der.push(0);
        assert!(PeerCertificate::parse(&der).is_none());
        assert!(validity(&der).is_none());
    }
}
