//! The log: what the process says of itself on standard error.
//!
//! It never says anything of a ballot: no line a ballot, no address of a client, no poll's count.
//! Libraries on the wire (h2, hyper, tonic) print headers and frames at their debug levels, so they
//! are held at `warn` whatever the operator asks for.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::util::SubscriberInitExt;

use super::config::LogFormat;

/// Environment variable with the filter, for example `holos=debug`; `info` without it.
pub const FILTER_VARIABLE: &str = "HOLOS_LOG";

/// Crates that see credentials or frames, and may say no more than warnings.
const HELD: &[&str] =
    &["h2", "hyper", "hyper_util", "tonic", "tower", "axum", "rustls", "tokio", "mio"];

/// The log could not be started.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// The filter in [`FILTER_VARIABLE`] is not one.
    #[error("{FILTER_VARIABLE}: not a log filter")]
    Filter,
    /// The process has a log already.
    #[error("the log was started twice")]
    Twice,
}

/// Starts the log of the process.
///
/// # Errors
/// When the filter is malformed, or a log was started before.
pub fn install(format: LogFormat) -> Result<(), TelemetryError> {
    let asked = std::env::var(FILTER_VARIABLE).unwrap_or_default();
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter(&asked)?)
        .with_writer(std::io::stderr)
        .with_target(true);
    let started = match format {
        LogFormat::Text => builder.with_ansi(colour()).finish().try_init(),
        LogFormat::Json => builder.with_ansi(false).json().flatten_event(true).finish().try_init(),
    };
    started.map_err(|_| TelemetryError::Twice)
}

/// The operator's filter with the wire held down.
fn filter(asked: &str) -> Result<EnvFilter, TelemetryError> {
    let asked = if asked.is_empty() { "info" } else { asked };
    // A directive on a held crate's module would be more specific than ours and win, so it is left
    // out.
    let allowed: Vec<&str> =
        asked.split(',').filter(|directive| !HELD.contains(&crate_of(directive))).collect();
    let mut filter = EnvFilter::try_new(allowed.join(",")).map_err(|_| TelemetryError::Filter)?;
    for name in HELD {
        let directive =
            format!("{name}=warn").parse().expect("a crate name and a level are a directive");
        filter = filter.add_directive(directive);
    }
    Ok(filter)
}

/// The crate that a directive speaks of: what stands before the module path, the level or the span.
fn crate_of(directive: &str) -> &str {
    let directive = directive.trim();
    directive.split([':', '=', '[']).next().unwrap_or(directive)
}

/// Colour only for a person at a terminal who has not declined it (no-color.org).
fn colour() -> bool {
    std::io::stderr().is_terminal()
        && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(asked: &str) -> String {
        filter(asked).unwrap().to_string()
    }

    #[test]
    fn the_wire_is_held_at_warnings_whatever_is_asked() {
        for asked in
            ["", "trace", "h2=trace", "h2::codec=trace,holos=debug", " tonic::transport[x]=trace"]
        {
            let filter = shown(asked);
            assert!(
                filter.contains("h2=warn") && filter.contains("tonic=warn"),
                "{asked}: {filter}"
            );
            assert!(!filter.contains("h2=trace") && !filter.contains("::"), "{asked}: {filter}");
        }
        assert!(shown("h2::codec=trace,holos=debug").contains("holos=debug"));
    }

    #[test]
    fn a_malformed_filter_is_refused() {
        assert!(matches!(filter("holos=loudly"), Err(TelemetryError::Filter)));
    }
}
