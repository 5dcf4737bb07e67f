//! What makes one work another.

use serde_json::Value;

/// The first part of two cards that differs, and its value here and there.
pub(super) fn difference(ours: &Value, theirs: &Value) -> Option<(String, String, String)> {
    if ours == theirs {
        return None;
    }
    if let (Value::Object(ours), Value::Object(theirs)) = (ours, theirs) {
        let names = ours.keys().chain(theirs.keys().filter(|name| !ours.contains_key(*name)));
        return names.into_iter().find_map(|name| {
            let value = |card: &serde_json::Map<_, _>| card.get(name).cloned().unwrap_or_default();
            let (part, ours, theirs) = difference(&value(ours), &value(theirs))?;
            Some(([name.as_str(), &part].join(" ").trim_end().to_owned(), ours, theirs))
        });
    }
    Some((String::new(), text(ours), text(theirs)))
}

fn text(value: &Value) -> String {
    match value {
        Value::Null => "none".into(),
        Value::String(text) => text.replace(char::is_control, " "),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_part_that_differs_is_named() {
        let ours = json!({"model": "a", "defenses": {"bim": {"step": 0.1}}, "budget": null});
        let differs = |theirs: Value| difference(&ours, &theirs);
        let said = |part: &str, ours: &str, theirs: &str| {
            Some((part.to_owned(), ours.to_owned(), theirs.to_owned()))
        };
        assert_eq!(differs(ours.clone()), None);
        let mut theirs = ours.clone();
        theirs["defenses"]["bim"]["step"] = 0.2.into();
        assert_eq!(differs(theirs.clone()), said("defenses bim step", "0.1", "0.2"));
        theirs["defenses"] = json!({"bim": {"step": 0.1}, "lsa": {}});
        assert_eq!(differs(theirs), said("defenses lsa", "none", "{}"));
        let theirs = json!({"model": "b\n", "defenses": {"bim": {"step": 0.1}}});
        assert_eq!(differs(theirs), said("model", "a", "b "));
        // What is none is the same as what is not there.
        assert_eq!(differs(json!({"model": "a", "defenses": {"bim": {"step": 0.1}}})), None);
    }
}
