//! No output takes the place of an input, whatever the command.

use std::fs::File;

use crate::workplace::{Workplace, data, lenet5};

/// A command up to its outputs; the options that name them; the files that it reads.
type Writer = (&'static str, &'static [&'static str], &'static [&'static str]);

const MODEL: [&str; 2] = ["m.safetensors", "m.safetensors.card.json"];
const COSTS: [&str; 4] = ["c.csv", "c.csv.card.json", "e.csv", "e.csv.card.json"];

/// Every command that writes files. What they read is refused as an output before it is read, so it may be
/// anything.
const WRITERS: &[Writer] = &[
    (
        "cost --model m.safetensors --input x.npy z.png --spec s.toml",
        &["--out"],
        &[MODEL[0], MODEL[1], "x.npy", "x.npy.card.json", "z.png", "s.toml"],
    ),
    (
        "craft --attack fgsm --model m.safetensors --input x.npy --labels y.npy --spec s.toml",
        &["--out"],
        &[MODEL[0], MODEL[1], "x.npy", "x.npy.card.json", "y.npy", "s.toml"],
    ),
    (
        "craft --attack fgsm --model m.safetensors --data-dir .",
        &["--out", "--out o.npy --png-dir"],
        &["mnist/t10k-images-idx3-ubyte.gz"],
    ),
    ("clever --model m.safetensors --input x.npy", &["--out"], &[MODEL[0], MODEL[1], "x.npy"]),
    (
        "data export --model m.safetensors --data-dir .",
        &["--out"],
        &[MODEL[0], MODEL[1], "mnist/t10k-images-idx3-ubyte.gz"],
    ),
    ("train --arch lenet5 --data-dir .", &["--out"], &["mnist/t10k-images-idx3-ubyte.gz"]),
    ("fit --detector knn --benign c.csv --adversarial e.csv", &["--out"], &COSTS),
    ("fit --detector conformal --benign c.csv --calibration e.csv", &["--out"], &COSTS),
    (
        "eval --detector d.json --benign c.csv --adversarial a=e.csv",
        &["--report"],
        &["d.json", COSTS[0], COSTS[1], COSTS[2], COSTS[3]],
    ),
    ("evidence --clever a=s.csv --costs a=c.csv", &["--report"], &["s.csv", COSTS[0], COSTS[1]]),
];

/// A place with all that the commands read.
fn place() -> Workplace {
    let place = Workplace::new();
    std::fs::create_dir(place.path("mnist")).unwrap();
    for (_, _, inputs) in WRITERS {
        for name in *inputs {
            place.write(name, name);
        }
    }
    place.write("s.csv.card.json", "s.csv.card.json");
    place
}

/// Runs a command that must fail with this code, say this, and leave everything as it is.
fn refused(place: &Workplace, arguments: &str, code: i32, finding: &str) {
    let before = place.content();
    let refusal = place.a2d(arguments).assert().code(code);
    let error = String::from_utf8(refusal.get_output().stderr.clone()).unwrap();
    assert!(error.contains(finding), "{arguments}: {error:?} lacks {finding:?}");
    assert!(refusal.get_output().stdout.is_empty(), "{arguments}");
    assert_eq!(place.content(), before, "{arguments}");
}

#[test]
fn no_output_replaces_an_input() {
    let place = place();
    for (command, options, inputs) in WRITERS {
        for input in *inputs {
            for option in *options {
                let command = format!("{command} {option} {input}");
                refused(&place, &command, 3, "it is what the command reads");
            }
        }
    }
}

#[cfg(unix)]
#[test]
fn no_output_replaces_an_input_by_another_name() {
    use std::os::unix::fs::symlink;
    let place = place();
    symlink("x.npy", place.path("soft")).unwrap();
    std::fs::hard_link(place.path("x.npy"), place.path("hard")).unwrap();
    symlink("soft", place.path("o.csv.card.json")).unwrap();
    std::fs::create_dir(place.path("png")).unwrap();
    symlink("../x.npy", place.path("png/00001.png")).unwrap();
    let craft = "craft --attack fgsm --model m.safetensors --input x.npy";
    for out in ["soft", "hard", "./mnist/../x.npy", "o.csv", "o.npy --png-dir png"] {
        refused(
            &place,
            &format!("{craft} --out {out}"),
            3,
            "it is what the command reads (--input)",
        );
    }
    // The journal is not written through a link.
    symlink("precious", place.path("p.npy.partial")).unwrap();
    refused(&place, &format!("{craft} --out p.npy"), 1, "p.npy.partial: expected a regular file");
}

#[test]
fn outputs_that_cannot_be_are_refused_before_the_work() {
    let place = place();
    std::fs::create_dir(place.path("o.csv.card.json")).unwrap();
    let cost = "cost --model m.safetensors --input x.npy --out";
    let craft = "craft --attack fgsm --model m.safetensors --input x.npy --out";
    let eval = "eval --benign c.csv --adversarial a=e.csv";
    for (arguments, code, finding) in [
        (format!("{cost} o.csv"), 1, "o.csv.card.json: expected a regular file"),
        (format!("{cost} no/o.csv"), 1, "no/o.csv: "),
        (format!("{cost} x.npy/o.csv"), 2, "Not a directory"),
        (format!("{cost} -"), 2, "got -"),
        ("train --arch lenet5 --data-dir . --out no/m.safetensors".into(), 1, "no/m.safetensors: "),
        (format!("{craft} o.npy --png-dir m.safetensors"), 1, "m.safetensors: "),
        (format!("{craft} o.npy --png-dir s.toml/png"), 1, "s.toml/png: "),
        (format!("{craft} o.npy --png-dir o.npy"), 3, "for another purpose as well (--out)"),
        (format!("{craft} o.npy --png-dir -"), 2, "got -"),
        (format!("{eval} --report o.html --figures o.html"), 3, "(--report)"),
        (format!("{eval} --report mnist/o.svg --figures mnist"), 3, "(--figures)"),
        (format!("{eval} --figures d.json"), 1, "d.json: "),
    ] {
        refused(&place, &arguments, code, finding);
    }
}

#[test]
fn one_process_at_a_time_writes_an_output() {
    let place = place();
    for (command, options, _) in WRITERS {
        let other = a2d_file::Lock::of(&place.path("o")).unwrap();
        let command = format!("{command} {} o", options[0]);
        refused(&place, &command, 1, "write o: another process is writing it");
        drop(other);
    }
    // The journal alone is enough.
    place.write("x.npy", std::fs::read(data("../tests/fixtures/oracle/benign.npy")).unwrap());
    let (_journal, _) =
        a2d_file::Journal::<u8>::open(&place.path("o.csv"), &serde_json::json!({})).unwrap();
    let cost = format!("cost --model {} --input x.npy --out o.csv", lenet5());
    refused(&place, &cost, 1, "write o.csv: another process is writing it");
}

#[cfg(unix)]
#[test]
fn a_link_stays_and_what_it_leads_to_keeps_its_mode() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let place = Workplace::new();
    std::fs::create_dir(place.path("far")).unwrap();
    let target = place.write("far/real.npy", "old");
    std::fs::set_permissions(&target, PermissionsExt::from_mode(0o600)).unwrap();
    symlink("far/real.npy", place.path("link.npy")).unwrap();
    let source = format!("--model {} --data-dir {}", lenet5(), data("sample"));
    place.run(&format!("data export {source} --count 1 --out link.npy"));
    assert!(place.path("link.npy").symlink_metadata().unwrap().is_symlink());
    let there = target.metadata().unwrap();
    assert_eq!((there.permissions().mode() & 0o777, there.len()), (0o600, 128 + 4 * 784));
    assert_eq!(place.names(), ["far", "link.npy", "link.npy.card.json"]);
}

#[cfg(target_os = "linux")]
#[test]
fn where_results_are_printed_is_no_output() {
    let place = place();
    let cost = "cost --model m.safetensors --input x.npy --out /dev/stdout";
    refused(&place, cost, 2, "found a device, pipe or socket");
    assert!(std::fs::symlink_metadata("/dev/stdout").unwrap().is_symlink());
    for out in ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1", "printed"] {
        let printed = File::create(place.path("printed")).unwrap();
        let cost = cost.replace("/dev/stdout", out);
        let status = std::process::Command::new(env!("CARGO_BIN_EXE_a2d"))
            .current_dir(place.path("."))
            .args(cost.split(' '))
            .stdout(printed)
            .stderr(std::process::Stdio::null())
            .status();
        assert_eq!(status.unwrap().code(), Some(3), "{out}");
    }
}
