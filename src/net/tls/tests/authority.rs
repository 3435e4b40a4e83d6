//! A certificate authority for tests.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, CertifiedIssuer, DnType,
    ExtendedKeyUsagePurpose, IsCa, KeyIdMethod, KeyPair, KeyUsagePurpose, RevokedCertParams,
    SerialNumber, date_time_ymd,
};

/// A root, good from 2020 to 2040.
pub(crate) struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

/// A certificate with its key.
pub(crate) struct Identity {
    pub(crate) certificate: Vec<u8>,
    pub(crate) certificate_pem: String,
    pub(crate) key: KeyPair,
}

/// What is asked of a certificate. Good from 2025 on.
pub(crate) struct Asked<'a> {
    pub(crate) name: &'a str,
    pub(crate) serial: u64,
    pub(crate) purpose: ExtendedKeyUsagePurpose,
    pub(crate) until_year: i32,
}

impl Authority {
    pub(crate) fn new(name: &str) -> Self {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(2040, 1, 1);
        let key = KeyPair::generate().unwrap();
        Self { issuer: CertifiedIssuer::self_signed(params, key).unwrap() }
    }

    pub(crate) fn pem(&self) -> String {
        self.issuer.pem()
    }

    pub(crate) fn der(&self) -> Vec<u8> {
        self.issuer.der().to_vec()
    }

    pub(crate) fn sign(&self, asked: &Asked<'_>) -> Identity {
        let mut params = CertificateParams::new(vec![asked.name.to_owned()]).unwrap();
        params.serial_number = Some(SerialNumber::from(asked.serial));
        params.not_before = date_time_ymd(2025, 1, 1);
        params.not_after = date_time_ymd(asked.until_year, 1, 1);
        params.extended_key_usages = vec![asked.purpose.clone()];
        let key = KeyPair::generate().unwrap();
        let signed = params.signed_by(&key, &self.issuer).unwrap();
        Identity { certificate: signed.der().to_vec(), certificate_pem: signed.pem(), key }
    }

    pub(crate) fn client(&self, name: &str, serial: u64) -> Identity {
        let purpose = ExtendedKeyUsagePurpose::ClientAuth;
        self.sign(&Asked { name, serial, purpose, until_year: 2035 })
    }

    pub(crate) fn server(&self, serial: u64) -> Identity {
        let purpose = ExtendedKeyUsagePurpose::ServerAuth;
        self.sign(&Asked { name: "localhost", serial, purpose, until_year: 2035 })
    }

    /// A revocation list with these serial numbers.
    pub(crate) fn revoke(&self, serials: &[u64]) -> String {
        let revoked = |serial: &u64| RevokedCertParams {
            serial_number: SerialNumber::from(*serial),
            revocation_time: date_time_ymd(2025, 6, 1),
            reason_code: None,
            invalidity_date: None,
        };
        let list = CertificateRevocationListParams {
            this_update: date_time_ymd(2025, 6, 1),
            next_update: date_time_ymd(2025, 7, 1),
            crl_number: SerialNumber::from(1),
            issuing_distribution_point: None,
            revoked_certs: serials.iter().map(revoked).collect(),
            key_identifier_method: KeyIdMethod::Sha256,
        };
        list.signed_by(&self.issuer).unwrap().pem().unwrap()
    }
}

/// Writes a file that only its owner can read.
pub(crate) fn write(folder: &Path, name: &str, text: &str) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    std::fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
    path
}
