//! The wire: messages and services generated from proto/holos/v1, how much a message may hold, and
//! statuses made from the one table of reasons.
//!
//! Knows nothing of the engine: the gRPC edge turns these into its values and back.

mod codec;
pub mod language;
pub mod limits;
mod shape;
mod status;

pub use codec::Codec;
pub use status::{DOMAIN, status, status_of_fields, status_saying};

/// Generated from proto/holos/v1.
#[allow(
    missing_docs,
    unreachable_pub,
    unused_qualifications,
    clippy::all,
    clippy::too_many_lines,
    reason = "tonic and prost wrote it"
)]
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
