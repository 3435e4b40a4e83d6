//! The actions that the table of permissions is about.
//!
//! Only what they are; who may do them is in [`super::permission`]. Each is a value, [`Action`], for
//! tables, answers and metrics, and a type in [`acts`], for permits.

/// Defines each action once: its variant and type, its name in tables, logs and metrics, and what it
/// does, in plain words.
macro_rules! actions {
    ($($action:ident: $name:literal, $description:literal;)*) => {
        /// Something that a member of staff can ask the engine to do. That a poll opens and closes
        /// at its time is no action of people.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Action {
            $(#[doc = concat!($description, ".")] $action,)*
        }

        impl Action {
            /// All of them, in the order of the table.
            pub const ALL: [Self; [$(Self::$action),*].len()] = [$(Self::$action),*];

            /// The name in tables, logs and metrics.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$action => $name,)*
                }
            }

            /// What it does, in plain words.
            pub const fn describe(self) -> &'static str {
                match self {
                    $(Self::$action => $description,)*
                }
            }
        }

        /// Each action as a type, so that a permit for one is no permit for another.
        pub mod acts {
            use super::{Act, Action, Sealed};

            $(
                #[doc = concat!($description, ".")]
                #[derive(Clone, Copy, Debug)]
                pub struct $action;

                impl Sealed for $action {}

                impl Act for $action {
                    const ACTION: Action = Action::$action;
                }
            )*
        }
    };
}

actions! {
    FileOrder: "file_order", "File an order, for a new poll or a returned one";
    CorrectOrder: "correct_order", "Correct an order that is a draft or was returned";
    WithdrawOrder: "withdraw_order", "Take back an order whose poll is not open yet";
    ReadOrders: "read_orders", "Read orders that are not public, and their history";
    ReturnOrder: "return_order", "Return an order with reasons";
    ApproveOrder: "approve_order", "Approve an order that somebody else filed";
    SchedulePoll: "schedule_poll", "Let an approved poll open at its time";
    SuspendPoll: "suspend_poll", "Stop the casting for the time being";
    ResumePoll: "resume_poll", "Let the casting go on";
    ExtendPoll: "extend_poll", "Move the closing time to a later one, with a reason";
    EndPoll: "end_poll", "End a poll early, with a reason code";
    GiveConsent: "give_consent", "Give the initiator's consent to publish";
    WithdrawConsent: "withdraw_consent", "Take the consent back before the first release";
    AttachDecision: "attach_decision", "Attach the decision that was taken after a poll";
    ReleaseHeldBack: "release_held_back",
        "Show newer totals that lie fewer than B ballots from what was shown before";
    ReadOwnResult: "read_own_result",
        "Read the result of a closed poll of its own body, published or not";
    ReadTurnout: "read_turnout", "Read how many took part, as coarsely as the gate allows";
    ReadSheet: "read_sheet", "Print the answer sheet of a published poll";
    RegisterStaff: "register_staff", "Register a person with an undertaking";
    RevokeStaff: "revoke_staff", "Withdraw a person's access, at once";
    ListStaff: "list_staff", "Read the staff register";
    RegisterBodyKey: "register_body_key", "Register a key with which a body signs its orders";
    RevokeBodyKey: "revoke_body_key", "Revoke such a key";
    ListBodyKeys: "list_body_keys", "Read which keys bodies have";
    RevokeIssuerKey: "revoke_issuer_key", "Refuse all further ballots under a key of an issuer";
    ExciseIssuerKey: "excise_issuer_key", "Take out of a poll all that came under a revoked key";
    ListRevocations: "list_revocations", "Read which keys of issuers are revoked";
    RotateWrappingKey: "rotate_wrapping_key", "Replace the key that wraps the key store";
    ConfirmErasures: "confirm_erasures", "Confirm that an old wrapping key is destroyed";
    ErasePoll: "erase_poll", "Erase the tags and keys of a poll before its time";
    ListProposals: "list_proposals", "Read which acts wait for a second person";
    ConfirmProposal: "confirm_proposal", "Confirm an act that somebody else proposed";
    DeclineProposal: "decline_proposal", "Decline a proposed act, or take one back";
    ReadAudit: "read_audit", "Read, export and verify the audit log";
    OpenIncident: "open_incident", "Open the record of an incident";
    NoteIncident: "note_incident", "Add to the record of an incident";
    RecordNotification: "record_notification", "Record whom an incident was told to";
    CloseIncident: "close_incident", "Close an incident with its act";
    ListIncidents: "list_incidents", "Read the records of incidents";
    FileRequest: "file_request", "Register a request that has come in";
    AnswerRequest: "answer_request", "Register its answer, or a longer term";
    ListRequests: "list_requests", "Read the register of requests";
}

/// An action as a type. Only those of the table are.
pub trait Act: Sealed {
    /// The action as a value.
    const ACTION: Action;
}

/// An action that hands in an order, where the order's own signature may speak for its body.
pub trait HandsIn: Act {}

impl HandsIn for acts::FileOrder {}
impl HandsIn for acts::CorrectOrder {}

/// An action that one person proposes and another confirms: [`Action::needs_two_people`].
pub trait OfTwo: Act {}

impl OfTwo for acts::ErasePoll {}
impl OfTwo for acts::ExciseIssuerKey {}
impl OfTwo for acts::ReleaseHeldBack {}

mod sealed {
    /// Nobody else makes an action.
    pub trait Sealed {}
}

use sealed::Sealed;

impl Action {
    /// Whether a second person must confirm it: it cannot be undone, and it takes away what others
    /// have given, or shows more of them than the rules alone allow.
    pub const fn needs_two_people(self) -> bool {
        matches!(self, Self::ErasePoll | Self::ExciseIssuerKey | Self::ReleaseHeldBack)
    }
}
