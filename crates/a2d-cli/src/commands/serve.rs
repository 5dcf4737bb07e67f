//! `a2d serve`: verdicts over HTTP.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use a2d_serve::{Limits, Options, Service, Token, asked_to_stop};
use anyhow::Context as _;
use clap::Args;

use crate::arguments::{EngineArguments, positive};
use crate::exit::BadInput;
use crate::guarded::GuardArguments;
use crate::model::ModelArguments;
use crate::reading::ReadingArguments;
use crate::terminal::{note, say};

/// The longest file that is read for a token.
const LONGEST_TOKEN: u64 = 4096;

/// Screen images that clients send over HTTP
///
/// `POST /v1/screen` takes pictures (multipart/form-data, image/png and others), arrays and pixels in JSON, and answers
/// as `detect --format json` prints; `POST /v2/models/a2d/infer` is for clients of model servers (KServe version 2).
/// The page at `/` screens an image, `/openapi.json` describes all there is. Images of all clients share the windows
/// of the attacks. Nothing that they send is kept. Ctrl-C or SIGTERM ends the service once what it has taken is answered.
#[derive(Debug, Args)]
pub(crate) struct Serve {
    #[command(flatten)]
    model: ModelArguments,
    #[command(flatten)]
    guard: GuardArguments,
    /// Address and port; anything but this machine's own only where a proxy or network policy guards it
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// File with the token that clients have to show (Authorization: Bearer)
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    #[command(flatten)]
    limits: LimitArguments,
    #[command(flatten)]
    reading: ReadingArguments,
    #[command(flatten)]
    engine: EngineArguments,
}

/// How much clients may ask for.
#[derive(Debug, Args)]
#[command(next_help_heading = "Limits")]
struct LimitArguments {
    /// Bytes of a request
    #[arg(long, value_name = "BYTES", default_value_t = Limits::default().body, value_parser = positive)]
    max_body: usize,
    /// Pixels of an image, before it is resized
    #[arg(long, value_name = "PIXELS", default_value_t = Limits::default().pixels, value_parser = positive)]
    max_pixels: usize,
    /// Images of a request
    #[arg(long, value_name = "IMAGES", default_value_t = Limits::default().images, value_parser = positive)]
    max_images: usize,
    /// Images of all clients that wait or are under attack
    #[arg(long, value_name = "IMAGES", default_value_t = Limits::default().queue, value_parser = positive)]
    max_queue: usize,
    /// Requests of all clients at a time
    #[arg(long, value_name = "REQUESTS", default_value_t = Limits::default().requests, value_parser = positive)]
    max_requests: usize,
    /// Seconds that a request may take
    #[arg(long, value_name = "SECONDS", default_value_t = Limits::default().time.as_secs() as usize, value_parser = positive)]
    timeout: usize,
}

impl LimitArguments {
    fn limits(&self) -> Limits {
        Limits {
            body: self.max_body,
            pixels: self.max_pixels,
            images: self.max_images,
            queue: self.max_queue,
            requests: self.max_requests,
            time: Duration::from_secs(self.timeout as u64),
        }
    }
}

impl Serve {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let token = self.token()?;
        let detector = self.guard.detector()?;
        let classifier = self.model.load_for(|| Ok(None))?;
        let limits = self.engine.limits(&classifier)?;
        let guard = self.guard.guard(classifier, detector)?.with_limits(limits);
        let options = Options {
            address: self.listen,
            // The channels are those of the classifier, which the service knows.
            reading: self.reading.reading(None),
            limits: self.limits.limits(),
            token,
        };
        if options.token.is_none() && !self.listen.ip().is_loopback() {
            tracing::warn!(
                "any client that reaches {} is served; --token-file asks for a token",
                self.listen
            );
        }
        let service = Service::bind(guard, options)?;
        say(format_args!("listening on http://{}", service.address()));
        service.run_until(asked_to_stop());
        note("stopped; every request that was taken is answered");
        Ok(())
    }

    fn token(&self) -> anyhow::Result<Option<Token>> {
        let Some(path) = &self.token_file else { return Ok(None) };
        let place = || format!("read the token in {}", path.display());
        let bytes = a2d_file::read(path, LONGEST_TOKEN)
            .map_err(|error| BadInput(format!("{}: {error}", place())))?;
        let text = String::from_utf8_lossy(&bytes);
        Ok(Some(Token::new(text.trim_end_matches(['\r', '\n'])).with_context(place)?))
    }
}
