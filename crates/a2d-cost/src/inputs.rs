//! The inputs that costs are of, so that the same ones are known again elsewhere.

use std::collections::HashSet;
use std::ops::Range;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::sketch::BYTES;
use crate::{Error, Part, Result, Sketch};

/// A set of inputs, known by its digest and by a sketch of every image.
///
/// In a file it is an object, `{"digest": "<hex>", "sketches": "<base64>"}`, of which the text has 24
/// bytes for each image; a part of a set says of which, too. Earlier versions wrote the digest alone; it
/// is read as a set without sketches.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(from = "Written")]
pub struct InputSet {
    /// Hex SHA-256 of shape and pixels; of a part, [`Part::digest`].
    pub digest: String,
    /// Of every input, in order, where they are known.
    #[serde(serialize_with = "encode", skip_serializing_if = "Option::is_none")]
    pub sketches: Option<Vec<Sketch>>,
    /// Which rows of which set these are, where they are not a whole set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<Part>,
}

impl InputSet {
    /// These rows of a whole set.
    #[must_use]
    pub fn part(self, rows: Range<usize>) -> Self {
        let of = self.sketches.as_ref().map_or(rows.end, Vec::len);
        let sketches =
            self.sketches.map(|all| all.into_iter().skip(rows.start).take(rows.len()).collect());
        Self { sketches, ..Self::of_part(Part { source: self.digest, rows, of }) }
    }

    /// The set that is this part, without sketches.
    fn of_part(part: Part) -> Self {
        let digest = part.digest();
        Self { digest, sketches: None, part: Some(part).filter(|part| !part.is_whole()) }
    }

    /// The set that parts of one set, in the order of their rows, make together.
    ///
    /// # Errors
    /// [`Error::Merge`] if one is a whole set, if some have sketches and others none, and as
    /// [`Part::merged`].
    pub fn merged(sets: &[&Self]) -> Result<Self> {
        let parts = sets.iter().map(|set| {
            set.part.as_ref().ok_or_else(|| Error::Merge {
                expected: "parts of one set of inputs".into(),
                found: format!("the whole set with digest {}", set.digest),
            })
        });
        let part = Part::merged(parts.collect::<Result<Vec<_>>>()?)?;
        let sketches: Vec<_> = sets.iter().filter_map(|set| set.sketches.as_ref()).collect();
        if !sketches.is_empty() && sketches.len() < sets.len() {
            let (expected, found) = ("sketches of all inputs".into(), "some without".into());
            return Err(Error::Merge { expected, found });
        }
        let sketches =
            (!sketches.is_empty()).then(|| sketches.into_iter().flatten().copied().collect());
        Ok(Self { sketches, ..Self::of_part(part) })
    }

    /// The set with the sketches of all rows but these, whose inputs have no cost; rows of a part are numbered
    /// as in the whole. It keeps its digest, which says where the inputs come from.
    #[must_use]
    pub fn without(&self, left_out: &HashSet<usize>) -> Self {
        let kept = |sketches: &Vec<Sketch>| {
            let first = self.part.as_ref().map_or(0, |part| part.rows.start);
            let rows = (first..).zip(sketches);
            rows.filter(|(row, _)| !left_out.contains(row)).map(|(_, sketch)| *sketch).collect()
        };
        Self { sketches: self.sketches.as_ref().map(kept), ..self.clone() }
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
        #[serde(default)]
        part: Option<Part>,
    },
}

impl From<Written> for InputSet {
    fn from(written: Written) -> Self {
        match written {
            Written::Digest(digest) => Self { digest, sketches: None, part: None },
            Written::Set { digest, sketches, part } => {
                Self { digest, sketches: sketches.map(|Text(sketches)| sketches), part }
            }
        }
    }
}

/// Sketches that are a string of base64 in a file.
struct Text(Vec<Sketch>);

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
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
fn encode<S: Serializer>(
    sketches: &Option<Vec<Sketch>>,
    serializer: S,
) -> std::result::Result<S::Ok, S::Error> {
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
        InputSet { digest: digest.into(), sketches: Some(sketches), part: None }
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
    fn parts_of_a_set_make_the_set_again() {
        let all = set("abc", &[0.0, 0.25, 0.5, 1.0]);
        let part = |rows| all.clone().part(rows);
        assert_eq!(part(0..4), all);
        assert_eq!(part(1..3).sketches.unwrap(), all.sketches.as_ref().unwrap()[1..3]);
        assert_eq!(InputSet::merged(&[&part(0..1), &part(1..4)]).unwrap(), all);
        assert_eq!(InputSet::merged(&[&part(1..2), &part(2..4)]).unwrap(), part(1..4));
        let written = serde_json::to_string(&part(1..3)).unwrap();
        assert_eq!(read(&written).unwrap(), part(1..3));
        assert_ne!(part(1..3).digest, part(0..3).digest);
        let without = part(1..4).without(&HashSet::from([0, 2]));
        assert_eq!(
            without.sketches.unwrap(),
            [1, 3].map(|row| all.sketches.as_ref().unwrap()[row])
        );

        let message = |sets: &[&InputSet]| InputSet::merged(sets).unwrap_err().to_string();
        assert!(message(&[&all, &all]).contains("found the whole set with digest abc"));
        let bare = InputSet { sketches: None, ..part(2..4) };
        assert!(
            message(&[&part(0..2), &bare]).contains("sketches of all inputs, found some without")
        );
        assert!(message(&[&part(0..2), &part(3..4)]).contains("expected row 2 after rows 0..2"));
    }

    #[test]
    fn earlier_versions_wrote_the_digest_alone() {
        let expected = InputSet { digest: "abc".into(), sketches: None, part: None };
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
