//! What is counted, for Prometheus.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use a2d_detect::VerdictRecord;
use axum::http::StatusCode;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};

/// How many of the last verdicts the flagged share is of.
const RECENT: usize = 1000;

/// The first of the buckets of latencies, in seconds, of which each is twice the one before.
const FIRST_BUCKET: f64 = 0.001;
const BUCKETS: u16 = 17;

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Verdict {
    verdict: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Request {
    route: String,
    status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Route {
    route: String,
}

/// What is counted.
pub(crate) struct Metrics {
    registry: Registry,
    verdicts: Family<Verdict, Counter>,
    queries: Counter,
    requests: Family<Request, Counter>,
    latencies: Family<Route, Histogram>,
    load: Gauge,
    flagged: Gauge<f64, std::sync::atomic::AtomicU64>,
    recent: Mutex<VecDeque<bool>>,
}

impl Metrics {
    pub(crate) fn new() -> Self {
        let latency = || Histogram::new(exponential_buckets(FIRST_BUCKET, 2.0, BUCKETS));
        let mut metrics = Self {
            registry: Registry::with_prefix("a2d"),
            verdicts: Family::default(),
            queries: Counter::default(),
            requests: Family::default(),
            latencies: Family::new_with_constructor(latency),
            load: Gauge::default(),
            flagged: Gauge::default(),
            recent: Mutex::default(),
        };
        let Self { registry, verdicts, queries, requests, latencies, load, flagged, .. } =
            &mut metrics;
        registry.register("verdicts", "Verdicts on images", verdicts.clone());
        registry.register("queries", "Forward passes and gradients for verdicts", queries.clone());
        registry.register("requests", "Requests by what they were answered with", requests.clone());
        registry.register_with_unit(
            "request",
            "From the head of a request to its answer",
            Unit::Seconds,
            latencies.clone(),
        );
        registry.register("images", "Images that wait or are under attack", load.clone());
        let share = format!("Share of adversarial inputs among the last {RECENT} verdicts");
        registry.register("flagged_share", share, flagged.clone());
        metrics
    }

    /// Counts what was said of an image.
    pub(crate) fn judged(&self, record: &VerdictRecord) {
        let verdict = crate::verdict::name(record);
        self.verdicts.get_or_create(&Verdict { verdict }).inc();
        self.queries.inc_by(record.queries);
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        if recent.len() == RECENT {
            recent.pop_front();
        }
        recent.push_back(record.adversarial == Some(true));
        let flagged = recent.iter().filter(|flagged| **flagged).count();
        self.flagged.set(flagged as f64 / recent.len() as f64);
    }

    /// Counts a request.
    pub(crate) fn answered(&self, route: &str, status: StatusCode, after: Duration) {
        let (route, status) = (route.to_owned(), status.as_u16());
        self.latencies.get_or_create(&Route { route: route.clone() }).observe(after.as_secs_f64());
        self.requests.get_or_create(&Request { route, status }).inc();
    }

    /// All of it as text, with so many images at the desk.
    pub(crate) fn text(&self, load: usize) -> String {
        self.load.set(load as i64);
        let mut text = String::new();
        // Writing to a string does not fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verdicts_and_requests_are_counted() {
        let metrics = Metrics::new();
        for (place, adversarial) in [Some(true), Some(false), None, Some(false)].iter().enumerate()
        {
            metrics.judged(&VerdictRecord {
                input: place.to_string(),
                predicted: 3,
                confidence: 0.5,
                costs: [].into(),
                queries: 10,
                score: None,
                adversarial: *adversarial,
                reason: None,
                p_value: None,
                explanation: None,
            });
        }
        metrics.answered("/v1/screen", StatusCode::OK, Duration::from_millis(3));
        let text = metrics.text(7);
        for line in [
            "a2d_verdicts_total{verdict=\"adversarial\"} 1",
            "a2d_verdicts_total{verdict=\"benign\"} 2",
            "a2d_verdicts_total{verdict=\"none\"} 1",
            "a2d_queries_total 40",
            "a2d_flagged_share 0.25",
            "a2d_images 7",
            "a2d_requests_total{route=\"/v1/screen\",status=\"200\"} 1",
            "a2d_request_seconds_bucket{le=\"0.004\",route=\"/v1/screen\"} 1",
        ] {
            assert!(text.contains(line), "{line} in {text}");
        }
        for _ in 0..2 * RECENT {
            let record = VerdictRecord {
                input: String::new(),
                predicted: 0,
                confidence: 1.0,
                costs: [].into(),
                queries: 0,
                score: None,
                adversarial: Some(true),
                reason: None,
                p_value: None,
                explanation: None,
            };
            metrics.judged(&record);
        }
        assert!(metrics.text(0).contains("a2d_flagged_share 1.0"));
    }
}
