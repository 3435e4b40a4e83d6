//! `holos trial ballots`: distinct made-up voters who answer an open poll, each with a token of the
//! trial's issuer.
//!
//! Everything about them follows from the seed: who answers what, how old everybody is, who declines
//! the breakdowns. The same seed is the same people, so a second run finds them counted.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::Context;
use serde_json::{Value, json};
use tonic::Request;
use tonic::transport::Channel;

use super::folder::{Folder, mint};
use crate::cli::demo::calls::{authorize, connect};
use crate::cli::demo::plan::Chance;
use crate::cli::staff::clean;
use crate::cli::{Exit, answer};
use crate::count::authenticate::mint::TestIssuer;
use crate::ground::clock::Clock;
use crate::ground::limits;
use crate::poll::PollId;
use holos_wire::proto;
use holos_wire::proto::ballot::Credential;
use holos_wire::proto::ballot_service_client::BallotServiceClient;
use holos_wire::proto::poll_feed_service_client::PollFeedServiceClient;

/// Ballots of one command, most: as many as a trial of a live poll needs, signed within seconds.
const TRIAL_BALLOTS_MAX: u32 = 100_000;
/// Weights of options are drawn from 1 to this.
const WEIGHT_MAX: usize = 100;
/// One in so many voters declines the breakdowns.
const DECLINES_ONE_IN: usize = 8;
/// Ages of the made-up voters. Few bands, and one that has half of all: in a table of 120 ballots
/// some numbers are then shown and some hidden.
const AGES: [i32; 4] = [30, 50, 50, 60];
/// Regions of the made-up voters.
const REGIONS: [&str; 5] = ["UA-30", "UA-32", "UA-46", "UA-51", "UA-63"];

/// Arguments of `holos trial ballots`.
#[derive(clap::Args)]
pub(super) struct BallotsArgs {
    /// The trial's folder; its engine must be running
    #[arg(long, value_name = "DIR")]
    dir: PathBuf,
    /// The poll, which must be open or suspended
    #[arg(long, value_name = "ID")]
    poll: PollId,
    /// How many voters
    #[arg(long, value_name = "N", default_value_t = 120, value_parser = clap::value_parser!(u32).range(1..=i64::from(TRIAL_BALLOTS_MAX)))]
    count: u32,
    /// Who they are and what they answer; the same seed is the same voters
    #[arg(long, value_name = "SEED", default_value_t = 1)]
    seed: u64,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// Casts the ballots and says what became of them.
pub(super) fn cast(args: &BallotsArgs) -> anyhow::Result<Exit> {
    let folder = Folder::open(&args.dir)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("the runtime cannot start")?;
    runtime.block_on(async {
        let Ok(channel) = connect(folder.config()?.listen.ingest).await else {
            let dir = args.dir.display();
            eprintln!(
                "holos: the trial's engine does not answer; start it: holos trial --dir {dir}"
            );
            return Ok(Exit::Temporary);
        };
        let Some(poll) = find(&folder, &channel, args.poll).await? else {
            eprintln!("holos: {}: no open poll of this trial", args.poll);
            return Ok(Exit::NotFound);
        };
        let crowd = Crowd::new(&poll, args);
        let said = crowd.cast(&folder.issuer()?, &channel).await?;
        let text = if args.json { format!("{}\n", said.json(&crowd)) } else { said.text(&crowd) };
        answer(&text)?;
        Ok(said.exit())
    })
}

/// The poll as its engine tells app backends of it; `None` where it takes no ballots.
async fn find(
    folder: &Folder,
    channel: &Channel,
    id: PollId,
) -> anyhow::Result<Option<proto::FeedPoll>> {
    let mut request = Request::new(proto::WatchPollsRequest {});
    authorize(&mut request, &folder.connection_secret()?)?;
    let mut client = PollFeedServiceClient::new(channel.clone());
    let feed = client.watch_polls(request).await.context("asking for the open polls")?;
    let (mut feed, id) = (feed.into_inner(), id.to_string());
    while let Some(told) = feed.message().await.context("asking for the open polls")? {
        match told.poll {
            Some(poll) if poll.id == id => return Ok(Some(poll)),
            _ if told.caught_up => break,
            _ => {}
        }
    }
    Ok(None)
}

/// Voters who answer one poll. The first of many are the same as the first of few.
struct Crowd<'a> {
    poll: &'a proto::FeedPoll,
    id: PollId,
    seed: u64,
    voters: Vec<Person>,
}

/// A made-up voter.
struct Person {
    /// By question: the option.
    choices: Vec<usize>,
    age: i32,
    region: &'static str,
    declines: bool,
}

