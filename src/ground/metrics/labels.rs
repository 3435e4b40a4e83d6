//! Labels of what peers do to the listeners.

macro_rules! labels {
    ($(#[doc = $head:literal])+ $kind:ident { $($(#[doc = $doc:literal])+ $name:ident = $label:literal,)+ }) => {
        $(#[doc = $head])+
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $kind {
            $($(#[doc = $doc])+ $name,)+
        }

        impl $kind {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// Its label.
            pub const fn label(self) -> &'static str {
                match self { $(Self::$name => $label,)+ }
            }
        }
    };
}

labels! {
    /// Why a TLS handshake failed.
    HandshakeFailure {
        /// It was not done in time.
        TimedOut = "timed_out",
        /// [`crate::ground::limits::HANDSHAKES_MAX`] others were under way.
        Full = "full",
        /// The peer ended the connection or refused our side of it.
        PeerLeft = "peer_left",
        /// The bytes were no TLS.
        NotTls = "not_tls",
        /// An older version, or nothing in common.
        Incompatible = "incompatible",
        /// The listener needs a client certificate and got none.
        CertificateMissing = "certificate_missing",
        /// The client's certificate is not valid yet, or no longer.
        CertificateExpired = "certificate_expired",
        /// The client's certificate is revoked, or no list says that it is not.
        CertificateRevoked = "certificate_revoked",
        /// The client's certificate comes from a CA that is not ours.
        CertificateUnknown = "certificate_unknown",
        /// The client's certificate is not for clients, or does not read as one.
        CertificateUnfit = "certificate_unfit",
        /// Anything else.
        Other = "other",
    }
}

labels! {
    /// Why a request was ended because of how its messages came.
    Cut {
        /// A message was not complete in time.
        TooSlow = "too_slow",
        /// The connection held too much of incomplete messages.
        ConnectionFull = "connection_full",
        /// The listener held too much of incomplete messages.
        ListenerFull = "listener_full",
        /// A message was marked as compressed.
        Compressed = "compressed",
        /// Too many empty frames, or a second message where there is one.
        Malformed = "malformed",
    }
}
