//! The program `a2d-lab`, with something else in the place of a2d.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// Understands all but what is nonsense, and works until its standard input ends.
const A2D: &str = r#"#!/bin/sh
case "$1" in
--version) echo "a2d 0" && exit ;;
understand)
    while read -r line; do
        case "$line" in *nonsense*) echo '"invalid value: nonsense"' ;; *) echo null ;; esac
    done
    exit
    ;;
esac
: > begun
[ -n "$A2D_END_WITH_INPUT" ] && cat > /dev/null
: > ended
exit 1
"#;

/// A folder with all that profile `smoke` takes, whose name has a space.
struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::Builder::new().prefix("a lab").tempdir().unwrap();
        let place = Self { folder };
        let experiments = Path::new("../../experiments");
        fs::create_dir_all(place.path("experiments/paper")).unwrap();
        fs::create_dir_all(place.path("data/sample/mnist")).unwrap();
        fs::create_dir_all(place.path("data/models")).unwrap();
        let published = fs::read_dir(experiments.join("paper")).unwrap();
        for file in published.map(|entry| entry.unwrap().path()).filter(|path| path.is_file()) {
            let name = Path::new("experiments/paper").join(file.file_name().unwrap());
            fs::copy(&file, place.folder.path().join(name)).unwrap();
        }
        place.write("experiments/env1-mnist.toml", &experiment());
        place.write("data/models/lenet5.safetensors", "weights");
        place.write("a2d", A2D);
        fs::set_permissions(place.path("a2d"), fs::Permissions::from_mode(0o755)).unwrap();
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    fn lab(&self, arguments: &[&str]) -> Command {
        let mut lab = Command::new(env!("CARGO_BIN_EXE_a2d-lab"));
        lab.current_dir(self.folder.path()).args(arguments).env_remove("A2D_DATA");
        lab.env("A2D_BINARY", "./a2d").stdin(Stdio::null());
        lab
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.lab(arguments).output().unwrap()
    }

    fn wait_for(&self, name: &str) {
        let start = Instant::now();
        while !self.path(name).exists() {
            assert!(start.elapsed() < Duration::from_secs(60), "{name} is not there");
            thread::sleep(Duration::from_millis(5));
        }
    }
}

fn experiment() -> String {
    fs::read_to_string("../../experiments/env1-mnist.toml").unwrap()
}

#[test]
fn what_is_wrong_is_said_in_one_line_before_any_work() {
    let place = Place::new();
    let smoke = ["--profile", "smoke"];
    let refused = |arguments: &[&str], code: i32, finding: &str| {
        let output = place.run(arguments);
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.contains(finding), "{finding}: {said}");
        assert_eq!((said.lines().count(), output.status.code()), (1, Some(code)), "{said}");
        assert!(!place.path("begun").exists());
    };
    refused(&["aurok"], 2, "expected one of env1-mnist or of model, ");
    refused(&["--profile", "large"], 2, "expected a profile of some experiment, got large");
    refused(
        &["env1-mnist", "--profile", "large"],
        2,
        "expected a profile of cpu, paper, smoke for env1-mnist, got large",
    );
    refused(&["other.toml"], 3, "read other.toml: No such file");
    for (from, to, finding) in [
        ("seed = 0", "sead = 0", "unknown field `sead`"),
        ("\"lbfgs\"", "\"nonsense\"", "invalid value: nonsense"),
        ("craft = \"cw\"", "craft = \"nonsense\"", "invalid value: nonsense"),
        ("\"--detector\", \"knn\"", "\"--detector\", \"nonsense\"", "invalid value: nonsense"),
        (
            "skip = { fit = 0, score = 1000",
            "spec = \"none\"\nskip = { fit = 0, score = 1000",
            "the file none",
        ),
        ("dataset = \"mnist\"", "dataset = \"emnist\"", "expected the data set emnist"),
        ("id = \"env1-mnist\"", "id = \"env9\"", "expected the id env1-mnist"),
        (
            "[profile.paper]",
            "[[profile.cpu.cause]]\ntable = \"aurok\"\ntext = \"none\"\n[profile.paper]",
            "got aurok",
        ),
        ("\nseed = 0", "\nseed = 0\ntables = [\"aurok\"]", "got aurok"),
    ] {
        let whole = experiment();
        assert!(whole.contains(from), "{from}");
        place.write("experiments/env1-mnist.toml", &whole.replacen(from, to, 1));
        refused(&smoke, 3, finding);
    }
    let untrained = experiment().replace("lenet5.safetensors", "none.safetensors");
    let (start, end) = untrained.split_once("train = ").unwrap();
    let end = end.split_once('\n').unwrap().1;
    place.write("experiments/env1-mnist.toml", &format!("{start}{end}"));
    refused(
        &smoke,
        3,
        "expected the weights data/models/none.safetensors, or how to fetch or train them",
    );
}

#[test]
fn a_killed_laboratory_leaves_nothing_at_work() {
    let place = Place::new();
    let mut lab = place.lab(&["--profile", "smoke", "--jobs", "1"]).spawn().unwrap();
    place.wait_for("begun");
    assert!(!place.path("ended").exists());
    lab.kill().unwrap();
    lab.wait().unwrap();
    place.wait_for("ended");
}

#[test]
fn a_plan_is_shown_as_a_shell_takes_it_and_nothing_runs() {
    let place = Place::new();
    let output = place.run(&["--profile", "smoke", "--dry-run", "--work", "my work"]);
    assert!(output.status.success());
    let shown = String::from_utf8(output.stdout).unwrap();
    assert!(shown.lines().all(|line| line.starts_with("a2d ")) && shown.lines().count() > 100);
    assert!(shown.contains(" --out 'my work/smoke/env1-mnist/costs/fit-benign.csv' "), "{shown}");
    assert!(!place.path("begun").exists() && !place.path("my work/smoke").exists());
}
