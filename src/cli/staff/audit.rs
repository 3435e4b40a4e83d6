//! `holos audit`: who decided what, when and why; and whether the log is whole.

mod verify;

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use anyhow::Context;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};
use tonic::transport::Channel;

use super::answer::{Answer, Failure, call, lacking};
use super::connect::Line;
use super::engine::Engine;
use super::text::{fields, instant, short, table, time, typed_time, wire_time};
use crate::cli::Exit;
use crate::ground::limits;
use holos_wire::proto;
use holos_wire::proto::audit_service_client::AuditServiceClient;

const EXAMPLES: &str = "\
Examples:
  holos audit list --poll ID
  holos audit list --since 2026-12-01 --account staff-3 --json
  holos audit head                                       note it: it proves a log cut short
  holos audit export --out audit.log
  holos audit verify audit.log --key audit.pub.pem --head 812:9f2c...";

/// Characters of an entry's details in a table; --json has them whole.
const DETAILS: usize = 100;

/// Arguments of `holos audit`.
#[derive(clap::Args)]
#[command(before_help = EXAMPLES)]
pub(crate) struct Audit {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(clap::Subcommand)]
enum Verb {
    /// List entries, oldest first
    List(ListArgs),
    /// Show where the log ends, and the key that signs it
    Head(HeadArgs),
    /// Copy the whole log, with a signed last line that tells where it ends
    Export(ExportArgs),
    /// Check such a copy offline: exit code 4 when anything was removed, changed, moved or cut off
    Verify(verify::VerifyArgs),
}

#[derive(clap::Args)]
struct ListArgs {
    #[command(flatten)]
    engine: Engine,
    /// Only from this time on: 2026-12-01, or 2026-12-01T09:00:00+02:00
    #[arg(long, value_name = "TIME", value_parser = typed_time)]
    since: Option<Timestamp>,
    /// Only before this time
    #[arg(long, value_name = "TIME", value_parser = typed_time)]
    until: Option<Timestamp>,
    /// Only of this kind, as poll_suspended; may be repeated
    #[arg(long = "kind", value_name = "KIND")]
    kinds: Vec<String>,
    /// Only about this poll
    #[arg(long, value_name = "ID", default_value = "", hide_default_value = true)]
    poll: String,
    /// Only by this account, as staff-3 or engine
    #[arg(long, value_name = "ACCOUNT", default_value = "", hide_default_value = true)]
    account: String,
    /// Also the ledger's folds, which are most entries
    #[arg(long)]
    all: bool,
}

#[derive(clap::Args)]
struct HeadArgs {
    #[command(flatten)]
    engine: Engine,
}

#[derive(clap::Args)]
struct ExportArgs {
    #[command(flatten)]
    engine: Engine,
    /// A new file for it [default: standard output]
    #[arg(long, value_name = "FILE", required_if_eq("json", "true"))]
    out: Option<PathBuf>,
}

/// Runs the verb.
pub(crate) fn audit(args: Audit) -> anyhow::Result<Exit> {
    match args.verb {
        Verb::List(args) => list_entries(args),
        Verb::Head(HeadArgs { engine }) => head(&engine),
        Verb::Export(ExportArgs { engine, out }) => export(&engine, out.as_deref()),
        Verb::Verify(args) => verify::verify(&args),
    }
}

fn client(line: &Line) -> AuditServiceClient<Channel> {
    let client = AuditServiceClient::new(line.channel.clone());
    client.max_decoding_message_size(limits::STAFF_ANSWER_BYTES_MAX)
}

/// An entry, as programs read it.
#[derive(Serialize)]
struct EntryView<'a> {
    seq: u64,
    at: Option<Timestamp>,
    kind: &'a str,
    account: &'a str,
    role: &'a str,
    poll_id: Option<&'a str>,
    /// The signed line as it is stored.
    line: &'a str,
}

