//! `holos erase`, `holos keys`, `holos poll release`, and the verbs of `holos issuer` that end a key's
//! life.
//!
//! What needs two people is only proposed here; see [`super::proposal`].

use serde_json::json;
use tonic::transport::Channel;

use super::answer::{Answer, call, lacking};
use super::connect::Line;
use super::engine::Engine;
use super::proposal::proposed;
use super::text::{bare, fields, table, time};
use super::view::{RevocationView, list};
use crate::cli::Exit;
use crate::ground::limits;
use holos_wire::proto;
use holos_wire::proto::custody_service_client::CustodyServiceClient;

/// Arguments of `holos erase`.
#[derive(clap::Args)]
pub(crate) struct EraseArgs {
    #[command(flatten)]
    engine: Engine,
    /// The poll to erase
    #[arg(long, value_name = "ID")]
    poll: String,
    /// On what ground
    #[arg(long)]
    ground: Ground,
    /// Number of the order or demand
    #[arg(long, value_name = "TEXT")]
    reference: String,
}

/// Grounds for an erasure before its time.
#[derive(Clone, Copy, clap::ValueEnum)]
enum Ground {
    /// A court's order
    CourtOrder,
    /// A demand of the data-protection authority
    AuthorityDemand,
}

/// Arguments of `holos keys`.
#[derive(clap::Args)]
pub(crate) struct KeysArgs {
    #[command(subcommand)]
    verb: KeysVerb,
}

#[derive(clap::Subcommand)]
enum KeysVerb {
    /// Replace the wrapping key while the engine works: every other key is wrapped anew and the old
    /// one is destroyed
    Rotate(ActArgs),
    /// Say that the old wrapping key is destroyed, where only the operator could replace it, and so
    /// complete the erasures that wait for that
    ConfirmDestroyed(ActArgs),
}

#[derive(clap::Args)]
struct ActArgs {
    #[command(flatten)]
    engine: Engine,
    /// Number of the act behind it
    #[arg(long, value_name = "TEXT")]
    reference: String,
}

/// `holos issuer revoke`.
#[derive(clap::Args)]
pub(crate) struct RevokeArgs {
    #[command(flatten)]
    engine: Engine,
    /// The issuer's id
    #[arg(long, value_name = "ID")]
    issuer: String,
    /// The key: a `kid`, `vouched` for the connection secret, `spki:HEX` for a client certificate
    #[arg(long, value_name = "KEY")]
    key: String,
    /// Why
    #[arg(long)]
    reason: Reason,
    /// Number of the act behind it
    #[arg(long, value_name = "TEXT")]
    reference: String,
}

/// Why a key is revoked.
#[derive(Clone, Copy, clap::ValueEnum)]
enum Reason {
    /// It was stolen, or may have been
    Compromised,
    /// Another key took its place
    Superseded,
    /// The issuer vouches no more
    IssuerLeft,
}

/// `holos issuer excise`.
#[derive(clap::Args)]
pub(crate) struct ExciseArgs {
    #[command(flatten)]
    engine: Engine,
    /// The poll
    #[arg(long, value_name = "ID")]
    poll: String,
    /// The issuer's id
    #[arg(long, value_name = "ID")]
    issuer: String,
    /// The revoked key
    #[arg(long, value_name = "KEY")]
    key: String,
    /// Number of the act behind it
    #[arg(long, value_name = "TEXT")]
    reference: String,
}

/// `holos issuer revocations`.
#[derive(clap::Args)]
pub(crate) struct RevocationsArgs {
    #[command(flatten)]
    engine: Engine,
}

/// Proposes to erase a poll.
pub(crate) fn erase(args: EraseArgs) -> anyhow::Result<Exit> {
    let ground = match args.ground {
        Ground::CourtOrder => proto::ErasureGround::CourtOrder,
        Ground::AuthorityDemand => proto::ErasureGround::AuthorityDemand,
    };
    let request = proto::ErasePollRequest {
        poll_id: args.poll,
        ground: ground.into(),
        reference: args.reference,
    };
    call(&args.engine, async |line| {
        proposed(client(line).erase_poll(line.request(request)?).await?.into_inner().proposal)
    })
}

