//! `holos staff`: who has access, since when, to do what; and the keys by which bodies sign.

mod key;

use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::answer::{Answer, Failure, call, finish, lacking};
use super::confirm::{Sure, confirm};
use super::engine::Engine;
use super::proposal::client;
use super::text::{bare, fields, table, time};
use super::trial;
use super::view::{AccountView, list};
use crate::cli::{Exit, answer};
use crate::ground::limits;
use crate::staff::permissions;
use holos_wire::proto;

const EXAMPLES: &str = "\
Examples:
  holos staff permissions                                who may do what, offline
  holos staff register --file olena.toml
  holos staff withdraw 3 --reason dismissal --reference \"order 12\"
  holos staff list --all
  holos staff whoami
  holos staff key register --body 43220851 --key-id 2026-1 --public-key key.pub.pem";

/// Arguments of `holos staff`.
#[derive(clap::Args)]
#[command(before_help = EXAMPLES)]
pub(crate) struct Staff {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(clap::Subcommand)]
enum Verb {
    /// Give a person access: enter the non-disclosure undertaking into the register
    Register(Box<RegisterArgs>),
    /// End a person's access at once and for good
    Withdraw(WithdrawArgs),
    /// Show the register
    List(ListArgs),
    /// Show who the engine takes you for, and what you may do
    Whoami(WhoAmIArgs),
    /// Print the table of who may do what, offline
    Permissions(PermissionsArgs),
    /// Work with the keys by which bodies sign their orders
    Key(key::Key),
    /// Make a key pair that signs staff's tokens, to try things out; never for a real poll
    TestIssuer(trial::TestIssuerArgs),
    /// Make a token of such a key
    TestToken(trial::TestTokenArgs),
}

#[derive(clap::Args)]
struct RegisterArgs {
    #[command(flatten)]
    engine: Engine,
    /// The entry as TOML, with the names of the flags below, _ for -; a flag goes before the file
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    #[command(flatten)]
    entry: Entry,
}

/// An entry of the register, as it is typed.
#[derive(clap::Args, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    /// Signs in by tokens of this staff issuer,
    #[arg(long, value_name = "ID")]
    token_issuer: Option<String>,
    /// with this subject;
    #[arg(long, value_name = "TEXT")]
    token_subject: Option<String>,
    /// or by a client certificate with this name
    #[arg(long, value_name = "NAME")]
    certificate_name: Option<String>,
    /// Name
    #[arg(long, value_name = "TEXT")]
    name: Option<String>,
    /// Position
    #[arg(long, value_name = "TEXT")]
    position: Option<String>,
    /// Unit
    #[arg(long, value_name = "TEXT")]
    unit: Option<String>,
    /// Registry code of the body: 8 digits
    #[arg(long, value_name = "CODE")]
    body_code: Option<String>,
    /// What the person does
    #[arg(long)]
    role: Option<Role>,
    /// Date of the undertaking, as 2026-11-22
    #[arg(long, value_name = "DATE")]
    undertaking_date: Option<String>,
    /// Number of the undertaking
    #[arg(long, value_name = "TEXT")]
    undertaking_reference: Option<String>,
}

/// What a person's duty is.
#[derive(Clone, Copy, clap::ValueEnum, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Role {
    /// Files its body's orders and owns their results
    Initiator,
    /// Approves orders and runs polls
    Organiser,
    /// Runs the engine and its keys
    Operator,
    /// Reads everything and changes nothing
    Auditor,
    /// Keeps the staff register, answers requests, erases
    DataProtectionOfficer,
}

impl From<Role> for proto::StaffRole {
    fn from(role: Role) -> Self {
        match role {
            Role::Initiator => Self::Initiator,
            Role::Organiser => Self::Organiser,
            Role::Operator => Self::Operator,
            Role::Auditor => Self::Auditor,
            Role::DataProtectionOfficer => Self::DataProtectionOfficer,
        }
    }
}

#[derive(clap::Args)]
struct WithdrawArgs {
    #[command(flatten)]
    engine: Engine,
    /// Number of the entry
    #[arg(value_name = "N")]
    number: u32,
    /// Why
    #[arg(long)]
    reason: Reason,
    /// Number of the act
    #[arg(long, value_name = "TEXT")]
    reference: String,
    #[command(flatten)]
    sure: Sure,
}

/// Why access ends.
#[derive(Clone, Copy, clap::ValueEnum)]
enum Reason {
    /// The person left
    Dismissal,
    /// The person has another post
    Transfer,
    /// The duty has nothing to do with personal data any more
    DutyWithoutPersonalData,
    /// The account is, or may be, in other hands
    Incident,
}

