//! A table of attacks, and what a line of it says.

use std::collections::BTreeMap;
use std::sync::Arc;

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};
use serde_json::Value;

use crate::{Aim, AnyAttack, Error, NamedAttack, Parameters, Preset, Result, parse_spec};

/// A table of attacks, whose parameters a [`Preset`] says.
#[derive(Debug)]
pub struct Catalogue {
    /// What its attacks are, for messages.
    pub(super) what: &'static str,
    pub(super) kinds: &'static [Kind],
    /// The parameters of each, as TOML, of which those of later texts replace those of earlier ones.
    pub(super) parameters: fn(Preset) -> &'static [&'static str],
}

/// A line of a [`Catalogue`].
#[derive(Debug)]
pub struct Kind {
    name: &'static str,
    aim: Aim,
    read: fn(Parameters) -> serde_json::Result<Arc<dyn AnyAttack>>,
    schema: fn() -> Schema,
}

/// What an attack is and what its parameters mean, as their rustdoc says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Meaning {
    /// What the attack is, in a sentence.
    pub attack: String,
    /// What each parameter means, by name, in one or a few sentences.
    pub parameters: BTreeMap<String, String>,
}

impl Kind {
    /// Attacks of this type under this name, after this where they craft examples.
    pub(super) const fn of<A: AnyAttack + serde::de::DeserializeOwned + JsonSchema + 'static>(
        name: &'static str,
        aim: Aim,
    ) -> Self {
        Self { name, aim, read: read::<A>, schema: schema::<A> }
    }

    fn attack(&self, parameters: Parameters) -> Result<NamedAttack> {
        let attack = (self.read)(parameters);
        let attack = attack.map_err(|error| Error::parameters(self.name.to_owned(), &error))?;
        NamedAttack::of(self.name.to_owned(), self.aim, attack)
    }
}

fn read<A: AnyAttack + serde::de::DeserializeOwned + 'static>(
    parameters: Parameters,
) -> serde_json::Result<Arc<dyn AnyAttack>> {
    Ok(Arc::new(serde_json::from_value::<A>(parameters.into())?))
}

fn schema<A: JsonSchema>() -> Schema {
    let settings = SchemaSettings::default().with(|settings| settings.inline_subschemas = true);
    settings.into_generator().into_root_schema_for::<A>()
}

/// A text of rustdoc as people read it: without the marks of code and links.
fn plain(description: Option<&Value>) -> String {
    let text = description.and_then(Value::as_str).unwrap_or_default();
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let (mut plain, mut is_escaped) = (String::with_capacity(text.len()), false);
    for character in text.chars() {
        match character {
            '\\' if !is_escaped => is_escaped = true,
            '`' | '[' | ']' if !is_escaped => {}
            _ => {
                plain.push(character);
                is_escaped = false;
            }
        }
    }
    plain
}

/// Up to the first full stop that ends no abbreviation.
fn first_sentence(text: &str) -> &str {
    let mut stops = text.match_indices(". ").map(|(stop, _)| stop);
    let end = stops.find(|stop| !text[..*stop].ends_with(" al"));
    end.map_or(text, |end| &text[..=end])
}

