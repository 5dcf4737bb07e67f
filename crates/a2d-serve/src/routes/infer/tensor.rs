//! A tensor in JSON, whose values are in one list or in lists of lists.

use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, SeqAccess, Visitor};

use crate::problem::Problem;

/// The deepest lists: images x channels x rows x pixels.
const DEEPEST: usize = 4;

/// An input.
#[derive(Debug, Deserialize)]
pub(super) struct Tensor {
    name: String,
    datatype: String,
    shape: Vec<usize>,
    data: Flat,
}

impl Tensor {
    /// The shape, and the values as pixels from 0 to 1.
    pub(super) fn shape_and_pixels(self) -> Result<(Vec<usize>, Vec<f32>), Problem> {
        let Self { name, datatype, shape, data: Flat(values) } = self;
        match datatype.as_str() {
            "FP16" | "FP32" | "FP64" => Ok((shape, values)),
            "UINT8" => {
                if let Some(value) = values
                    .iter()
                    .find(|value| value.fract() != 0.0 || !(0.0..=255.0).contains(*value))
                {
                    let detail =
                        format!("read {name}: expected whole numbers from 0 to 255, got {value}");
                    return Err(Problem::malformed(detail));
                }
                Ok((shape, values.into_iter().map(|value| value / 255.0).collect()))
            }
            other => {
                let detail =
                    format!("read {name}: expected FP16, FP32, FP64 or UINT8, got {other}");
                Err(Problem::malformed(detail))
            }
        }
    }
}

/// Values of lists of lists, one after the other.
#[derive(Debug)]
struct Flat(Vec<f32>);

impl<'de> Deserialize<'de> for Flat {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut values = vec![];
        deserializer.deserialize_seq(Into { values: &mut values, depth: 1 })?;
        Ok(Self(values))
    }
}

/// Puts the values of a list, or a value, behind others.
struct Into<'a> {
    values: &'a mut Vec<f32>,
    depth: usize,
}

impl<'de> DeserializeSeed<'de> for Into<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Into<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "numbers in lists, at most {DEEPEST} deep")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let Self { values, depth } = self;
        if depth > DEEPEST {
            return Err(serde::de::Error::custom(format!(
                "expected numbers in lists, at most {DEEPEST} deep"
            )));
        }
        while list.next_element_seed(Into { values: &mut *values, depth: depth + 1 })?.is_some() {}
        Ok(())
    }

    fn visit_f64<E>(self, value: f64) -> Result<(), E> {
        self.values.push(value as f32);
        Ok(())
    }

    fn visit_u64<E>(self, value: u64) -> Result<(), E> {
        self.values.push(value as f32);
        Ok(())
    }

    fn visit_i64<E>(self, value: i64) -> Result<(), E> {
        self.values.push(value as f32);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tensor(datatype: &str, data: &str) -> serde_json::Result<Tensor> {
        serde_json::from_str(&format!(
            r#"{{"name": "images", "datatype": "{datatype}", "shape": [1, 1, 1, 2], "data": {data}}}"#
        ))
    }

    #[test]
    fn lists_of_lists_are_one_list() {
        for data in ["[0, 0.5]", "[[0, 0.5]]", "[[[[0]], [[0.5]]]]"] {
            assert_eq!(tensor("FP32", data).unwrap().shape_and_pixels().unwrap().1, [0.0, 0.5]);
        }
        assert_eq!(tensor("UINT8", "[0, 255]").unwrap().shape_and_pixels().unwrap().1, [0.0, 1.0]);
        for data in ["[[[[[0]]]]]", "{}", "[\"0\"]", "[null]", "0", "[true]"] {
            assert!(tensor("FP32", data).is_err(), "{data}");
        }
        for (datatype, data) in
            [("UINT8", "[0, 256]"), ("UINT8", "[0.5]"), ("UINT8", "[-1]"), ("INT8", "[0]")]
        {
            assert!(
                tensor(datatype, data).unwrap().shape_and_pixels().is_err(),
                "{datatype} {data}"
            );
        }
    }
}