impl From<Reason> for proto::WithdrawalReason {
    fn from(reason: Reason) -> Self {
        match reason {
            Reason::Dismissal => Self::Dismissal,
            Reason::Transfer => Self::Transfer,
            Reason::DutyWithoutPersonalData => Self::DutyWithoutPersonalData,
            Reason::Incident => Self::Incident,
        }
    }
}

#[derive(clap::Args)]
struct ListArgs {
    #[command(flatten)]
    engine: Engine,
    /// Also those whose access has ended
    #[arg(long)]
    all: bool,
}

#[derive(clap::Args)]
struct WhoAmIArgs {
    #[command(flatten)]
    engine: Engine,
}

#[derive(clap::Args)]
struct PermissionsArgs {
    /// Print one JSON object with the table as Markdown
    #[arg(long)]
    json: bool,
}

/// Runs the verb.
pub(crate) fn staff(args: Staff) -> anyhow::Result<Exit> {
    match args.verb {
        Verb::Register(args) => register(*args),
        Verb::Withdraw(args) => withdraw(args),
        Verb::List(args) => list_staff(args),
        Verb::Whoami(WhoAmIArgs { engine }) => who_am_i(&engine),
        Verb::Permissions(PermissionsArgs { json }) => {
            let markdown = permissions::table_markdown();
            if json {
                answer(&format!("{}\n", serde_json::json!({ "markdown": markdown })))?;
            } else {
                answer(&format!("{}\n", markdown.trim_end()))?;
            }
            Ok(Exit::Ok)
        }
        Verb::Key(args) => key::key(args),
        Verb::TestIssuer(args) => trial::test_issuer(&args),
        Verb::TestToken(args) => trial::test_token(&args),
    }
}

fn register(args: RegisterArgs) -> anyhow::Result<Exit> {
    let RegisterArgs { engine, file, entry } = args;
    let entry = match file.as_deref().map(read).transpose() {
        Ok(filed) => entry.over(filed.unwrap_or_default()),
        Err(failure) => return finish(Err(failure), engine.json),
    };
    call(&engine, async |line| {
        let account = Some(entry.into());
        let request = line.request(proto::RegisterStaffRequest { account })?;
        one(client(line).register_staff(request).await?.into_inner().account)
    })
}

impl Entry {
    /// What is typed here, and for the rest what `other` says.
    fn over(self, other: Self) -> Self {
        Self {
            token_issuer: self.token_issuer.or(other.token_issuer),
            token_subject: self.token_subject.or(other.token_subject),
            certificate_name: self.certificate_name.or(other.certificate_name),
            name: self.name.or(other.name),
            position: self.position.or(other.position),
            unit: self.unit.or(other.unit),
            body_code: self.body_code.or(other.body_code),
            role: self.role.or(other.role),
            undertaking_date: self.undertaking_date.or(other.undertaking_date),
            undertaking_reference: self.undertaking_reference.or(other.undertaking_reference),
        }
    }
}

impl From<Entry> for proto::StaffAccount {
    /// What is missing stays empty: the engine names the field and its rule.
    fn from(entry: Entry) -> Self {
        Self {
            token_issuer: entry.token_issuer.unwrap_or_default(),
            token_subject: entry.token_subject.unwrap_or_default(),
            certificate_name: entry.certificate_name.unwrap_or_default(),
            name: entry.name.unwrap_or_default(),
            position: entry.position.unwrap_or_default(),
            unit: entry.unit.unwrap_or_default(),
            body_code: entry.body_code.unwrap_or_default(),
            role: entry.role.map_or(proto::StaffRole::Unspecified, Into::into).into(),
            undertaking_date: entry.undertaking_date.unwrap_or_default(),
            undertaking_reference: entry.undertaking_reference.unwrap_or_default(),
            ..Self::default()
        }
    }
}

fn read(file: &Path) -> Result<Entry, Failure> {
    let at = file.display();
    let bytes = crate::cli::staff::read_bounded(file, limits::INPUT_FILE_BYTES_MAX)?;
    let text = str::from_utf8(&bytes).unwrap_or("\u{0}");
    toml::from_str(text).map_err(|error| {
        Failure::Told(Exit::Usage, format!("{at}: {}", error.to_string().trim_end()))
    })
}

