//! The page, and the description of the API.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::place::{Place, images, npy};

#[test]
fn every_route_is_described() {
    let place = Place::new();
    let document = place.client.get("/openapi.json").json();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for method in methods.as_object().unwrap().keys() {
            let status = match method.as_str() {
                "get" => place.client.get(path).status,
                _ => place.client.post(path, "application/json", b"{}").status,
            };
            assert!(![404, 405].contains(&status), "{method} {path}: {status}");
        }
    }
}

/// The names of the properties of a schema.
fn described(document: &Value, schema: &str) -> BTreeSet<String> {
    document["components"]["schemas"][schema]["properties"]
        .as_object()
        .unwrap()
        .keys()
        .cloned()
        .collect()
}

fn fields(value: &Value) -> BTreeSet<String> {
    value.as_object().unwrap().keys().cloned().collect()
}

#[test]
fn answers_are_as_described() {
    let place = Place::new();
    let document = place.client.get("/openapi.json").json();
    let answer = place.client.post("/v1/screen?explain=true", "", &npy(&images(2))).json();
    assert_eq!(fields(&answer), described(&document, "Verdicts"));
    let schema = &document["components"]["schemas"]["Verdicts"]["properties"];
    assert_eq!(
        (&answer["format"], &answer["version"]),
        (&schema["format"]["const"], &schema["version"]["const"])
    );
    let verdict = &answer["verdicts"][0];
    let known = described(&document, "Verdict");
    assert!(fields(verdict).is_subset(&known), "{verdict}");
    let missing: Vec<_> = known.difference(&fields(verdict)).cloned().collect();
    assert_eq!(missing, ["reason"]);
    let kinds = &document["components"]["schemas"]["Verdict"]["properties"]["explanation"];
    let kinds = kinds["properties"]["kind"]["enum"].as_array().unwrap();
    assert!(kinds.contains(&verdict["explanation"]["kind"]));
    let problem = place.client.post("/v2/models/a2d/infer", "application/json", b"{}").json();
    assert!(fields(&problem).is_subset(&described(&document, "Problem")));
}

#[test]
fn the_page_needs_nothing_from_elsewhere() {
    let place = Place::new();
    let page = place.client.get("/");
    assert_eq!((page.status, page.kind.as_str()), (200, "text/html; charset=utf-8"));
    for part in ["page.css", "page.js"] {
        assert!(page.text.contains(&format!("\"{part}\"")));
        let part = place.client.get(&format!("/{part}"));
        assert!(part.status == 200 && !part.text.contains("://"), "{}", part.kind);
    }
    assert!(!page.text.contains("://"));
    // Every place that the script looks for is there.
    let script = place.client.get("/page.js").text;
    for id in script.split("at(\"").skip(1).filter_map(|rest| rest.split('"').next()) {
        assert!(page.text.contains(&format!("id=\"{id}\"")), "{id}");
    }
}
