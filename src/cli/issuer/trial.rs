//! `holos issuer try`: the shortest way from nothing to a counted ballot, to learn from and to
//! build on.
//!
//! Everything is real: the engine behind its four listeners, the token, the call. Only the issuer
//! is not: its key comes from a seed in the folder.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use tonic::Request;
use tonic::transport::Channel;

use crate::cli::demo::calls::{authorize, connect};
use crate::cli::demo::office::{self, Office};
use crate::cli::trial::folder::{Folder, mint, pseudonym};
use crate::cli::trial::ports::{self, Ports};
use crate::cli::{Exit, answer};
use crate::poll::{Order, PollId};
use crate::process::config::Config;
use crate::process::server;
use holos_wire::proto::ballot_service_client::BallotServiceClient;
use holos_wire::proto::{self, ballot::Credential};

/// Arguments of `holos issuer try`.
#[derive(clap::Args)]
pub(super) struct TryArgs {
    /// A folder for the test issuer and its engine, which must not exist
    #[arg(long, value_name = "DIR")]
    dir: PathBuf,
    #[command(flatten)]
    ports: Ports,
}

/// Arguments of `holos issuer token`.
#[derive(clap::Args)]
pub(super) struct TokenArgs {
    /// The folder that `holos issuer try` or `holos trial` made
    #[arg(long, value_name = "DIR")]
    dir: PathBuf,
    /// The poll that the token is for
    #[arg(long, value_name = "ID")]
    poll: PollId,
    /// Who votes: any text; the same text is the same person
    #[arg(long, value_name = "TEXT")]
    voter: String,
    /// A further claim as NAME=JSON, for example age_over_14=true; may be repeated
    #[arg(long = "claim", value_name = "NAME=JSON", value_parser = claim)]
    claims: Vec<(String, serde_json::Value)>,
}

fn claim(text: &str) -> Result<(String, serde_json::Value), String> {
    let (name, value) = text.split_once('=').ok_or("needs NAME=JSON")?;
    let value = serde_json::from_str(value).map_err(|_| "the value is not JSON")?;
    Ok((name.to_owned(), value))
}

/// Makes the folder, runs the engine in it, casts a ballot with a token and a stated one.
pub(super) fn try_out(args: &TryArgs) -> anyhow::Result<Exit> {
    // Before the folder is made: who is told that a port is taken can say the same again.
    ports::check(&args.ports.listen()?)?;
    let folder = Folder::create(&args.dir, args.ports)?;
    let config = folder.config()?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("the runtime cannot start")?;
    let poll = runtime.block_on(run(&folder, config.clone()))?;
    explain(&args.dir, &config, poll)?;
    Ok(Exit::Ok)
}

/// Prints a token.
pub(super) fn token(args: &TokenArgs) -> anyhow::Result<Exit> {
    let issuer = Folder::open(&args.dir)?.issuer()?;
    let claims: Vec<_> =
        args.claims.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
    let token = mint(&issuer, args.poll, &args.voter, &claims);
    answer(&format!("{token}\n"))?;
    Ok(Exit::Ok)
}

async fn run(folder: &Folder, config: Config) -> anyhow::Result<PollId> {
    let listen = config.listen.clone();
    let running = server::start(config).await.context("starting the engine")?;
    let poll = open_poll(folder, listen.staff).await?;
    let channel = connect(listen.ingest).await?;
    let token = mint(&folder.issuer()?, poll, "a first voter", &[("age_over_14", true.into())]);
    let by_token = cast(&channel, poll, Credential::Token(token), None).await?;
    let voter = proto::VouchedVoter {
        subject: pseudonym("a second voter").to_vec().into(),
        claims: Some(proto::StatedClaims { age_over: vec![14], ..Default::default() }),
        ..Default::default()
    };
    let secret = folder.connection_secret()?;
    let stated = cast(&channel, poll, Credential::Voter(voter), Some(&secret)).await?;
    running.shutdown().await;
    if (by_token, stated) != (proto::Outcome::Counted, proto::Outcome::Counted) {
        bail!("the ballots were not counted: {by_token:?}, {stated:?}");
    }
    Ok(poll)
}

async fn open_poll(folder: &Folder, staff: SocketAddr) -> anyhow::Result<PollId> {
    let order = office::from_now(order()?)?;
    let (bootstrap, issuer) = (folder.bootstrap()?, folder.staff_issuer()?);
    let mut office = Office::open(staff, &bootstrap, issuer, &order.initiator.code).await?;
    office.run(&order).await?.parse().context("the engine's own identifier")
}

fn explain(folder: &Path, config: &Config, poll: PollId) -> anyhow::Result<()> {
    // Absolute, because it is typed from wherever somebody stands.
    let dir = std::path::absolute(folder)?;
    let dir = dir.display();
    let order = order()?;
    let option = &order.questions[0].options[0].id;
    let ingest = config.listen.ingest;
    answer(&format!(
        "\
counted: one ballot with a token, one stated over a vouched connection

in {dir}
  holos.toml         the engine's configuration; [[issuers]] shows what an issuer's entry needs
  jwks.json          the issuer's public key, as an issuer publishes it
  issuer.seed        its secret key: a test issuer's, never for a real poll
  connection.secret  what its backend shows to state voters itself
  staff-issuer.seed  the secret key of staff's tokens; staff-issuer.pub.pem, its public key
  staff.token        the bootstrap token, which registers staff

go on with
  holos serve --config {dir}/holos.toml
  holos issuer token --dir {dir} --poll {poll} --voter somebody --claim age_over_14=true
  holos trial ballots --dir {dir} --poll {poll} --count 120
  grpcurl -plaintext -d '{{\"poll_id\":\"{poll}\",\"ballot\":{{\"token\":\"TOKEN\",\"notice_version\":1,\"answers\":[{{\"option_ids\":[\"{option}\"]}}]}}}}' \\
    {ingest} holos.v1.BallotService/CastBallot
"
    ))
}

fn order() -> anyhow::Result<Order> {
    Order::from_toml(include_str!("../demo/order.toml")).context("the built-in order")
}

async fn cast(
    channel: &Channel,
    poll: PollId,
    credential: Credential,
    secret: Option<&str>,
) -> anyhow::Result<proto::Outcome> {
    let order = order()?;
    let answer = proto::Answer {
        question_id: String::new(),
        option_ids: vec![order.questions[0].options[0].id.clone()],
    };
    let ballot = proto::Ballot {
        credential: Some(credential),
        notice_version: order.notice_version,
        decline_breakdowns: false,
        answers: vec![answer],
    };
    let request = proto::CastBallotRequest { poll_id: poll.to_string(), ballot: Some(ballot) };
    let mut request = Request::new(request);
    if let Some(secret) = secret {
        authorize(&mut request, secret)?;
    }
    let mut client = BallotServiceClient::new(channel.clone());
    Ok(client.cast_ballot(request).await.context("casting a ballot")?.into_inner().outcome())
}
