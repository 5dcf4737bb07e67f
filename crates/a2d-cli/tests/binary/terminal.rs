//! Messages: to a full disk, to a reader that has gone away, and about names that command terminals.

use std::fs::File;
use std::process::{Command, Output, Stdio};

use crate::bad_input::digit;
use crate::workplace::{Workplace, data, lenet5};

fn a2d(place: &Workplace, arguments: &str) -> Command {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("a2d"));
    command.current_dir(place.path(".")).args(arguments.split(' ')).env("A2D_THREADS", "1");
    command
}

/// A pipe that nobody reads.
fn unread() -> std::io::PipeWriter {
    std::io::pipe().unwrap().1
}

#[cfg(target_os = "linux")]
#[test]
fn exit_codes_hold_where_nobody_can_be_told() {
    let place = Workplace::new();
    let full = || File::options().write(true).open("/dev/full").unwrap();
    let bad = format!("cost --model {} --input no.npy --out a.csv", lenet5());
    for verbose in ["", " -vv"] {
        let bad = format!("{bad}{verbose}");
        let status = a2d(&place, &bad).stderr(full()).status().unwrap();
        assert_eq!(status.code(), Some(3), "standard error full");
        let status = a2d(&place, &bad).stderr(unread()).status().unwrap();
        assert_eq!(status.code(), Some(3), "standard error closed");
    }
    let accuracy = format!("data accuracy --model {} --data-dir {}", lenet5(), data("sample"));
    let outcome = a2d(&place, &accuracy).stdout(unread()).stderr(Stdio::piped()).output().unwrap();
    assert_eq!(
        (outcome.status.code(), &*outcome.stderr),
        (Some(0), &b""[..]),
        "standard output closed"
    );
    let outcome = a2d(&place, &accuracy).stdout(full()).stderr(Stdio::piped()).output().unwrap();
    let error = String::from_utf8(outcome.stderr).unwrap();
    assert_eq!(outcome.status.code(), Some(1), "standard output full");
    assert!(error.contains("write to standard output"), "{error}");
}

#[test]
fn files_get_no_colours() {
    let place = Workplace::new();
    let export = format!(
        "data export --model {} --data-dir {} --skip 1999 --count 2 --out y.npy",
        lenet5(),
        data("sample")
    );
    let Output { status, stderr, .. } = a2d(&place, &export).output().unwrap();
    assert!(status.success());
    let error = String::from_utf8(stderr).unwrap();
    assert!(error.contains("of 2 images found") && !error.contains('\u{1b}'), "{error:?}");
}

#[cfg(unix)]
#[test]
fn names_command_no_terminal() {
    let place = Workplace::new();
    let name = "\u{1b}]0;owned\u{7}.npy";
    place.write(name, digit());
    let out = format!("--model {} --input {name} --budget 1 --out", lenet5());
    let missing = format!("cost --model {} --input no{name} --out c.csv", lenet5());
    for arguments in
        [missing, format!("cost {out} no/{name}"), format!("cost {out} c.csv --window {name}")]
    {
        let Output { stderr, stdout, .. } = a2d(&place, &arguments).output().unwrap();
        let said = String::from_utf8([stderr, stdout].concat()).unwrap();
        assert!(!said.contains('\u{1b}') && !said.contains('\u{7}'), "{said:?}");
    }
}
