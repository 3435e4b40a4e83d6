//! The documentation names what the program says.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::Path;

use holos::poll::{Order, Profiles, Rules};
use holos::staff::table_markdown;
use holos_reasons::reasons_markdown;

/// The page is written, not compared, with `HOLOS_WRITE_GOLDEN=1`.
#[test]
fn the_page_of_errors_shows_the_table_of_reasons() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/docs/errors.md");
    let page = fs::read_to_string(&path).unwrap();
    let (head, rest) = page.split_once("<!-- reasons -->\n").unwrap();
    let (shown, foot) = rest.split_once("<!-- /reasons -->\n").unwrap();
    let table = format!("\n{}\n", reasons_markdown());
    if std::env::var_os("HOLOS_WRITE_GOLDEN").is_some() {
        let page = format!("{head}<!-- reasons -->\n{table}<!-- /reasons -->\n{foot}");
        fs::write(&path, page).unwrap();
        return;
    }
    assert_eq!(shown, table, "HOLOS_WRITE_GOLDEN=1 writes it anew");
}

#[test]
fn the_security_page_shows_the_table_of_permissions() {
    let shown = between(include_str!("../../SECURITY.md"), "permissions");
    assert_eq!(shown.trim(), table_markdown().trim());
}

#[test]
fn the_sample_order_keeps_every_rule() {
    let order = Order::from_toml(include_str!("../../deploy/order.toml")).unwrap();
    let rules = Rules { floors: holos::poll::Floors::default(), profiles: &Profiles::builtin() };
    assert_eq!(order.check(&rules).map(drop), Ok(()));
}

#[test]
fn every_relative_link_of_the_pages_leads_to_a_file_and_a_heading() {
    let mut broken = Vec::new();
    let mut checked = 0;
    for page in pages() {
        let folder = root().join(&page).parent().unwrap().to_owned();
        let text = read(&root().join(&page));
        for link in links(&text) {
            if link.contains("://") || link.starts_with("mailto:") {
                continue;
            }
            checked += 1;
            let (path, anchor) = link.split_once('#').unwrap_or((link, ""));
            let target = if path.is_empty() { root().join(&page) } else { folder.join(path) };
            let leads =
                target.exists() && (anchor.is_empty() || anchors(&read(&target)).contains(anchor));
            if !leads {
                broken.push(format!("{page}: {link}"));
            }
        }
    }
    assert!(checked > 50, "the links were found");
    assert!(broken.is_empty(), "links that lead nowhere: {broken:#?}");
}

#[test]
fn the_readme_is_short_and_leads_to_every_page() {
    let readme = read(&root().join("README.md"));
    assert!(readme.len() <= 10_240, "README.md has {} bytes", readme.len());
    let linked: HashSet<_> =
        links(&readme).filter_map(|link| link.split('#').next()).map(str::to_owned).collect();
    let missing: Vec<_> =
        pages().into_iter().filter(|page| page != "README.md" && !linked.contains(page)).collect();
    assert!(missing.is_empty(), "README.md does not lead to {missing:?}");
}

#[test]
fn links_and_headings_are_found() {
    let text =
        "# A `b` in C: d, e\n[x](a.md#b) and ![y](c.png)\n```sh\n# [n](o)\n```\n## Один\n## Один\n";
    assert_eq!(links(text).collect::<Vec<_>>(), ["a.md#b", "c.png"]);
    let expected = ["a-b-in-c-d-e", "один", "один-1"].map(str::to_owned);
    assert_eq!(anchors(text), HashSet::from(expected));
}

/// What stands between `<!-- name -->` and `<!-- /name -->`.
fn between<'a>(page: &'a str, name: &str) -> &'a str {
    let rest = page.split(&format!("<!-- {name} -->")).nth(1).unwrap();
    let (shown, _) = rest.split_once(&format!("<!-- /{name} -->")).unwrap();
    shown
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The pages for people, from the repository's root.
fn pages() -> Vec<String> {
    let mut pages = ["README.md", "CONTRIBUTING.md", "ARCHITECTURE.md", "SECURITY.md"]
        .map(str::to_owned)
        .to_vec();
    for entry in fs::read_dir(root().join("deploy/docs")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if name.ends_with(".md") {
            pages.push(format!("deploy/docs/{name}"));
        }
    }
    pages.sort();
    pages
}

/// The lines outside fenced blocks.
fn prose(text: &str) -> impl Iterator<Item = &str> {
    let mut fenced = false;
    text.lines().filter(move |line| {
        let fence = line.trim_start().starts_with("```");
        fenced ^= fence;
        !fenced && !fence
    })
}

/// Where the links and the pictures of a page lead.
fn links(text: &str) -> impl Iterator<Item = &str> {
    prose(text)
        .flat_map(|line| line.split("](").skip(1))
        .filter_map(|rest| rest.split_once(')').map(|(link, _)| link))
}

/// The anchors of a page's headings, as GitHub makes them.
fn anchors(text: &str) -> HashSet<String> {
    let mut seen = HashMap::<String, usize>::new();
    let mut anchors = HashSet::new();
    for line in prose(text).filter(|line| line.starts_with('#')) {
        let Some((_, heading)) = line.split_once(' ') else { continue };
        let kept = heading.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
        let anchor = kept.collect::<String>().to_lowercase().replace(' ', "-");
        let count = seen.entry(anchor.clone()).or_default();
        anchors.insert(if *count == 0 { anchor } else { format!("{anchor}-{count}") });
        *count += 1;
    }
    anchors
}

/// What the security page says is proven is proven by tests that are there, where it says they are.
#[test]
fn the_security_page_names_files_and_tests_that_exist() {
    let page = include_str!("../../SECURITY.md");
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut tests = 0;
    for row in page.lines().filter(|line| line.starts_with("| ")) {
        // `file.rs`: test, test; `file.rs`: test
        for proof in row.split('`').skip(1).step_by(2).zip(row.split('`').skip(2).step_by(2)) {
            let (file, after) = proof;
            if !file.ends_with(".rs") {
                continue;
            }
            let text = fs::read_to_string(root.join(file));
            let text = text.unwrap_or_else(|_| panic!("SECURITY.md names {file}"));
            let Some(names) = after.strip_prefix(": ") else { continue };
            let names = names.split(['|', ';']).next().unwrap();
            for name in names.split(", ").map(str::trim).filter(|name| name.contains('_')) {
                let name = name.split_whitespace().next().unwrap();
                assert!(text.contains(&format!("fn {name}(")), "{file} has no test {name}");
                tests += 1;
            }
        }
    }
    assert!(tests > 50, "the tests of the page were found: {tests}");
}
