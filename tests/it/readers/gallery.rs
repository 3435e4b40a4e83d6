//! A poll in every state that the public can see, and two that it cannot.

use std::collections::BTreeMap;

use holos::ground::clock::Clock;
use holos::poll::{Breakdown, LocalizedText, Order, PublicationMode};
use holos::publish::open::{Licence, Publisher};
use holos_wire::proto::{self, CloseReason};
use jiff::SignedDuration;

use super::super::procedure::{START, World, at, kyiv, timed};
use super::super::publication::breakdowns::{GROUPS, ballot, voters};
use super::super::publication::{EVERY, careful, live_order, slow};
use super::super::support::{Answered, Home};

/// Words that stand in an order which is not public.
pub const SECRET: &str = "not-yet-to-be-seen";

/// The polls by what they show.
pub struct Gallery {
    pub world: World,
    pub polls: BTreeMap<&'static str, String>,
    /// The next release of the live poll.
    next_release: u32,
    next_voter: u64,
}

fn text(uk: &str, en: &str) -> LocalizedText {
    LocalizedText { uk: uk.to_owned(), en: en.to_owned() }
}

/// The titles, options and answers of the polls are made up; their length is that of real ones.
fn titled(mut order: Order, uk: &str, en: &str) -> Order {
    order.title = text(uk, en);
    order.questions[0].text = text(uk, en);
    let labels = [
        ("Так, підтримую", "Yes, I support it"),
        ("Ні, не підтримую", "No, I do not support it"),
        ("Не можу визначитись", "I cannot decide"),
        (
            "Підтримую, але не зараз: спершу потрібне обговорення",
            "I support it, but not now: it should be discussed first",
        ),
    ];
    for (option, (uk, en)) in order.questions[0].options.iter_mut().zip(labels) {
        option.label = text(uk, en);
    }
    order
}

impl Gallery {
    /// Builds all of it, which takes some seconds.
    pub async fn new() -> Self {
        let mut home = Home::new();
        home.config.procedure.hold_seconds = 0;
        slow(&mut home.config);
        home.config.public.reflection = true;
        home.config.publication.publisher = Some(Publisher {
            base_url: "https://polls.example.gov.ua".to_owned(),
            name: text("Міністерство прикладу України", "Ministry of Example of Ukraine"),
            code: "43220851".to_owned(),
            contact_name: "Відділ відкритих даних".to_owned(),
            contact_email: "opendata@example.gov.ua".to_owned(),
            licence: Licence::CcBy4,
            territory: None,
        });
        let world = World::of(home, Clock::manual(at(START))).await;
        let polls = BTreeMap::new();
        let mut gallery = Self { world, polls, next_release: 1, next_voter: 0 };
        // First, as it runs for a day.
        gallery.split().await;
        gallery.live().await;
        gallery.open().await;
        gallery.closed().await;
        gallery.hidden().await;
        gallery
    }

    pub fn poll(&self, name: &str) -> &str {
        &self.polls[name]
    }

    /// Where pages and API are.
    pub fn address(&self) -> String {
        format!("http://{}", self.world.running.addresses.public)
    }

    /// Counts more ballots of the live poll and lets its next release come.
    pub async fn release(&mut self) {
        let poll = self.poll("live").to_owned();
        for _ in 0..2 {
            let first = self.next_voter;
            self.next_voter += 200 + 37 * u64::from(self.next_release);
            self.world.folded(&poll, first..self.next_voter).await;
        }
        let release = self.next_release;
        self.next_release += 1;
        let since = at(START).duration_until(self.world.clock.now()).as_mins();
        self.world.reach(self.world.minute((since / EVERY + 1) * EVERY));
        self.world.comes_to_release(&poll, release).await;
    }

    async fn live(&mut self) {
        let mut order = live_order(&self.world, "17/2026");
        order.closes_at = kyiv(self.world.after_minutes(5 * 24 * 60));
        let order = titled(
            order,
            "Чи потрібна у вашій громаді нічна тиша від 21:00?",
            "Does your community need quiet at night from 9 p.m.?",
        );
        let poll = self.world.scheduled(&order).await;
        self.polls.insert("live", poll);
        for _ in 0..3 {
            self.release().await;
        }
    }

    async fn open(&mut self) {
        let world = &mut self.world;
        let order = |world: &World, reference, uk, en| titled(careful(world, reference), uk, en);
        let waits = order(
            world,
            "18/2026",
            "Який маршрут тролейбуса подовжити?",
            "Which trolleybus line should be extended?",
        );
        let waits = world.scheduled(&waits).await;
        let suspended =
            order(world, "19/2026", "Чи змінити назву станції?", "Should the station be renamed?");
        let suspended = world.scheduled(&suspended).await;
        world.extend(&suspended, world.after_minutes(3 * 24 * 60)).await.unwrap();
        world.suspend(&suspended).await.unwrap();
        let mut test =
            order(world, "20/2026", "Пробне опитування застосунку", "A test poll of the app");
        test.test = true;
        let test = world.scheduled(&test).await;
        let upcoming =
            timed("21/2026", world.after_minutes(2 * 24 * 60), world.after_minutes(9 * 24 * 60));
        let upcoming =
            titled(upcoming, "Яким має бути новий парк?", "What should the new park be like?");
        let upcoming = world.scheduled(&upcoming).await;
        self.polls.extend([
            ("waits", waits),
            ("suspended", suspended),
            ("test", test),
            ("upcoming", upcoming),
        ]);
        // Enough for a second page.
        for number in 1..=16_i64 {
            let world = &mut self.world;
            let opens = world.after_minutes((10 + number) * 24 * 60);
            let mut order =
                timed(&format!("local-{number}"), opens, opens + SignedDuration::from_hours(48));
            order.community = "lviv".to_owned();
            order = titled(
                order,
                &format!("Опитування мешканців району № {number}"),
                &format!("Poll of the residents of district No. {number}"),
            );
            world.scheduled(&order).await;
        }
    }

