//! What pages say, in both languages: the messages of `locales/`, by their names.
//!
//! A test reads both files and every template: the same names with the same variables, none unknown,
//! none unused.

use std::sync::LazyLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use unic_langid::langid;

use crate::publish::Language;

type Bundle = FluentBundle<FluentResource>;

static UKRAINIAN: LazyLock<Bundle> =
    LazyLock::new(|| bundle(langid!("uk"), include_str!("locales/uk.ftl")));
static ENGLISH: LazyLock<Bundle> =
    LazyLock::new(|| bundle(langid!("en"), include_str!("locales/en.ftl")));

fn bundle(language: unic_langid::LanguageIdentifier, source: &str) -> Bundle {
    let resource = FluentResource::try_new(source.to_owned()).expect("a test reads the file");
    let mut bundle = Bundle::new_concurrent(vec![language]);
    // Its marks around variables would come along with what is copied, and break addresses.
    bundle.set_use_isolating(false);
    bundle.add_resource(resource).expect("a test finds no name twice");
    bundle
}

/// The messages of one language.
#[derive(Clone, Copy)]
pub(super) struct Words {
    pub(super) language: Language,
}

impl Words {
    pub(super) const fn new(language: Language) -> Self {
        Self { language }
    }

    /// The message of this name.
    pub(super) fn say(&self, name: &str) -> String {
        self.with(name, [])
    }

    /// What a community is called: an order names it by an identifier, and has a word of its own for
    /// the whole country.
    pub(super) fn community(&self, id: &str) -> String {
        if id == "national" { self.say("community-national") } else { id.to_owned() }
    }

    /// The message of this name with these variables. A number chooses the form of what it counts;
    /// what is read comes as a text beside it.
    pub(super) fn with<'a, const N: usize>(
        &self,
        name: &str,
        variables: [(&'static str, FluentValue<'a>); N],
    ) -> String {
        let bundle = match self.language {
            Language::Ukrainian => &*UKRAINIAN,
            Language::English => &*ENGLISH,
        };
        let variables: FluentArgs<'a> = variables.into_iter().collect();
        let message = bundle.get_message(name).and_then(|message| message.value());
        let Some(message) = message else { panic!("there is no message {name}") };
        let mut errors = Vec::new();
        let text = bundle.format_pattern(message, Some(&variables), &mut errors);
        assert!(errors.is_empty(), "the message {name} wants other variables: {errors:?}");
        text.into_owned()
    }
}

#[cfg(test)]
mod tests;
