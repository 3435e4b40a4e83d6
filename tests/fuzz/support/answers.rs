//! Requests and answers as bytes, and the statuses that a healthy engine gives.

use bytes::Bytes;
use holos_wire::proto::{self, Outcome};
use holos::grpc::DOMAIN;
use holos::outcome::Rejection;
use holos_reasons::Reason;
use prost::Message;
use tonic::{Code, Status};
use tonic_types::StatusExt;

use crate::duty::Who;
use crate::wire::Method;

/// The messages of a stream: each behind its length, in two bytes.
pub fn batches(mut data: &[u8]) -> Vec<Bytes> {
    let mut messages = Vec::new();
    while let Some((length, rest)) = data.split_first_chunk::<2>() {
        let length = usize::from(u16::from_le_bytes(*length)).min(rest.len());
        let (message, rest) = rest.split_at(length);
        messages.push(Bytes::copy_from_slice(message));
        data = rest;
        if messages.len() == 8 {
            break;
        }
    }
    messages
}

/// Whether the call leaves the issuers and the staff that all other inputs need.
pub fn harmless(method: Method, messages: &[Bytes]) -> bool {
    match (method, messages) {
        (Method::RevokeIssuerKey, [message]) => {
            let request = proto::RevokeIssuerKeyRequest::decode(message.clone());
            request.map_or(true, |request| !["app", "wallet"].contains(&request.issuer_id.as_str()))
        }
        (Method::WithdrawStaff, [message]) => {
            let request = proto::WithdrawStaffRequest::decode(message.clone());
            request.map_or(true, |request| request.number as usize > Who::REGISTERED.len())
        }
        _ => true,
    }
}

/// What a request says of a poll, whatever else it says.
#[derive(Clone, PartialEq, Message)]
pub struct Named {
    /// The poll's id, the first field of every request about one.
    #[prost(string, tag = "1")]
    pub poll_id: String,
}

/// The answer to every act on a poll.
#[derive(Clone, PartialEq, Message)]
pub struct Answered {
    /// The poll after it.
    #[prost(message, optional, tag = "1")]
    pub poll: Option<proto::Poll>,
}

/// The request, when it is one; else the engine must have said so, unless it refused the caller
/// before.
///
/// # Panics
/// When neither holds.
pub fn decoded<T: Message + Default>(bytes: Bytes, end: Option<&Status>) -> Option<T> {
    let request = T::decode(bytes).ok();
    assert!(request.is_some() || end.is_some(), "what is no message is refused");
    request
}

/// A message that is known to be one.
///
/// # Panics
/// When it is none.
pub fn read<T: Message + Default>(bytes: Bytes) -> T {
    T::decode(bytes).expect("what was answered, or taken, is a message")
}

/// What became of each ballot.
///
/// # Panics
/// When a refusal has no reason, or a ballot that is not refused has one.
pub fn outcomes(results: &[proto::BallotResult]) -> Vec<Outcome> {
    let known = |result: &proto::BallotResult| {
        let reason = result.refusal.as_ref().map(|refusal| refusal.reason.as_str());
        assert_eq!(reason.is_some(), result.outcome() == Outcome::Refused);
        assert!(reason.is_none_or(|reason| rejection(reason).is_some()), "{reason:?}");
        result.outcome()
    };
    results.iter().map(known).collect()
}

fn rejection(reason: &str) -> Option<Rejection> {
    Rejection::ALL.iter().copied().find(|rejection| rejection.reason() == reason)
}

/// The reason of a status.
///
/// # Panics
/// When it is none that a healthy engine gives, or its text is not the fixed one.
pub fn known_reason(method: Method, status: &Status) -> String {
    let codes = [
        Code::InvalidArgument,
        Code::Unauthenticated,
        Code::PermissionDenied,
        Code::NotFound,
        Code::FailedPrecondition,
        Code::AlreadyExists,
        Code::ResourceExhausted,
    ];
    let info = status.get_details_error_info();
    let info = info.unwrap_or_else(|| panic!("{method:?}: no reason: {status:?}"));
    // Whoever is suspended may be resumed; nothing else of a healthy engine is unavailable.
    let waits =
        status.code() == Code::Unavailable && info.reason == Rejection::PollSuspended.reason();
    assert!(waits || codes.contains(&status.code()), "{method:?}: {status:?}");
    assert_eq!(info.domain, DOMAIN);
    match rejection(&info.reason) {
        Some(rejection) => assert_eq!(status.message(), rejection.text(), "{method:?}"),
        None => assert!(Reason::named(&info.reason).is_some(), "{method:?}: {status:?}"),
    }
    info.reason
}
