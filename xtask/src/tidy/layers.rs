//! Rule: a crate depends only on crates of lower layers.

use crate::workspace;
use anyhow::{Context, Result};
use cargo_metadata::MetadataCommand;

/// Every crate below `crates/`, by its layer.
const LAYERS: &[(&str, u32)] = &[
    ("a2d-file", 0),
    ("a2d-cost", 1),
    ("a2d-data", 1),
    ("a2d-model", 2),
    ("a2d-detect", 2),
    ("a2d-attacks", 3),
    ("a2d-eval", 3),
    ("a2d-adaptive", 4),
    ("a2d-baselines", 4),
    ("a2d-guard", 4),
    ("a2d-report", 4),
    ("a2d-lab", 5),
    ("a2d-serve", 5),
    ("a2d-cli", 6),
    ("a2d-detect-py", 5),
    ("a2d-py", 5),
];

/// A crate below `crates/`, and the members of the workspace that its manifest names, for whatever use.
pub(super) struct Member {
    name: String,
    dependencies: Vec<String>,
}

/// What is below `crates/`, as cargo sees it.
///
/// Manifests suffice: when every single dependency points down, so does every chain of them, with any features.
pub(super) fn members() -> Result<Vec<Member>> {
    let metadata = MetadataCommand::new()
        .manifest_path(workspace::root().join("Cargo.toml"))
        .no_deps()
        .exec()
        .context("cannot read the workspace's metadata")?;
    let crates = metadata.workspace_root.join("crates");
    let members =
        metadata.packages.iter().filter(|package| package.manifest_path.starts_with(&crates)).map(
            |package| Member {
                name: package.name.to_string(),
                dependencies: package
                    .dependencies
                    .iter()
                    .filter(|dependency| dependency.path.is_some())
                    .map(|dependency| dependency.name.clone())
                    .collect(),
            },
        );
    Ok(members.collect())
}

/// Dependencies that do not point down, and differences between the table and the workspace.
pub(super) fn violations(members: &[Member]) -> Vec<String> {
    check(LAYERS, members)
}

fn check(layers: &[(&str, u32)], members: &[Member]) -> Vec<String> {
    let layer_of = |name: &str| {
        let row = layers.iter().find(|(listed, _)| *listed == name);
        row.map(|(_, layer)| *layer)
    };
    let mut violations = Vec::new();
    for (listed, _) in layers {
        if !members.iter().any(|member| member.name == *listed) {
            violations.push(format!("the table of layers lists {listed}, which does not exist"));
        }
    }
    for Member { name, dependencies } in members {
        let Some(own) = layer_of(name) else {
            violations.push(format!("the table of layers does not list {name}"));
            continue;
        };
        for dependency in dependencies {
            match layer_of(dependency) {
                Some(below) if below < own => {}
                Some(layer) => violations.push(format!(
                    "{name} (layer {own}) depends on {dependency} (layer {layer}), which is not below it"
                )),
                None => violations.push(format!("{name} depends on {dependency}, which has no layer")),
            }
        }
    }
    violations
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &[(&str, u32)] = &[("ground", 0), ("wall", 1), ("roof", 2)];

    fn member(name: &str, dependencies: &[&str]) -> Member {
        Member {
            name: name.to_owned(),
            dependencies: dependencies.iter().copied().map(str::to_owned).collect(),
        }
    }

    fn house(wall_needs: &[&str]) -> Vec<Member> {
        vec![member("ground", &[]), member("wall", wall_needs), member("roof", &["wall", "ground"])]
    }

    #[test]
    fn dependencies_that_point_down_are_fine() {
        assert!(check(TABLE, &house(&["ground"])).is_empty());
    }

    #[test]
    fn a_dependency_that_points_up_or_sideways_is_found() {
        let up = "wall (layer 1) depends on roof (layer 2), which is not below it";
        assert_eq!(check(TABLE, &house(&["roof"])), [up]);
        let itself = "wall (layer 1) depends on wall (layer 1), which is not below it";
        assert_eq!(check(TABLE, &house(&["ground", "wall"])), [itself]);
    }

    #[test]
    fn a_crate_missing_from_the_table_is_found_and_so_is_its_use() {
        let mut members = house(&["shed"]);
        members.push(member("shed", &[]));
        let expected =
            ["wall depends on shed, which has no layer", "the table of layers does not list shed"];
        assert_eq!(check(TABLE, &members), expected);
    }

    #[test]
    fn a_listed_crate_that_does_not_exist_is_found() {
        let mut members = house(&["ground"]);
        members.pop();
        let expected = "the table of layers lists roof, which does not exist";
        assert_eq!(check(TABLE, &members), [expected]);
    }
}
