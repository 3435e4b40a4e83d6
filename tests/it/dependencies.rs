//! What `cargo deny` holds of the packages that we depend on, held always: bans, version floors,
//! sources and licences. `deny.toml` is the one list for both; advisories need a network and are
//! `cargo deny`'s alone.

use std::collections::BTreeSet;
use std::process::Command;

use serde_json::Value;
use toml::Table;

use crate::walls::root;

const REGISTRY: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// A package as Cargo.lock and cargo's metadata have it.
struct Package {
    name: String,
    version: String,
    /// `None`: a folder of this machine.
    source: Option<String>,
}

fn table(file: &str) -> Table {
    std::fs::read_to_string(root().join(file)).unwrap().parse().unwrap()
}

fn packages(lock: &Table) -> Vec<Package> {
    let text = |package: &toml::Value, key: &str| {
        package.get(key).map(|value| value.as_str().unwrap().to_owned())
    };
    let packages = lock["package"].as_array().unwrap().iter();
    packages
        .map(|package| Package {
            name: text(package, "name").unwrap(),
            version: text(package, "version").unwrap(),
            source: text(package, "source"),
        })
        .collect()
}

/// Cargo's own account of all packages, for every platform and feature.
fn metadata() -> Value {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--offline", "--locked", "--all-features", "--format-version", "1"])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// What is compiled for any platform and with any feature: name and version. The lock file holds a
/// few more, which a feature that nobody switches on would need.
fn compiled() -> BTreeSet<(String, String)> {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--offline", "--locked", "--workspace", "--all-features"])
        .args(["--target", "all", "--edges", "all", "--prefix", "none", "--format", "{p}"])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let lines = text.lines().filter_map(|line| line.split_once(" v"));
    lines
        .map(|(name, rest)| (name.to_owned(), rest.split(' ').next().unwrap().to_owned()))
        .collect()
}

/// The packages that `deny.toml` bans, by name or because they are older than a floor.
fn banned(deny: &Table, packages: &[&Package]) -> Vec<String> {
    let bans = deny["bans"]["deny"].as_array().unwrap();
    let mut found = Vec::new();
    for ban in bans {
        let named = ban["crate"].as_str().unwrap();
        let (name, floor) = match named.split_once('@') {
            None => (named, None),
            Some((name, rule)) => {
                let floor =
                    rule.strip_prefix('<').expect("a ban of versions is a floor, as a@<1.2");
                (name, Some(version(floor)))
            }
        };
        let is_banned = |package: &&&Package| {
            let is_old = floor.is_none_or(|floor| version(&package.version) < floor);
            package.name == name && is_old
        };
        found.extend(packages.iter().filter(is_banned).map(|package| {
            format!("{} {}: {}", package.name, package.version, ban["reason"].as_str().unwrap())
        }));
    }
    found
}

/// The numbers of a version, and whether it is a release: 1.0.0-rc.1 comes before 1.0.0.
fn version(text: &str) -> ([u64; 3], bool) {
    let text = text.split('+').next().unwrap();
    let (numbers, before) = text.split_once('-').map_or((text, ""), |parts| parts);
    let mut parts = numbers.split('.').map(|part| part.parse().unwrap());
    let three = [0; 3].map(|zero: u64| parts.next().unwrap_or(zero));
    assert!(parts.next().is_none(), "{text} has three numbers at most");
    (three, before.is_empty())
}

/// The packages that come from anywhere but the registry; folders are for the members alone.
fn foreign(packages: &[Package], members: &BTreeSet<String>) -> Vec<String> {
    let is_foreign = |package: &&Package| match &package.source {
        Some(source) => source != REGISTRY,
        None => !members.contains(&package.name),
    };
    packages
        .iter()
        .filter(is_foreign)
        .map(|package| format!("{} from {:?}", package.name, package.source))
        .collect()
}

/// The dependencies of our own packages that take any version.
fn wildcards(metadata: &Value) -> Vec<String> {
    let own = metadata["packages"].as_array().unwrap().iter().filter(|it| it["source"].is_null());
    own.flat_map(|package| package["dependencies"].as_array().unwrap())
        .filter(|dependency| dependency["req"] == "*" && dependency["path"].is_null())
        .map(|dependency| dependency["name"].as_str().unwrap().to_owned())
        .collect()
}

fn members(metadata: &Value) -> BTreeSet<String> {
    let ids = metadata["workspace_members"].as_array().unwrap();
    let packages = metadata["packages"].as_array().unwrap().iter();
    packages
        .filter(|package| ids.contains(&package["id"]))
        .map(|package| package["name"].as_str().unwrap().to_owned())
        .collect()
}

/// The packages whose licences are not allowed, or not stated.
fn unlicensed(metadata: &Value, allowed: &[&str]) -> Vec<String> {
    let packages = metadata["packages"].as_array().unwrap().iter();
    let is_allowed = |package: &&Value| {
        package["license"].as_str().is_some_and(|licence| is_allowed(licence, allowed))
    };
    packages
        .filter(|package| !is_allowed(package))
        .map(|package| {
            format!("{} {}: {}", package["name"], package["version"], package["license"])
        })
        .collect()
}

/// Whether an SPDX expression can be satisfied by the licences of the list. An exception makes
/// another licence of the one that it stands behind.
fn is_allowed(expression: &str, allowed: &[&str]) -> bool {
    // Before SPDX, crates wrote a slash for a choice.
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut reader = Expression { words: &words, allowed };
    let holds = reader.choice();
    assert!(reader.words.is_empty(), "{expression} is no licence expression");
    holds
}

struct Expression<'a> {
    words: &'a [&'a str],
    allowed: &'a [&'a str],
}

