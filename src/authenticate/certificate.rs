//! What a client certificate says, once TLS has checked it.

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
