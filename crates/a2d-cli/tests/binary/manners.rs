//! What the command line does for those who live in it.

use serde_json::Value;

use crate::workplace::{Workplace, data, lenet5};

fn stderr(place: &Workplace, arguments: &str) -> String {
    let output = place.a2d(arguments).assert().success().get_output().stderr.clone();
    String::from_utf8(output).unwrap()
}

#[test]
fn shells_complete_and_manuals_are_written() {
    let place = Workplace::new();
    for shell in ["bash", "zsh", "fish", "powershell"] {
        let text = place.run(&format!("completions {shell}"));
        assert!(text.contains("detect") && text.contains("fail-on-adversarial"), "{shell}");
    }
    place.run("man pages");
    let page = std::fs::read_to_string(place.path("pages/a2d-detect.1")).unwrap();
    assert!(page.contains(".SH") && page.contains("detector"), "{page}");
    for name in ["a2d.1", "a2d-baseline-fit.1", "a2d-serve.1"] {
        assert!(place.path(&format!("pages/{name}")).is_file(), "{name}");
    }
}

#[test]
fn how_much_is_said_is_up_to_the_user() {
    let place = Workplace::new();
    let source = format!("--model {} --data-dir {}", lenet5(), data("sample"));
    place.run(&format!("data export {source} --count 4 --out x.npy"));
    let cost = |options: &str, out: &str| {
        format!(
            "cost --model {} --input x.npy --defense bim-turbo --out {out}.csv {options}",
            lenet5()
        )
    };
    assert_eq!(stderr(&place, &cost("--quiet", "a")), "");
    assert!(stderr(&place, &cost("-v", "b")).contains("INFO"));
    assert!(stderr(&place, &cost("--log info", "c")).contains("INFO"));
    let said = stderr(&place, &cost("-v --log-format json", "d"));
    let said: Vec<Value> = said.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(!said.is_empty() && said[0]["level"] == "INFO" && said[0]["timestamp"].is_string());

    for (variable, options, says) in [("RUST_LOG", "", "INFO"), ("A2D_LOG", "", "INFO")] {
        let out = format!("e-{variable}");
        let mut command = place.a2d(cost(options, &out).trim_end());
        let output = command.env(variable, "info").assert().success().get_output().stderr.clone();
        assert!(String::from_utf8(output).unwrap().contains(says), "{variable}");
    }
    let error = place.a2d(&cost("--log a=b=c", "f")).assert().code(2).get_output().stderr.clone();
    assert!(String::from_utf8(error).unwrap().contains("filter messages by \"a=b=c\""));
    place.a2d("judge -q -v").assert().code(2);
}

#[test]
fn the_environment_names_model_and_device() {
    let place = Workplace::new();
    let export = format!("data export --data-dir {} --count 2 --out x.npy", data("sample"));
    place.a2d(&export).assert().code(2);
    place.a2d(&export).env("A2D_MODEL", lenet5()).assert().success();
    let accuracy = format!("data accuracy --data-dir {}", data("sample"));
    let mut nowhere = place.a2d(&accuracy);
    let nowhere =
        nowhere.env("A2D_MODEL", lenet5()).env("A2D_DEVICE", "nowhere").assert().failure();
    assert!(String::from_utf8(nowhere.get_output().stderr.clone()).unwrap().contains("nowhere"));
}

#[test]
fn images_come_on_standard_input() {
    let place = Workplace::new();
    let model = lenet5();
    let source = format!("--model {model} --data-dir {}", data("sample"));
    place.run(&format!("data export {source} --count 20 --out x.npy"));
    let images = std::fs::read(place.path("x.npy")).unwrap();
    let cost = format!("cost --model {model} --defense bim-turbo");
    place.run(&format!("{cost} --input x.npy --out file.csv"));
    let piped = |arguments: &str, bytes: &[u8]| {
        let mut command = place.a2d(arguments);
        command.write_stdin(bytes).assert()
    };
    piped(&format!("{cost} --input - --out stdin.csv"), &images).success();
    let iterations = |file: &str| -> Vec<String> {
        let text = std::fs::read_to_string(place.path(file)).unwrap();
        text.lines().map(|line| line.split(',').nth(2).unwrap().to_owned()).collect()
    };
    assert_eq!(iterations("stdin.csv"), iterations("file.csv"));
    place.run("fit --detector z-score --benign file.csv --out d.json");
    let detect = format!("detect --model {model} --detector d.json - --format csv");
    let output = piped(&detect, &images).success().get_output().stdout.clone();
    assert!(String::from_utf8(output).unwrap().lines().nth(1).unwrap().starts_with("-[0],-,0,"));
    let error = piped(&detect, b"GIF89a").code(3).get_output().stderr.clone();
    assert!(String::from_utf8(error).unwrap().contains("cannot read images from -"));
}

/// An interrupt in the middle of work that is kept.
#[test]
#[cfg(unix)]
fn an_interrupt_says_what_is_kept() {
    use std::os::unix::process::ExitStatusExt as _;
    use std::process::{Command, Stdio};
    use std::time::Duration;

    let place = Workplace::new();
    let source = format!("--model {} --data-dir {}", lenet5(), data("sample"));
    place.run(&format!("data export {source} --count 300 --out x.npy"));
    let cost =
        format!("cost --model {} --input x.npy --defense dba --window 2 --out d.csv", lenet5());
    let process = Command::new(place.a2d(&cost).get_program())
        .args(cost.split(' '))
        .env("A2D_THREADS", "1")
        .current_dir(place.path(""))
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let journal = place.path("d.csv.partial");
    while std::fs::metadata(&journal).map_or(0, |file| file.len()) < 2000 {
        std::thread::sleep(Duration::from_millis(20));
    }
    let id = rustix::process::Pid::from_child(&process);
    rustix::process::kill_process(id, rustix::process::Signal::INT).unwrap();
    let output = process.wait_with_output().unwrap();
    assert_eq!(output.status.signal(), Some(2));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("of 300 kept, the same command goes on"), "{said}");
    assert!(journal.is_file());
}
