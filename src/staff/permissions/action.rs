//! The actions that the table of permissions is about.
//!
//! Only what they are; who may do them is in [`super::permission`].

/// Something that a member of staff can ask the engine to do. That a poll opens and closes at its
/// time is no action of people.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Action {
    /// File an order, for a new poll or a returned one.
    FileOrder,
    /// Correct an order that is a draft or was returned.
    CorrectOrder,
    /// Take back an order whose poll is not open yet.
    WithdrawOrder,
    /// Read orders that are not public, and their history.
    ReadOrders,
    /// Return an order with reasons.
    ReturnOrder,
    /// Approve an order that somebody else filed.
    ApproveOrder,
    /// Let an approved poll open at its time.
    SchedulePoll,
    /// Stop the casting for the time being.
    SuspendPoll,
    /// Let the casting go on.
    ResumePoll,
    /// Move the closing time to a later one, with a reason.
    ExtendPoll,
    /// End a poll early, with a reason code.
    EndPoll,
    /// Give the initiator's consent to publish.
    GiveConsent,
    /// Take the consent back before the first release.
    WithdrawConsent,
    /// Attach the decision that was taken after a poll.
    AttachDecision,
    /// Show totals that lie close to what was shown before.
    ReleaseHeldBack,
    /// Read the result of a closed poll of its own body, published or not.
    ReadOwnResult,
    /// Read how many took part, as coarsely as the gate allows.
    ReadTurnout,
    /// Print the answer sheet of a poll, with the totals that its reader may see.
    ReadSheet,
    /// Register a person with an undertaking.
    RegisterStaff,
    /// Withdraw a person's access.
    RevokeStaff,
    /// Read the staff register.
    ListStaff,
    /// Register a key with which a body signs its orders.
    RegisterBodyKey,
    /// Revoke such a key.
    RevokeBodyKey,
    /// Read which keys bodies have.
    ListBodyKeys,
    /// Refuse all further ballots under a key of an issuer.
    RevokeIssuerKey,
    /// Take out of a poll all that came under a revoked key.
    ExciseIssuerKey,
    /// Read which keys of issuers are revoked.
    ListRevocations,
    /// Replace the key that wraps the key store.
    RotateWrappingKey,
    /// Confirm that an old wrapping key is destroyed.
    ConfirmErasures,
    /// Erase the tags and keys of a poll before its time.
    ErasePoll,
    /// Read which acts wait for a second person.
    ListProposals,
    /// Confirm an act that somebody else proposed.
    ConfirmProposal,
    /// Decline a proposed act, or take one back.
    DeclineProposal,
    /// Read, export and verify the audit log.
    ReadAudit,
    /// Open the record of an incident.
    OpenIncident,
    /// Add to the record of an incident.
    NoteIncident,
    /// Close an incident with its act.
    CloseIncident,
    /// Read the records of incidents.
    ListIncidents,
    /// Register a request that has come in.
    FileRequest,
    /// Register its answer, or a longer term.
    AnswerRequest,
    /// Read the register of requests.
    ListRequests,
}

impl Action {
    /// All of them, in the order of the table.
    pub const ALL: [Self; 41] = [
        Self::FileOrder,
        Self::CorrectOrder,
        Self::WithdrawOrder,
        Self::ReadOrders,
        Self::ReturnOrder,
        Self::ApproveOrder,
        Self::SchedulePoll,
        Self::SuspendPoll,
        Self::ResumePoll,
        Self::ExtendPoll,
        Self::EndPoll,
        Self::GiveConsent,
        Self::WithdrawConsent,
        Self::AttachDecision,
        Self::ReleaseHeldBack,
        Self::ReadOwnResult,
        Self::ReadTurnout,
        Self::ReadSheet,
        Self::RegisterStaff,
        Self::RevokeStaff,
        Self::ListStaff,
        Self::RegisterBodyKey,
        Self::RevokeBodyKey,
        Self::ListBodyKeys,
        Self::RevokeIssuerKey,
        Self::ExciseIssuerKey,
        Self::ListRevocations,
        Self::RotateWrappingKey,
        Self::ConfirmErasures,
        Self::ErasePoll,
        Self::ListProposals,
        Self::ConfirmProposal,
        Self::DeclineProposal,
        Self::ReadAudit,
        Self::OpenIncident,
        Self::NoteIncident,
        Self::CloseIncident,
        Self::ListIncidents,
        Self::FileRequest,
        Self::AnswerRequest,
        Self::ListRequests,
    ];

