//! Parameters of attacks, from a file and from options.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use a2d_attacks::{Crafting, Defense, Parameters, Preset};
use a2d_file::Plan;
use clap::{Arg, ArgMatches, Args, Command, FromArgMatches};
use serde::Serialize;
use serde_json::Value;

use crate::exit::{BadInput, Usage};

/// What replaces the parameters of a data set's preset.
#[derive(Debug, Args)]
pub(crate) struct ParameterArguments {
    /// File with a table of parameters for each attack (TOML, or JSON): [bim] epsilon = 0.2
    #[arg(long, value_name = "FILE")]
    spec: Option<PathBuf>,
    #[command(flatten)]
    options: Options,
}

/// An option for every parameter that an attack has.
#[derive(Debug)]
struct Options(Parameters);

/// An attack whose parameters can be replaced.
pub(crate) trait Configurable: Serialize + Sized {
    fn name(&self) -> &'static str;
    fn with(&self, replaced: &Parameters) -> a2d_attacks::Result<Self>;
}

impl Configurable for Defense {
    fn name(&self) -> &'static str {
        self.name()
    }

    fn with(&self, replaced: &Parameters) -> a2d_attacks::Result<Self> {
        self.with(replaced)
    }
}

impl Configurable for Crafting {
    fn name(&self) -> &'static str {
        self.name()
    }

    fn with(&self, replaced: &Parameters) -> a2d_attacks::Result<Self> {
        self.with(replaced)
    }
}

impl ParameterArguments {
    /// Adds to a plan what is read.
    pub(crate) fn plan<'a>(&'a self, plan: Plan<'a>) -> Plan<'a> {
        plan.reads_all("--spec", &self.spec)
    }

    /// These attacks with the parameters of the file, and over them those of the options.
    pub(crate) fn apply<A: Configurable>(&self, attacks: &[A]) -> anyhow::Result<Vec<A>> {
        let mut tables = self.spec.as_deref().map_or_else(|| Ok(BTreeMap::new()), read)?;
        for name in self.options.0.keys() {
            if !attacks.iter().any(|attack| parameters(attack).contains_key(name)) {
                let names: Vec<_> = attacks.iter().map(Configurable::name).collect();
                let (option, names) = (name.replace('_', "-"), names.join(", "));
                let text = format!("set up {names}: expected parameters of theirs, got --{option}");
                return Err(Usage::new(text).into());
            }
        }
        let configured = attacks.iter().map(|attack| {
            let mut replaced = tables.remove(attack.name()).unwrap_or_default();
            let known = parameters(attack);
            let options = self.options.0.iter().filter(|(name, _)| known.contains_key(*name));
            replaced.extend(options.map(|(name, value)| (name.clone(), value.clone())));
            Ok(attack.with(&replaced)?)
        });
        configured.collect()
    }
}

/// The parameters of an attack.
pub(crate) fn parameters<A: Configurable>(attack: &A) -> Parameters {
    match serde_json::to_value(attack) {
        Ok(Value::Object(mut card)) => match card.remove(attack.name()) {
            Some(Value::Object(parameters)) => parameters,
            _ => Parameters::new(),
        },
        _ => Parameters::new(),
    }
}

/// The tables of a file, by attack.
fn read(path: &Path) -> anyhow::Result<BTreeMap<String, Parameters>> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| BadInput(format!("read {}: {error}", path.display())))?;
    let malformed = |error: String| {
        let (path, error) = (path.display(), error.trim().replace('\n', " "));
        BadInput(format!("read {path}: expected a table of parameters per attack, found {error}"))
    };
    let tables: BTreeMap<String, Parameters> = if text.trim_start().starts_with('{') {
        serde_json::from_str(&text).map_err(|error| malformed(error.to_string()))?
    } else {
        toml::from_str(&text).map_err(|error| malformed(error.to_string()))?
    };
    let known = |name: &str| Defense::NAMES.contains(&name) || Crafting::NAMES.contains(&name);
    match tables.keys().find(|name| !known(name)) {
        Some(stranger) => Err(malformed(format!("a table of {stranger:?}, which is no attack")))?,
        None => Ok(tables),
    }
}

