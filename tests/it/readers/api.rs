//! The API by its own description.

use std::process::Stdio;

use tokio::process::Command;

use super::gallery::Gallery;
use super::program::{Program, project, tools};

/// `tests/api/` holds what is asked: every operation with values that its description allows, and with
/// values that it does not; the answers must be those that it describes.
#[tokio::test(flavor = "multi_thread")]
async fn the_api_answers_as_it_describes_itself() {
    let gallery = Gallery::new().await;
    let mut command = Command::new(tools().join("api/bin/python"));
    command
        .arg(project("tests/api/conform.py"))
        .env("HOLOS_PAGES", gallery.address())
        .env("HOLOS_POLLS", serde_json::to_string(&gallery.polls).unwrap())
        .stderr(Stdio::inherit());
    Program::start(command).succeeds().await;
    gallery.world.end().await;
}
