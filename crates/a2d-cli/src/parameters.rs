//! Parameters of attacks, from a file and from options.

use std::collections::BTreeMap;
use std::marker::PhantomData;
use std::path::{Path, PathBuf};

use a2d_attacks::{CRAFTING, Catalogue, DEFENSES, NamedAttack, Parameters, parse_spec};
use a2d_file::Plan;
use clap::{Arg, ArgMatches, Args, Command, FromArgMatches};
use serde_json::Value;

use crate::exit::{BadInput, Usage};
use crate::extensions;
use crate::number::number;

/// The attacks of a command.
pub(crate) trait AttacksOf: Clone + Send + Sync + 'static {
    /// The table that they are in.
    const CATALOGUE: &'static Catalogue;
}

/// Those whose costs are measured.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OfDefenses;

impl AttacksOf for OfDefenses {
    const CATALOGUE: &'static Catalogue = &DEFENSES;
}

/// Those that craft examples.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OfCrafting;

impl AttacksOf for OfCrafting {
    const CATALOGUE: &'static Catalogue = &CRAFTING;
}

/// What replaces the parameters of a data set's preset.
#[derive(Debug, Args)]
pub(crate) struct ParameterArguments<A: AttacksOf> {
    /// File with a table of parameters for each attack (TOML, or JSON): [bim] epsilon = 0.2
    #[arg(long, value_name = "FILE")]
    spec: Option<PathBuf>,
    #[command(flatten)]
    options: Options<A>,
}

/// An option for every parameter that an attack has, as it was written. Those of the command's attacks are shown; others may be
/// those of attacks from elsewhere.
#[derive(Debug)]
struct Options<A>(BTreeMap<String, String>, PhantomData<A>);

impl<A: AttacksOf> ParameterArguments<A> {
    /// Adds to a plan what is read.
    pub(crate) fn plan<'a>(&'a self, plan: Plan<'a>) -> Plan<'a> {
        plan.reads_all("--spec", &self.spec)
    }

    /// These attacks with the parameters of the file, and over them those of the options.
    pub(crate) fn apply(&self, attacks: &[NamedAttack]) -> anyhow::Result<Vec<NamedAttack>> {
        let mut tables = self.spec.as_deref().map_or_else(|| Ok(BTreeMap::new()), read)?;
        for name in self.options.0.keys() {
            if !attacks.iter().any(|attack| attack.parameters().contains_key(name)) {
                let names: Vec<_> = attacks.iter().map(NamedAttack::name).collect();
                let (option, names) = (name.replace('_', "-"), names.join(", "));
                let text = format!("set up {names}: expected parameters of theirs, got --{option}");
                return Err(Usage::new(text).into());
            }
        }
        let configured = attacks.iter().map(|attack| {
            let mut replaced = tables.remove(attack.name()).unwrap_or_default();
            let known = attack.parameters();
            for (name, value) in &mut replaced {
                if let (Value::String(text), Some(preset)) = (&*value, known.get(name)) {
                    *value = typed(text, preset).unwrap_or_else(|| value.clone());
                }
            }
            for (name, text) in &self.options.0 {
                let Some(preset) = known.get(name) else { continue };
                let value = typed(text, preset).ok_or_else(|| {
                    let (attack, option) = (attack.name(), name.replace('_', "-"));
                    let expected = expected(preset);
                    Usage::new(format!(
                        "set up {attack}: expected {expected} as --{option}, got {text:?}"
                    ))
                })?;
                replaced.insert(name.clone(), value);
            }
            Ok(attack.with(&replaced)?)
        });
        configured.collect()
    }
}

/// The value that a text stands for, of the type that the preset has; `None` if there is none.
fn typed(text: &str, preset: &Value) -> Option<Value> {
    match preset {
        Value::Number(count) if count.is_u64() => {
            // Also 1e3, but nothing that would have to be rounded.
            let value = number(text).filter(|value| value.fract() == 0.0)?;
            ((0.0..=f64::from(u32::MAX)).contains(&value)).then(|| Value::from(value as u64))
        }
        Value::Number(_) => number(text).map(Value::from),
        Value::Bool(_) => text.to_ascii_lowercase().parse().ok().map(Value::Bool),
        _ => Some(Value::from(text)),
    }
}

fn expected(preset: &Value) -> &'static str {
    match preset {
        Value::Number(count) if count.is_u64() => "a whole number from 0 to 4294967295",
        Value::Number(_) => "a finite number, such as 0.1, 1e-3 or 8/255,",
        Value::Bool(_) => "true or false",
        _ => "a name",
    }
}

/// The tables of a file, by attack.
fn read(path: &Path) -> anyhow::Result<BTreeMap<String, Parameters>> {
    let text = a2d_file::read_text(path)
        .map_err(|error| BadInput(format!("read {}: {error}", path.display())))?;
    let malformed = |error: String| {
        let (path, error) = (path.display(), error.trim().replace('\n', " "));
        BadInput(format!("read {path}: expected a table of parameters per attack, found {error}"))
    };
    let tables = match parse_spec(&text) {
        Ok(tables) => tables,
        Err(a2d_attacks::Error::Spec(found)) => return Err(malformed(found).into()),
        Err(error) => return Err(error.into()),
    };
    let own = || extensions::get().attacks().iter().map(NamedAttack::name);
    let all = || DEFENSES.names().chain(CRAFTING.names()).chain(own());
    let known = |name: &str| all().any(|attack| attack == name);
    match tables.keys().find(|name| !known(name)) {
        Some(stranger) => Err(malformed(format!("a table of {stranger:?}, which is no attack")))?,
        None => Ok(tables),
    }
}

