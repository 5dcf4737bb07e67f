//! Fits a detector on costs from a CSV file and judges the costs in another one.
//!
//! The files have a column for each attack, whose name is the header, and a row for each input. Those in
//! `examples/costs` were measured on MNIST: 64 test images, and FGSM examples of them.
//!
//! ```sh
//! cargo run -p a2d-detect --example costs_from_csv [BENIGN.csv TO_JUDGE.csv]
//! ```

use std::error::Error;
use std::path::PathBuf;

use a2d_detect::ndarray::Array2;
use a2d_detect::{DatasetBase, Detect, Fit, SavedDetector, Unit, ZScore};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("examples/costs");
    let mut paths = std::env::args_os().skip(1).map(PathBuf::from);
    let benign = paths.next().unwrap_or_else(|| folder.join("benign.csv"));
    let to_judge = paths.next().unwrap_or_else(|| folder.join("adversarial.csv"));

    let (attacks, benign) = read(benign)?;
    let votes = attacks.len().div_ceil(2); // half of the attacks must flag an input
    let detector = ZScore::params(votes).fit(&DatasetBase::from(benign))?.into();
    let saved = SavedDetector { attacks, unit: Unit::Iterations, provenance: None, detector };

    let (attacks, costs) = read(to_judge)?;
    saved.check_columns(&attacks, Unit::Iterations)?; // refuses other columns or another order
    let verdicts = saved.detector.verdicts(costs.view())?;
    let flagged = verdicts.iter().filter(|verdict| verdict.adversarial).count();
    println!(
        "{flagged} of {} inputs are called adversarial; the first, for example:",
        verdicts.len()
    );
    println!("{}", saved.explain(&costs.row(0).to_vec())?);
    Ok(())
}

/// The names of the attacks, and the costs, inputs x attacks.
fn read(path: PathBuf) -> Result<(Vec<String>, Array2<f64>), Box<dyn Error>> {
    let mut reader = csv::Reader::from_path(path)?;
    let attacks: Vec<String> = reader.headers()?.iter().map(String::from).collect();
    let rows: Vec<Vec<f64>> = reader.deserialize().collect::<Result<_, _>>()?;
    let costs = Array2::from_shape_vec((rows.len(), attacks.len()), rows.concat())?;
    Ok((attacks, costs))
}
