//! The guide does what it says: its commands are run as they stand there.

use std::path::Path;

use crate::workplace::{Workplace, data};

const GUIDE: &str = include_str!("../../../../docs/guide.md");

/// A workplace with the network of the guide and the sample of digits under the names that it gives them.
fn workplace() -> Workplace {
    let work = Workplace::new();
    let network = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/guide/digits.ts");
    std::fs::copy(network, work.path("digits.ts")).unwrap();
    std::os::unix::fs::symlink(data("sample"), work.path("sample")).unwrap();
    work
}

/// The lines of all blocks in the guide that a shell runs.
fn commands() -> Vec<&'static str> {
    let blocks = GUIDE.split("```sh\n").skip(1).filter_map(|rest| rest.split("```").next());
    blocks.flat_map(str::lines).filter(|line| !line.is_empty()).collect()
}

#[test]
fn its_commands_lead_from_a_network_to_verdicts() {
    let work = workplace();
    let mut said = vec![];
    for command in commands() {
        let arguments = command.strip_prefix("a2d ").expect(command);
        said.push((command, work.run(arguments)));
    }
    let (_, checked) = said.iter().find(|(command, _)| command.starts_with("a2d check")).unwrap();
    assert!(checked.contains("bim-turbo") && checked.contains("deepfool"), "{checked}");
    for file in
        ["detector.json", "attacks.toml", "benign.csv", "benign.csv.card.json", "check.json"]
    {
        assert!(work.path("guard").join(file).is_file(), "{file}");
    }
    let verdicts = work.run(
        "detect --model digits.ts --normalize mnist --detector guard/detector.json clean attacked --format csv",
    );
    let flagged = |folder: &str| {
        let lines = verdicts.lines().filter(|line| line.starts_with(folder));
        let (flagged, passed): (Vec<_>, Vec<_>) = lines.partition(|line| line.ends_with(",true"));
        (flagged.len(), passed.len())
    };
    let (attacked, missed) = flagged("attacked");
    assert_eq!((attacked + missed, missed), (20, 0), "{verdicts}");
    let (flagged, clean) = flagged("clean");
    assert_eq!(flagged + clean, 20);
    assert!(flagged <= 4, "{verdicts}");
}

#[test]
fn the_same_command_makes_the_same_guard() {
    let work = workplace();
    work.run("data export --model digits.ts --normalize mnist --shape 1,28,28 --data-dir sample --count 60 --out b.npy");
    let protect = "protect --model digits.ts --normalize mnist --benign b.npy --count 10 --out";
    work.run(&format!("{protect} one"));
    work.run(&format!("{protect} two"));
    let read = |name: &str| std::fs::read(work.path(name)).unwrap();
    assert_eq!(read("one/attacks.toml"), read("two/attacks.toml"));
    // A detector beside others of the same costs; times differ.
    let detector = |name: &str| {
        let mut detector: serde_json::Value = serde_json::from_slice(&read(name)).unwrap();
        detector["provenance"]["machines"].take();
        detector
    };
    assert_eq!(detector("one/detector.json"), detector("two/detector.json"));
}

#[test]
fn a_folder_that_nothing_came_into_is_removed() {
    let work = workplace();
    work.write("b.npy", "no images");
    let protect = "protect --model digits.ts --normalize mnist --benign b.npy --out guard";
    work.a2d(protect).assert().code(3);
    assert!(!work.path("guard").exists());
}