impl Expression<'_> {
    fn takes(&mut self, word: &str) -> bool {
        let is_next = self.words.first() == Some(&word);
        if is_next {
            self.words = &self.words[1..];
        }
        is_next
    }

    /// Parts with OR between them, which binds weakest.
    fn choice(&mut self) -> bool {
        let mut holds = self.sum();
        while self.takes("OR") {
            holds |= self.sum();
        }
        holds
    }

    /// Parts with AND between them.
    fn sum(&mut self) -> bool {
        let mut holds = self.part();
        while self.takes("AND") {
            holds &= self.part();
        }
        holds
    }

    fn part(&mut self) -> bool {
        if self.takes("(") {
            let holds = self.choice();
            assert!(self.takes(")"), "a bracket is closed");
            return holds;
        }
        let (licence, rest) = self.words.split_first().expect("a licence stands here");
        self.words = rest;
        if !self.takes("WITH") {
            return self.allowed.contains(licence);
        }
        let (exception, rest) = self.words.split_first().expect("an exception stands here");
        self.words = rest;
        self.allowed.contains(&format!("{licence} WITH {exception}").as_str())
    }
}

#[test]
fn what_we_depend_on_is_what_deny_toml_allows() {
    let (deny, metadata) = (table("deny.toml"), metadata());
    let packages = packages(&table("Cargo.lock"));
    assert!(packages.len() > 100, "the packages were found");
    let compiled = compiled();
    let is_compiled =
        |package: &&Package| compiled.contains(&(package.name.clone(), package.version.clone()));
    let graph: Vec<_> = packages.iter().filter(is_compiled).collect();
    assert!(graph.len() > 100, "what is compiled was found");
    assert_eq!(banned(&deny, &graph), [""; 0]);
    let sources = deny["sources"].as_table().unwrap();
    assert!(sources.values().all(|rule| rule.as_str() == Some("deny")), "no other source is named");
    assert_eq!(foreign(&packages, &members(&metadata)), [""; 0]);
    assert_eq!(deny["bans"]["wildcards"].as_str(), Some("deny"));
    assert_eq!(wildcards(&metadata), [""; 0]);
    let allowed = deny["licenses"]["allow"].as_array().unwrap().iter();
    let allowed: Vec<&str> = allowed.map(|licence| licence.as_str().unwrap()).collect();
    assert_eq!(unlicensed(&metadata, &allowed), [""; 0]);
}

