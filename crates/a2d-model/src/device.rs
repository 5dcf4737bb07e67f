//! Devices by name.

use tch::{Cuda, Device};

use crate::{Error, Result};

/// The device of a name: `cpu`, `cuda` or `cuda:N`.
///
/// # Errors
/// [`Error::Device`] if there is no such device, or libtorch cannot use it.
pub fn parse_device(name: &str) -> Result<Device> {
    let unknown = || Error::Device {
        expected: match Cuda::device_count() {
            0 => "cpu (this libtorch sees no other device)".into(),
            count => format!("cpu or cuda:0 to cuda:{}", count - 1),
        },
        name: name.to_owned(),
    };
    let index = match name {
        "cpu" => return Ok(Device::Cpu),
        "cuda" => 0,
        _ => name.strip_prefix("cuda:").and_then(|n| n.parse().ok()).ok_or_else(unknown)?,
    };
    if (index as i64) < Cuda::device_count() { Ok(Device::Cuda(index)) } else { Err(unknown()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_that_is_not_there_is_refused() {
        assert_eq!(parse_device("cpu").unwrap(), Device::Cpu);
        for name in ["tpu", "cuda:", "cuda:-1", "cuda:99"] {
            let message = parse_device(name).unwrap_err().to_string();
            assert!(message.contains(name) && message.contains("cpu"), "{message}");
        }
    }
}
