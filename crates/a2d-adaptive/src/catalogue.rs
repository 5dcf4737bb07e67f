//! The table of all adversaries.

use serde_json::{Map, Value};

use crate::adversaries::{
    ConfidenceSweep, Joint, LogitMatching, Margin, Orthogonal, Selective, VerdictWalk,
};
use crate::{Adversary, Attackers, Benign, Error, Result, Victim};

/// The adversaries.
pub static ADVERSARIES: &[Kind] = &[
    Kind::of::<ConfidenceSweep>(),
    Kind::of::<Margin>(),
    Kind::of::<Selective>(),
    Kind::of::<Orthogonal>(),
    Kind::of::<Joint>(),
    Kind::of::<LogitMatching>(),
    Kind::of::<VerdictWalk>(),
];

type Given = Map<String, Value>;

/// A kind of adversary.
#[derive(Clone, Copy, Debug)]
pub struct Kind {
    /// Its name.
    pub name: &'static str,
    parameters: fn(&Given) -> Result<Given>,
    prepare: fn(&Given, &Victim<'_>, &Benign) -> Result<Box<dyn Attackers>>,
}

impl Kind {
    /// The kind with these parameters.
    pub const fn of<A: Adversary>() -> Self {
        Self {
            name: A::NAME,
            parameters: |given| by_name(&parsed::<A>(given)?),
            prepare: |given, victim, benign| parsed::<A>(given)?.prepare(victim, benign),
        }
    }

    /// All parameters, where these are given.
    ///
    /// # Errors
    /// [`Error::Parameter`] if one is unknown or of another type.
    pub fn parameters(&self, given: &Map<String, Value>) -> Result<Map<String, Value>> {
        (self.parameters)(given)
    }

    /// Prepares an adversary with the default parameters, but for these.
    ///
    /// # Errors
    /// As [`Adversary::prepare`], and as [`Self::parameters`].
    pub fn prepare(
        &self,
        given: &Map<String, Value>,
        victim: &Victim<'_>,
        benign: &Benign,
    ) -> Result<Box<dyn Attackers>> {
        (self.prepare)(given, victim, benign)
    }
}

/// The kind of this name.
///
/// # Errors
/// [`Error::Unknown`] if there is none.
pub fn kind(name: &str) -> Result<&'static Kind> {
    ADVERSARIES.iter().find(|kind| kind.name == name).ok_or_else(|| {
        let known: Vec<_> = ADVERSARIES.iter().map(|kind| kind.name).collect();
        Error::Unknown { name: name.to_owned(), known: known.join(", ") }
    })
}

fn by_name<A: Adversary>(parameters: &A) -> Result<Given> {
    match serde_json::to_value(parameters) {
        Ok(Value::Object(all)) => Ok(all),
        other => Err(Error::parameter(A::NAME, "parameters by their names", format!("{other:?}"))),
    }
}

/// The parameters of a kind, where these are given.
fn parsed<A: Adversary>(given: &Given) -> Result<A> {
    let mut all = by_name(&A::default())?;
    all.extend(given.clone());
    serde_json::from_value(all.into())
        .map_err(|error| Error::parameter(A::NAME, "its parameters", error))
}