fn package(name: &str, version: &str, source: Option<&str>) -> Package {
    let (name, version) = (name.to_owned(), version.to_owned());
    Package { name, version, source: source.map(str::to_owned) }
}

#[test]
fn a_banned_crate_and_a_version_below_its_floor_are_found() {
    let deny = "[bans]\ndeny = [{ crate = \"openssl\", reason = \"r\" }, \
                { crate = \"h2@<0.4.16\", reason = \"floods\" }]"
        .parse()
        .unwrap();
    let of = |name, version| banned(&deny, &[&package(name, version, Some(REGISTRY))]);
    assert_eq!(of("openssl", "9.9.9"), ["openssl 9.9.9: r"]);
    for version in ["0.4.15", "0.3.99", "0.4.16-rc.1"] {
        assert_eq!(of("h2", version), [format!("h2 {version}: floods")]);
    }
    for version in ["0.4.16", "0.4.100", "0.5.0", "1.0.0+build.7"] {
        assert_eq!(of("h2", version), [""; 0]);
    }
    assert_eq!(of("openssl-probe", "0.1.0"), [""; 0], "a name is a whole name");
}

#[test]
fn a_foreign_source_and_a_folder_of_nobodys_are_found() {
    let members = BTreeSet::from(["holos".to_owned()]);
    let of = |name, source| foreign(&[package(name, "1.0.0", source)], &members).len();
    assert_eq!((of("h2", Some(REGISTRY)), of("holos", None)), (0, 0));
    assert_eq!(of("h2", Some("git+https://github.com/hyperium/h2#abc")), 1);
    assert_eq!(of("h2", Some("registry+https://example.org/index")), 1);
    assert_eq!(of("h2", None), 1, "a copy in a folder");
}

#[test]
fn a_dependency_on_any_version_is_found() {
    let of = |req: &str, path: Option<&str>| {
        let dependency = serde_json::json!({ "name": "h2", "req": req, "path": path });
        let package = serde_json::json!({ "source": null, "dependencies": [dependency] });
        wildcards(&serde_json::json!({ "packages": [package] }))
    };
    assert_eq!(of("*", None), ["h2"]);
    assert_eq!((of("^1", None).len(), of("*", Some("/holos")).len()), (0, 0));
}

#[test]
fn a_licence_expression_holds_where_the_list_can_satisfy_it() {
    let allowed = ["MIT", "Apache-2.0", "ISC", "Apache-2.0 WITH LLVM-exception"];
    for expression in [
        "MIT",
        "GPL-3.0-only OR MIT",
        "MIT/GPL-2.0",
        "MIT AND ISC",
        "ISC AND (GPL-2.0-only OR MIT)",
        "GPL-2.0-only AND MPL-2.0 OR MIT",
        "Apache-2.0 WITH LLVM-exception",
    ] {
        assert!(is_allowed(expression, &allowed), "{expression}");
    }
    for expression in [
        "GPL-3.0-only",
        "MIT AND GPL-3.0-only",
        "MIT AND (GPL-2.0-only OR MPL-2.0)",
        "(MIT OR ISC) AND MPL-2.0",
        "MIT WITH LLVM-exception",
        "mit",
    ] {
        assert!(!is_allowed(expression, &allowed), "{expression}");
    }
    let package = |licence: Option<&str>| {
        let package = serde_json::json!({ "name": "a", "version": "1", "license": licence });
        unlicensed(&serde_json::json!({ "packages": [package] }), &allowed).len()
    };
    assert_eq!([Some("MIT"), Some("SSPL-1.0"), None].map(package), [0, 1, 1]);
}
