//! gRPC reflection: each listener has a switch of its own, and all are off unless asked for.

use std::net::SocketAddr;

use holos::process::config::Config;
use holos::process::server::Addresses;
use tonic::transport::Channel;
use tonic::{Code, Status};
use tonic_reflection::pb::v1::ServerReflectionRequest;
use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;

use super::support::Home;

/// The services that a listener tells of.
async fn told(address: SocketAddr) -> Result<Vec<String>, Status> {
    let line = Channel::from_shared(format!("http://{address}")).unwrap().connect().await.unwrap();
    let message_request = Some(MessageRequest::ListServices(String::new()));
    let request = ServerReflectionRequest { host: String::new(), message_request };
    let requests = tokio_stream::once(request);
    let answers = ServerReflectionClient::new(line).server_reflection_info(requests).await?;
    let answer = answers.into_inner().message().await?.unwrap().message_response;
    let Some(MessageResponse::ListServicesResponse(list)) = answer else {
        panic!("{answer:?}");
    };
    Ok(list.service.into_iter().map(|service| service.name).collect())
}

type Switch = fn(&mut Config);

#[tokio::test(flavor = "multi_thread")]
async fn each_listener_has_a_switch_of_its_own() {
    let switches: [(&str, Switch); 4] = [
        ("none", |_| {}),
        ("ingest", |config| config.ingest.reflection = true),
        ("staff", |config| config.staff.reflection = true),
        ("public", |config| config.public.reflection = true),
    ];
    for (switched, switch) in switches {
        let mut home = Home::new();
        switch(&mut home.config);
        let running = home.start().await;
        let Addresses { ingest, staff, public, .. } = running.addresses;
        for (listener, address) in [("ingest", ingest), ("staff", staff), ("public", public)] {
            match told(address).await {
                Ok(services) => {
                    assert_eq!(listener, switched, "{services:?}");
                    assert!(services.iter().any(|name| name == "holos.v1.BallotService"));
                }
                Err(status) => {
                    assert_ne!(listener, switched, "{status:?}");
                    // The public listener is a site: what is not there is a page that says so.
                    let page = listener == "public" && status.message().contains("404 Not Found");
                    assert!(page || status.code() == Code::Unimplemented, "{listener}: {status:?}");
                }
            }
        }
        running.shutdown().await;
    }
}
