//! Which processor, device and libtorch compute, as far as these can move the last digits.

use std::env;

use a2d_cost::Machine;
use tch::Device;

use crate::precision::is_tf32_off;

/// The vector instructions that libtorch and its libraries use on this processor. They decide in which
/// order floats are summed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Instructions {
    /// Neither of the others: SSE, another architecture, or a processor held back.
    Default,
    /// AVX2.
    Avx2,
    /// AVX-512.
    Avx512,
}

/// Variables that hold libtorch or a library below it back, with the beginnings of the values that leave it
/// AVX-512, and AVX2. Values that none of them knows count as the least.
const HELD_BACK: [(&str, &[&str], &[&str]); 5] = [
    ("ATEN_CPU_CAPABILITY", &["AVX512"], &["AVX2"]),
    ("ONEDNN_MAX_CPU_ISA", &["AVX512", "AVX10", "ALL", "DEFAULT"], &["AVX2"]),
    ("DNNL_MAX_CPU_ISA", &["AVX512", "AVX10", "ALL", "DEFAULT"], &["AVX2"]),
    ("MKL_ENABLE_INSTRUCTIONS", &["AVX512"], &["AVX2"]),
    ("MKL_CBWR", &["AVX512", "AUTO", "OFF", "BRANCH_OFF"], &["AVX2"]),
];

impl Instructions {
    /// Those in use: the least of what the processor has and of what variables of the environment allow to
    /// ATen, oneDNN or MKL.
    pub fn in_use() -> Self {
        let values = HELD_BACK.map(|(variable, _, _)| env::var(variable).ok());
        Self::of_processor().min(Self::allowed(&values))
    }

    /// The most that these values of [`HELD_BACK`] allow.
    fn allowed(values: &[Option<String>; HELD_BACK.len()]) -> Self {
        let allowed = HELD_BACK.iter().zip(values).map(|((_, avx512, avx2), value)| {
            let Some(value) = value else { return Self::Avx512 };
            let value = value.to_uppercase();
            let begins =
                |beginnings: &[&str]| beginnings.iter().any(|part| value.starts_with(part));
            match () {
                () if begins(avx512) => Self::Avx512,
                () if begins(avx2) => Self::Avx2,
                () => Self::Default,
            }
        });
        allowed.min().unwrap_or(Self::Avx512)
    }

    /// What ATen asks of a processor for each.
    #[cfg(target_arch = "x86_64")]
    fn of_processor() -> Self {
        use std::arch::is_x86_feature_detected as has;

        if has!("avx512vl") && has!("avx512bw") && has!("avx512dq") && has!("fma") {
            Self::Avx512
        } else if has!("avx2") && has!("fma") {
            Self::Avx2
        } else {
            Self::Default
        }
    }

    #[cfg(not(target_arch = "x86_64"))]
    fn of_processor() -> Self {
        Self::Default
    }

    /// Its name in cards.
    fn name(self) -> &'static str {
        match self {
            Self::Avx512 => "avx512",
            Self::Avx2 => "avx2",
            Self::Default if cfg!(target_arch = "x86_64") => "default",
            Self::Default => env::consts::ARCH,
        }
    }
}

/// What computes on this device.
pub fn machine(computes_on: Device) -> Machine {
    let device = match computes_on {
        Device::Cpu => "cpu".to_owned(),
        Device::Cuda(index) => format!("cuda:{index}"),
        other => format!("{other:?}").to_lowercase(),
    };
    let instructions = match computes_on {
        Device::Cuda(_) if is_tf32_off() => "float32",
        Device::Cuda(_) => "tf32",
        _ => Instructions::in_use().name(),
    };
    let instructions = instructions.to_owned();
    Machine { device, instructions, libtorch: env!("A2D_LIBTORCH").to_owned(), window: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_library_that_is_held_back_most_counts() {
        let allowed = |values: [Option<&str>; HELD_BACK.len()]| {
            Instructions::allowed(&values.map(|value| value.map(str::to_owned)))
        };
        assert_eq!(allowed([None; 5]), Instructions::Avx512);
        let free = [Some("avx512"), Some("AVX512_CORE_AMX"), None, Some("AVX512_E1"), Some("AUTO")];
        assert_eq!(allowed(free), Instructions::Avx512);
        for (place, value, expected) in [
            (0, "avx2", Instructions::Avx2),
            (0, "default", Instructions::Default),
            (1, "AVX2_VNNI", Instructions::Avx2),
            (2, "SSE41", Instructions::Default),
            (3, "avx2", Instructions::Avx2),
            (4, "COMPATIBLE", Instructions::Default),
        ] {
            let mut values = free;
            values[place] = Some(value);
            assert_eq!(allowed(values), expected, "{value}");
        }
    }

    #[test]
    fn a_machine_says_what_it_is() {
        let machine = machine(Device::Cpu);
        assert_eq!((machine.device.as_str(), machine.window), ("cpu", None));
        assert!(!machine.instructions.is_empty() && !machine.libtorch.is_empty(), "{machine}");
        let cuda = super::machine(Device::Cuda(1));
        assert_eq!((cuda.device.as_str(), cuda.instructions.as_str()), ("cuda:1", "tf32"));
        let text = machine.with_window(7).to_string();
        assert!(text.starts_with("cpu, ") && text.ends_with(", window 7"), "{text}");
    }
}
