use super::*;
use std::collections::HashSet;

#[test]
fn every_metric_of_the_table_is_served_with_its_help_and_no_other() {
    // A recorder of its own: other tests of this process count too.
    let recorder = builder().build_recorder();
    let handle = recorder.handle();
    metrics::with_local_recorder(&recorder, || {
        declare();
        let refused = Outcome::Refused(Rejection::TokenExpired);
        ballots(&[Outcome::Decided(Verdict::Counted), refused, refused, Outcome::Unknown]);
        commit(10, Duration::from_millis(2));
        fold(7, Duration::from_millis(40));
        signature_batch(64);
        http_request(Listener::Public, 404);
    });
    handle.run_upkeep();
    let text = handle.render();
    let mut served = HashSet::new();
    for line in text.lines().filter_map(|line| line.strip_prefix("# TYPE ")) {
        let (name, kind) = line.split_once(' ').unwrap();
        let metric = TABLE.iter().find(|metric| metric.name == name).expect(name);
        assert_eq!(metric.kind.name(), kind, "{name}");
        assert!(text.contains(&format!("# HELP {name} {}", metric.help)), "{name}");
        served.insert(name);
    }
    let missing: Vec<_> = TABLE.iter().filter(|metric| !served.contains(metric.name)).collect();
    assert!(missing.is_empty(), "{missing:?}");
    assert!(text.contains("holos_ballots_refused_total{reason=\"TOKEN_LIFETIME\"} 0"), "{text}");
    assert!(text.contains("holos_commit_seconds_bucket{le=\"0.002\"}"), "{text}");
}

#[test]
fn the_table_of_rejections_is_in_the_order_of_their_numbers() {
    for (number, rejection) in Rejection::ALL.iter().enumerate() {
        assert_eq!(*rejection as usize, number);
    }
}

#[test]
fn names_follow_the_conventions_of_prometheus() {
    let mut names = HashSet::new();
    for metric in TABLE {
        assert!(names.insert(metric.name), "{} stands twice", metric.name);
        assert!(metric.name.starts_with("holos_"), "{}", metric.name);
        assert_eq!(metric.kind == Counter, metric.name.ends_with("_total"), "{}", metric.name);
        assert!(metric.help.ends_with('.'), "{}", metric.name);
    }
}
