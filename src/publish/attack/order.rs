//! The polls that are attacked: small, skewed, with every kind of breakdown.

use jiff::Timestamp;

use super::dice::Dice;
use crate::poll::{
    Breakdown, Consent, Definition, Floors, Order, Poll, PollId, Profiles, PublicationMode, Region,
    Rules,
};

const GROUPS: [&str; 5] = ["g0", "g1", "g2", "g3", "g4"];
/// First years of the age bands, as the procedure has them.
const BANDS: [i16; 8] = [14, 18, 25, 35, 45, 55, 65, 75];
pub(super) const YEAR: i16 = 2026;

const TEXTS: &str = r#"
reference = "1/2026"
profile = "resolution-90"
opens_at = "2026-12-01T09:00:00+02:00[Europe/Kyiv]"
closes_at = "2026-12-08T09:00[Europe/Kyiv]"
contact = "poll@example.org"
retention_years = 3
legal_ground = "ground"
community = "national"
notice_version = 1

[initiator]
code = "12345678"
name = "Body"

[title]
uk = "Назва"
en = "Title"

[participants]
subject_space = "citizens"
eligible_population = 100000

[publication]
mode = "live"
minimum_answers = 1
consent = true

[notice]
data_location = { uk = "Київ", en = "Kyiv" }
contents = { uk = "псевдонім", en = "a pseudonym" }
purpose = { uk = "опитування", en = "a poll" }
legal_ground = { uk = "згода", en = "consent" }
recipients = { uk = "нікому", en = "nobody" }
transfer_abroad = { uk = "ні", en = "none" }
retention = { uk = "30 днів", en = "30 days" }
responsible_person = { name = { uk = "Особа", en = "Person" }, contact = "a@example.org" }

[notice.controller]
code = "12345678"
name = { uk = "Орган", en = "Body" }
address = { uk = "Київ", en = "Kyiv" }
phone = "+380 (44) 000-00-00"

[[questions]]
id = "q"
text = { uk = "Так?", en = "Yes?" }
options = []
"#;

/// What one poll asks and by which bounds it is published.
pub(super) struct Terms {
    pub(super) options: usize,
    pub(super) groups: usize,
    pub(super) breakdowns: Vec<Breakdown>,
    pub(super) k: u64,
    pub(super) apart: u64,
    pub(super) least: u64,
    pub(super) live: bool,
    /// Whether the initiator consents before the poll is closed.
    pub(super) consents: bool,
}

impl Terms {
    pub(super) fn random(dice: &mut Dice) -> Self {
        let k = dice.within(2, 20);
        let live = dice.chance(75);
        let kept = |dice: &mut Dice, by: &Breakdown| {
            dice.chance(if *by == Breakdown::Region { 25 } else { 60 })
        };
        Self {
            options: 2 + dice.index(9),
            groups: 2 + dice.index(4),
            breakdowns: Breakdown::ALL.into_iter().filter(|by| kept(dice, by)).collect(),
            k,
            apart: dice.within(2, 60),
            least: k + dice.below(2) * dice.below(20),
            live,
            consents: live || dice.chance(85),
        }
    }

    /// The poll, open.
    pub(super) fn open(&self, now: Timestamp) -> Poll {
        let poll = Poll::draft(self.definition(), "writer").filed("filer", now);
        let poll = poll.approved("approver").scheduled();
        poll.opened(now, "pseudonym-key", 1)
    }

    pub(super) fn definition(&self) -> Definition {
        let floors = Floors { k: 1, ballots_apart: 1, eligible_population: 1 };
        let rules = Rules { floors, profiles: &Profiles::builtin() };
        let checked = self.order().check(&rules);
        let checked = checked.unwrap_or_else(|found| panic!("an order that passes: {found:?}"));
        Definition::new(PollId::from_bytes([5; 16]), checked)
    }

    fn order(&self) -> Order {
        let option =
            |n| format!("{{ id = \"{}\", label = {{ uk = \"о\", en = \"o\" }} }}", option_name(n));
        let options: Vec<_> = (0..self.options).map(option).collect();
        let text = TEXTS.replace("options = []", &format!("options = [{}]", options.join(", ")));
        let mut order = Order::from_toml(&text).expect("an order as the test writes it");
        order.publication.mode =
            if self.live { PublicationMode::Live } else { PublicationMode::AtClose };
        order.publication.minimum_answers = self.least;
        order.publication.k = Some(self.k);
        order.publication.ballots_apart = Some(self.apart);
        order.publication.consent = self.consents;
        let groups = GROUPS.iter().take(self.groups).map(|group| (*group).to_owned());
        order.participants.eligibility.groups = groups.collect();
        order.breakdowns.clone_from(&self.breakdowns);
        order
    }

    pub(super) fn strata(&self, by: Breakdown) -> usize {
        match by {
            Breakdown::Region => Region::ISO.len(),
            Breakdown::AgeBand => BANDS.len(),
            Breakdown::Group => self.groups,
        }
    }
}

pub(super) fn option_name(option: usize) -> String {
    format!("o{option}")
}

/// The same poll with the consent that it lacked.
pub(super) fn consent(poll: &Poll, now: Timestamp) -> Poll {
    let reference = "2/2026".to_owned();
    poll.with_consent(Consent { by: "filer".to_owned(), at: now, reference })
}

/// A fact about a voter as the credential says it: strata by position, `None` where it says nothing.
#[derive(Clone, Copy)]
pub(super) struct Facts(pub(super) [Option<usize>; 3]);

impl Facts {
    pub(super) fn stratum(self, by: Breakdown) -> Option<usize> {
        let at = Breakdown::ALL.iter().position(|known| *known == by);
        self.0[at.expect("all of them")]
    }

    pub(super) fn claims(self) -> crate::poll::Claims {
        let mut claims = crate::poll::Claims::default();
        let [region, band, group] = self.0;
        claims.region = region.map(|at| Region::parse(Region::ISO[at]).expect("a code"));
        claims.birth_year = band.map(|at| YEAR - BANDS[at]);
        claims.groups = group.iter().map(|at| GROUPS[*at].to_owned()).collect();
        claims
    }
}
