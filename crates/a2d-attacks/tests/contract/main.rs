//! What every attack keeps to, whatever its parameters.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

// All attacks, quick, and what they bound.
mod all;
// Examples are what they are said to be.
mod crafting;
// Iterates stay within bounds, and records are true to them.
mod iterates;
// Where an attack or a network says nothing.
mod nothing_known;
// Parameters out of range.
mod parameters;
// Normalised images without clipping, and stretched contrast.
mod pictures;
