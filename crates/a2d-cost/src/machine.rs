//! What costs were measured on.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What a network ran on. Processors, devices and batches sum floats in orders of their own, which moves a
/// cost in float32 now and then; so this says where such a difference comes from, and makes no costs
/// incomparable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Machine {
    /// The device: `cpu`, `cuda:0`.
    pub device: String,
    /// The processor's vector instructions that were used: `avx512`, `avx2`, `default` for less, or the name
    /// of another architecture; of a CUDA device what it computes float32 in, `float32` or `tf32`.
    pub instructions: String,
    /// The version of libtorch, `unknown` where its installation does not say.
    pub libtorch: String,
    /// Rows that went through the network at a time, at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<usize>,
}

impl Machine {
    /// With this window.
    #[must_use]
    pub fn with_window(self, window: usize) -> Self {
        Self { window: Some(window), ..self }
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { device, instructions, libtorch, window } = self;
        write!(formatter, "{device}, {instructions}, libtorch {libtorch}")?;
        window.map_or(Ok(()), |window| write!(formatter, ", window {window}"))
    }
}
