//! A screening service: verdicts on images over HTTP.
//!
//! One classifier serves all clients. Their images share the windows of its workers, whoever sent them and when, so that
//! many clients who send one image each are served as fast as one who sends many. The verdicts are those of
//! [`Guard::screen`](a2d_guard::Guard::screen) on the images of the same request: what is random of an image depends on its
//! place in the request alone.
//!
//! | route | is |
//! |---|---|
//! | `POST /v1/screen` | verdicts on pictures, arrays or pixels in JSON |
//! | `POST /v2/models/a2d/infer` | the same for clients of model servers (KServe version 2) |
//! | `GET /healthz`, `/readyz`, `/metrics` | for whoever runs it |
//! | `GET /openapi.json` | all of this, for programs |
//! | `GET /` | a page that screens an image |
//!
//! Nothing that clients send is kept, and nothing of it is written to a file or a log.
//!
//! ```no_run
//! use a2d_guard::Guard;
//! use a2d_serve::{Options, Service, asked_to_stop};
//! # fn serve(guard: Guard) -> a2d_serve::Result<()> {
//! let service = Service::bind(guard, Options::default())?;
//! println!("http://{}", service.address());
//! service.run_until(asked_to_stop());
//! # Ok(())
//! # }
//! ```

mod desk;
mod error;
mod intake;
mod limits;
mod metrics;
mod office;
mod problem;
mod reception;
mod routes;
mod service;
mod stop;
mod token;
mod verdict;

pub use error::{Error, Result};
pub use limits::Limits;
pub use service::{Options, Service};
pub use stop::asked_to_stop;
pub use token::Token;

/// Compiles what the README shows.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
