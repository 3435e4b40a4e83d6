//! The answer sheet of a published poll: what the letter of an answer contains, to be printed.
//! Pure; it reads a publication and the frozen definition, never a tally.

use std::fmt::Write as _;

use jiff::Timestamp;

use super::Language;
use super::file::Publication;
use crate::poll::{CloseReason, Poll, kyiv as kyiv_zone};

/// Columns of a printed line.
const COLUMNS: usize = 80;

/// The sheet in plain text.
pub fn sheet(publication: &Publication, poll: &Poll, language: Language) -> String {
    let statement = &publication.statement;
    let order = poll.definition.order();
    let profile = poll.definition.profile();
    let say = |uk, en| language.pick(uk, en);
    let mut text = Sheet(String::new());
    text.line(say("ВІДПОВІДЬ ПРО РЕЗУЛЬТАТИ ОПИТУВАННЯ", "ANSWER SHEET OF A POLL"));
    text.rule();
    text.field(say("Опитування", "Poll"), statement.title.of(language));
    text.field(say("Ідентифікатор", "Identifier"), &statement.poll.to_string());
    let initiator = format!("{} ({})", statement.initiator.name, statement.initiator.code);
    text.field(say("Ініціатор", "Initiator"), &initiator);
    text.field(say("Замовлення №", "Order No."), &statement.reference);
    text.field(say("Правова підстава", "Legal ground"), &statement.legal_ground);
    let procedure =
        format!("{} {} ({})", profile.name, profile.version, profile.source.of(language));
    text.field(say("Порядок", "Procedure"), &procedure);
    text.field(say("Правила", "Rules"), profile.rules.of(language));
    text.field(say("Відкрито", "Opened"), &kyiv(statement.opened_at));
    match statement.closed_at {
        Some(closed_at) => text.field(say("Закрито", "Closed"), &kyiv(closed_at)),
        None => text.field(say("Триває; станом на", "Goes on; as of"), &kyiv(statement.as_of)),
    }
    if let Some(why) = statement.close_reason {
        text.field(say("Підстава закриття", "Reason of the end"), reason(why, language));
    }
    for extension in &poll.extensions {
        let moved =
            format!("{} → {}: {}", kyiv(extension.before), kyiv(extension.after), extension.reason);
        text.field(say("Продовжено", "Extended"), &moved);
    }
    for question in &statement.questions {
        text.rule();
        text.wrapped(question.text.of(language), 0);
        for option in &question.options {
            text.count(option.label.of(language), option.count);
        }
    }
    text.rule();
    text.count(
        say("Усього відповідей", "Total number of answers"),
        statement.total.unwrap_or_default(),
    );
    text.rule();
    for decision in &poll.decisions {
        let named = format!(
            "{} № {}: {}",
            decision.date.strftime("%d.%m.%Y"),
            decision.reference,
            decision.title.of(language)
        );
        text.field(say("Рішення", "Decision"), &named);
    }
    text.field(say("Запитання", "Contact"), &order.contact);
    let release = statement.release.to_string();
    text.field(say("Випуск", "Release"), &release);
    text.field(say("Оприлюднено", "Published"), &kyiv(statement.published_at));
    text.field(say("Хеш визначення", "Definition hash"), &statement.definition_hash);
    text.field(say("Хеш випуску", "Release hash"), &publication.hash);
    text.wrapped(
        say(
            "Результати знеособлені: відомостей про те, хто і як відповів, не існує.",
            "The results are depersonalised: no record of who answered what exists.",
        ),
        0,
    );
    text.0
}

struct Sheet(String);

impl Sheet {
    fn line(&mut self, line: &str) {
        self.0.push_str(line);
        self.0.push('\n');
    }

    fn rule(&mut self) {
        self.line(&"-".repeat(COLUMNS));
    }

    fn field(&mut self, name: &str, value: &str) {
        self.wrapped(&format!("{name}: {value}"), 4);
    }

    /// A text in lines of at most [`COLUMNS`], those after the first indented.
    fn wrapped(&mut self, text: &str, indent: usize) {
        let mut line = String::new();
        for word in text.split_whitespace() {
            let width = line.chars().count() + word.chars().count();
            if !line.trim().is_empty() && width + 1 > COLUMNS {
                self.line(&line);
                line = " ".repeat(indent);
            }
            if !line.trim().is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
        self.line(&line);
    }

    /// A label with its number at the right margin.
    fn count(&mut self, label: &str, count: u64) {
        let number = grouped(count);
        let room = COLUMNS - number.chars().count() - 3;
        let label: String = if label.chars().count() > room {
            self.wrapped(label, 2);
            String::new()
        } else {
            format!("{label} ")
        };
        let dots = COLUMNS - label.chars().count() - number.chars().count() - 1;
        // Writing to a string cannot fail.
        let _written = writeln!(self.0, "{label}{} {number}", ".".repeat(dots));
    }
}

/// Thousands apart by a no-break space, as both languages' official style has it.
fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::with_capacity(digits.len() * 2);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push('\u{a0}');
        }
        text.push(digit);
    }
    text
}

fn kyiv(at: Timestamp) -> String {
    at.to_zoned_datetime(kyiv_zone()).strftime("%d.%m.%Y %H:%M:%S (%:z)").to_string()
}

fn reason(reason: CloseReason, language: Language) -> &'static str {
    match reason {
        CloseReason::AsPlanned => language.pick("за планом", "as planned"),
        CloseReason::RelevanceLost => language.pick("втрата актуальності", "relevance lost"),
        CloseReason::TechnicalError => language.pick("технічна помилка", "technical error"),
        CloseReason::InitiatorDecision => {
            language.pick("рішення ініціатора", "decision of the initiator")
        }
    }
}
