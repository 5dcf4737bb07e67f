//! Rule: what is said to work without libtorch never reaches its bindings.
//!
//! `cargo metadata` resolves the features of the whole workspace together, so it cannot tell what a crate reaches
//! when it is built by itself; `cargo tree` can.

use crate::workspace;
use anyhow::{Context, Result, ensure};

const BINDINGS: &[&str] = &["tch", "torch-sys"];

/// The packages that need no libtorch, with the option of cargo that gives the features for which that holds.
const TORCH_FREE: &[(&str, &str)] = &[
    ("a2d-cost", "--all-features"),
    ("a2d-data", "--all-features"),
    ("a2d-detect", "--all-features"),
    ("a2d-detect-py", "--all-features"),
    ("a2d-lab", "--all-features"),
    ("a2d-eval", ""),
    ("a2d-file", "--all-features"),
    ("a2d-report", "--all-features"),
    ("xtask", "--all-features"),
];

/// A package that is built on the bindings. Were they renamed, the rule would else pass unnoticed.
const TORCH_BOUND: (&str, &str) = ("a2d-model", "--all-features");

/// The chains of dependencies that lead to the bindings and should not. `tree` prints a package's tree as
/// [`cargo_tree`] does.
pub(super) fn violations(tree: impl Fn(&str, &str) -> Result<String>) -> Result<Vec<String>> {
    let mut violations = Vec::new();
    for (package, features) in TORCH_FREE {
        if let Some(chain) = chains_to_bindings(&tree(package, features)?).first() {
            let built = [*package, *features].join(" ");
            violations.push(format!("{} reaches libtorch: {chain}", built.trim_end()));
        }
    }
    let (package, features) = TORCH_BOUND;
    let chains = chains_to_bindings(&tree(package, features)?);
    for name in BINDINGS {
        if !chains.iter().any(|chain| chain.ends_with(&format!(" -> {name}"))) {
            violations.push(format!("{package} does not reach {name}; is that still its name?"));
        }
    }
    Ok(violations)
}

/// Everything that `package` is built, tested and documented with: a line each, its depth and its name.
pub(super) fn cargo_tree(package: &str, features: &str) -> Result<String> {
    let output = workspace::cargo()
        .args(["tree", "--package", package, "--edges", "normal,build,dev"])
        .args(features.split_whitespace())
        .args(["--prefix", "depth", "--format", " {p}"])
        .output()
        .context("cannot run cargo tree")?;
    ensure!(
        output.status.success(),
        "cargo tree of {package}: {}",
        String::from_utf8_lossy(&output.stderr).trim_end()
    );
    String::from_utf8(output.stdout).context("cargo tree printed no UTF-8")
}

/// The chain from the root to each of the bindings in a tree.
fn chains_to_bindings(tree: &str) -> Vec<String> {
    let mut chains = Vec::new();
    let mut chain: Vec<&str> = Vec::new();
    for line in tree.lines() {
        let mut words = line.split_whitespace();
        let depth = words.next().and_then(|depth| depth.parse().ok());
        if let (Some(depth), Some(name)) = (depth, words.next()) {
            chain.truncate(depth);
            chain.push(name);
            if BINDINGS.contains(&name) {
                chains.push(chain.join(" -> "));
            }
        }
    }
    chains
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLEAN: &str = "\
0 a2d-x v0.1.0 (/w/crates/a2d-x)
1 serde v1.0.0
2 serde_derive v1.0.0 (proc-macro)
1 anyhow v1.0.0
";
    const BOUND: &str = "\
0 a2d-x v0.1.0 (/w/crates/a2d-x)
1 anyhow v1.0.0
1 a2d-model v0.1.0 (/w/crates/a2d-model)
2 serde v1.0.0
2 tch v0.26.0
3 torch-sys v0.26.0
1 serde v1.0.0 (*)
";

    #[test]
    fn trees_without_the_bindings_are_fine() {
        let found =
            violations(
                |package, _| Ok(if package == TORCH_BOUND.0 { BOUND } else { CLEAN }.into()),
            );
        assert!(found.unwrap().is_empty());
    }

    #[test]
    fn the_chain_to_the_bindings_is_told() {
        let bound = ["a2d-eval", TORCH_BOUND.0];
        let found =
            violations(
                |package, _| Ok(if bound.contains(&package) { BOUND } else { CLEAN }.into()),
            );
        let expected = "a2d-eval reaches libtorch: a2d-x -> a2d-model -> tch";
        assert_eq!(found.unwrap(), [expected]);
    }

    #[test]
    fn bindings_that_no_package_reaches_are_a_mistyped_name() {
        let found = violations(|_, _| Ok(CLEAN.into())).unwrap();
        assert_eq!(found.len(), 2);
        assert_eq!(found[0], "a2d-model does not reach tch; is that still its name?");
    }
}
