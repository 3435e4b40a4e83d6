//! The gRPC edge: the wire's vocabulary stops here.
//!
//! Turns messages into values of the engine and outcomes into messages. Decides nothing.

mod audit;
mod ballots;
mod codec;
mod custody;
mod door;
mod feed;
mod fields;
mod incidents;
mod listen;
mod peer;
mod polls;
mod requests;
mod results;
mod serve;
mod server;
mod shape;
mod slow;
mod staff;
mod status;
mod subjects;
mod visitor;

pub use codec::Codec;
pub use door::Door;
pub use peer::{CertificateUntrusted, Peer};
pub use server::{Health, results_router, serve_ingest, serve_staff};
pub use status::{DOMAIN, read_shed};

/// Generated from proto/holos/v1.
#[allow(missing_docs, unreachable_pub, unused_qualifications, clippy::all)]
pub mod proto {
    tonic::include_proto!("holos.v1");

    // The wire types that hold a person or a choice have no derived `Debug`; tonic's messages need
    // one.
    macro_rules! opaque {
        ($($name:ident),+) => {
            $(impl std::fmt::Debug for $name {
                fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                    f.write_str(concat!(stringify!($name), "(..)"))
                }
            })+
        };
    }
    opaque!(
        Ballot,
        VouchedVoter,
        StatedClaims,
        Asker,
        GetParticipationRequest,
        GetParticipationResponse,
        ListEligiblePollsRequest,
        ListEligiblePollsResponse,
        Answer,
        CastBallotRequest,
        CastBallotsRequest,
        StreamBallotsRequest
    );

    impl std::fmt::Debug for ballot::Credential {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("Credential(..)")
        }
    }

    impl std::fmt::Debug for asker::Credential {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("Credential(..)")
        }
    }
}

/// Descriptors of the API, for reflection.
pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/holos.v1.bin"));
