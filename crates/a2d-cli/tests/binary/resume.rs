//! Interrupted work goes on where it was.

use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use image::{GrayImage, ImageFormat};
use serde_json::{Value, json};

use crate::workplace::{Workplace, data, lenet5};

/// A time that no measurement takes: a row that bears it was not measured again.
const TAKEN_OVER: f64 = 12_345.0;

#[test]
fn an_interrupted_measurement_keeps_its_rows() {
    let place = Workplace::new();
    let model = lenet5();
    place.run(&format!(
        "data export --model {model} --data-dir {} --count 6 --out images.npy",
        data("sample")
    ));
    let cost =
        |out| format!("cost --model {model} --input images.npy --defense bim,bim2 --out {out}");
    place.run(&cost("whole.csv"));
    let whole = read(&place, "whole.csv");

    let card = std::fs::read(place.path("whole.csv.card.json")).unwrap();
    let mut card: Value = serde_json::from_slice(&card).unwrap();
    // Another machine may finish the work.
    card["provenance"].as_object_mut().unwrap().remove("machines");
    let rows = whole[..5].iter().map(|row| {
        json!({
            "input": row[0], "attack": row[1], "iterations": row[2].parse::<u32>().unwrap(),
            "flipped": row[3] == "true", "censored": false, "gradient_queries": 1,
            "forward_queries": 2, "seconds": TAKEN_OVER,
        })
    });
    place.journal("resumed.csv", &card["provenance"], rows, "{\"input\": \"cut o");

    let error = place.a2d(&cost("resumed.csv")).assert().success().get_output().stderr.clone();
    let error = String::from_utf8(error).unwrap();
    let dropped = "dropped 1 damaged record at the end of resumed.csv.partial";
    assert!(error.contains(dropped) && error.contains("resumed after 5 costs"), "{error}");
    let resumed = read(&place, "resumed.csv");
    for (row, (resumed, whole)) in resumed.iter().zip(&whole).enumerate() {
        assert_eq!(resumed[..4], whole[..4], "row {row}");
        assert_eq!(resumed[7].parse::<f64>().unwrap() == TAKEN_OVER, row < 5, "row {row}");
    }
    assert_eq!(resumed.len(), 12);
    assert!(!place.names().contains(&"resumed.csv.partial".to_owned()));
}

#[test]
fn the_rows_of_another_measurement_are_not_taken_over() {
    let place = Workplace::new();
    let model = lenet5();
    place.run(&format!(
        "data export --model {model} --data-dir {} --count 2 --out images.npy",
        data("sample")
    ));
    place.journal("costs.csv", &json!({"model": "other"}), [json!({})], "");
    let cost = format!("cost --model {model} --input images.npy --defense bim --out costs.csv");
    let error = place.a2d(&cost).assert().code(3).get_output().stderr.clone();
    let error = String::from_utf8(error).unwrap();
    assert!(error.contains("costs.csv.partial") && error.contains("expected "), "{error}");
}

