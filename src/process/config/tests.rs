use super::*;

const LEAST: &str = "data_dir = \"data\"\n[staff]\ntoken_file = \"staff.token\"\n";

fn parse(text: &str) -> Result<Config, ConfigError> {
    Config::parse(text, Path::new("/etc/holos"))
}

fn fields(text: &str) -> Vec<String> {
    match parse(text) {
        Err(ConfigError::Rules(findings)) => {
            findings.into_iter().map(|finding| finding.field).collect()
        }
        other => panic!("expected broken rules, not {other:?}"),
    }
}

fn syntax(text: &str) -> String {
    match parse(text) {
        Err(ConfigError::Syntax { detail, .. }) => detail,
        other => panic!("expected a syntax error, not {other:?}"),
    }
}

#[test]
fn the_least_configuration_has_the_documented_defaults() {
    let config = parse(LEAST).unwrap();
    assert_eq!(config.listen.ingest.to_string(), "127.0.0.1:50051");
    assert_eq!(config.listen.staff.to_string(), "127.0.0.1:50052");
    assert_eq!(config.listen.public.to_string(), "127.0.0.1:8080");
    assert_eq!(config.listen.admin.to_string(), "127.0.0.1:9090");
    assert!(!config.listen.plaintext_beyond_loopback && !config.ingest.reflection);
    assert!(!config.staff.reflection && !config.public.reflection);
    assert_eq!((config.ledger.k, config.ledger.fold_ballots), (10, 500_000));
    assert_eq!(config.ledger.fold_delay_seconds, 30);
    assert_eq!(config.ledger.carry_seconds_max, 600);
    assert_eq!(config.ingest.audience, "holos");
    assert_eq!(config.log.format, LogFormat::Text);
}

#[test]
fn relative_paths_are_relative_to_the_file_and_absolute_ones_stay() {
    let config = parse(LEAST).unwrap();
    assert_eq!(config.data_dir, Path::new("/etc/holos/data"));
    assert_eq!(config.staff.token_file.as_deref(), Some(Path::new("/etc/holos/staff.token")));
    assert_eq!(config.wrapping_key_file(), Path::new("/etc/holos/data/wrapping.key"));
    let text = format!("{LEAST}[keys]\nwrapping_key_file = \"/run/keys/holos\"\n");
    assert_eq!(parse(&text).unwrap().wrapping_key_file(), Path::new("/run/keys/holos"));
}

#[test]
fn unknown_keys_are_refused_at_every_level_and_named() {
    assert!(syntax(&format!("speed = 1\n{LEAST}")).contains("speed"));
    for section in ["listen", "keys", "ingest", "public", "ledger", "procedure", "log"] {
        let detail = syntax(&format!("{LEAST}[{section}]\nspeed = 1\n"));
        assert!(detail.contains("speed"), "{section}: {detail}");
    }
    let detail = syntax(&format!(
        "{LEAST}[[issuers]]\nid = \"diia\"\nsubject_space = \"ua\"\npseudonym_key = \"p\"\nspeed = 1\n"
    ));
    assert!(detail.contains("speed"), "{detail}");
}

#[test]
fn a_missing_key_and_a_wrong_type_are_named() {
    assert!(syntax("data_dir = \"data\"\n").contains("staff"));
    assert!(syntax(&format!("{LEAST}[ledger]\nk = \"ten\"\n")).contains('k'));
    assert!(syntax(&format!("{LEAST}[ledger]\nk = -1\n")).contains("-1"));
}

#[test]
fn plain_text_beyond_loopback_needs_a_word() {
    let listen = "[listen]\ningest = \"0.0.0.0:50051\"\nstaff = \"10.0.0.7:50052\"\n";
    assert_eq!(fields(&format!("{LEAST}{listen}")), ["listen.ingest", "listen.staff"]);
    let error = parse(&format!("{LEAST}{listen}")).unwrap_err().to_string();
    assert!(error.contains("ingest.tls") && error.contains("proxy"), "{error}");
    assert!(parse(&format!("{LEAST}{listen}plaintext_beyond_loopback = true\n")).is_ok());
    assert!(parse(&format!("{LEAST}[listen]\npublic = \"0.0.0.0:8080\"\n")).is_ok());
    assert!(parse(&format!("{LEAST}[listen]\ningest = \"[::1]:50051\"\n")).is_ok());
}