impl<'a> Crowd<'a> {
    fn new(poll: &'a proto::FeedPoll, args: &BallotsArgs) -> Self {
        let mut chance = Chance::new(args.seed, "holos trial v1 options");
        let weights: Vec<Vec<usize>> = poll
            .questions
            .iter()
            .map(|question| question.options.iter().map(|_| 1 + chance.below(WEIGHT_MAX)).collect())
            .collect();
        let mut chance = Chance::new(args.seed, "holos trial v1 voters");
        let voters = (0..args.count).map(|_| Person {
            choices: weights.iter().map(|weights| drawn(&mut chance, weights)).collect(),
            age: AGES[chance.below(AGES.len())],
            region: REGIONS[chance.below(REGIONS.len())],
            declines: chance.below(DECLINES_ONE_IN) == 0,
        });
        let voters = voters.collect();
        Self { poll, id: args.poll, seed: args.seed, voters }
    }

    /// How many chose each option of a question, in the order of the options.
    fn chosen(&self, question: usize) -> Vec<u64> {
        let mut counts = vec![0; self.poll.questions[question].options.len()];
        for voter in &self.voters {
            counts[voter.choices[question]] += 1;
        }
        counts
    }

    async fn cast(&self, issuer: &TestIssuer, channel: &Channel) -> anyhow::Result<Said> {
        let mut client = BallotServiceClient::new(channel.clone());
        let mut said = Said::default();
        let all: Vec<usize> = (0..self.voters.len()).collect();
        for part in all.chunks(limits::BATCH_BALLOTS_MAX) {
            // Signed part by part: a token is good for minutes only.
            let ballots = part.iter().map(|&voter| self.ballot(issuer, voter)).collect();
            let request = proto::CastBallotsRequest { poll_id: self.poll.id.clone(), ballots };
            let answered = client.cast_ballots(request).await.context("casting ballots")?;
            answered.into_inner().results.iter().for_each(|result| said.add(result));
        }
        Ok(said)
    }

    fn ballot(&self, issuer: &TestIssuer, voter: usize) -> proto::Ballot {
        let name = format!("voter {voter} of seed {}", self.seed);
        let claims = self.claims(&self.voters[voter]);
        let claims: Vec<_> =
            claims.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
        let choices = &self.voters[voter].choices;
        let answers = self.poll.questions.iter().zip(choices).map(|(question, &choice)| {
            let chosen = &question.options[choice];
            proto::Answer { question_id: question.id.clone(), option_ids: vec![chosen.id.clone()] }
        });
        proto::Ballot {
            credential: Some(Credential::Token(mint(issuer, self.id, &name, &claims))),
            notice_version: self.poll.notice_version,
            decline_breakdowns: self.voters[voter].declines,
            answers: answers.collect(),
        }
    }

    /// What the issuer says of a voter: what the poll asks for, and what totals may be split by.
    fn claims(&self, voter: &Person) -> Vec<(String, Value)> {
        let asked = self.poll.participants.as_ref().and_then(|asked| asked.eligibility.clone());
        let asked = asked.unwrap_or_default();
        let year = Clock::system().now().to_zoned_datetime(crate::poll::kyiv()).year();
        let age = asked.minimum_age.and_then(|age| i32::try_from(age).ok()).unwrap_or_default();
        let birth_year = i32::from(year) - voter.age.max(age + 1);
        let region = asked.regions.first().map_or(voter.region, String::as_str);
        let mut claims = vec![
            (format!("age_over_{}", age.max(14)), true.into()),
            ("birth_year".to_owned(), birth_year.into()),
            ("region".to_owned(), region.into()),
        ];
        if let Some(country) = asked.citizenships.first() {
            claims.push(("citizenship".to_owned(), country.as_str().into()));
        }
        if let Some(group) = asked.groups.first() {
            claims.push(("groups".to_owned(), json!([group])));
        }
        claims
    }
}

/// One of these, as likely as its weight says.
fn drawn(chance: &mut Chance, weights: &[usize]) -> usize {
    let mut at = chance.below(weights.iter().sum());
    weights
        .iter()
        .position(|&weight| {
            let found = at < weight;
            at = at.saturating_sub(weight);
            found
        })
        .expect("a number below the sum lies within one of the weights")
}

/// What became of the ballots.
#[derive(Default)]
struct Said {
    counted: u64,
    already_counted: u64,
    /// By reason; also those of which nobody can say whether they were counted.
    refused: BTreeMap<String, u64>,
    /// Whether the same command can do better later.
    passes: bool,
}

impl Said {
    fn add(&mut self, result: &proto::BallotResult) {
        match result.outcome() {
            proto::Outcome::Counted => self.counted += 1,
            proto::Outcome::AlreadyCounted => self.already_counted += 1,
            _ => {
                let refusal = result.refusal.clone().unwrap_or_default();
                self.passes |= refusal.retry_delay.is_some();
                *self.refused.entry(refusal.reason).or_default() += 1;
            }
        }
    }

    fn exit(&self) -> Exit {
        match (self.refused.is_empty(), self.passes) {
            (true, _) => Exit::Ok,
            (false, true) => Exit::Temporary,
            (false, false) => Exit::Refused,
        }
    }

