//! The inputs that costs are of, so that the same ones are known again elsewhere.

use std::collections::HashSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::Sketch;
use crate::sketch::BYTES;

/// A set of inputs, known by its digest and by a sketch of every image.
///
/// In a file it is an object, `{"digest": "<hex>", "sketches": "<base64>"}`, of which the text has 24
/// bytes for each image. Earlier versions wrote the digest alone; it is read as a set without
/// sketches.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(from = "Written")]
pub struct InputSet {
    /// Hex SHA-256 of shape and pixels.
    pub digest: String,
    /// Of every input, in order, where they are known.
    #[serde(serialize_with = "encode", skip_serializing_if = "Option::is_none")]
    pub sketches: Option<Vec<Sketch>>,
}

impl InputSet {
    /// The set with the sketches of all rows but these, whose inputs have no cost. It keeps its digest, which
    /// says where the inputs come from.
    #[must_use]
    pub fn without(&self, left_out: &HashSet<usize>) -> Self {
        let kept = |sketches: &Vec<Sketch>| {
            let rows = sketches.iter().enumerate();
            rows.filter(|(row, _)| !left_out.contains(row)).map(|(_, sketch)| *sketch).collect()
        };
        Self { digest: self.digest.clone(), sketches: self.sketches.as_ref().map(kept) }
    }
}

/// What files of this and earlier versions hold.
#[derive(Deserialize)]
#[serde(untagged, expecting = "the digest of inputs, or an object with digest and sketches")]
enum Written {
    Digest(String),
    Set {
        digest: String,
        #[serde(default)]
        sketches: Option<Text>,
    },
}

impl From<Written> for InputSet {
    fn from(written: Written) -> Self {
        match written {
            Written::Digest(digest) => Self { digest, sketches: None },
            Written::Set { digest, sketches } => {
                Self { digest, sketches: sketches.map(|Text(sketches)| sketches) }
            }
        }
    }
}

/// Sketches that are a string of base64 in a file.
struct Text(Vec<Sketch>);

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let bytes = STANDARD.decode(text).map_err(de::Error::custom)?;
        let (sketches, rest) = bytes.as_chunks::<BYTES>();
        if !rest.is_empty() {
            let expected = format!("{BYTES} bytes for each image");
            return Err(de::Error::invalid_length(bytes.len(), &expected.as_str()));
        }
        Ok(Self(sketches.iter().map(Sketch::from_bytes).collect()))
    }
}

#[expect(clippy::ref_option, reason = "serde gives a reference to the field")]
fn encode<S: Serializer>(sketches: &Option<Vec<Sketch>>, serializer: S) -> Result<S::Ok, S::Error> {
    let bytes: Vec<u8> = sketches.iter().flatten().flat_map(|sketch| sketch.to_bytes()).collect();
    serializer.serialize_str(&STANDARD.encode(bytes))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::Sketcher;

    /// A set of images of one pixel each.
    pub(crate) fn set(digest: &str, pixels: &[f32]) -> InputSet {
        let sketcher = Sketcher::new([1, 1, 1]);
        let sketches = pixels.iter().map(|pixel| sketcher.sketch(&[*pixel])).collect();
        InputSet { digest: digest.into(), sketches: Some(sketches) }
    }

    fn read(text: &str) -> serde_json::Result<InputSet> {
        serde_json::from_str(text)
    }

    #[test]
    fn sets_come_back_as_they_were() {
        let set = set("abc", &[0.0, 0.5, 1.0]);
        let text = serde_json::to_string(&set).unwrap();
        assert!(text.starts_with(r#"{"digest":"abc","sketches":"AAAA"#), "{text}");
        assert_eq!(text.len(), r#"{"digest":"abc","sketches":""}"#.len() + 3 * 32);
        assert_eq!(read(&text).unwrap(), set);
        let without = InputSet { sketches: None, ..set };
        assert_eq!(serde_json::to_string(&without).unwrap(), r#"{"digest":"abc"}"#);
    }

    #[test]
    fn inputs_that_are_left_out_take_their_sketches_along() {
        let all = set("abc", &[0.0, 0.5, 1.0]);
        assert_eq!(all.without(&HashSet::from([1, 7])), set("abc", &[0.0, 1.0]));
        assert_eq!(all.without(&HashSet::new()), all);
        let unknown = InputSet { sketches: None, ..all };
        assert_eq!(unknown.without(&HashSet::from([1])), unknown);
    }

    #[test]
    fn earlier_versions_wrote_the_digest_alone() {
        let expected = InputSet { digest: "abc".into(), sketches: None };
        assert_eq!(read(r#""abc""#).unwrap(), expected);
        assert_eq!(read(r#"{"digest": "abc"}"#).unwrap(), expected);
    }

    #[test]
    fn what_is_no_set_is_refused() {
        for text in [
            "7",
            "{}",
            r#"{"digest": "a", "sketches": "AAAA"}"#,
            r#"{"digest": "a", "sketches": "*"}"#,
            r#"{"digest": "a", "sketches": [1]}"#,
        ] {
            let message = read(text).unwrap_err().to_string();
            assert!(message.contains("the digest of inputs, or an object"), "{text}: {message}");
        }
    }
}
