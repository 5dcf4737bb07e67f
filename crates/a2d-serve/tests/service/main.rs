//! A service and its clients, over loopback.

#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

// What is asked of a service, and what it says.
mod client;
// A service of a small network, and what its guard says without it.
mod place;

// Limits, tokens, and what is no request.
mod bad_requests;
// Bodies that are damaged on the way.
mod damage;
// Many clients at a time, and the end of it.
mod crowds;
// The page, and the description of the API.
mod description;
// What is answered to whoever asks in order.
mod verdicts;
