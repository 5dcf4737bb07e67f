//! Every cell as a line of CSV.

use crate::tables;
use crate::tables::cell::{Cell, Standing};
use anyhow::Result;

const HEADER: [&str; 10] =
    ["environment", "table", "row", "column", "ours", "low", "high", "n", "paper", "reached"];

/// All cells under a header. `reached` is empty where nothing is published, or neither of two numbers is better.
pub(crate) fn csv(cells: &[Cell]) -> Result<String> {
    let mut writer = csv::Writer::from_writer(vec![]);
    writer.write_record(HEADER)?;
    for cell in cells {
        let text = |number: Option<f64>| number.map_or(String::new(), |number| number.to_string());
        let standing = tables::called(&cell.table).and_then(|table| table.standing(cell));
        let reached = standing.map(|standing| (standing != Standing::Worse).to_string());
        writer.write_record([
            &cell.environment,
            &cell.table,
            &cell.row,
            &cell.column,
            &cell.ours.to_string(),
            &text(cell.low),
            &text(cell.high),
            &cell.n.map_or(String::new(), |n| n.to_string()),
            &text(cell.paper),
            &reached.unwrap_or_default(),
        ])?;
    }
    Ok(String::from_utf8(writer.into_inner()?)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cell_is_a_line() {
        let cell = Cell::new("fgsm, small", "bim", 0.875).within(Some(0.8), Some(0.925)).of(50);
        let auroc = Cell { table: "auroc".into(), environment: "env1-mnist".into(), ..cell };
        let cells = [Cell { paper: Some(0.95), ..auroc.clone() }, auroc];
        let lines = "environment,table,row,column,ours,low,high,n,paper,reached\n\
                     env1-mnist,auroc,\"fgsm, small\",bim,0.875,0.8,0.925,50,0.95,false\n\
                     env1-mnist,auroc,\"fgsm, small\",bim,0.875,0.8,0.925,50,,\n";
        assert_eq!(csv(&cells).unwrap(), lines);
    }
}
