//! Which services stand on which gRPC listener.

use std::future::Future;
use std::num::NonZeroU32;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::sync::watch;
use tonic::service::Routes;
use tonic_health::ServingStatus;
use tonic_health::server::HealthReporter;
use tonic_web::GrpcWebLayer;

use super::audit::AuditDesk;
use super::ballots::Ballots;
use super::custody::Custody;
use super::door::Door;
use super::feed::Feed;
use super::incidents::IncidentDesk;
use super::polls::Polls;
use super::requests::RequestDesk;
use super::results::ResultsReader;
use super::serve::serve;
use super::staff::StaffDesk;
use super::subjects::Subjects;
use crate::engine::{Counting, Office, PublicView};
use crate::ground::limits;
use crate::ground::metrics::Listener;
use crate::net;
use crate::net::tls::Tls;
use holos_wire::proto::audit_service_server::AuditServiceServer;
use holos_wire::proto::ballot_service_server::BallotServiceServer;
use holos_wire::proto::custody_service_server::CustodyServiceServer;
use holos_wire::proto::incident_service_server::IncidentServiceServer;
use holos_wire::proto::poll_feed_service_server::PollFeedServiceServer;
use holos_wire::proto::poll_service_server::PollServiceServer;
use holos_wire::proto::request_service_server::RequestServiceServer;
use holos_wire::proto::results_service_server::ResultsServiceServer;
use holos_wire::proto::staff_service_server::StaffServiceServer;
use holos_wire::proto::subject_service_server::SubjectServiceServer;

/// Serves `BallotService`, `SubjectService`, `PollFeedService` and health until told to stop, at most
/// `connection_rate` credentials a second over one connection.
pub async fn serve_ingest(
    listener: TcpListener,
    connection_rate: Option<NonZeroU32>,
    tls: Option<Arc<Tls>>,
    counting: Arc<Counting>,
    health: Routes,
    reflection: bool,
    stop: impl Future<Output = ()> + Send,
) {
    let subjects = SubjectServiceServer::new(Subjects::new(Arc::clone(&counting)))
        .max_decoding_message_size(limits::STAFF_MESSAGE_BYTES_MAX);
    let feed = PollFeedServiceServer::new(Feed::new(Arc::clone(&counting)))
        .max_decoding_message_size(limits::STAFF_MESSAGE_BYTES_MAX);
    let ballots = BallotServiceServer::new(Ballots::new(counting))
        .max_decoding_message_size(limits::MESSAGE_BYTES_MAX)
        .max_encoding_message_size(limits::MESSAGE_BYTES_MAX);
    let routes = health.add_service(ballots).add_service(subjects).add_service(feed);
    let routes = with_reflection(routes, reflection);
    let (which, most) = (Listener::Ingest, limits::INGEST_CONNECTIONS_MAX);
    serve(listener, which, most, connection_rate, tls, routes, stop).await;
}

/// Serves what staff work with until told to stop.
pub async fn serve_staff(
    listener: TcpListener,
    tls: Option<Arc<Tls>>,
    office: Arc<Office>,
    door: Arc<Door>,
    reflection: bool,
    stop: impl Future<Output = ()> + Send,
) {
    macro_rules! bounded {
        ($server:ident, $desk:ident) => {
            $server::new($desk::new(Arc::clone(&office), Arc::clone(&door)))
                .max_decoding_message_size(limits::STAFF_MESSAGE_BYTES_MAX)
        };
    }
    let routes = Routes::new(bounded!(PollServiceServer, Polls))
        .add_service(bounded!(CustodyServiceServer, Custody))
        .add_service(bounded!(StaffServiceServer, StaffDesk))
        .add_service(bounded!(AuditServiceServer, AuditDesk))
        .add_service(bounded!(IncidentServiceServer, IncidentDesk))
        .add_service(bounded!(RequestServiceServer, RequestDesk));
    let routes = with_reflection(routes, reflection);
    serve(listener, Listener::Staff, limits::STAFF_CONNECTIONS_MAX, None, tls, routes, stop).await;
}

/// `ResultsService`, to stand beside the pages on the public listener; for browsers too, in gRPC-Web.
pub fn results_router(
    public: Arc<PublicView>,
    reflection: bool,
    stopped: watch::Receiver<bool>,
) -> net::Router {
    let results = ResultsServiceServer::new(ResultsReader::new(public, stopped))
        .max_decoding_message_size(limits::STAFF_MESSAGE_BYTES_MAX);
    let routes = with_reflection(Routes::new(results), reflection);
    routes.into_axum_router().layer(GrpcWebLayer::new())
}

/// The health of the services, as gRPC's own protocol tells it.
pub struct Health {
    reporter: HealthReporter,
    routes: Routes,
}

impl Health {
    /// Health that says NOT_SERVING until told otherwise.
    pub async fn new() -> Self {
        let (reporter, service) = tonic_health::server::health_reporter();
        let health = Self { reporter, routes: Routes::new(service) };
        health.set(ServingStatus::NotServing).await;
        health
    }

    /// The service to put on a listener.
    pub fn service(&self) -> Routes {
        self.routes.clone()
    }

    /// From here on SERVING.
    pub async fn serving(&self) {
        self.set(ServingStatus::Serving).await;
    }

    /// From here on NOT_SERVING: load balancers look elsewhere before the drain begins.
    pub async fn not_serving(&self) {
        self.set(ServingStatus::NotServing).await;
    }

    async fn set(&self, status: ServingStatus) {
        for service in ["", "holos.v1.BallotService"] {
            self.reporter.set_service_status(service, status).await;
        }
    }
}

fn with_reflection(routes: Routes, reflection: bool) -> Routes {
    if !reflection {
        return routes;
    }
    let service = tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(holos_wire::DESCRIPTORS)
        .build_v1()
        .expect("the build made the descriptors");
    routes.add_service(service)
}
