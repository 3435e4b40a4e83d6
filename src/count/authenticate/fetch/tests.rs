//! Where keys come from, and whom the way to them is trusted by.

use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use rustls::version::TLS13;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::*;
use crate::count::authenticate::issuers::JwksConfig;

#[test]
fn keys_come_over_https_or_from_this_machine() {
    let allowed = [
        "https://id.example.gov/jwks.json",
        "https://id.example.gov:8443/a?b=c",
        "http://127.0.0.1:9/jwks",
        "http://[::1]:9/jwks",
    ];
    for url in allowed {
        assert!(address(url).is_some(), "{url}");
    }
    let refused = [
        "",
        "/jwks.json",
        "id.example.gov",
        "http://id.example.gov/jwks.json",
        "http://localhost/jwks.json",
        "http://127.0.0.1.example.gov/jwks",
        "http://127.0.0.1@id.example.gov/jwks",
        "https://user@id.example.gov/jwks",
        "ftp://127.0.0.1/jwks",
        "file:///etc/jwks",
    ];
    for url in refused {
        assert!(address(url).is_none(), "{url}");
    }
}

#[test]
fn a_file_without_certificates_is_no_trust() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ca.pem");
    std::fs::write(&file, "no certificate").unwrap();
    assert!(client(Some(&file)).is_err());
    assert!(client(Some(&folder.path().join("absent"))).is_err());
    let key = rcgen::KeyPair::generate().unwrap();
    let ca = rcgen::CertificateParams::new(vec!["ca".to_owned()]).unwrap();
    std::fs::write(&file, ca.self_signed(&key).unwrap().pem()).unwrap();
    assert!(client(Some(&file)).is_ok());
}

/// A server on this machine with a certificate of its own, which it returns; it answers one request
/// after the other with an empty set.
async fn server(versions: &[&'static rustls::SupportedProtocolVersion]) -> (String, String) {
    let key = rcgen::KeyPair::generate().unwrap();
    let certificate = rcgen::CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
    let certificate = certificate.self_signed(&key).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let secret = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(versions)
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], secret)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}/jwks", listener.local_addr().unwrap());
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            // A client that does not trust it goes away.
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                let Ok(byte) = stream.read_u8().await else { break };
                head.push(byte);
            }
            let text = "HTTP/1.1 200 OK\r\ncontent-length: 11\r\n\r\n{\"keys\":[]}";
            let _ = stream.write_all(text.as_bytes()).await;
            let _ = stream.flush().await;
        }
    });
    (url, certificate.pem())
}

/// What a fetch from this address brings, with these certificates as the trusted ones.
async fn fetched(url: &str, trusted: &str) -> Result<usize, FetchError> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ca.pem");
    std::fs::write(&file, trusted).unwrap();
    let jwks = Some(JwksConfig { ca_file: Some(file), ..JwksConfig::url(url) });
    let config = IssuerConfig { jwks, ..IssuerConfig::new("wallet", "ua", "p") };
    match Source::of(&config).unwrap().unwrap().fetch().await? {
        Fetched::Set(set) => Ok(set.json.len()),
        Fetched::Unchanged => panic!("nothing was fetched before"),
    }
}

#[tokio::test]
async fn keys_come_only_from_a_server_that_is_trusted() {
    let (url, certificate) = server(&[&TLS13]).await;
    assert_eq!(fetched(&url, &certificate).await, Ok(11));
    let (_, stranger) = server(&[&TLS13]).await;
    assert_eq!(fetched(&url, &stranger).await, Err(FetchError::Unreachable));
    let elsewhere = url.replace("127.0.0.1", "localhost");
    assert_eq!(fetched(&elsewhere, &certificate).await, Err(FetchError::Unreachable), "by name");
}
