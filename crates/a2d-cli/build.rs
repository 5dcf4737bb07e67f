//! Tells the linker where libtorch is, so that the installed `a2d` finds it with nothing exported.

use std::env;
use std::path::Path;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=LIBTORCH");
    let on_windows = env::var("CARGO_CFG_TARGET_OS").is_ok_and(|os| os == "windows");
    if on_windows {
        return; // Windows has no such thing; PATH must name the folder.
    }
    // The real path behind the link in the workspace, so that the checkout can be moved or removed.
    let libtorch = env::var_os("LIBTORCH").map(|libtorch| Path::new(&libtorch).join("lib"));
    if let Some(lib) = libtorch.and_then(|lib| lib.canonicalize().ok()) {
        println!("cargo::rustc-link-arg=-Wl,-rpath,{}", lib.display());
    }
}
