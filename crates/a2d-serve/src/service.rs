//! The service: an address, and a guard behind it.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use a2d_data::Reading;
use a2d_guard::Guard;
use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{self, Runtime};
use tokio::sync::Semaphore;
use tokio::time::sleep;

use crate::desk::Desk;
use crate::intake::Intake;
use crate::metrics::Metrics;
use crate::office::{Model, Office};
use crate::routes::routes;
use crate::{Error, Limits, Result, Token};

/// The most connections at a time, those that wait for their next request included.
const CONNECTIONS: usize = 1024;

/// How long the head of a request may take to come, or the next request on the same connection.
const HEAD: Duration = Duration::from_secs(30);

/// How long to wait where the system takes no more connections.
const BREATH: Duration = Duration::from_millis(100);

/// Where a service is, and what it lets clients do.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where it listens; port 0 is one that is free.
    pub address: SocketAddr,
    /// How images are read; the channels are those of the classifier.
    pub reading: Reading,
    /// How much clients may ask for.
    pub limits: Limits,
    /// What clients have to show, if anything.
    pub token: Option<Token>,
}

impl Default for Options {
    /// On port 8080 of this machine alone, for anyone there.
    fn default() -> Self {
        Self {
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, 8080)),
            reading: Reading::default(),
            limits: Limits::default(),
            token: None,
        }
    }
}

/// A service that has its address.
pub struct Service {
    runtime: Runtime,
    listener: TcpListener,
    address: SocketAddr,
    office: Arc<Office>,
}

impl std::fmt::Debug for Service {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Service {{ {} }}", self.address)
    }
}

impl Service {
    /// A service of this guard, which has its address but does not answer yet. It screens by as many threads as the
    /// guard's classifier [has workers](a2d_model::Classifier::with_workers).
    ///
    /// # Errors
    /// [`Error::Limit`] if a limit is 0, [`Error::Listen`] if the address cannot be had, [`Error::Threads`] if threads
    /// cannot, and [`Error::Guard`] if the guard begins no screening.
    pub fn bind(guard: Guard, options: Options) -> Result<Self> {
        let Options { address, reading, limits, token } = options;
        limits.check()?;
        // Few: they wait, and decode what comes while others screen.
        let runtime = runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        let runtime = runtime.map_err(Error::Threads)?;
        let refuse = |cause| Error::Listen { address, cause };
        let listener = runtime.block_on(TcpListener::bind(address)).map_err(refuse)?;
        let address = listener.local_addr().map_err(refuse)?;
        let classifier = guard.classifier();
        let shape = classifier.input_shape();
        let reading = Reading { channels: Some(shape[0]), ..reading };
        let model = Model {
            name: classifier.name().to_owned(),
            fingerprint: classifier.fingerprint().to_owned(),
        };
        let detector = guard.detector().clone();
        let office = Office {
            desk: Desk::open(guard, limits.queue)?,
            detector,
            intake: Intake { shape, reading, limits },
            metrics: Metrics::new(),
            token,
            requests: Semaphore::new(limits.requests.min(Semaphore::MAX_PERMITS)),
            readers: Semaphore::new(thread::available_parallelism().map_or(1, usize::from)),
            model,
        };
        Ok(Self { runtime, listener, address, office: Arc::new(office) })
    }

    /// Where it is.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Answers until `stop` is done. Requests that came by then are answered, and then it ends. What goes wrong with a
    /// request is told to whoever sent it.
    pub fn run_until(self, stop: impl Future<Output = ()>) {
        let Self { runtime, listener, office, .. } = self;
        runtime.block_on(answer(listener, routes(office.clone()), stop));
        // Answers are all given, so nothing is under attack but what nobody waits for.
        drop(runtime);
        if let Some(office) = Arc::into_inner(office) {
            office.desk.close();
        }
    }
}

/// Takes connections until `stop` is done, and waits for the requests on them.
async fn answer(listener: TcpListener, routes: Router, stop: impl Future<Output = ()>) {
    let connections = GracefulShutdown::new();
    let room = Arc::new(Semaphore::new(CONNECTIONS));
    let mut stop = std::pin::pin!(stop);
    loop {
        let next = async {
            let place = room.clone().acquire_owned().await;
            (place, accept(&listener).await)
        };
        let (place, stream) = tokio::select! {
            next = next => next,
            () = &mut stop => break,
        };
        let service = TowerToHyperService::new(routes.clone());
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD)
            .serve_connection(TokioIo::new(stream), service);
        let watched = connections.watch(connection);
        tokio::spawn(async move {
            // A client that goes away is nobody's fault.
            let _ = watched.await;
            drop(place);
        });
    }
    drop(listener);
    connections.shutdown().await;
}

/// The next connection.
async fn accept(listener: &TcpListener) -> TcpStream {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                // Answers are small, and should not wait for more.
                let _ = stream.set_nodelay(true);
                return stream;
            }
            Err(error) => {
                tracing::warn!(cause = error.to_string(), "connection not taken");
                sleep(BREATH).await;
            }
        }
    }
}