const TLS: &str = "certificate_file = \"a.pem\"\nprivate_key_file = \"a.key\"\n";

#[test]
fn with_tls_a_listener_may_be_anywhere_and_each_without_it_may_not() {
    let listen = "[listen]\ningest = \"0.0.0.0:50051\"\nstaff = \"0.0.0.0:50052\"\n";
    let ingest = format!("{LEAST}{listen}[ingest.tls]\n{TLS}");
    assert_eq!(fields(&ingest), ["listen.staff"]);
    let config = parse(&format!("{ingest}[staff.tls]\n{TLS}")).unwrap();
    let tls = config.ingest.tls.clone().unwrap();
    assert_eq!(tls.certificate_file, Path::new("/etc/holos/a.pem"));
    let printed = config.to_toml();
    assert_eq!(parse(&printed).unwrap().ingest.tls, Some(tls));
    assert!(syntax(&format!("{LEAST}[ingest.tls]\n{TLS}speed = 1\n")).contains("speed"));
    assert!(syntax(&format!("{LEAST}[ingest.tls]\n")).contains("certificate_file"));
}

#[test]
fn a_revocation_list_needs_a_ca_and_every_missing_file_is_named() {
    let tls = format!("{LEAST}[staff.tls]\n{TLS}client_crl_files = [\"a.crl\", \"b.crl\"]\n");
    assert_eq!(fields(&tls), ["staff.tls.client_crl_files"]);
    let config = parse(&format!("{tls}client_ca_file = \"ca.pem\"\n")).unwrap();
    assert_eq!(
        config.staff.tls.as_ref().unwrap().client_crl_files[1],
        Path::new("/etc/holos/b.crl")
    );
    let missing: Vec<String> =
        config.missing_files().into_iter().map(|finding| finding.field).collect();
    assert_eq!(
        missing,
        [
            "staff.token_file",
            "staff.tls.certificate_file",
            "staff.tls.private_key_file",
            "staff.tls.client_ca_file",
            "staff.tls.client_crl_files[0]",
            "staff.tls.client_crl_files[1]"
        ]
    );
    let lists = |count| {
        let files = vec!["\"a\""; count].join(",");
        format!("{LEAST}[staff.tls]\n{TLS}client_ca_file = \"a\"\nclient_crl_files = [{files}]\n")
    };
    assert!(parse(&lists(limits::CRL_FILES_MAX)).is_ok());
    assert_eq!(fields(&lists(limits::CRL_FILES_MAX + 1)), ["staff.tls.client_crl_files"]);
}

#[test]
fn two_listeners_cannot_share_an_address_but_for_port_zero() {
    assert_eq!(fields(&format!("{LEAST}[listen]\nadmin = \"127.0.0.1:8080\"\n")), ["listen.admin"]);
    assert_eq!(fields(&format!("{LEAST}[listen]\npublic = \"0.0.0.0:9090\"\n")), ["listen.admin"]);
    assert!(
        parse(&format!("{LEAST}[listen]\nadmin = \"127.0.0.1:0\"\npublic = \"127.0.0.1:0\"\n"))
            .is_ok()
    );
}