/// Replaces the wrapping key, or confirms that the old one is gone.
pub(crate) fn keys(args: KeysArgs) -> anyhow::Result<Exit> {
    match args.verb {
        KeysVerb::Rotate(ActArgs { engine, reference }) => call(&engine, async |line| {
            let request = line.request(proto::RotateWrappingKeyRequest { reference })?;
            let rotated = client(line).rotate_wrapping_key(request).await?.into_inner();
            let yes = |held: bool| if held { "yes" } else { "no" }.to_owned();
            let text = fields([
                ("key", rotated.key.clone()),
                ("previous key", rotated.previous_key.clone()),
                ("previous destroyed", yes(rotated.previous_destroyed)),
                ("operator must replace", yes(rotated.operator_must_replace)),
            ]);
            let view = json!({
                "key": rotated.key,
                "previous_key": rotated.previous_key,
                "previous_destroyed": rotated.previous_destroyed,
                "operator_must_replace": rotated.operator_must_replace,
            });
            Ok(Answer::new(&view, text))
        }),
        KeysVerb::ConfirmDestroyed(ActArgs { engine, reference }) => call(&engine, async |line| {
            let request = line.request(proto::ConfirmErasuresRequest { reference })?;
            let polls = client(line).confirm_erasures(request).await?.into_inner().polls;
            let ids: Vec<_> = polls.into_iter().map(|poll| poll.id).collect();
            let rows = ids.iter().map(|id| [id.clone()]).collect();
            Ok(Answer::new(&json!({ "erased": ids }), table(["ERASED"], rows)))
        }),
    }
}

/// Revokes an issuer's key.
pub(crate) fn revoke(args: RevokeArgs) -> anyhow::Result<Exit> {
    let reason = match args.reason {
        Reason::Compromised => proto::RevocationReason::Compromised,
        Reason::Superseded => proto::RevocationReason::Superseded,
        Reason::IssuerLeft => proto::RevocationReason::IssuerLeft,
    };
    let request = proto::RevokeIssuerKeyRequest {
        issuer_id: args.issuer,
        key_id: args.key,
        reason: reason.into(),
        reference: args.reference,
    };
    call(&args.engine, async |line| {
        let response = client(line).revoke_issuer_key(line.request(request)?).await?.into_inner();
        if !response.known {
            eprintln!(
                "holos: no configured issuer has this key now: it was removed before, or its name \
                 is misspelt"
            );
        }
        let held = response.revocation.ok_or_else(|| lacking("the revocation"))?;
        let text = fields([
            ("issuer", held.issuer_id.clone()),
            ("key", held.key_id.clone()),
            ("revoked at", time(held.revoked_at.as_ref())),
            ("reason", reason_of(&held)),
            ("reference", held.reference.clone()),
        ]);
        Ok(Answer::new(&RevocationView::from(&held), text))
    })
}

/// Proposes to take out of a poll what came under a revoked key.
pub(crate) fn excise(args: ExciseArgs) -> anyhow::Result<Exit> {
    let request = proto::ExciseIssuerKeyRequest {
        poll_id: args.poll,
        issuer_id: args.issuer,
        key_id: args.key,
        reference: args.reference,
    };
    call(&args.engine, async |line| {
        let response = client(line).excise_issuer_key(line.request(request)?).await?;
        proposed(response.into_inner().proposal)
    })
}

/// Lists the revoked keys.
pub(crate) fn revocations(args: &RevocationsArgs) -> anyhow::Result<Exit> {
    call(&args.engine, async |line| {
        let request = line.request(proto::ListRevocationsRequest {})?;
        let held = client(line).list_revocations(request).await?.into_inner().revocations;
        let rows = held.iter().map(|held| {
            [
                held.issuer_id.clone(),
                held.key_id.clone(),
                time(held.revoked_at.as_ref()),
                reason_of(held),
                held.reference.clone(),
            ]
        });
        let heading = ["ISSUER", "KEY", "REVOKED", "REASON", "REFERENCE"];
        Ok(Answer::new(&list::<_, RevocationView<'_>>(&held), table(heading, rows.collect())))
    })
}

/// Proposes to show totals of a poll that are held back.
pub(super) fn release(engine: &Engine, poll_id: String, reference: String) -> anyhow::Result<Exit> {
    let request = proto::ReleaseHeldBackRequest { poll_id, reference };
    call(engine, async |line| {
        let response = client(line).release_held_back(line.request(request)?).await?;
        proposed(response.into_inner().proposal)
    })
}

fn reason_of(held: &proto::Revocation) -> String {
    bare(held.reason().as_str_name(), "REVOCATION_REASON_").to_owned()
}

fn client(line: &Line) -> CustodyServiceClient<Channel> {
    let client = CustodyServiceClient::new(line.channel.clone());
    client.max_decoding_message_size(limits::STAFF_ANSWER_BYTES_MAX)
}
