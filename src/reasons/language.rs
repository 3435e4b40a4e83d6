//! The languages of the procedure, and which of them a request asks for.

/// The languages of the procedure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Language {
    /// Ukrainian.
    Ukrainian,
    /// English.
    English,
}

impl Language {
    /// Every language, the first of the procedure first.
    pub const ALL: [Self; 2] = [Self::Ukrainian, Self::English];

    /// Its code (ISO 639-1).
    pub const fn code(self) -> &'static str {
        match self {
            Self::Ukrainian => "uk",
            Self::English => "en",
        }
    }

    /// The language that a request asks for (RFC 9110, 12.5.4): Ukrainian, unless it prefers English.
    pub fn preferred(accept_language: Option<&str>) -> Self {
        let Some(text) = accept_language else { return Self::Ukrainian };
        let weights = text.split(',').filter_map(|entry| {
            let (name, parameters) = entry.split_once(';').unwrap_or((entry, ""));
            let weight =
                parameters.trim().strip_prefix("q=").map_or(Some(1.0), |q| q.parse().ok())?;
            let name = name.trim().split('-').next().unwrap_or_default();
            Some((name.to_ascii_lowercase(), weight))
        });
        let (mut ukrainian, mut english) = (0.0_f32, 0.0_f32);
        for (name, weight) in weights {
            match name.as_str() {
                "uk" => ukrainian = ukrainian.max(weight),
                "en" => english = english.max(weight),
                _ => {}
            }
        }
        // Whoever asks for neither reads what most people here read.
        if english > ukrainian { Self::English } else { Self::Ukrainian }
    }

    /// The one of two texts that is in this language.
    pub const fn pick<'a>(self, uk: &'a str, en: &'a str) -> &'a str {
        match self {
            Self::Ukrainian => uk,
            Self::English => en,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_is_the_one_that_weighs_more_and_ukrainian_where_none_does() {
        for (asked, language) in [
            (None, Language::Ukrainian),
            (Some(""), Language::Ukrainian),
            (Some("de, fr;q=0.5"), Language::Ukrainian),
            (Some("en-GB,en;q=0.9"), Language::English),
            (Some("uk-UA,uk;q=0.9,en;q=0.8"), Language::Ukrainian),
            (Some("en;q=0.8, uk;q=0.7"), Language::English),
            (Some("en;q=what, *"), Language::Ukrainian),
        ] {
            assert_eq!(Language::preferred(asked), language, "{asked:?}");
        }
    }
}
