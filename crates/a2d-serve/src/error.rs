//! What can go wrong with a service; what is wrong with a request is a [`Problem`](crate::problem::Problem).

use std::io;
use std::net::SocketAddr;

/// What can go wrong with a service.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The address cannot be had.
    #[error("listen on {address}: {cause}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system says.
        cause: io::Error,
    },
    /// The system gives no threads.
    #[error("start threads of the service: {0}")]
    Threads(io::Error),
    /// A limit that would let nothing through.
    #[error("limit the {what} of requests: expected at least 1, got 0")]
    Limit {
        /// What is limited.
        what: &'static str,
    },
    /// A token that is empty, or that no header can carry.
    #[error("expect a token of clients: expected visible ASCII characters, got {got}")]
    Token {
        /// What is there instead.
        got: &'static str,
    },
    /// The guard went wrong.
    #[error(transparent)]
    Guard(#[from] a2d_guard::Error),
}

/// The result of an operation on a service.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// True if the cause is something that was handed in, rather than this machine.
    pub fn is_bad_input(&self) -> bool {
        match self {
            Self::Guard(error) => error.is_bad_input(),
            Self::Limit { .. } | Self::Token { .. } => true,
            Self::Listen { .. } | Self::Threads(_) => false,
        }
    }
}
