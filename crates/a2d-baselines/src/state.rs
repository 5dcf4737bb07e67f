//! What was fitted, in a form that files keep.

use std::collections::BTreeMap;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tch::{Kind, Tensor};

use crate::{Error, Result};

/// What was fitted: tensors by their names, and all else as JSON.
#[derive(Debug, Default)]
pub struct State {
    /// float32, float64 or int64, all finite.
    pub tensors: BTreeMap<String, Tensor>,
    /// The rest.
    pub values: Value,
}

impl State {
    /// These values, without tensors.
    ///
    /// # Errors
    /// [`Error::State`] if they have no form in JSON.
    pub fn of(values: &impl Serialize) -> Result<Self> {
        let values = serde_json::to_value(values).map_err(|error| Error::state("values", error))?;
        Ok(Self { tensors: BTreeMap::new(), values })
    }

    /// This and a tensor.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, tensor: &Tensor) -> Self {
        self.tensors.insert(name.into(), tensor.shallow_clone());
        self
    }

    /// The values.
    ///
    /// # Errors
    /// [`Error::State`] if they are others.
    pub fn values<T: DeserializeOwned>(&self) -> Result<T> {
        T::deserialize(&self.values).map_err(|error| Error::state("values", error))
    }

    /// The tensor of this name, of this kind and, where sides are not 0, of this size.
    ///
    /// # Errors
    /// [`Error::State`] if there is none such.
    pub fn tensor(&self, name: &str, kind: Kind, size: &[i64]) -> Result<Tensor> {
        let expected = || format!("tensor {name:?} of {kind:?}, size {size:?}");
        let found = self.tensors.get(name);
        let tensor = found.ok_or_else(|| Error::state(expected(), "none"))?;
        let fits = |(side, wanted): (&i64, &i64)| *wanted == 0 || side == wanted;
        let is_size = tensor.dim() == size.len() && tensor.size().iter().zip(size).all(fits);
        if !is_size || tensor.kind() != kind {
            let got = format!("{:?}, size {:?}", tensor.kind(), tensor.size());
            return Err(Error::state(expected(), got));
        }
        Ok(tensor.shallow_clone())
    }
}
