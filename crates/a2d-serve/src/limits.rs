//! How much a client may ask for.

use std::time::Duration;

use crate::{Error, Result};

/// How much a client may ask for. What goes beyond is refused before it is read, decoded or attacked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the body of a request.
    pub body: usize,
    /// Pixels of an image as it is sent, before it is resized.
    pub pixels: usize,
    /// Images of a request.
    pub images: usize,
    /// Images of all clients that wait or are under attack.
    pub queue: usize,
    /// Requests of all clients that are read or answered at a time.
    pub requests: usize,
    /// How long a request may take, from its head to its answer.
    pub time: Duration,
}

impl Default for Limits {
    /// 16 MiB, 16 million pixels, 64 images; 1,024 images and 64 requests at a time; a minute.
    fn default() -> Self {
        Self {
            body: 16 << 20,
            pixels: 16 << 20,
            images: 64,
            queue: 1024,
            requests: 64,
            time: Duration::from_secs(60),
        }
    }
}

impl Limits {
    pub(crate) fn check(&self) -> Result<()> {
        let limits = [
            ("bytes", self.body),
            ("pixels", self.pixels),
            ("images", self.images),
            ("queue", self.queue),
            ("number", self.requests),
            ("time", usize::try_from(self.time.as_millis()).unwrap_or(usize::MAX)),
        ];
        match limits.into_iter().find(|(_, limit)| *limit == 0) {
            Some((what, _)) => Err(Error::Limit { what }),
            None => Ok(()),
        }
    }
}
