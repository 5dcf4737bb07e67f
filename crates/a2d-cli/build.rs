//! Tells the linker where libtorch is, so that the installed `a2d` finds it with nothing exported.

use std::env;
use std::path::Path;

/// Set where the program is built for a wheel, which is installed beside a torch of the user's.
const WHEEL: &str = "A2D_WHEEL";

/// Where torch's libraries lie, seen from the folder that pip puts programs into: in an environment of any of these
/// Pythons, or all in one folder (`--target`).
const BESIDE_PYTHON: [&str; 6] = [
    "lib/python3.10/site-packages",
    "lib/python3.11/site-packages",
    "lib/python3.12/site-packages",
    "lib/python3.13/site-packages",
    "lib/python3.14/site-packages",
    "",
];

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed={WHEEL}");
    // Where torch-sys found it. It does not say so on Windows, where PATH must name the folder.
    let Some(lib) = env::var_os("DEP_TCH_LIBTORCH_LIB") else { return };
    if env::var_os(WHEEL).is_some() {
        let is_macos = env::var_os("CARGO_CFG_TARGET_OS").is_some_and(|os| os == "macos");
        let program = if is_macos { "@loader_path" } else { "$ORIGIN" };
        for packages in BESIDE_PYTHON {
            println!("cargo::rustc-link-arg=-Wl,-rpath,{program}/../{packages}/torch/lib");
        }
        return;
    }
    // The real path behind the link in the workspace, so that the checkout can be moved or removed.
    let Ok(lib) = Path::new(&lib).canonicalize() else { return };
    println!("cargo::rustc-link-arg=-Wl,-rpath,{}", lib.display());
    // No symbol of it is used: left alone, the linker leaves it out, and there is no CUDA.
    if lib.join("libtorch_cuda.so").exists() {
        println!("cargo::rustc-link-arg=-Wl,--no-as-needed,-ltorch_cuda,--as-needed");
    }
}
