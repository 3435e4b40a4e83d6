//! Which files a listener's TLS is made of: a `[ingest.tls]` or `[staff.tls]` of the configuration.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// TLS of one listener, version 1.3 only. All files are PEM; they are read again when they change,
/// without a restart.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct TlsConfig {
    /// File with the listener's certificate, then those of its CAs up to below the root.
    pub certificate_file: PathBuf,
    /// File with the certificate's private key, readable by its owner only.
    pub private_key_file: PathBuf,
    /// File with the CAs whose certificates clients may present.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_ca_file: Option<PathBuf>,
    /// Files with revocation lists, at most 64. With any, every CA in a client's chain needs its
    /// list, and a list counts until it is replaced, also past its own date.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub client_crl_files: Vec<PathBuf>,
}

impl TlsConfig {
    /// Its files, each with its field's name below the listener's.
    pub(crate) fn files(&self) -> impl Iterator<Item = (String, &PathBuf)> {
        let crls = self.client_crl_files.iter().enumerate();
        let named = [
            ("tls.certificate_file", Some(&self.certificate_file)),
            ("tls.private_key_file", Some(&self.private_key_file)),
            ("tls.client_ca_file", self.client_ca_file.as_ref()),
        ];
        named
            .into_iter()
            .filter_map(|(field, file)| Some((field.to_owned(), file?)))
            .chain(crls.map(|(at, file)| (format!("tls.client_crl_files[{at}]"), file)))
    }
}
