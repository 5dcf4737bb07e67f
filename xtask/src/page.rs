//! `cargo xtask page`: the page of the service in a browser, on what the demo left.

use crate::{binary, demo, python, setup, workspace};
use anyhow::{Context, Result, ensure};
use std::env;
use std::process::Command;

/// What speaks to the browser.
const REQUIREMENTS: &str = "websocket-client==1.9.2\n";

const DRIVE: &str = "xtask/src/page/drive.py";

/// Chooses images of the demo on the page, and compares what it shows with `a2d detect`. A Chromium has to be there.
pub(crate) fn run() -> Result<()> {
    setup::run()?;
    env::set_current_dir(workspace::root()).context("cannot enter the workspace")?;
    let python = python::with_packages("page", REQUIREMENTS)?;
    let [a2d, _] = binary::build()?;
    let images = demo::images().context("the page is shown images of `cargo xtask demo`")?;
    let mut drive = Command::new(python);
    drive.arg(DRIVE).arg(a2d).args([demo::MODEL, demo::DETECTOR]).args(images);
    let status = drive.status().context("cannot run Python")?;
    ensure!(status.success(), "the page in a browser: {status}");
    Ok(())
}