/// Runs `a2d` until its journal has this many lines, and kills it: it ends with its standard input, as if who started
/// it was killed.
fn kill_after(place: &Workplace, arguments: &str, journal: &str, lines: usize) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_a2d"))
        .current_dir(place.path("."))
        .args(arguments.split(' '))
        .env("A2D_THREADS", "1")
        .env("A2D_END_WITH_INPUT", "1")
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    let patience = Instant::now() + Duration::from_secs(300);
    let written = || {
        let text = std::fs::read_to_string(place.path(journal)).unwrap_or_default();
        text.lines().count()
    };
    while written() < lines {
        assert!(Instant::now() < patience && child.try_wait().unwrap().is_none(), "{journal}");
        thread::sleep(Duration::from_millis(5));
    }
    drop(child.stdin.take());
    while child.try_wait().unwrap().is_none() {
        assert!(Instant::now() < patience, "it goes on");
        thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn killed_work_goes_on_to_the_same_end() {
    let place = Workplace::new();
    let model = lenet5();
    let images = data("../tests/fixtures/oracle/benign.npy");
    let craft = |out: &str| {
        format!(
            "craft --model {model} --input {images} --limit 8 --attack dba --window 2 --out {out}"
        )
    };
    place.run(&craft("whole.npy"));
    kill_after(&place, &craft("killed.npy"), "killed.npy.partial", 3);
    assert!(!place.names().contains(&"killed.npy".to_owned()));
    let integer = format!("{} --integer", craft("killed.npy"));
    let error = place.a2d(&integer).assert().code(3).get_output().stderr.clone();
    assert!(String::from_utf8(error).unwrap().contains("integer"), "work on other examples");
    let bytes = |name| std::fs::read(place.path(name)).unwrap();
    for journal in damaged(&bytes("killed.npy.partial")) {
        place.write("killed.npy.partial", &journal);
        if resumes(&place, &craft("killed.npy")) {
            assert_eq!(bytes("killed.npy"), bytes("whole.npy"));
            let [killed, whole] = ["killed.npy.card.json", "whole.npy.card.json"].map(bytes);
            assert_eq!(killed, whole);
        }
    }

    let cost = |out: &str| {
        format!("cost --model {model} --input whole.npy --defense jsma,dba --window 2 --out {out}")
    };
    place.run(&cost("whole.csv"));
    kill_after(&place, &cost("killed.csv"), "killed.csv.partial", 10);
    for journal in damaged(&bytes("killed.csv.partial")) {
        place.write("killed.csv.partial", &journal);
        if resumes(&place, &cost("killed.csv")) {
            let [whole, killed] = ["whole.csv", "killed.csv"].map(|name| read(&place, name));
            assert_eq!(whole.len(), 16);
            for (whole, killed) in whole.iter().zip(&killed) {
                assert_eq!(killed[..7], whole[..7]);
            }
        }
    }
    assert!(!place.names().iter().any(|name| name.contains("a2d-")), "{:?}", place.names());
}

#[test]
fn a_bad_photo_ends_work_that_goes_on_without_it() {
    let place = Workplace::new();
    let digits = a2d_data::read_images(Path::new(&data("../tests/fixtures/oracle/benign.npy")));
    let digits = digits.unwrap();
    std::fs::create_dir_all(place.path("photos/digits")).unwrap();
    for (row, pixels) in digits.rows().take(8).enumerate() {
        let pixels = pixels.iter().map(|pixel| (255.0 * pixel) as u8).collect();
        let photo = GrayImage::from_raw(28, 28, pixels).unwrap();
        let path = place.path(&format!("photos/digits/{row}.jpg"));
        photo.save_with_format(path, ImageFormat::Jpeg).unwrap();
    }
    let cost = |out: &str| {
        let model = lenet5();
        format!("cost --model {model} --input photos --defense jsma,dba --window 2 --out {out}")
    };
    place.run(&cost("whole.csv"));
    kill_after(&place, &cost("killed.csv"), "killed.csv.partial", 10);
    let journal = std::fs::read(place.path("killed.csv.partial")).unwrap();

    let photo = std::fs::read(place.path("photos/digits/7.jpg")).unwrap();
    place.write("photos/digits/7.jpg", &photo[..photo.len() / 2]);
    let said = place.a2d(&cost("killed.csv")).assert().code(3).get_output().stderr.clone();
    let said = String::from_utf8(said).unwrap();
    let finding = "photos/digits/7.jpg as JPEG: expected an end marker";
    assert!(said.contains(finding) && said.trim_end().lines().count() == 1, "{said}");
    assert_eq!(std::fs::read(place.path("killed.csv.partial")).unwrap(), journal);

    place.write("photos/digits/7.jpg", &photo);
    let said = place.a2d(&cost("killed.csv")).assert().success().get_output().stderr.clone();
    let said = String::from_utf8(said).unwrap();
    assert!(said.contains("resumed after "), "{said}");
    let [whole, killed] = ["whole.csv", "killed.csv"].map(|name| read(&place, name));
    assert_eq!(whole.len(), 16);
    for (whole, killed) in whole.iter().zip(&killed) {
        assert_eq!(killed[..7], whole[..7]);
    }
}

/// A journal with zeros at its end, cut, and with a byte flipped in the middle and at the end.
fn damaged(journal: &[u8]) -> Vec<Vec<u8>> {
    let zeros = [journal, &[0; 100]].concat();
    let cut = journal[..journal.len() - 30].to_vec();
    let flips = [journal.len() / 2, journal.len() - 20].map(|place| {
        let mut flipped = journal.to_vec();
        flipped[place] ^= 1;
        flipped
    });
    [zeros, cut].into_iter().chain(flips).collect()
}

/// Whether a command takes up what is there, rather than refuse it and leave it.
fn resumes(place: &Workplace, arguments: &str) -> bool {
    let done = place.a2d(arguments).output().unwrap();
    let said = String::from_utf8(done.stderr).unwrap();
    if done.status.success() {
        return true;
    }
    assert_eq!(done.status.code(), Some(3), "{said}");
    assert!(said.contains("remove the file to start anew"), "{said}");
    false
}

fn read(place: &Workplace, name: &str) -> Vec<Vec<String>> {
    let text = std::fs::read_to_string(place.path(name)).unwrap();
    text.lines().skip(1).map(|line| line.split(',').map(str::to_owned).collect()).collect()
}
