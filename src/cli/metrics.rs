//! `holos metrics`: the metrics of the admin listener, from the table that registers them.

use serde_json::json;

use super::{Exit, answer};
use crate::ground::metrics::{Metric, TABLE};

/// Arguments of `holos metrics`.
#[derive(clap::Args)]
pub(super) struct Args {
    /// Print one JSON array
    #[arg(long)]
    json: bool,
}

/// Prints the table.
pub(super) fn run(args: &Args) -> anyhow::Result<Exit> {
    if args.json {
        let list: Vec<_> = TABLE.iter().map(object).collect();
        answer(&format!("{}\n", json!(list)))?;
    } else {
        answer(&TABLE.iter().map(line).collect::<String>())?;
    }
    Ok(Exit::Ok)
}

fn object(metric: &Metric) -> serde_json::Value {
    json!({
        "name": metric.name,
        "kind": metric.kind.name(),
        "labels": metric.labels,
        "help": metric.help,
    })
}

fn line(metric: &Metric) -> String {
    let name = if metric.labels.is_empty() {
        metric.name.to_owned()
    } else {
        format!("{}{{{}}}", metric.name, metric.labels.join(","))
    };
    format!("{name:<52} {:<9}  {}\n", metric.kind.name(), metric.help)
}