/// Every parameter, and the attacks that have it.
fn all() -> anyhow::Result<BTreeMap<String, BTreeSet<&'static str>>> {
    let mut all = BTreeMap::<String, BTreeSet<_>>::new();
    let mut add = |name, parameters: Parameters| {
        for parameter in parameters.into_iter().map(|(parameter, _)| parameter) {
            all.entry(parameter).or_default().insert(name);
        }
    };
    for name in Defense::NAMES {
        add(name, parameters(&Defense::named(name, Preset::Mnist)?));
    }
    for name in Crafting::NAMES {
        add(name, parameters(&Crafting::named(name, Preset::Mnist)?));
    }
    Ok(all)
}

impl Args for Options {
    fn augment_args(command: Command) -> Command {
        let parameters = all().unwrap_or_default().into_iter();
        let options = parameters.map(|(parameter, attacks)| {
            let attacks: Vec<_> = attacks.into_iter().collect();
            Arg::new(parameter.clone())
                .long(parameter.replace('_', "-"))
                .value_name("VALUE")
                .allow_negative_numbers(true)
                .help(format!("Of {}", attacks.join(", ")))
                .help_heading("Parameters of attacks [default: those of the data set]")
        });
        command.args(options)
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for Options {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut options = Self(Parameters::new());
        options.update_from_arg_matches(matches)?;
        Ok(options)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        for parameter in all().unwrap_or_default().into_keys() {
            if let Some(text) = matches.get_one::<String>(&parameter) {
                // What is no number or truth value is a name, such as that of a target.
                let value = serde_json::from_str(text).unwrap_or_else(|_| text.clone().into());
                self.0.insert(parameter, value);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        parameters: ParameterArguments,
    }

    fn configured(options: &str, names: &[&str]) -> anyhow::Result<Vec<Value>> {
        let line = Line::try_parse_from(format!("a2d {options}").split_whitespace())?;
        let attacks = names.iter().map(|name| Defense::named(name, Preset::Mnist).unwrap());
        let attacks = line.parameters.apply(&attacks.collect::<Vec<_>>())?;
        Ok(attacks.iter().map(|attack| parameters(attack).into()).collect())
    }

    #[test]
    fn options_go_over_the_file_and_the_file_over_the_preset() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("spec");
        for text in [
            "[bim]\nepsilon = 0.2\nstep = 0.01\n[dba]\ndirections = 3\n",
            r#"{"bim": {"epsilon": 0.2, "step": 0.01}, "dba": {"directions": 3}}"#,
        ] {
            std::fs::write(&path, text).unwrap();
            let options = format!("--spec {} --step 0.02 --target rank-3", path.display());
            let attacks = configured(&options, &["bim", "lsa"]).unwrap();
            assert_eq!((&attacks[0]["epsilon"], &attacks[0]["step"]), (&0.2.into(), &0.02.into()));
            assert_eq!(
                (&attacks[0]["iterations"], &attacks[0]["target"]),
                (&500.into(), &"rank-3".into())
            );
            assert_eq!(attacks[1]["rounds"], 150);
        }
    }

    #[test]
    fn what_no_attack_can_take_is_refused() {
        let refused = |options: &str, names: &[&str]| {
            format!("{:#}", configured(options, names).unwrap_err())
        };
        let message = refused("--theta 0.1", &["bim", "dba"]);
        assert!(
            message.contains("set up bim, dba") && message.contains("got --theta"),
            "{message}"
        );
        assert!(refused("--iterations few", &["bim"]).contains("invalid type"));
        assert!(refused("--spec no.toml", &["bim"]).contains("read no.toml"));
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("spec.toml");
        for (text, finding) in [
            ("[bim", "a table of parameters per attack"),
            ("bim = 3", "a table of parameters per attack"),
            ("[bimm]\nstep = 1", "\"bimm\", which is no attack"),
            ("[bim]\ntheta = 1", "unknown field `theta`"),
        ] {
            std::fs::write(&path, text).unwrap();
            let message = refused(&format!("--spec {}", path.display()), &["bim"]);
            assert!(message.contains(finding), "{message}");
        }
    }
}
