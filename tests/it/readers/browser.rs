//! The pages in a real browser: `tests/browser/pages.cjs` says what is looked at.

use tokio::process::Command;

use super::gallery::Gallery;
use super::program::{Program, project, tools};

/// `HOLOS_BROWSER_SCRIPT` names another script, to look at the pages by hand; pictures of them go to
/// `HOLOS_SCREENSHOTS`.
#[tokio::test(flavor = "multi_thread")]
async fn every_page_is_read_in_a_browser() {
    let mut gallery = Gallery::new().await;
    let script = std::env::var("HOLOS_BROWSER_SCRIPT").map(Into::into);
    let mut command = Command::new("node");
    command
        .arg(script.unwrap_or_else(|_| project("tests/browser/pages.cjs")))
        .env("NODE_PATH", tools().join("browser/node_modules"))
        .env("HOLOS_PAGES", gallery.address())
        .env("HOLOS_POLLS", serde_json::to_string(&gallery.polls).unwrap());
    let mut program = Program::start(command);
    while let Some(line) = program.line().await {
        match line.as_str() {
            "release!" => {
                gallery.release().await;
                program.say("released").await;
            }
            said => println!("{said}"),
        }
    }
    gallery.world.end().await;
}
