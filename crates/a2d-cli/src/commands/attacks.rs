//! `a2d attacks`: what attacks there are, and what their parameters mean.

use std::collections::BTreeMap;

use a2d_attacks::{CRAFTING, Catalogue, DEFENSES, NamedAttack, Preset};
use clap::Args;
use serde::Serialize;
use serde_json::Value;

use crate::exit::Usage;
use crate::extensions;
use crate::format::{FormatArguments, Outcome, line, table};

/// List the attacks, or say what the parameters of one mean
///
/// An attack of one name may be another where examples are crafted (`craft`) than where costs are measured (`cost`). Parameters
/// have defaults for each data set.
#[derive(Debug, Args)]
pub(crate) struct Attacks {
    /// Attack whose parameters are to be said [default: the names of all]
    name: Option<String>,
    #[command(flatten)]
    format: FormatArguments,
}

/// What is said of attacks.
#[derive(Serialize)]
#[serde(transparent)]
struct Said {
    #[serde(skip)]
    with_parameters: bool,
    attacks: Vec<Attack>,
}

#[derive(Serialize)]
struct Attack {
    /// The command that takes it.
    command: &'static str,
    name: String,
    about: String,
    parameters: Vec<Parameter>,
}

#[derive(Serialize)]
struct Parameter {
    name: String,
    meaning: String,
    /// By data set.
    defaults: BTreeMap<String, Value>,
}

impl Attacks {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let mut attacks = vec![];
        for (command, catalogue) in [("cost", &DEFENSES), ("craft", &CRAFTING)] {
            for name in catalogue.names() {
                attacks.push(Attack::of(command, catalogue, name)?);
            }
            attacks.extend(extensions::get().attacks().iter().map(|own| Attack::own(command, own)));
        }
        if let Some(name) = &self.name {
            let known: Vec<_> = attacks.iter().map(|attack| attack.name.clone()).collect();
            attacks.retain(|attack| attack.name == *name);
            if attacks.is_empty() {
                let message =
                    format!("attacks: expected one of {}, got {name:?}", known.join(", "));
                return Err(Usage::new(message).into());
            }
        }
        self.format.print(&Said { with_parameters: self.name.is_some(), attacks })
    }
}

impl Attack {
    fn of(command: &'static str, catalogue: &Catalogue, name: &str) -> a2d_attacks::Result<Self> {
        let meaning = catalogue.meaning(name)?;
        let presets =
            Preset::ALL.map(|preset| Ok((preset.to_string(), catalogue.named(name, preset)?)));
        let presets = presets.into_iter().collect::<a2d_attacks::Result<Vec<_>>>()?;
        let parameters = meaning.parameters.into_iter().map(|(name, meaning)| {
            let default = |(preset, attack): &(String, NamedAttack)| {
                Some((preset.clone(), attack.parameters().get(&name)?.clone()))
            };
            let defaults = presets.iter().filter_map(default).collect();
            Parameter { name, meaning, defaults }
        });
        let parameters = parameters.collect();
        Ok(Self { command, name: name.into(), about: meaning.attack, parameters })
    }

    /// One of another crate, whose parameters say no more than their defaults.
    fn own(command: &'static str, attack: &NamedAttack) -> Self {
        let parameters = attack.parameters().iter().map(|(name, default)| Parameter {
            name: name.clone(),
            meaning: String::new(),
            defaults: Preset::ALL.map(|preset| (preset.to_string(), default.clone())).into(),
        });
        let parameters = parameters.collect();
        Self { command, name: attack.name().into(), about: String::new(), parameters }
    }
}

/// A default as it would be written.
fn written(default: Option<&Value>) -> String {
    match default {
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
        None => "-".into(),
    }
}

impl Outcome for Said {
    fn human(&self) -> String {
        if !self.with_parameters {
            let header = line([&"command", &"attack", &"is"]);
            let rows = self.attacks.iter();
            let rows = rows.map(|attack| line([&attack.command, &attack.name, &attack.about]));
            return table(std::iter::once(header).chain(rows));
        }
        let texts = self.attacks.iter().map(|Attack { command, name, about, parameters }| {
            let mut header = line([&"option"]);
            header.extend(Preset::ALL.map(|preset| preset.to_string()));
            header.push("meaning".into());
            let rows = parameters.iter().map(|Parameter { name, meaning, defaults }| {
                let mut row = vec![format!("--{}", name.replace('_', "-"))];
                row.extend(Preset::ALL.map(|preset| written(defaults.get(&preset.to_string()))));
                row.push(meaning.clone());
                row
            });
            format!("{name} ({command}): {about}\n{}", table(std::iter::once(header).chain(rows)))
        });
        texts.collect::<Vec<_>>().join("\n\n")
    }

    fn lines(&self) -> Vec<Vec<String>> {
        let mut header = line([&"command", &"attack", &"parameter"]);
        header.extend(Preset::ALL.map(|preset| preset.to_string()));
        header.push("meaning".into());
        let rows = self.attacks.iter().flat_map(|attack| {
            attack.parameters.iter().map(move |Parameter { name, meaning, defaults }| {
                let mut row = line([&attack.command, &attack.name, name]);
                row.extend(Preset::ALL.map(|preset| written(defaults.get(&preset.to_string()))));
                row.push(meaning.clone());
                row
            })
        });
        std::iter::once(header).chain(rows).collect()
    }
}
