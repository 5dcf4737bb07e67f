//! The card beside a cost table.

use a2d_file::Card;
use serde::{Deserialize, Serialize};

use crate::Provenance;

/// The card beside a cost table: `costs.csv.card.json` says where `costs.csv` comes from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CostCard {
    /// What was measured.
    pub provenance: Provenance,
}

impl Card for CostCard {
    const FORMAT: &'static str = "a2d-costs";
    const VERSION: u32 = 1;
    const NAME: &'static str = "a cost card";
    const ONCE_BESIDE: Option<&'static str> = Some("csv");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provenance::tests::provenance;
    use crate::table::tests::rows;
    use crate::{CostTable, InputSet};

    #[test]
    fn a_card_is_of_its_table_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("costs.csv");
        let table = CostTable::from_rows(rows()).unwrap();
        let card = CostCard { provenance: provenance() };
        table.write(&path, &card).unwrap();
        assert_eq!(CostCard::read(&path).unwrap(), Some(card));
        assert_eq!(CostTable::read_csv(&path).unwrap(), table);
        assert!(folder.path().join("costs.csv.card.json").exists());

        CostTable::from_rows(rows()[..1].to_vec()).unwrap().write_csv(&path).unwrap();
        let error = CostCard::read(&path).unwrap_err();
        assert!(
            error.is_bad_input() && error.to_string().contains("costs.csv.card.json"),
            "{error}"
        );
    }

    #[test]
    fn cards_of_the_first_version_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("costs.csv");
        let text = r#"{"format": "a2d-costs", "version": 1, "provenance": {"model": "abc",
            "defenses": {"bim": {"epsilon": 0.3}}, "inputs": ["def"], "budget": null, "seed": 0}}"#;
        std::fs::write(folder.path().join("costs.card.json"), text).unwrap();
        let card = CostCard::read(&path).unwrap().unwrap();
        let inputs = vec![InputSet { digest: "def".into(), sketches: None, part: None }];
        assert_eq!(card.provenance, Provenance { inputs, ..provenance() });
    }
}
