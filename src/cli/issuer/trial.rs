//! `holos issuer try`: the shortest way from nothing to a counted ballot, to learn from and to
//! build on.
//!
//! Everything is real: the engine behind its four listeners, the token, the call. Only the issuer
//! is not: its key comes from a seed in the folder.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::Write as _;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use tonic::Request;
use tonic::transport::Channel;

use crate::cli::demo::office::{self, Office};
use crate::cli::{Exit, answer};
use crate::count::authenticate::issuers::{IssuerConfig, JwksConfig, VouchedConfig};
use crate::count::authenticate::mint::{Claims, TestIssuer};
use crate::ground::clock::Clock;
use crate::ground::random;
use crate::poll::{Order, PollId};
use crate::process::config::{Config, Ingest};
use crate::process::server;
use crate::staff::{StaffIssuerConfig, StaffKeyConfig};
use holos_wire::proto::ballot_service_client::BallotServiceClient;
use holos_wire::proto::{self, ballot::Credential};

/// The test issuer's id, key and pseudonym key.
const ISSUER: &str = "test-issuer";
const KEY: &str = "test-1";
const PSEUDONYM_KEY: &str = "test-pseudonyms-1";
/// Seconds for which a token is good.
const TOKEN_SECONDS: i64 = 300;

/// Arguments of `holos issuer try`.
#[derive(clap::Args)]
pub(super) struct TryArgs {
    /// A folder for the test issuer and its engine, which must not exist
    #[arg(long, value_name = "DIR")]
    dir: PathBuf,
}

/// Arguments of `holos issuer token`.
#[derive(clap::Args)]
pub(super) struct TokenArgs {
    /// The folder that `holos issuer try` made
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
    let folder = Trial::create(&args.dir)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("the runtime cannot start")?;
    runtime.block_on(folder.run())?;
    Ok(Exit::Ok)
}

/// Prints a token.
pub(super) fn token(args: &TokenArgs) -> anyhow::Result<Exit> {
    let issuer = Trial::at(&args.dir)?.issuer()?;
    let claims: Vec<_> =
        args.claims.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
    let token = mint(&issuer, args.poll, &args.voter, &claims);
    answer(&format!("{token}\n"))?;
    Ok(Exit::Ok)
}

fn mint(
    issuer: &TestIssuer,
    poll: PollId,
    voter: &str,
    more: &[(&str, serde_json::Value)],
) -> String {
    issuer.mint(&Claims {
        audience: &Ingest::default().audience,
        subject: &pseudonym(voter),
        pseudonym_key: PSEUDONYM_KEY,
        poll,
        issued_at: Clock::system().now(),
        lifetime_seconds: TOKEN_SECONDS,
        more,
    })
}

/// What a real issuer makes by HMAC under its pseudonym key from the person's number.
fn pseudonym(voter: &str) -> [u8; 32] {
    blake3::derive_key("holos test issuer v1 pseudonym", voter.as_bytes())
}

/// A folder with a test issuer and its engine.
struct Trial {
    folder: PathBuf,
}

impl Trial {
    fn at(folder: &Path) -> anyhow::Result<Self> {
        // Absolute, because the configuration in it is read from wherever somebody stands.
        let folder = std::path::absolute(folder)?;
        Ok(Self { folder })
    }

    fn create(folder: &Path) -> anyhow::Result<Self> {
        let trial = Self::at(folder)?;
        let making = || format!("making {}", trial.folder.display());
        DirBuilder::new().mode(0o700).create(&trial.folder).with_context(making)?;
        for seed in ["issuer.seed", "office.seed"] {
            trial.write(seed, &blake3::Hash::from_bytes(random::bytes()).to_hex())?;
        }
        trial.write("office.pem", &trial.office()?.public_key_pem())?;
        trial.write("jwks.json", &trial.issuer()?.jwks())?;
        for secret in ["staff.token", "connection.secret"] {
            trial.write(secret, &blake3::Hash::from_bytes(random::bytes()).to_hex())?;
        }
        trial.write("holos.toml", &trial.config()?.to_toml())?;
        Ok(trial)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    fn write(&self, name: &str, text: &str) -> anyhow::Result<()> {
        let path = self.path(name);
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&path)
            .with_context(|| format!("writing {}", path.display()))?;
        Ok(writeln!(file, "{}", text.trim_end())?)
    }

    fn read(&self, name: &str) -> anyhow::Result<String> {
        let path = self.path(name);
        let text = fs::read_to_string(&path);
        let text = text.with_context(|| format!("{}: cannot be read", path.display()))?;
        Ok(text.trim_end().to_owned())
    }

    fn issuer(&self) -> anyhow::Result<TestIssuer> {
        Ok(TestIssuer::new(ISSUER, KEY, self.seed("issuer.seed")?))
    }