fn withdraw(args: WithdrawArgs) -> anyhow::Result<Exit> {
    let WithdrawArgs { engine, number, reason, reference, sure } = args;
    call(&engine, async |line| {
        let act = format!("end the access of staff-{number} for good");
        confirm(sure, &act, &number.to_string())?;
        let reason = proto::WithdrawalReason::from(reason).into();
        let request = line.request(proto::WithdrawStaffRequest { number, reason, reference })?;
        one(client(line).withdraw_staff(request).await?.into_inner().account)
    })
}

fn list_staff(args: ListArgs) -> anyhow::Result<Exit> {
    let ListArgs { engine, all: include_withdrawn } = args;
    call(&engine, async |line| {
        let request = line.request(proto::ListStaffRequest { include_withdrawn })?;
        let held = client(line).list_staff(request).await?.into_inner().accounts;
        // The columns of the procedure's annex 3, and what the engine adds.
        let rows = held.iter().map(|entry| {
            [
                entry.number.to_string(),
                format!("{}, {}", entry.position, entry.unit),
                entry.name.clone(),
                entry.undertaking_date.clone(),
                entry.undertaking_reference.clone(),
                time(entry.withdrawn_at.as_ref()),
                reason(entry),
                role(entry),
                entry.body_code.clone(),
            ]
        });
        let heading = [
            "N",
            "POSITION, UNIT",
            "NAME",
            "UNDERTAKING",
            "NUMBER",
            "WITHDRAWN",
            "REASON",
            "ROLE",
            "BODY",
        ];
        Ok(Answer::new(&list::<_, AccountView<'_>>(&held), table(heading, rows.collect())))
    })
}

fn who_am_i(engine: &Engine) -> anyhow::Result<Exit> {
    call(engine, async |line| {
        let request = line.request(proto::WhoAmIRequest {})?;
        let response = client(line).who_am_i(request).await?.into_inner();
        let account = response.account.ok_or_else(|| lacking("the account"))?;
        let view = serde_json::json!({
            "account": AccountView::from(&account),
            "actions": response.actions,
        });
        let mut text = fields(of(&account));
        text.push_str(&fields([("may", response.actions.join("\n"))]));
        Ok(Answer::new(&view, text))
    })
}

fn one(account: Option<proto::StaffAccount>) -> Result<Answer, Failure> {
    let account = account.ok_or_else(|| lacking("the account"))?;
    Ok(Answer::new(&AccountView::from(&account), fields(of(&account))))
}

fn role(entry: &proto::StaffAccount) -> String {
    bare(entry.role().as_str_name(), "STAFF_ROLE_").to_owned()
}

fn reason(entry: &proto::StaffAccount) -> String {
    match entry.withdrawal_reason() {
        proto::WithdrawalReason::Unspecified => String::new(),
        reason => bare(reason.as_str_name(), "WITHDRAWAL_REASON_").to_owned(),
    }
}

fn of(entry: &proto::StaffAccount) -> Vec<(&'static str, String)> {
    let undertaking = format!("{} № {}", entry.undertaking_date, entry.undertaking_reference);
    let stamp = |at, by: &str| format!("{} {by}", time(at)).trim().to_owned();
    vec![
        ("account", format!("staff-{}", entry.number)),
        ("name", entry.name.clone()),
        ("position", entry.position.clone()),
        ("unit", entry.unit.clone()),
        ("body", entry.body_code.clone()),
        ("role", role(entry)),
        ("token issuer", entry.token_issuer.clone()),
        ("token subject", entry.token_subject.clone()),
        ("certificate name", entry.certificate_name.clone()),
        ("undertaking", undertaking),
        ("registered", stamp(entry.registered_at.as_ref(), &entry.registered_by)),
        ("withdrawn", stamp(entry.withdrawn_at.as_ref(), &entry.withdrawn_by)),
        ("reason", reason(entry)),
        ("act", entry.withdrawal_reference.clone()),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flag_goes_before_the_file_and_a_foreign_key_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("entry.toml");
        std::fs::write(&file, "name = \"a\"\nunit = \"b\"\nrole = \"data-protection-officer\"\n")
            .unwrap();
        let Ok(filed) = read(&file) else { panic!("it can be read") };
        let typed = Entry { name: Some("c".to_owned()), ..Entry::default() };
        let account = proto::StaffAccount::from(typed.over(filed));
        assert_eq!((account.name.as_str(), account.unit.as_str()), ("c", "b"));
        assert_eq!(account.role(), proto::StaffRole::DataProtectionOfficer);
        for bad in ["nmae = \"a\"\n", "role = \"king\"\n", "name ="] {
            std::fs::write(&file, bad).unwrap();
            assert!(matches!(read(&file), Err(Failure::Told(Exit::Usage, _))), "{bad}");
        }
    }
}