fn list_entries(args: ListArgs) -> anyhow::Result<Exit> {
    let ListArgs { engine, since, until, kinds, poll: poll_id, account, all } = args;
    // A fold that is asked for by its kind is not left out.
    let without_folds = !all && kinds.is_empty();
    let mut request = proto::ListEntriesRequest {
        page_size: 500,
        page_token: String::new(),
        since: since.map(wire_time),
        until: until.map(wire_time),
        kinds,
        poll_id,
        account,
        without_folds,
    };
    call(&engine, async |line| {
        let mut entries = Vec::new();
        loop {
            let asked = line.request(request.clone())?;
            let page = client(line).list_entries(asked).await?.into_inner();
            entries.extend(page.entries);
            if page.next_page_token.is_empty() {
                break;
            }
            if page.next_page_token == request.page_token {
                return Err(lacking("another page than the last one"));
            }
            request.page_token = page.next_page_token;
        }
        let rows = entries.iter().map(|entry| {
            [
                entry.seq.to_string(),
                time(entry.at.as_ref()),
                entry.kind.clone(),
                entry.account.clone(),
                entry.role.clone(),
                entry.poll_id.clone(),
                short(&details(&entry.line), DETAILS),
            ]
        });
        let heading = ["SEQ", "AT", "KIND", "ACCOUNT", "ROLE", "POLL", "DETAILS"];
        let text = table(heading, rows.collect());
        let views: Vec<_> = entries.iter().map(view).collect();
        Ok(Answer::new(&views, text))
    })
}

fn view(entry: &proto::AuditEntry) -> EntryView<'_> {
    EntryView {
        seq: entry.seq,
        at: instant(entry.at.as_ref()),
        kind: &entry.kind,
        account: &entry.account,
        role: &entry.role,
        poll_id: (!entry.poll_id.is_empty()).then_some(entry.poll_id.as_str()),
        line: &entry.line,
    }
}

/// What an entry's event says besides its kind and its poll: `before=open, reason=...`.
fn details(line: &str) -> String {
    let entry: Value = serde_json::from_str(line).unwrap_or_default();
    let Some(event) = entry.get("event").and_then(Value::as_object) else { return String::new() };
    let rest = event.iter().filter(|(name, _)| !["kind", "poll"].contains(&name.as_str()));
    let told = rest.map(|(name, value)| match value {
        Value::String(text) => format!("{name}={text}"),
        other => format!("{name}={other}"),
    });
    told.collect::<Vec<_>>().join(", ")
}

fn head(engine: &Engine) -> anyhow::Result<Exit> {
    call(engine, async |line| {
        let request = line.request(proto::GetHeadRequest {})?;
        let head = client(line).get_head(request).await?.into_inner();
        let proto::GetHeadResponse { seq, hash, public_key_pem } = head;
        let text =
            fields([("head", format!("{seq}:{hash}")), ("public key", public_key_pem.clone())]);
        let view = json!({ "seq": seq, "hash": hash, "public_key_pem": public_key_pem });
        Ok(Answer::new(&view, text))
    })
}

fn export(engine: &Engine, out: Option<&Path>) -> anyhow::Result<Exit> {
    call(engine, async |line| {
        let Some(path) = out else {
            copy(line, &mut io::stdout().lock()).await?;
            return Ok(Answer::new(&Value::Null, ""));
        };
        let opened = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
        let mut file = opened.with_context(|| format!("writing {}", path.display()))?;
        let copied = match copy(line, &mut file).await {
            Ok(bytes) => file.sync_all().map(|()| bytes).context("syncing").map_err(Failure::from),
            Err(failure) => Err(failure),
        };
        match copied {
            Ok(bytes) => {
                let file = path.display().to_string();
                let text = format!("{bytes} bytes in {file}; check them with holos audit verify\n");
                Ok(Answer::new(&json!({ "file": file, "bytes": bytes }), text))
            }
            Err(failure) => {
                // A part of a log looks like a log that was cut short.
                let removed = fs::remove_file(path);
                removed.with_context(|| format!("removing {}", path.display()))?;
                Err(failure)
            }
        }
    })
}

async fn copy(line: &Line, out: &mut impl Write) -> Result<u64, Failure> {
    let request = line.request(proto::ExportLogRequest {})?;
    let mut stream = client(line).export_log(request).await?.into_inner();
    let mut bytes = 0;
    while let Some(part) = stream.message().await? {
        out.write_all(&part.chunk).context("writing the export")?;
        bytes += part.chunk.len() as u64;
    }
    out.flush().context("writing the export")?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn details_are_what_the_columns_do_not_say() {
        let line = r#"{"at":"x","event":{"before":"open","kind":"poll_suspended","n":3,"poll":"p","reason":"why"},"seq":1}"#;
        assert_eq!(details(line), "before=open, n=3, reason=why");
        assert_eq!(details("no json"), "");
    }
}
