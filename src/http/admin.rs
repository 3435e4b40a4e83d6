//! Health, readiness and metrics, for the operator's probes.
//!
//! Health says that the process runs; readiness that it takes ballots. Neither says anything of
//! polls.

use std::sync::Arc;

use axum::Router;
use axum::extract::{RawQuery, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use metrics_exporter_prometheus::PrometheusHandle;

/// One named part of readiness.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Check {
    /// What is checked, one word.
    pub name: &'static str,
    /// Whether it holds.
    pub holds: bool,
    /// What the operator can do when it does not; fixed text.
    pub remedy: &'static str,
}

/// What the admin listener needs of the engine.
#[derive(Clone)]
pub struct AdminState {
    readiness: Arc<dyn Fn() -> Vec<Check> + Send + Sync>,
    metrics: PrometheusHandle,
}

impl AdminState {
    /// `readiness` is asked at each probe, so it must be cheap and must not block.
    pub fn new(
        readiness: impl Fn() -> Vec<Check> + Send + Sync + 'static,
        metrics: PrometheusHandle,
    ) -> Self {
        Self { readiness: Arc::new(readiness), metrics }
    }
}

/// The admin listener's routes: `/healthz`, `/readyz[?verbose]`, `/metrics`.
pub fn router(state: AdminState) -> Router {
    Router::new()
        .route("/healthz", get(async || "ok\n"))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
        .with_state(state)
}

async fn ready(State(state): State<AdminState>, RawQuery(query): RawQuery) -> Response {
    let checks = (state.readiness)();
    let holds = checks.iter().all(|check| check.holds);
    let verbose = query.is_some_and(|query| query == "verbose" || query.starts_with("verbose="));
    let mut text = if verbose { list(&checks) } else { String::new() };
    text.push_str(if holds { "ready\n" } else { "not ready\n" });
    let status = if holds { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, text).into_response()
}

fn list(checks: &[Check]) -> String {
    let line = |check: &Check| {
        if check.holds {
            format!("[+] {} ok\n", check.name)
        } else {
            format!("[-] {} failed: {}\n", check.name, check.remedy)
        }
    };
    checks.iter().map(line).collect()
}

async fn metrics(State(state): State<AdminState>) -> Response {
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], state.metrics.render())
        .into_response()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::client::{get, host};
    use std::sync::atomic::{AtomicBool, Ordering};

    #[tokio::test]
    async fn readiness_follows_the_engine_and_health_does_not() {
        let open = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&open);
        let checks = move || {
            let holds = seen.load(Ordering::Relaxed);
            vec![
                Check { name: "store", holds, remedy: "see the log" },
                Check { name: "keys", holds: true, remedy: "" },
            ]
        };
        let address =
            host(router(AdminState::new(checks, crate::ground::metrics::install().unwrap()))).await;
        assert_eq!(get(address, "/healthz", "").await.status, 200);
        let answer = get(address, "/readyz?verbose", "").await;
        assert_eq!(
            (answer.status, answer.body.as_str()),
            (503, "[-] store failed: see the log\n[+] keys ok\nnot ready\n")
        );
        open.store(true, Ordering::Relaxed);
        let answer = get(address, "/readyz", "").await;
        assert_eq!((answer.status, answer.body.as_str()), (200, "ready\n"));
        let metrics = get(address, "/metrics", "").await;
        assert!(metrics.body.contains("holos_build_info"), "{}", metrics.body);
    }
}
