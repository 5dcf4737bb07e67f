//! Tells the linker where libtorch is, so that the program finds it with nothing exported.

fn main() {
    let Some(lib) = std::env::var_os("DEP_TCH_LIBTORCH_LIB") else { return }; // from torch-sys
    let Ok(lib) = std::path::Path::new(&lib).canonicalize() else { return };
    println!("cargo::rustc-link-arg=-Wl,-rpath,{}", lib.display());
    if lib.join("libtorch_cuda.so").exists() {
        println!("cargo::rustc-link-arg=-Wl,--no-as-needed,-ltorch_cuda,--as-needed"); // nothing names it
    }
}
