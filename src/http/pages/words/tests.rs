//! The two languages say the same, and the templates and views say nothing else.

use std::collections::{BTreeMap, BTreeSet};

use fluent_bundle::FluentResource;
use fluent_syntax::ast::{Entry, Expression, InlineExpression, Pattern, PatternElement};

use super::*;

/// Each message's name with the variables in it.
fn messages(source: &str) -> BTreeMap<String, BTreeSet<String>> {
    let resource = FluentResource::try_new(source.to_owned()).unwrap_or_else(|(_, errors)| {
        panic!("{errors:?}");
    });
    let mut messages = BTreeMap::new();
    for entry in resource.entries() {
        if let Entry::Message(message) = entry {
            let mut variables = BTreeSet::new();
            collect(message.value.as_ref().expect("every message says something"), &mut variables);
            let before = messages.insert(message.id.name.to_owned(), variables);
            assert!(before.is_none(), "{} stands there twice", message.id.name);
        }
    }
    messages
}

fn collect(pattern: &Pattern<&str>, variables: &mut BTreeSet<String>) {
    for element in &pattern.elements {
        let PatternElement::Placeable { expression } = element else { continue };
        match expression {
            Expression::Inline(inline) => variable(inline, variables),
            Expression::Select { selector, variants } => {
                variable(selector, variables);
                variants.iter().for_each(|variant| collect(&variant.value, variables));
            }
        }
    }
}

fn variable(inline: &InlineExpression<&str>, variables: &mut BTreeSet<String>) {
    if let InlineExpression::VariableReference { id } = inline {
        variables.insert(id.name.to_owned());
    }
}

const UK: &str = include_str!("../locales/uk.ftl");
const EN: &str = include_str!("../locales/en.ftl");

#[test]
fn both_languages_have_the_same_messages_with_the_same_variables() {
    let (uk, en) = (messages(UK), messages(EN));
    let names = |messages: &BTreeMap<String, BTreeSet<String>>| {
        messages.keys().cloned().collect::<BTreeSet<_>>()
    };
    assert_eq!(names(&uk), names(&en));
    for (name, variables) in &uk {
        assert_eq!(variables, &en[name], "{name}");
    }
    let cyrillic = |text: &str| text.chars().any(|c| ('а'..='я').contains(&c));
    assert!(!cyrillic(EN), "a Ukrainian word among the English ones");
}

/// What the code and the templates of the pages say.
fn sources() -> String {
    let mut all = String::new();
    let mut folders = vec![std::path::PathBuf::from("src/http/pages")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|kind| kind != "ftl")
                && !path.ends_with("tests.rs")
            {
                all.push_str(&std::fs::read_to_string(path).unwrap());
            }
        }
    }
    all
}

#[test]
fn no_message_is_unused_and_templates_name_none_that_is_not_there() {
    let (messages, sources) = (messages(UK), sources());
    // Names that are put together: a month, a region, a state.
    let made = ["month-", "region-UA-", "tile-UA-", "state-"];
    for name in messages.keys().filter(|name| !made.iter().any(|made| name.starts_with(made))) {
        assert!(sources.contains(&format!("\"{name}\"")), "{name} is never said");
    }
    for (at, call) in sources.match_indices("say(\"") {
        let rest = &sources[at + call.len()..];
        let name = &rest[..rest.find('"').unwrap()];
        let made = made.iter().any(|made| name.starts_with(made));
        assert!(made || messages.contains_key(name), "there is no message {name}");
    }
}

#[test]
fn a_message_that_is_not_there_or_lacks_a_variable_is_a_mistake_of_ours() {
    let words = Words::new(Language::English);
    assert!(std::panic::catch_unwind(|| words.say("date")).is_err());
    assert!(std::panic::catch_unwind(|| words.say("no-such-message")).is_err());
}
