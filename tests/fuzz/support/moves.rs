//! What can follow what in a poll's life, as the procedure says it, for the moves that people make.

use holos::poll::Phase;

use crate::wire::Method;

/// Whether a move that was carried out may lead from one phase to another.
pub fn may_lead(method: Method, before: Phase, after: Phase) -> bool {
    use Method as M;
    use Phase as P;
    // What is released when a poll ends, or when the consent to it comes.
    let ended = matches!(after, P::Published | P::Withheld);
    match method {
        M::CorrectOrder => before == P::Draft && matches!(after, P::Draft | P::Filed),
        M::ReturnOrder | M::WithdrawOrder => {
            matches!(before, P::Filed | P::Approved | P::Scheduled) && after == P::Draft
        }
        M::ApproveOrder => before == P::Filed && after == P::Approved,
        M::SchedulePoll => before == P::Approved && matches!(after, P::Scheduled | P::Open),
        M::SuspendPoll => before == P::Open && after == P::Suspended,
        M::ResumePoll => before == P::Suspended && after == P::Open,
        M::ExtendPoll => matches!(before, P::Scheduled | P::Open | P::Suspended) && after == before,
        // One that is past its end is answered as it is.
        M::EndPoll => match before {
            P::Open | P::Suspended => ended,
            before => before > P::Suspended && after == before,
        },
        M::GiveConsent => {
            before <= P::Withheld && (after == before || before == P::Withheld && ended)
        }
        M::WithdrawConsent => before <= P::Withheld && before != P::Published && after == before,
        M::AttachDecision => before >= P::Closed && before != P::Expired && after == before,
        _ => after == before,
    }
}
