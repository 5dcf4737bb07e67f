//! Tasks of the workspace, run as `cargo xtask <task>`.
//!
//! This package never links libtorch: it is what fetches it.

#![warn(clippy::print_stdout, clippy::print_stderr)] // they panic where nobody reads

mod bench;
mod binary;
mod content;
mod demo;
mod fuzz;
mod package;
mod page;
mod python;
mod reproduce;
mod say;
mod setup;
mod site;
mod smoke;
mod test;
mod tidy;
mod workspace;

use clap::{Parser, Subcommand};
use say::say;
use std::process::ExitCode;

#[derive(Parser)]
#[command(bin_name = "cargo xtask", about = "Tasks of the workspace")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Fetch libtorch, if need be, and link it as .libtorch
    Setup,
    /// Craft, measure, fit and evaluate with what the repository holds, in minutes
    Demo,
    /// Run the benchmarks and write what they measured to benches/RESULTS.md
    Bench(bench::Bench),
    /// Feed damaged files and numbers to every parser
    Fuzz(fuzz::Fuzz),
    /// Do the paper's experiments, and put the results beside the paper's
    Reproduce(reproduce::Reproduce),
    /// Build the Python packages, test them and run the notebooks
    Python(python::Python),
    /// Try the page of the service in a headless Chromium, on images of the demo
    Page,
    /// Build the documentation as a site in target/site
    Site,
    /// Make packages of the crates as they are published, and check what is in them
    Package,
    /// Check what no compiler checks: layers, file sizes, leftovers, reasons of dependencies
    Tidy,
    /// Check everything: format, tidy, setup, clippy, tests, packages, smoke test, doc tests, rustdoc, Python
    Test(test::Test),
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().task {
        Task::Setup => setup::run(),
        Task::Demo => demo::run(),
        Task::Bench(bench) => bench.run(),
        Task::Fuzz(fuzz) => fuzz.run(),
        Task::Reproduce(reproduce) => reproduce.run(),
        Task::Python(python) => python.run(),
        Task::Page => page::run(),
        Task::Site => site::run(),
        Task::Package => package::run(),
        Task::Tidy => tidy::run(),
        Task::Test(test) => test.run(),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(format_args!("error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}
