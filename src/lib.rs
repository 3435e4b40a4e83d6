//! Holos counts people's answers at national scale and keeps none of the people.
//!
//! The way of a ballot is [`engine::Counting::cast`]; each step's type can be made only by the step
//! before it:
//!
//! ```text
//! Credential --authenticate--> Voter --check--> EligibleBallot --deidentify--> AnonymousBallot --ledger--> Outcome
//! Poll --close--> frozen tally --decide--> Statement --sign--> Publication --> gRPC, HTTP
//! ```
//!
//! Rooms stand on floors and import those below only; `tests/it/walls.rs` has the list. Wire, domain
//! and disk are three vocabularies: prost types stop in [`grpc`], bytes stop in [`store`].
//! ARCHITECTURE.md says why.

pub mod audit;
pub mod cli;
pub mod count;
pub mod engine;
pub mod fsck;
pub mod ground;
pub mod grpc;
pub mod http;
pub mod jose;
pub mod keys;
pub mod net;
pub mod outcome;
pub mod poll;
pub mod process;
pub mod publish;
pub mod publog;
pub mod staff;
pub mod store;
pub mod tally;
