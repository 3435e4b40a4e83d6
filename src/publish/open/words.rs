//! What open data says in words, in both languages: the same in every format.
//!
//! None of it holds a number of answers.

use super::Dataset;
use super::publisher::Publisher;
use crate::poll::{CloseReason, LocalizedText, WithheldReason};
use crate::publish::statement::{CorrectionReason, ReleaseKind, Statement};

/// Characters of a dataset's name, most (Resolution No. 835).
const TITLE_CHARACTERS_MAX: usize = 254;
/// Characters of a dataset's description, most (Resolution No. 835).
const DESCRIPTION_CHARACTERS_MAX: usize = 4_000;

/// Both languages at once.
pub(super) fn text(uk: impl Into<String>, en: impl Into<String>) -> LocalizedText {
    LocalizedText { uk: uk.into(), en: en.into() }
}

/// The name of a poll's dataset.
pub(super) fn title(statement: &Statement) -> LocalizedText {
    let title = &statement.title;
    text(
        cut(format!("Результати опитування «{}»", title.uk), TITLE_CHARACTERS_MAX),
        cut(format!("Results of the poll “{}”", title.en), TITLE_CHARACTERS_MAX),
    )
}

/// What a poll's dataset holds.
pub(super) fn description(dataset: &Dataset<'_>) -> LocalizedText {
    let statement = dataset.latest().statement;
    let (initiator, k) = (&statement.initiator.name, statement.bounds.k);
    let note = note(statement);
    let uk = format!(
        "Знеособлені підсумки електронного опитування «{}». {} Ініціатор: {initiator}. Спільнота: {}. \
         Відповідали охочі, тож підсумки не є репрезентативними для населення. У розподілах кількості, \
         менші за {k}, та ті, з яких їх можна обчислити, приховано; нуль і мале число не розрізняються.",
        statement.title.uk, note.uk, dataset.community
    );
    let en = format!(
        "Depersonalised totals of the e-poll “{}”. {} Initiator: {initiator}. Community: {}. Whoever \
         wanted to answered, so the totals do not represent the population. In breakdowns, counts \
         below {k}, and those from which they could be computed, are hidden; zero and a small number \
         cannot be told apart.",
        statement.title.en, note.en, dataset.community
    );
    text(cut(uk, DESCRIPTION_CHARACTERS_MAX), cut(en, DESCRIPTION_CHARACTERS_MAX))
}

/// What kind of release it is, and why if it is not a plain one.
pub(super) fn note(statement: &Statement) -> LocalizedText {
    let (uk, en) = match statement.kind {
        ReleaseKind::Live => ("Проміжні підсумки.", "Provisional totals."),
        ReleaseKind::Final => ("Остаточні підсумки.", "Final totals."),
        ReleaseKind::Withdrawal => ("Підсумки відкликано.", "The totals are withdrawn."),
    };
    let mut note = text(uk, en);
    let early = statement.close_reason.and_then(early_end);
    let withheld = statement.withheld_reason.map(withheld);
    for (uk, en) in [early, withheld].into_iter().flatten() {
        add(&mut note, uk, en);
    }
    if let Some(correction) = &statement.correction {
        let release = correction.release;
        let (uk, en) = match statement.kind {
            ReleaseKind::Withdrawal => ("Відкликано випуск", "Withdraws release"),
            ReleaseKind::Live | ReleaseKind::Final => ("Замінює випуск", "Replaces release"),
        };
        add(&mut note, &format!("{uk} {release}."), &format!("{en} {release}."));
        let (uk, en) = corrected(correction.reason);
        add(&mut note, uk, en);
    }
    note
}

/// The line by which the source is named where results are used again.
pub(super) fn source(statement: &Statement, publisher: &Publisher) -> LocalizedText {
    let (title, name) = (&statement.title, &publisher.name);
    let initiator = &statement.initiator.name;
    text(
        format!("Джерело: {}; опитування «{}», ініціатор {initiator}", name.uk, title.uk),
        format!("Source: {}; poll “{}”, initiated by {initiator}", name.en, title.en),
    )
}

/// What the poll was held for, and on which ground.
pub(super) fn purpose(statement: &Statement) -> String {
    format!("{}. Вивчення думки учасників опитування", statement.legal_ground.trim_end_matches('.'))
}

/// Words by which the dataset is found.
pub(super) fn keywords() -> [LocalizedText; 3] {
    [
        text("електронне опитування", "e-poll"),
        text("громадська думка", "public opinion"),
        text("результати опитування", "poll results"),
    ]
}

/// The same in one line.
pub(super) fn keyword_line() -> String {
    keywords().map(|keyword| keyword.uk).join(", ")
}

/// How often the data change, in one of the portal's fixed phrases.
pub(super) fn frequency(dataset: &Dataset<'_>) -> &'static str {
    if dataset.is_live() {
        "Більш як один раз на день"
    } else {
        "Відразу після внесення змін"
    }
}

fn early_end(reason: CloseReason) -> Option<(&'static str, &'static str)> {
    match reason {
        CloseReason::AsPlanned => None,
        CloseReason::RelevanceLost => Some((
            "Опитування завершено достроково: втрата актуальності.",
            "The poll ended early: it lost its relevance.",
        )),
        CloseReason::TechnicalError => Some((
            "Опитування завершено достроково: технічна помилка.",
            "The poll ended early: a technical error occurred.",
        )),
        CloseReason::InitiatorDecision => Some((
            "Опитування завершено достроково: рішення ініціатора.",
            "The poll ended early: the initiator decided so.",
        )),
    }
}

fn withheld(reason: WithheldReason) -> (&'static str, &'static str) {
    match reason {
        WithheldReason::NeverPublished => (
            "За правилами опитування підсумки не оприлюднюються.",
            "By the rules of the poll nothing is published.",
        ),
        WithheldReason::TooFewAnswers => (
            "Відповідей менше, ніж вимагає правило.",
            "There are fewer answers than the rule asks.",
        ),
        WithheldReason::NoConsent => {
            ("Ініціатор не дав згоди на оприлюднення.", "The initiator has not consented.")
        }
        WithheldReason::TestPoll => ("Опитування було пробним.", "The poll was a test."),
        WithheldReason::EndedEarly => (
            "Опитування завершено достроково, і за замовленням його підсумки не оприлюднюються.",
            "The poll ended early, and by its order its totals are then withheld.",
        ),
        WithheldReason::TooClose => (
            "Підсумки надто близькі до оприлюднених раніше: рішення за двома особами.",
            "The totals lie too close to what was published before: two people decide.",
        ),
    }
}

fn corrected(reason: CorrectionReason) -> (&'static str, &'static str) {
    match reason {
        CorrectionReason::IssuerKeyExcised => (
            "Вилучено відповіді, подані під відкликаним ключем видавця.",
            "Answers that came under a revoked issuer key are taken out.",
        ),
    }
}

fn add(note: &mut LocalizedText, uk: &str, en: &str) {
    note.uk = format!("{} {uk}", note.uk);
    note.en = format!("{} {en}", note.en);
}

/// The text's first characters, with an ellipsis where some are left out.
fn cut(text: String, characters_max: usize) -> String {
    if text.chars().count() <= characters_max {
        return text;
    }
    let mut cut: String = text.chars().take(characters_max - 1).collect();
    cut.push('…');
    cut
}