#[test]
fn bounds_hold_at_the_limit_and_not_one_past_it() {
    for (good, bad, field) in [
        ("k = 10", "k = 9", "ledger.k"),
        ("k = 10000", "k = 10001", "ledger.k"),
        ("fold_delay_seconds = 1", "fold_delay_seconds = 0", "ledger.fold_delay_seconds"),
        ("fold_ballots = 1000", "fold_ballots = 999", "ledger.fold_ballots"),
        ("fold_ballots = 5000000", "fold_ballots = 5000001", "ledger.fold_ballots"),
        ("carry_seconds_max = 30", "carry_seconds_max = 29", "ledger.carry_seconds_max"),
        ("carry_seconds_max = 86400", "carry_seconds_max = 86401", "ledger.carry_seconds_max"),
    ] {
        assert!(parse(&format!("{LEAST}[ledger]\n{good}\n")).is_ok(), "{good}");
        assert_eq!(fields(&format!("{LEAST}[ledger]\n{bad}\n")), [field], "{bad}");
    }
}

#[test]
fn the_wrapping_key_stays_out_of_the_store() {
    for folder in ["data/db", "data/keys", "data/keys/1"] {
        let file = format!("{LEAST}[keys]\nwrapping_key_file = \"{folder}/key\"\n");
        assert_eq!(fields(&file), ["keys.wrapping_key_file"]);
        let pin = format!(
            "{LEAST}[keys.pkcs11]\nmodule = \"m\"\ntoken = \"t\"\npin_file = \"{folder}/pin\"\n"
        );
        assert_eq!(fields(&pin), ["keys.pkcs11.pin_file"]);
    }
    assert!(parse(&format!("{LEAST}[keys]\nwrapping_key_file = \"data/keys.key\"\n")).is_ok());
}

#[test]
fn a_wrapping_key_that_could_not_be_replaced_is_found_before_the_start() {
    let home = tempfile::tempdir().unwrap();
    std::fs::create_dir(home.path().join("own")).unwrap();
    let found = |file: &str| {
        let text = format!("{LEAST}[keys]\nwrapping_key_file = \"{file}\"\n");
        let findings = Config::parse(&text, home.path()).unwrap().missing_files();
        findings.into_iter().map(|finding| finding.field).collect::<Vec<_>>()
    };
    let token = "staff.token_file";
    assert_eq!(found("own/wrapping.key"), [token]);
    assert_eq!(found("data/wrapping.key"), [token], "the first start makes the data folder");
    assert_eq!(found("none/wrapping.key"), [token, "keys.wrapping_key_file"]);
    assert_eq!(std::fs::read_dir(home.path().join("own")).unwrap().count(), 0, "nothing is left");
}

#[test]
fn the_key_comes_from_one_place_and_paths_of_a_token_are_relative_to_the_file() {
    let with = |keys: &str| format!("{LEAST}[keys]\n{keys}\n");
    let file = "wrapping_key_file = \"key\"";
    let variable = "wrapping_key_variable = \"HOLOS_WRAPPING_KEY\"";
    let token = "pkcs11 = { module = \"lib.so\", token = \"holos\", pin_file = \"pin\" }";
    for (one, two) in [(file, variable), (file, token), (variable, token)] {
        assert_eq!(fields(&with(&format!("{one}\n{two}"))), ["keys"]);
    }
    assert!(matches!(parse(LEAST).unwrap().key_source(), KeySource::File(_)));
    assert!(matches!(parse(&with(file)).unwrap().key_source(), KeySource::File(_)));
    let KeySource::Variable(name) = parse(&with(variable)).unwrap().key_source() else {
        panic!("not a variable");
    };
    assert_eq!(name, "HOLOS_WRAPPING_KEY");
    let config = parse(&with(token)).unwrap();
    let KeySource::Pkcs11(pkcs11) = config.key_source() else { panic!("not a token") };
    assert_eq!(pkcs11.module, Path::new("/etc/holos/lib.so"));
    assert_eq!(pkcs11.pin_file, Path::new("/etc/holos/pin"));
    let missing: Vec<String> =
        config.missing_files().into_iter().map(|finding| finding.field).collect();
    assert_eq!(missing, ["staff.token_file", "keys.pkcs11.module", "keys.pkcs11.pin_file"]);
    let printed = config.to_toml();
    assert_eq!(parse(&printed).unwrap().to_toml(), printed);
}