    async fn closed(&mut self) {
        let world = &mut self.world;
        let corrected = titled(
            careful(world, "22/2026"),
            "Чи перевести годинники?",
            "Should the clocks be changed?",
        );
        let corrected = world.scheduled(&corrected).await;
        world.folded(&corrected, 0..640).await;
        world.folded_by_mirror(&corrected, 1_000..1_090).await;
        world.end_early(&corrected, CloseReason::TechnicalError).await.unwrap();
        let withdrawn =
            titled(careful(world, "23/2026"), "Чи потрібен новий знак?", "Is a new sign needed?");
        let withdrawn = world.scheduled(&withdrawn).await;
        world.folded(&withdrawn, 0..20).await;
        world.folded_by_mirror(&withdrawn, 1_000..1_040).await;
        world.end_early(&withdrawn, CloseReason::InitiatorDecision).await.unwrap();
        world.excise(&corrected, "mirror", "vouched").await;
        // Revoked already: a second time only takes out.
        world.excise(&withdrawn, "mirror", "vouched").await;
        let few = titled(
            careful(world, "24/2026"),
            "Чи відновити пошту в селі?",
            "Should the village post office reopen?",
        );
        let few = world.scheduled(&few).await;
        world.folded(&few, 0..13).await;
        world.end_early(&few, CloseReason::RelevanceLost).await.unwrap();
        self.polls.extend([("corrected", corrected), ("withdrawn", withdrawn), ("few", few)]);
    }

    /// With breakdowns by everything, published, and a decision taken after it.
    async fn split(&mut self) {
        let world = &mut self.world;
        let mut order = careful(world, "16/2026");
        let template = order.questions[0].options[0].clone();
        let fourth = holos::poll::QuestionOption { id: "o3".to_owned(), ..template };
        order.questions[0].options.push(fourth);
        order = titled(
            order,
            "Чи запровадити безкоштовний проїзд для учнів і студентів у всіх регіонах?",
            "Should pupils and students travel free of charge in all regions?",
        );
        order.breakdowns = vec![Breakdown::Region, Breakdown::AgeBand, Breakdown::Group];
        order.participants.eligibility.groups = GROUPS.map(str::to_owned).to_vec();
        order.participants.eligible_population = Some(1_250_000);
        let poll = world.scheduled(&order).await;
        // Those few of the last option only once.
        let again = voters().into_iter().filter(|voter| voter.option < 3).cycle();
        let voters: Vec<_> = voters().into_iter().chain(again).take(12_000).collect();
        for (first, some) in voters.chunks(1_000).enumerate() {
            let ballots = some.iter().enumerate();
            let ballots = ballots.map(|(at, voter)| ballot(first * 1_000 + at, *voter));
            let answers = world.app.cast_all(&poll, ballots.collect()).await.unwrap();
            assert!(answers.iter().all(|answer| *answer == Answered::Counted));
        }
        world.fold().await;
        world.reach(world.after_minutes(25 * 60));
        world.comes_to(&poll, holos::poll::Phase::Published).await;
        let decision = proto::Decision {
            title: Some(proto::LocalizedText {
                uk: "Про перевезення учнів і студентів".to_owned(),
                en: "On travel of pupils and students".to_owned(),
            }),
            reference: "1234-р".to_owned(),
            date: "2026-11-02".to_owned(),
            address: "https://zakon.example.gov.ua/1234".to_owned(),
        };
        world.decide(&poll, decision).await.unwrap();
        self.polls.insert("split", poll);
    }

    /// What nobody may see: an order that is not scheduled, totals before their time, totals that are
    /// never published.
    async fn hidden(&mut self) {
        let world = &mut self.world;
        let order = titled(careful(world, SECRET), SECRET, SECRET);
        let order = world.staff.current(&order);
        let filed = world.staff.file(&order).await.unwrap().id;
        let mut never = careful(world, "25/2026");
        never.publication.mode = PublicationMode::Never;
        let never = titled(never, "Чи довіряєте ви закладу?", "Do you trust the institution?");
        let never = world.scheduled(&never).await;
        world.folded(&never, 0..1_000).await;
        world.folded(&never, 1_000..1_777).await;
        world.end_early(&never, CloseReason::RelevanceLost).await.unwrap();
        let waits = self.polls["waits"].clone();
        world.folded(&waits, 0..1_000).await;
        world.folded(&waits, 1_000..1_913).await;
        self.polls.extend([("filed", filed), ("never", never)]);
    }
}