    fn config(&self) -> anyhow::Result<Config> {
        let staff_token = self.path("staff.token");
        let wrapping_key = self.path("wrapping.key");
        let mut config = Config::on_loopback(self.path("data"), wrapping_key, staff_token);
        config.ingest.reflection = true;
        config.staff.reflection = true;
        config.public.reflection = true;
        let [ingest, staff, public, admin] = free_ports()?;
        config.listen.ingest = ingest;
        config.listen.staff = staff;
        config.listen.public = public;
        config.listen.admin = admin;
        config.staff.issuers.push(StaffIssuerConfig {
            keys: vec![StaffKeyConfig {
                kid: office::KEY.to_owned(),
                public_key_file: self.path("office.pem"),
            }],
            ..StaffIssuerConfig::new(office::ISSUER)
        });
        let space = order()?.participants.subject_space;
        config.issuers.push(IssuerConfig {
            jwks: Some(JwksConfig::file(self.path("jwks.json"))),
            vouched: Some(VouchedConfig::by_secret(self.path("connection.secret"))),
            ..IssuerConfig::new(ISSUER, &space, PSEUDONYM_KEY)
        });
        Ok(config)
    }

    async fn run(&self) -> anyhow::Result<()> {
        let config = Config::load(&self.path("holos.toml"))?;
        let running = server::start(config.clone()).await.context("starting the engine")?;
        let poll = self.open_poll(config.listen.staff).await?;
        let channel = connect(config.listen.ingest).await?;
        let token = mint(&self.issuer()?, poll, "a first voter", &[("age_over_14", true.into())]);
        let by_token = cast(&channel, poll, Credential::Token(token), None).await?;
        let voter = proto::VouchedVoter {
            subject: pseudonym("a second voter").to_vec().into(),
            claims: Some(proto::StatedClaims { age_over: vec![14], ..Default::default() }),
            ..Default::default()
        };
        let secret = format!("{ISSUER}.{}", self.read("connection.secret")?);
        let stated = cast(&channel, poll, Credential::Voter(voter), Some(&secret)).await?;
        running.shutdown().await;
        if (by_token, stated) != (proto::Outcome::Counted, proto::Outcome::Counted) {
            bail!("the ballots were not counted: {by_token:?}, {stated:?}");
        }
        self.explain(&config, poll)
    }

    async fn open_poll(&self, staff: SocketAddr) -> anyhow::Result<PollId> {
        let order = office::from_now(order()?)?;
        let bootstrap = self.read("staff.token")?;
        let body = &order.initiator.code;
        let mut office = Office::open(staff, &bootstrap, self.office()?, body).await?;
        office.run(&order).await?.parse().context("the engine's own identifier")
    }

    fn office(&self) -> anyhow::Result<TestIssuer> {
        Ok(office::issuer(self.seed("office.seed")?))
    }

    fn seed(&self, name: &str) -> anyhow::Result<[u8; 32]> {
        let seed = blake3::Hash::from_hex(self.read(name)?)
            .with_context(|| format!("{name}: not 64 hexadecimal digits"))?;
        Ok(*seed.as_bytes())
    }

    fn explain(&self, config: &Config, poll: PollId) -> anyhow::Result<()> {
        let dir = self.folder.display();
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
  office.seed        the secret key of a test office's staff tokens; office.pem, its public key
  staff.token        the bootstrap token, which registers staff

go on with
  holos serve --config {dir}/holos.toml
  holos issuer token --dir {dir} --poll {poll} --voter somebody --claim age_over_14=true
  grpcurl -plaintext -d '{{\"poll_id\":\"{poll}\",\"ballot\":{{\"token\":\"TOKEN\",\"notice_version\":1,\"answers\":[{{\"option_ids\":[\"{option}\"]}}]}}}}' \\
    {ingest} holos.v1.BallotService/CastBallot
"
        ))
    }
}

/// Four free ports of loopback. Another process may take one before the engine does; then the start
/// says so.
fn free_ports() -> anyhow::Result<[SocketAddr; 4]> {
    let bind = || TcpListener::bind((Ipv4Addr::LOCALHOST, 0));
    // All bound at once, so that they differ.
    let bound = [bind()?, bind()?, bind()?, bind()?];
    let mut addresses = [SocketAddr::from((Ipv4Addr::LOCALHOST, 0)); 4];
    for (address, listener) in addresses.iter_mut().zip(&bound) {
        *address = listener.local_addr()?;
    }
    Ok(addresses)
}

fn order() -> anyhow::Result<Order> {
    Order::from_toml(include_str!("../demo/order.toml")).context("the built-in order")
}

async fn connect(address: SocketAddr) -> anyhow::Result<Channel> {
    let endpoint = Channel::from_shared(format!("http://{address}"))?;
    endpoint.connect().await.with_context(|| format!("connecting to {address}"))
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
    let request = match secret {
        Some(secret) => with_bearer(request, secret)?,
        None => Request::new(request),
    };
    let mut client = BallotServiceClient::new(channel.clone());
    Ok(client.cast_ballot(request).await.context("casting a ballot")?.into_inner().outcome())
}

fn with_bearer<T>(message: T, secret: &str) -> anyhow::Result<Request<T>> {
    let mut request = Request::new(message);
    let mut value: tonic::metadata::AsciiMetadataValue = format!("Bearer {secret}").parse()?;
    value.set_sensitive(true);
    request.metadata_mut().insert("authorization", value);
    Ok(request)
}