/// Every parameter of the attacks of a table, with its meanings and the attacks that it has each for.
fn parameters(catalogue: &Catalogue) -> a2d_attacks::Result<BTreeMap<String, Meanings>> {
    let mut all = BTreeMap::<String, Meanings>::new();
    for attack in catalogue.names() {
        for (parameter, meaning) in catalogue.meaning(attack)?.parameters {
            let meanings = all.entry(parameter).or_default();
            match meanings.iter_mut().find(|(known, _)| *known == meaning) {
                Some((_, attacks)) => attacks.push(attack),
                None => meanings.push((meaning, vec![attack])),
            }
        }
    }
    Ok(all)
}

/// What a parameter means, for which attacks.
type Meanings = Vec<(String, Vec<&'static str>)>;

/// The meanings as a help text.
fn help(meanings: Option<&Meanings>) -> String {
    let one = |(meaning, attacks): &(String, Vec<&str>)| {
        format!("{}: {}", attacks.join(", "), meaning.trim_end_matches('.'))
    };
    meanings.map_or_else(String::new, |all| all.iter().map(one).collect::<Vec<_>>().join("\n"))
}

/// The names of all parameters of all attacks.
fn names() -> Vec<String> {
    let all = [&DEFENSES, &CRAFTING].map(|all| parameters(all).unwrap_or_default());
    let mut names: Vec<String> = all.into_iter().flat_map(BTreeMap::into_keys).collect();
    names.sort_unstable();
    names.dedup();
    names
}

impl<A: AttacksOf> Args for Options<A> {
    fn augment_args(command: Command) -> Command {
        let own = parameters(A::CATALOGUE).unwrap_or_default();
        let options = names().into_iter().map(|name| {
            let meanings = own.get(&name);
            Arg::new(name.clone())
                .long(name.replace('_', "-"))
                .value_name("VALUE")
                .allow_negative_numbers(true)
                .hide(meanings.is_none())
                .help(help(meanings))
                .help_heading(
                    "Parameters of attacks [default: those of the data set, see `a2d attacks`]",
                )
        });
        command.args(options)
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl<A: AttacksOf> FromArgMatches for Options<A> {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut options = Self(BTreeMap::new(), PhantomData);
        options.update_from_arg_matches(matches)?;
        Ok(options)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        for parameter in names() {
            if let Some(text) = matches.get_one::<String>(&parameter) {
                self.0.insert(parameter, text.clone());
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use a2d_attacks::Preset;
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        parameters: ParameterArguments<OfDefenses>,
    }

    fn configured(options: &str, names: &[&str]) -> anyhow::Result<Vec<Value>> {
        let line = Line::try_parse_from(format!("a2d {options}").split_whitespace())?;
        let attacks = names.iter().map(|name| DEFENSES.named(name, Preset::MNIST).unwrap());
        let attacks = line.parameters.apply(&attacks.collect::<Vec<_>>())?;
        Ok(attacks.iter().map(|attack| attack.parameters().clone().into()).collect())
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
    fn numbers_are_read_as_people_write_them() {
        for (text, expected) in [(".1", 0.1), ("1.", 1.0), ("8/255", 8.0 / 255.0), ("+0.1", 0.1)] {
            let attacks = configured(&format!("--epsilon {text}"), &["bim"]).unwrap();
            assert_eq!(attacks[0]["epsilon"], expected, "{text}");
        }
        let attacks = configured("--iterations 1e2", &["bim"]).unwrap();
        assert_eq!(attacks[0]["iterations"], 100);
        let attacks = configured("--abort-early FALSE", &["cw"]).unwrap();
        assert_eq!(attacks[0]["abort_early"], false);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("spec.toml");
        std::fs::write(&path, "[bim]\nepsilon = \"8/255\"\n").unwrap();
        let attacks = configured(&format!("--spec {}", path.display()), &["bim"]).unwrap();
        assert_eq!(attacks[0]["epsilon"], 8.0 / 255.0);
    }

    #[test]
    fn help_says_what_the_parameters_of_the_commands_own_attacks_mean() {
        let help = <Line as clap::CommandFactory>::command().render_long_help().to_string();
        assert!(help.contains("--step") && help.contains("Change of every pixel per step"));
        assert!(!help.contains("--overshoot") && !help.contains("--substitute"), "{help}");
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
        for (options, finding) in [
            (
                "--iterations few",
                "expected a whole number from 0 to 4294967295 as --iterations, got \"few\"",
            ),
            ("--iterations 1.5", "a whole number"),
            ("--iterations -1", "a whole number"),
            ("--iterations 1e10", "a whole number"),
            ("--epsilon inf", "a finite number"),
            ("--epsilon 1/0", "a finite number"),
            ("--epsilon 1e999", "a finite number"),
        ] {
            let message = refused(options, &["bim"]);
            assert!(message.contains(finding), "{options}: {message}");
        }
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
