//! Tells the linker where libtorch is, so that the installed `a2d` finds it with nothing exported.

use std::env;
use std::path::Path;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    // Where torch-sys found it. It does not say so on Windows, where PATH must name the folder.
    let Some(lib) = env::var_os("DEP_TCH_LIBTORCH_LIB") else { return };
    // The real path behind the link in the workspace, so that the checkout can be moved or removed.
    let Ok(lib) = Path::new(&lib).canonicalize() else { return };
    println!("cargo::rustc-link-arg=-Wl,-rpath,{}", lib.display());
    // No symbol of it is used: left alone, the linker leaves it out, and there is no CUDA.
    if lib.join("libtorch_cuda.so").exists() {
        println!("cargo::rustc-link-arg=-Wl,--no-as-needed,-ltorch_cuda,--as-needed");
    }
}
