//! `holos staff key`: the keys by which bodies sign their orders.

use std::path::{Path, PathBuf};

use crate::cli::Exit;
use crate::cli::staff::answer::{Answer, Failure, call, finish, lacking};
use crate::cli::staff::confirm::{Sure, confirm};
use crate::cli::staff::engine::Engine;
use crate::cli::staff::proposal::client;
use crate::cli::staff::text::{fields, short, table, time};
use crate::cli::staff::view::{BodyKeyView, list};
use crate::ground::limits;
use holos_wire::proto;

/// Arguments of `holos staff key`.
#[derive(clap::Args)]
pub(super) struct Key {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(clap::Subcommand)]
enum Verb {
    /// Register a body's public key
    Register(RegisterArgs),
    /// Trust a body's key no more, at once and for good; orders under it stay
    Revoke(RevokeArgs),
    /// List the keys
    List(ListArgs),
}

#[derive(clap::Args)]
struct Named {
    /// Registry code of the body
    #[arg(long, value_name = "CODE")]
    body: String,
    /// The key's id
    #[arg(long, value_name = "ID")]
    key_id: String,
}

#[derive(clap::Args)]
struct RegisterArgs {
    #[command(flatten)]
    engine: Engine,
    #[command(flatten)]
    named: Named,
    /// The public key in PEM: Ed25519, P-256 or RSA
    #[arg(long, value_name = "FILE")]
    public_key: PathBuf,
}

#[derive(clap::Args)]
struct RevokeArgs {
    #[command(flatten)]
    engine: Engine,
    #[command(flatten)]
    named: Named,
    /// Why
    #[arg(long)]
    reason: Reason,
    /// Number of the act
    #[arg(long, value_name = "TEXT")]
    reference: String,
    #[command(flatten)]
    sure: Sure,
}

/// Why a body's key is revoked.
#[derive(Clone, Copy, clap::ValueEnum)]
enum Reason {
    /// It was stolen, or may have been
    Compromised,
    /// Another key took its place
    Superseded,
    /// The body files orders no more
    BodyLeft,
}

impl Reason {
    const fn wire(self) -> &'static str {
        match self {
            Self::Compromised => "COMPROMISED",
            Self::Superseded => "SUPERSEDED",
            Self::BodyLeft => "BODY_LEFT",
        }
    }
}

#[derive(clap::Args)]
struct ListArgs {
    #[command(flatten)]
    engine: Engine,
    /// Only of this body
    #[arg(long, value_name = "CODE", default_value = "", hide_default_value = true)]
    body: String,
}

/// Runs the verb.
pub(super) fn key(args: Key) -> anyhow::Result<Exit> {
    match args.verb {
        Verb::Register(args) => register(args),
        Verb::Revoke(args) => revoke(args),
        Verb::List(ListArgs { engine, body: body_code }) => call(&engine, async |line| {
            let request = line.request(proto::ListBodyKeysRequest { body_code })?;
            let held = client(line).list_body_keys(request).await?.into_inner().keys;
            let rows = held.iter().map(|key| {
                [
                    key.body_code.clone(),
                    key.key_id.clone(),
                    time(key.registered_at.as_ref()),
                    time(key.revoked_at.as_ref()),
                    short(&key.revocation_reason, 60),
                ]
            });
            let heading = ["BODY", "KEY", "REGISTERED", "REVOKED", "REASON"];
            Ok(Answer::new(&list::<_, BodyKeyView<'_>>(&held), table(heading, rows.collect())))
        }),
    }
}

fn register(args: RegisterArgs) -> anyhow::Result<Exit> {
    let RegisterArgs { engine, named: Named { body: body_code, key_id }, public_key } = args;
    let public_key_pem = match pem(&public_key) {
        Ok(pem) => pem,
        Err(failure) => return finish(Err(failure), engine.json),
    };
    let key = proto::BodyKey { body_code, key_id, public_key_pem, ..Default::default() };
    call(&engine, async |line| {
        let request = line.request(proto::RegisterBodyKeyRequest { key: Some(key) })?;
        one(client(line).register_body_key(request).await?.into_inner().key)
    })
}

fn pem(file: &Path) -> Result<String, Failure> {
    let told = |what: &str| {
        Failure::Told(Exit::Usage, format!("{}: {what}; nothing was sent", file.display()))
    };
    let bytes = crate::cli::staff::read_bounded(file, limits::KEY_FILE_BYTES_MAX as u64)?;
    let text = String::from_utf8(bytes).map_err(|_| told("not PEM"))?;
    // Whoever mixes up the two files must not hand out the secret one.
    if text.contains("PRIVATE KEY") {
        return Err(told("a private key, where the public one is asked for"));
    }
    Ok(text)
}

fn revoke(args: RevokeArgs) -> anyhow::Result<Exit> {
    let RevokeArgs { engine, named, reason, reference, sure } = args;
    let reason = reason.wire().to_owned();
    let Named { body: body_code, key_id } = named;
    call(&engine, async |line| {
        let act = format!("trust key {key_id} of body {body_code} no more, for good");
        confirm(sure, &act, &key_id)?;
        let request = proto::RevokeBodyKeyRequest { body_code, key_id, reason, reference };
        one(client(line).revoke_body_key(line.request(request)?).await?.into_inner().key)
    })
}

fn one(key: Option<proto::BodyKey>) -> Result<Answer, Failure> {
    let key = key.ok_or_else(|| lacking("the key"))?;
    let stamp = |at, by: &str| format!("{} {by}", time(at)).trim().to_owned();
    let text = fields([
        ("body", key.body_code.clone()),
        ("key", key.key_id.clone()),
        ("registered", stamp(key.registered_at.as_ref(), &key.registered_by)),
        ("revoked", time(key.revoked_at.as_ref())),
        ("reason", key.revocation_reason.clone()),
        ("act", key.revocation_reference.clone()),
    ]);
    Ok(Answer::new(&BodyKeyView::from(&key), text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_private_key_is_never_sent_in_place_of_the_public_one() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("key.pem");
        std::fs::write(&file, "-----BEGIN PRIVATE KEY-----\n").unwrap();
        let Err(Failure::Told(Exit::Usage, told)) = pem(&file) else { panic!("it is refused") };
        assert!(told.contains("nothing was sent"), "{told}");
        std::fs::write(&file, "-----BEGIN PUBLIC KEY-----\n").unwrap();
        assert!(pem(&file).is_ok());
    }
}
