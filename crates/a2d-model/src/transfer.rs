//! The ways between the host and a device, and how often the host waits on them.

use std::cell::Cell;

use tch::{Device, Tensor};

thread_local! {
    static WAITS: Cell<u64> = const { Cell::new(0) };
}

/// This tensor of the host on a device. The host does not wait until it has got there.
pub fn to_device(tensor: &Tensor, device: Device) -> Tensor {
    tensor.to_device_(device, tensor.kind(), true, false)
}

/// This tensor on the host, which waits until the device has computed it.
pub fn to_host(tensor: &Tensor) -> Tensor {
    WAITS.set(WAITS.get() + 1);
    tensor.to_device(Device::Cpu)
}

/// How often this thread has waited for a device so far. A processor counts as one, so that what a CUDA device would be
/// waited for can be counted where there is none.
pub fn waits() -> u64 {
    WAITS.get()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_to_the_host_is_waited_for() {
        let before = waits();
        let tensor = to_device(&Tensor::from_slice(&[1f32, 2.0]), Device::Cpu);
        assert_eq!(waits(), before);
        assert_eq!(to_host(&tensor), Tensor::from_slice(&[1f32, 2.0]));
        assert_eq!(waits(), before + 1);
        let elsewhere = std::thread::spawn(waits).join().unwrap();
        assert_eq!(elsewhere, 0, "each thread waits for itself");
    }
}
