//! What every page has around what it says.

use super::assets;
use super::words::Words;
use crate::http::public::PublicState;
use crate::publish::Language;

/// The frame of a page.
pub(super) struct Shell {
    pub(super) words: Words,
    /// What the page is called.
    pub(super) title: String,
    /// What stands before every path: nothing, unless the operator serves this below one.
    pub(super) prefix: String,
    /// The page's path below the language, as `/polls/ID`.
    path: String,
    /// The publisher's name and address, where the configuration says them.
    pub(super) publisher: Option<(String, String)>,
    /// The licence's name and address.
    pub(super) licence: Option<(&'static str, &'static str)>,
    /// Where these pages are for everybody; empty where the configuration does not say.
    pub(super) base: String,
}

impl Shell {
    pub(super) fn new(state: &PublicState, language: Language, title: String, path: &str) -> Self {
        let publisher = state.publisher();
        let base = publisher.map(|publisher| publisher.base_url.clone()).unwrap_or_default();
        Self {
            words: Words::new(language),
            title,
            prefix: path_of(&base).to_owned(),
            path: path.to_owned(),
            publisher: publisher.map(|publisher| {
                (publisher.name.of(language).to_owned(), publisher.contact_email.clone())
            }),
            licence: publisher.map(|publisher| (publisher.licence.spdx(), publisher.licence.url())),
            base,
        }
    }

    /// A message.
    pub(super) fn say(&self, name: &str) -> String {
        self.words.say(name)
    }

    pub(super) fn code(&self) -> &'static str {
        self.words.language.code()
    }

    /// A path in this page's language.
    pub(super) fn at(&self, path: impl AsRef<str>) -> String {
        format!("{}/{}{}", self.prefix, self.code(), path.as_ref())
    }

    /// The same page in another language.
    pub(super) fn in_language(&self, code: &str) -> String {
        format!("{}/{code}{}", self.prefix, self.path)
    }

    /// The same, as the whole world reaches it.
    pub(super) fn address_in(&self, code: &str) -> String {
        format!("{}/{code}{}", self.base, self.path)
    }

    /// A path of the API.
    pub(super) fn api(&self, path: impl AsRef<str>) -> String {
        format!("{}/api/v1{}", self.prefix, path.as_ref())
    }

    pub(super) fn asset(&self, name: &str) -> String {
        format!("{}{}", self.prefix, assets::path(name))
    }

    pub(super) fn languages(&self) -> [(&'static str, &'static str); 2] {
        [("uk", "Українська"), ("en", "English")]
    }
}

/// The path of an address of the web.
fn path_of(base_url: &str) -> &str {
    let rest = base_url.split_once("://").map_or("", |(_, rest)| rest);
    rest.find('/').map_or("", |at| &rest[at..])
}