    fn text(&self, crowd: &Crowd<'_>) -> String {
        let declined = crowd.voters.iter().filter(|voter| voter.declines).count();
        let mut text = format!(
            "{} ballots of made-up voters, seed {}; {declined} decline the breakdowns\n",
            crowd.voters.len(),
            crowd.seed
        );
        for (at, question) in crowd.poll.questions.iter().enumerate() {
            for (option, count) in question.options.iter().zip(crowd.chosen(at)) {
                text.push_str(&format!(
                    "  {count:>6}  {} {}\n",
                    clean(&question.id),
                    clean(&option.id)
                ));
            }
        }
        text.push_str(&format!("counted          {}\n", self.counted));
        text.push_str(&format!("already counted  {}\n", self.already_counted));
        for (reason, count) in &self.refused {
            text.push_str(&format!("refused          {count} {}\n", clean(reason)));
        }
        text
    }

    fn json(&self, crowd: &Crowd<'_>) -> Value {
        let questions = crowd.poll.questions.iter().enumerate().map(|(at, question)| {
            let options = question.options.iter().zip(crowd.chosen(at));
            let options: serde_json::Map<_, _> =
                options.map(|(option, count)| (option.id.clone(), count.into())).collect();
            (question.id.clone(), Value::Object(options))
        });
        json!({
            "seed": crowd.seed,
            "chosen": questions.collect::<serde_json::Map<_, _>>(),
            "counted": self.counted,
            "already_counted": self.already_counted,
            "refused": self.refused,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn poll(options: usize) -> proto::FeedPoll {
        let option = |n| proto::QuestionOption { id: format!("o{n}"), ..Default::default() };
        let question = proto::Question {
            id: "q".to_owned(),
            options: (0..options).map(option).collect(),
            ..Default::default()
        };
        proto::FeedPoll { questions: vec![question], ..Default::default() }
    }

    fn args(count: u32, seed: u64) -> BallotsArgs {
        let poll = PollId::from_bytes([1; 16]);
        BallotsArgs { dir: PathBuf::new(), poll, count, seed, json: false }
    }

    #[test]
    fn a_seed_says_who_answers_what_and_the_first_stay_the_first() {
        let poll = poll(3);
        let crowd = |count, seed| -> Vec<_> {
            let crowd = Crowd::new(&poll, &args(count, seed));
            crowd.voters.into_iter().map(|who| (who.choices, who.age, who.declines)).collect()
        };
        assert_eq!(crowd(120, 1)[..100], crowd(100, 1));
        assert_ne!(crowd(120, 1), crowd(120, 2));
        let chosen = Crowd::new(&poll, &args(1_000, 1)).chosen(0);
        assert_eq!(chosen.iter().sum::<u64>(), 1_000);
        assert!(chosen.iter().all(|&count| count > 0), "{chosen:?}");
    }

    #[test]
    fn each_option_is_drawn_as_often_as_its_weight_says() {
        let mut chance = Chance::new(1, "test");
        let mut counts = [0; 3];
        for _ in 0..6_000 {
            counts[drawn(&mut chance, &[1, 2, 3])] += 1;
        }
        for (count, expected) in counts.into_iter().zip([1_000_i32, 2_000, 3_000]) {
            assert!((count - expected).abs() < 200, "{counts:?}");
        }
    }

    #[test]
    fn claims_meet_what_the_poll_asks_for() {
        let mut poll = poll(2);
        let eligibility = proto::Eligibility {
            minimum_age: Some(60),
            regions: vec!["UA-18".to_owned()],
            citizenships: vec!["UA".to_owned()],
            groups: vec!["school-7".to_owned()],
        };
        let participants =
            proto::Participants { eligibility: Some(eligibility), ..Default::default() };
        poll.participants = Some(participants);
        let crowd = Crowd::new(&poll, &args(1, 1));
        let claims: BTreeMap<_, _> = crowd.claims(&crowd.voters[0]).into_iter().collect();
        assert_eq!(claims["age_over_60"], true);
        assert_eq!((&claims["region"], &claims["citizenship"]), (&"UA-18".into(), &"UA".into()));
        assert_eq!(claims["groups"], json!(["school-7"]));
    }

    #[test]
    fn what_passes_by_itself_has_another_exit_code_than_what_a_rule_forbids() {
        let refused = |reason: &str, retry_delay| proto::BallotResult {
            outcome: proto::Outcome::Refused.into(),
            refusal: Some(proto::Refusal {
                reason: reason.to_owned(),
                retry_delay,
                ..Default::default()
            }),
            ..Default::default()
        };
        let mut said = Said::default();
        said.add(&proto::BallotResult {
            outcome: proto::Outcome::Counted.into(),
            ..Default::default()
        });
        assert_eq!(said.exit(), Exit::Ok);
        said.add(&refused("NOT_ELIGIBLE", None));
        assert_eq!(said.exit(), Exit::Refused);
        said.add(&refused("POLL_SUSPENDED", Some(prost_types::Duration::default())));
        assert_eq!(said.exit(), Exit::Temporary);
        assert_eq!((said.counted, said.refused.len()), (1, 2));
    }
}