    /// The name in tables, logs and metrics.
    pub const fn name(self) -> &'static str {
        self.words().0
    }

    /// What it does, in plain words.
    pub const fn describe(self) -> &'static str {
        self.words().1
    }

    /// Whether a second person must confirm it: it cannot be undone, and it takes away what others
    /// have given, or shows more of them than the rules alone allow.
    pub const fn needs_two_people(self) -> bool {
        matches!(self, Self::ErasePoll | Self::ExciseIssuerKey | Self::ReleaseHeldBack)
    }

    /// Whether it only reads.
    pub const fn only_reads(self) -> bool {
        matches!(
            self,
            Self::ReadOrders
                | Self::ReadOwnResult
                | Self::ReadTurnout
                | Self::ReadSheet
                | Self::ListStaff
                | Self::ListBodyKeys
                | Self::ListRevocations
                | Self::ListProposals
                | Self::ReadAudit
                | Self::ListIncidents
                | Self::ListRequests
        )
    }

    /// Name and description.
    #[expect(clippy::too_many_lines, reason = "a table")]
    const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::FileOrder => ("file_order", "File an order, for a new poll or a returned one"),
            Self::CorrectOrder => {
                ("correct_order", "Correct an order that is a draft or was returned")
            }
            Self::WithdrawOrder => {
                ("withdraw_order", "Take back an order whose poll is not open yet")
            }
            Self::ReadOrders => {
                ("read_orders", "Read orders that are not public, and their history")
            }
            Self::ReturnOrder => ("return_order", "Return an order with reasons"),
            Self::ApproveOrder => ("approve_order", "Approve an order that somebody else filed"),
            Self::SchedulePoll => ("schedule_poll", "Let an approved poll open at its time"),
            Self::SuspendPoll => ("suspend_poll", "Stop the casting for the time being"),
            Self::ResumePoll => ("resume_poll", "Let the casting go on"),
            Self::ExtendPoll => {
                ("extend_poll", "Move the closing time to a later one, with a reason")
            }
            Self::EndPoll => ("end_poll", "End a poll early, with a reason code"),
            Self::GiveConsent => ("give_consent", "Give the initiator's consent to publish"),
            Self::WithdrawConsent => {
                ("withdraw_consent", "Take the consent back before the first release")
            }
            Self::AttachDecision => {
                ("attach_decision", "Attach the decision that was taken after a poll")
            }
            Self::ReleaseHeldBack => (
                "release_held_back",
                "Show newer totals that lie fewer than B ballots from what was shown before",
            ),
            Self::ReadOwnResult => (
                "read_own_result",
                "Read the result of a closed poll of its own body, published or not",
            ),
            Self::ReadTurnout => {
                ("read_turnout", "Read how many took part, as coarsely as the gate allows")
            }
            Self::ReadSheet => ("read_sheet", "Print the answer sheet of a published poll"),
            Self::RegisterStaff => ("register_staff", "Register a person with an undertaking"),
            Self::RevokeStaff => ("revoke_staff", "Withdraw a person's access, at once"),
            Self::ListStaff => ("list_staff", "Read the staff register"),
            Self::RegisterBodyKey => {
                ("register_body_key", "Register a key with which a body signs its orders")
            }
            Self::RevokeBodyKey => ("revoke_body_key", "Revoke such a key"),
            Self::ListBodyKeys => ("list_body_keys", "Read which keys bodies have"),
            Self::RevokeIssuerKey => {
                ("revoke_issuer_key", "Refuse all further ballots under a key of an issuer")
            }
            Self::ExciseIssuerKey => {
                ("excise_issuer_key", "Take out of a poll all that came under a revoked key")
            }
            Self::ListRevocations => ("list_revocations", "Read which keys of issuers are revoked"),
            Self::RotateWrappingKey => {
                ("rotate_wrapping_key", "Replace the key that wraps the key store")
            }
            Self::ConfirmErasures => {
                ("confirm_erasures", "Confirm that an old wrapping key is destroyed")
            }
            Self::ErasePoll => ("erase_poll", "Erase the tags and keys of a poll before its time"),
            Self::ListProposals => ("list_proposals", "Read which acts wait for a second person"),
            Self::ConfirmProposal => {
                ("confirm_proposal", "Confirm an act that somebody else proposed")
            }
            Self::DeclineProposal => {
                ("decline_proposal", "Decline a proposed act, or take one back")
            }
            Self::ReadAudit => ("read_audit", "Read, export and verify the audit log"),
            Self::OpenIncident => ("open_incident", "Open the record of an incident"),
            Self::NoteIncident => ("note_incident", "Add to the record of an incident"),
            Self::CloseIncident => ("close_incident", "Close an incident with its act"),
            Self::ListIncidents => ("list_incidents", "Read the records of incidents"),
            Self::FileRequest => ("file_request", "Register a request that has come in"),
            Self::AnswerRequest => ("answer_request", "Register its answer, or a longer term"),
            Self::ListRequests => ("list_requests", "Read the register of requests"),
        }
    }
}
