//! Verbs for staff: `holos erase`, `holos keys`, `holos issuer revoke` and their like. Each is one
//! call to the staff listener of a running engine.

mod connect;

use std::path::PathBuf;

use anyhow::Context;
use serde_json::json;
use tonic::{Code, Status};
use tonic_types::StatusExt;

use super::{Exit, answer};
use crate::grpc::proto;
use crate::grpc::proto::custody_service_client::CustodyServiceClient;
use connect::Line;

/// Where the engine is, and who asks.
#[derive(clap::Args)]
pub(super) struct Engine {
    /// The engine's configuration file: says where its staff listener and token are
    #[arg(long, value_name = "FILE", env = "HOLOS_CONFIG")]
    config: PathBuf,
    /// Client certificate in PEM, where the staff listener has TLS
    #[arg(long, value_name = "FILE", requires = "private_key")]
    certificate: Option<PathBuf>,
    /// Its private key in PEM
    #[arg(long, value_name = "FILE", requires = "certificate")]
    private_key: Option<PathBuf>,
    /// The authority that signed the listener's certificate, in PEM
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
    /// Name in the listener's certificate
    #[arg(long, value_name = "NAME", default_value = "localhost")]
    server_name: String,
}

/// Arguments of `holos erase`.
#[derive(clap::Args)]
pub(super) struct EraseArgs {
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
pub(super) struct KeysArgs {
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
pub(super) struct RevokeArgs {
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
pub(super) struct ExciseArgs {
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
pub(super) struct RevocationsArgs {
    #[command(flatten)]
    engine: Engine,
}

/// Erases a poll.
pub(super) fn erase(args: EraseArgs) -> anyhow::Result<Exit> {
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
        let response = client(line).erase_poll(line.request(request)?).await;
        Ok(response.map(|response| {
            let proto::ErasePollResponse { poll, record } = response.into_inner();
            let poll = poll.unwrap_or_default();
            if record.is_empty() {
                let phase = poll.phase().as_str_name();
                return format!("{}\n", json!({ "poll": poll.id, "phase": phase }));
            }
            // The record is a line of JSON, signed: what the audit log holds.
            format!("{}\n", String::from_utf8_lossy(&record))
        }))
    })
}

/// Replaces the wrapping key, or confirms that the old one is gone.
pub(super) fn keys(args: KeysArgs) -> anyhow::Result<Exit> {
    match args.verb {
        KeysVerb::Rotate(ActArgs { engine, reference }) => {
            let request = proto::RotateWrappingKeyRequest { reference };
            call(&engine, async |line| {
                let response = client(line).rotate_wrapping_key(line.request(request)?).await;
                Ok(response.map(|response| {
                    let rotated = response.into_inner();
                    let text = json!({
                        "key": rotated.key,
                        "previous_key": rotated.previous_key,
                        "previous_destroyed": rotated.previous_destroyed,
                        "operator_must_replace": rotated.operator_must_replace,
                    });
                    format!("{text}\n")
                }))
            })
        }
        KeysVerb::ConfirmDestroyed(ActArgs { engine, reference }) => {
            let request = proto::ConfirmErasuresRequest { reference };
            call(&engine, async |line| {
                let response = client(line).confirm_erasures(line.request(request)?).await;
                Ok(response.map(|response| {
                    let polls = response.into_inner().polls;
                    let ids: Vec<_> = polls.into_iter().map(|poll| poll.id).collect();
                    format!("{}\n", json!({ "erased": ids }))
                }))
            })
        }
    }
}

/// Revokes an issuer's key.
pub(super) fn revoke(args: RevokeArgs) -> anyhow::Result<Exit> {
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
        let response = client(line).revoke_issuer_key(line.request(request)?).await;
        Ok(response.map(|response| {
            let response = response.into_inner();
            if !response.known {
                eprintln!(
                    "holos: no configured issuer has this key now: it was removed before, or its \
                     name is misspelt"
                );
            }
            revocation(&response.revocation)
        }))
    })
}

/// Takes out of a poll what came under a revoked key.
pub(super) fn excise(args: ExciseArgs) -> anyhow::Result<Exit> {
    let request = proto::ExciseIssuerKeyRequest {
        poll_id: args.poll,
        issuer_id: args.issuer,
        key_id: args.key,
        reference: args.reference,
    };
    call(&args.engine, async |line| {
        let response = client(line).excise_issuer_key(line.request(request)?).await;
        Ok(response.map(|response| {
            let proto::ExciseIssuerKeyResponse { poll, taken_out } = response.into_inner();
            let poll = poll.unwrap_or_default();
            let phase = poll.phase().as_str_name();
            format!("{}\n", json!({ "poll": poll.id, "phase": phase, "taken_out": taken_out }))
        }))
    })
}

/// Lists the revoked keys.
pub(super) fn revocations(args: &RevocationsArgs) -> anyhow::Result<Exit> {
    call(&args.engine, async |line| {
        let request = line.request(proto::ListRevocationsRequest {})?;
        let response = client(line).list_revocations(request).await;
        Ok(response.map(|response| {
            let revocations = response.into_inner().revocations;
            revocations.into_iter().map(|held| revocation(&Some(held))).collect()
        }))
    })
}

fn revocation(held: &Option<proto::Revocation>) -> String {
    let held = held.clone().unwrap_or_default();
    let at = held.revoked_at.unwrap_or_default();
    let at = jiff::Timestamp::new(at.seconds, at.nanos).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    let reason = held.reason().as_str_name();
    let text = json!({
        "issuer": held.issuer_id,
        "key": held.key_id,
        "revoked_at": at.to_string(),
        "reason": reason,
        "reference": held.reference,
    });
    format!("{text}\n")
}

fn client(line: &Line) -> CustodyServiceClient<tonic::transport::Channel> {
    CustodyServiceClient::new(line.channel.clone())
}

/// Makes one call and prints its answer, or says why there is none.
fn call(
    engine: &Engine,
    make: impl AsyncFnOnce(&Line) -> anyhow::Result<Result<String, Status>>,
) -> anyhow::Result<Exit> {
    let config = match super::config::load(&engine.config) {
        Ok(config) => config,
        Err(exit) => return Ok(exit),
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("the runtime cannot start")?;
    runtime.block_on(async {
        let line = Line::open(&config, engine).await?;
        match make(&line).await? {
            Ok(text) => {
                answer(&text)?;
                Ok(Exit::Ok)
            }
            Err(status) => {
                let details = status.get_error_details();
                let reason = details.error_info().map_or("", |info| info.reason.as_str());
                eprintln!("holos: {reason}: {}", status.message());
                Ok(exit_of(status.code()))
            }
        }
    })
}

fn exit_of(code: Code) -> Exit {
    match code {
        Code::NotFound => Exit::NotFound,
        Code::InvalidArgument | Code::Unauthenticated => Exit::Usage,
        Code::FailedPrecondition | Code::PermissionDenied => Exit::Refused,
        Code::Unavailable | Code::ResourceExhausted => Exit::Temporary,
        _ => Exit::Failed,
    }
}