#[test]
fn names_of_variables_and_tokens_have_their_bounds() {
    let variable = |name: &str| format!("{LEAST}[keys]\nwrapping_key_variable = \"{name}\"\n");
    assert!(parse(&variable(&"K".repeat(64))).is_ok());
    for bad in [String::new(), "K".repeat(65), "key".to_owned(), "A=B".to_owned()] {
        assert_eq!(fields(&variable(&bad)), ["keys.wrapping_key_variable"]);
    }
    let token = |name: &str| {
        format!(
            "{LEAST}[keys.pkcs11]\nmodule = \"m\"\ntoken = \"{name}\"\npin_file = \"data/db/pin\"\n"
        )
    };
    assert_eq!(fields(&token(&"t".repeat(32))), ["keys.pkcs11.pin_file"]);
    for bad in [String::new(), "t".repeat(33)] {
        assert_eq!(fields(&token(&bad)), ["keys.pkcs11.token", "keys.pkcs11.pin_file"]);
    }
}

#[test]
fn an_issuer_proves_something_and_stands_once() {
    let bare = "[[issuers]]\nid = \"diia\"\nsubject_space = \"ua\"\npseudonym_key = \"p\"\n";
    assert_eq!(fields(&format!("{LEAST}{bare}")), ["issuers[diia]"]);
    let vouched = format!("{bare}vouched = {{ secret_file = \"diia.secret\" }}\n");
    let config = parse(&format!("{LEAST}{vouched}")).unwrap();
    let missing: Vec<String> =
        config.missing_files().into_iter().map(|finding| finding.field).collect();
    assert_eq!(missing, ["staff.token_file", "issuers[diia].vouched.secret_file"]);
    assert_eq!(fields(&format!("{LEAST}{vouched}{vouched}")), ["issuers[diia]"]);
    let set = format!("{LEAST}{bare}jwks = {{ file = \"a\", url = \"b\", refresh_seconds = 1 }}\n");
    assert_eq!(fields(&set), ["issuers[diia].jwks", "issuers[diia].jwks.refresh_seconds"]);
    let unshown = format!("{LEAST}{bare}vouched = {{ may_ask = true }}\npoll_ballots_max = 0\n");
    assert_eq!(fields(&unshown), ["issuers[diia].vouched", "issuers[diia].poll_ballots_max"]);
}

#[test]
fn all_broken_rules_are_told_at_once() {
    let text = format!("{LEAST}[ledger]\nk = 1\nfold_ballots = 1\n[ingest]\naudience = \"\"\n");
    assert_eq!(fields(&text), ["ledger.k", "ledger.fold_ballots", "ingest.audience"]);
}

#[test]
fn the_effective_configuration_reads_back_as_itself() {
    let config = parse(LEAST).unwrap();
    let printed = config.to_toml();
    assert_eq!(parse(&printed).unwrap().to_toml(), printed);
}

#[test]
fn the_sample_in_deploy_is_a_valid_configuration() {
    let sample = include_str!("../../../deploy/holos.toml");
    let config = parse(sample).unwrap();
    assert!(config.listen.ingest.ip().is_loopback());
    assert_eq!(config.issuers.len(), 2);
    let publication = config.publication;
    assert_eq!((publication.ballots_apart, publication.eligible_population), (100, 1_000));
    let publisher = publication.publisher.unwrap();
    assert_eq!(publisher.check(), []);
    // What the comments show is right too.
    let uncommented: String = sample
        .lines()
        .map(|line| match line.strip_prefix("# ") {
            Some(rest) if rest.starts_with("log_origin") || rest.starts_with("territory") => rest,
            _ => line,
        })
        .map(|line| format!("{line}\n"))
        .collect();
    let publication = parse(&uncommented).unwrap().publication;
    assert!(publication.log_origin.is_some() && publication.publisher.unwrap().territory.is_some());
}