impl Catalogue {
    /// The names of all.
    pub fn names(&self) -> impl Iterator<Item = &'static str> + use<> {
        self.kinds.iter().map(|kind| kind.name)
    }

    /// The attack of this name with the parameters for `preset`.
    ///
    /// # Errors
    /// [`Error::UnknownName`] if there is none.
    pub fn named(&self, name: &str, preset: Preset) -> Result<NamedAttack> {
        let kind = self.kind(name)?;
        let mut parameters = Parameters::default();
        for text in (self.parameters)(preset) {
            parameters.extend(parse_spec(text)?.remove(name).unwrap_or_default());
        }
        kind.attack(parameters)
    }

    /// The attack of this name with these parameters, all of them, as a card has them.
    ///
    /// # Errors
    /// [`Error::UnknownName`] if there is none; [`Error::Parameters`] if these are not its parameters.
    pub fn with_parameters(&self, name: &str, parameters: &Parameters) -> Result<NamedAttack> {
        self.kind(name)?.attack(parameters.clone())
    }

    /// What the attack of this name is, and what its parameters mean.
    ///
    /// ```
    /// let meaning = a2d_attacks::DEFENSES.meaning("bim")?;
    /// assert_eq!(meaning.parameters["step"], "Change of every pixel per step.");
    /// # Ok::<(), a2d_attacks::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::UnknownName`] if there is none.
    pub fn meaning(&self, name: &str) -> Result<Meaning> {
        let schema = (self.kind(name)?.schema)();
        let parameters = schema.get("properties").and_then(Value::as_object);
        let parameters = parameters.into_iter().flatten();
        Ok(Meaning {
            attack: first_sentence(&plain(schema.get("description"))).to_owned(),
            parameters: parameters
                .map(|(name, schema)| (name.clone(), plain(schema.get("description"))))
                .collect(),
        })
    }

    fn kind(&self, name: &str) -> Result<&Kind> {
        self.kinds.iter().find(|kind| kind.name == name).ok_or_else(|| Error::UnknownName {
            kind: self.what,
            known: self.names().collect::<Vec<_>>().join(", "),
            name: name.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::{CRAFTING, Catalogue, DEFENSES, Preset, Target, parse_spec};
    use serde_json::json;

    const ALL: [&Catalogue; 2] = [&DEFENSES, &CRAFTING];

    #[test]
    fn presets_have_all_parameters_of_all_attacks_and_no_others() {
        for (catalogue, preset) in
            ALL.into_iter().flat_map(|all| Preset::ALL.map(|preset| (all, preset)))
        {
            let texts = (catalogue.parameters)(preset);
            let mut tables = texts.iter().map(|text| parse_spec(text).unwrap());
            let whole = tables.next().unwrap();
            let mut names: Vec<_> = catalogue.names().collect();
            names.sort_unstable();
            assert!(whole.keys().eq(names.iter()), "{preset}");
            for (name, replaced) in tables.flatten() {
                for (parameter, value) in replaced {
                    assert_ne!(whole[&name][&parameter], value, "{preset}, {name}: say it once");
                }
            }
            for name in names {
                let attack = catalogue.named(name, preset).unwrap();
                assert_eq!(attack.name(), name);
                assert!(attack.parameters().keys().eq(whole[name].keys()), "{preset}, {name}");
                attack.check(10).unwrap();
                let card = serde_json::to_value(&attack).unwrap();
                let again =
                    catalogue.with_parameters(name, card[name].as_object().unwrap()).unwrap();
                assert_eq!(serde_json::to_value(again).unwrap(), card);
            }
        }
    }

    #[test]
    fn all_parameters_of_all_attacks_have_a_meaning() {
        for (catalogue, name) in ALL.into_iter().flat_map(|all| all.names().map(move |n| (all, n)))
        {
            let attack = catalogue.named(name, Preset::MNIST).unwrap();
            let meaning = catalogue.meaning(name).unwrap();
            assert!(
                meaning.parameters.keys().eq(attack.parameters().keys()),
                "{name}: {meaning:?}"
            );
            for text in meaning.parameters.values().chain([&meaning.attack]) {
                assert!(text.ends_with('.') && !text.contains(['\\', '`']), "{name}: {text:?}");
            }
        }
    }

    #[test]
    fn meanings_are_read_as_text() {
        let of = |text: &str| super::plain(Some(&text.into()));
        assert_eq!(of("Change in\n\\[0, 1\\], see [`Bim`]."), "Change in [0, 1], see Bim.");
        let first = super::first_sentence("By Szegedy et al. 2014, long ago. It searches. Twice.");
        assert_eq!(first, "By Szegedy et al. 2014, long ago.");
    }

    #[test]
    fn an_unknown_name_is_answered_with_the_known_ones() {
        let message = DEFENSES.named("pgd", Preset::MNIST).unwrap_err().to_string();
        assert!(message.contains("choose defense attack"), "{message}");
        assert!(message.contains("\"pgd\"") && message.contains("fgsm, bim, bim2"), "{message}");
        let message = CRAFTING.named("bim", Preset::MNIST).unwrap_err().to_string();
        assert!(message.contains("choose crafting attack"), "{message}");
        assert!(message.contains("fgsm, fgsm-l2, fgsm-logit, bim-a"), "{message}");
    }

    #[test]
    fn presets_are_those_of_the_paper() {
        let parameter = |name, preset, parameter| {
            DEFENSES.named(name, preset).unwrap().parameters()[parameter].clone()
        };
        let bim =
            ["epsilon", "step", "iterations"].map(|name| parameter("bim", Preset::MNIST, name));
        assert_eq!(bim, [json!(0.3), json!(0.0006), json!(500)]);
        let bim2 = ["epsilon", "step"].map(|name| parameter("bim2", Preset::CIFAR10, name));
        assert_eq!(bim2, [json!(0.01), json!(0.00002)]);
        let dba = ["distance", "directions", "iterations"];
        let dba = dba.map(|name| parameter("dba", Preset::CIFAR10, name));
        assert_eq!(dba, [json!(5e-5), json!(25), json!(5000)]);
        for name in DEFENSES.names() {
            let [small, large] = [Preset::CIFAR10, Preset::IMAGENET]
                .map(|preset| DEFENSES.named(name, preset).unwrap());
            assert_eq!(small.parameters(), large.parameters());
        }
        let crafting = |name, parameter| {
            [Preset::CIFAR10, Preset::IMAGENET]
                .map(|preset| CRAFTING.named(name, preset).unwrap().parameters()[parameter].clone())
        };
        assert_eq!(crafting("deepfool", "overshoot"), [json!(0.02), json!(0.05)]);
        assert_eq!(crafting("deepfool", "iterations"), [json!(50), json!(100)]);
        assert_eq!(crafting("deepfool", "classes"), [json!(9), json!(9)]);
        assert_eq!(crafting("cw", "initial_c"), [json!(0.02), json!(0.01)]);
    }

    #[test]
    fn parameters_are_replaced_by_name() {
        let bim = DEFENSES.named("bim", Preset::MNIST).unwrap();
        let with = |parameters: serde_json::Value| bim.with(parameters.as_object().unwrap());
        let changed = with(json!({"epsilon": 0.2, "target": "rank-3"})).unwrap();
        assert_eq!(changed.parameters()["epsilon"], 0.2);
        assert_eq!(changed.parameters()["step"], 0.0006);
        assert_eq!(changed.parameters()["target"], Target::Rank(3).to_string());
        for (parameters, finding) in [
            (json!({"theta": 1.0}), "unknown field `theta`"),
            (json!({"iterations": -1}), "invalid value: integer `-1`"),
            (json!({"target": "third"}), "expected one of untargeted"),
        ] {
            let message = with(parameters).unwrap_err().to_string();
            assert!(message.contains("set up bim") && message.contains(finding), "{message}");
        }
    }

    #[test]
    fn caps_are_those_of_the_attacks() {
        let cap = |name| DEFENSES.named(name, Preset::MNIST).unwrap().cap(784);
        assert_eq!(["fgsm", "bim", "jsma", "dba"].map(cap), [1, 500, 2000, 5000]);
    }
}
