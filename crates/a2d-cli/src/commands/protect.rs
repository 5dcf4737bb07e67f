//! `a2d protect`: from a model and benign images to a detector, in one go.

use std::path::{Path, PathBuf};

use a2d_attacks::NamedAttack;
use a2d_data::ImageSource as _;
use a2d_detect::{DEFAULT_ALPHA, DetectorKind, Fitted, Fitting};
use a2d_file::Plan;
use a2d_guard::Checkup;
use clap::Args;
use serde::Serialize;

use super::check;
use super::cost::measurement::Work;
use super::fit::samples::Samples;
use crate::arguments::{EngineArguments, output_folder, positive};
use crate::defenses::DefenseArguments;
use crate::format::{FormatArguments, Outcome};
use crate::guarded::DETECTOR;
use crate::inputs::Inputs;
use crate::model::ModelArguments;
use crate::number::finite;
use crate::reading::{Input, ReadingArguments, TAKEN};

/// Make a detector for a model from benign images, in one go
///
/// Does what check, cost and fit do: sets the pace of the attacks, measures what they cost on all images, and
/// calibrates a detector that flags at most a share of benign images to come. The folder has the detector
/// (detector.json), the parameters of the attacks (attacks.toml, for --spec), the costs with their card (benign.csv)
/// and what the check found (check.json). An interrupted run goes on where it stopped when the same command is given
/// again.
#[derive(Debug, Args)]
pub(crate) struct Protect {
    #[command(flatten)]
    model: ModelArguments,
    #[arg(long, required = true, num_args = 1.., value_name = "FILE|DIR", value_parser = Input::parser(), help = format!("Benign images: {TAKEN}"))]
    benign: Vec<Input>,
    #[command(flatten)]
    reading: ReadingArguments,
    /// The most benign images to come that the detector is to flag, as a share of them
    #[arg(long, default_value_t = DEFAULT_ALPHA, value_name = "SHARE", value_parser = finite)]
    fpr: f64,
    /// Images to check with, spread evenly over those there are
    #[arg(long, default_value_t = 32, value_parser = positive)]
    count: usize,
    #[command(flatten)]
    defenses: DefenseArguments,
    /// Folder for what is made
    #[arg(long, value_name = "DIR", value_parser = output_folder)]
    out: PathBuf,
    #[command(flatten)]
    engine: EngineArguments,
    #[command(flatten)]
    format: FormatArguments,
}

/// What is made, file by file.
struct Files {
    detector: PathBuf,
    spec: PathBuf,
    costs: PathBuf,
    check: PathBuf,
}

impl Files {
    fn within(folder: &Path) -> Self {
        let file = |name| folder.join(name);
        Self {
            detector: file(DETECTOR),
            spec: file("attacks.toml"),
            costs: file("benign.csv"),
            check: file("check.json"),
        }
    }
}

impl Protect {
    /// What is read and written.
    fn plan<'a>(&'a self, files: &'a Files) -> Plan<'a> {
        let plan = self.defenses.plan(self.model.plan(Plan::new()));
        Input::plan(&self.benign, plan)
            .writes("--out", &files.detector)
            .writes("--out", &files.spec)
            .writes("--out", &files.check)
            .writes_work("--out", &files.costs)
    }

    pub(super) fn run(self) -> anyhow::Result<()> {
        self.defenses.check_once()?;
        let folder = self.out.clone();
        std::fs::create_dir_all(&folder).map_err(a2d_file::Error::write(&folder))?;
        let done = self.protect();
        if done.is_err() {
            // Goes only if it is empty, as after bad input.
            let _ = std::fs::remove_dir(folder);
        }
        done
    }

    fn protect(self) -> anyhow::Result<()> {
        let files = Files::within(&self.out);
        let _claim = self.plan(&files).claim()?;
        let classifier = self.model.load_for(|| Inputs::shape_of(&self.benign, self.reading))?;
        let defenses = self.defenses.for_classifier(&classifier)?;
        let limits = self.engine.limits(&classifier)?;
        let inputs = Inputs::open_each_once(&self.benign, self.reading, &classifier)?;

        let checkup = check::run(&classifier, &inputs, self.count, &defenses, limits)?;
        a2d_file::write_text(&files.spec, &checkup.spec()?)?;
        let found = serde_json::to_string_pretty(&checkup)?;
        a2d_file::write_text(&files.check, &format!("{found}\n"))?;

        let paced = defenses.iter().zip(&checkup.defenses);
        let paced = paced.map(|(defense, found)| defense.with(&found.parameters));
        let defenses = paced.collect::<Result<Vec<NamedAttack>, _>>()?;
        let (seed, rows) = (self.engine.seed, 0..inputs.len());
        let work = Work { defenses: &defenses, budget: None, limits, seed, rows };
        work.measure(classifier, inputs, &files.costs)?;

        let samples = Samples {
            benign: std::slice::from_ref(&files.costs),
            adversarial: &[],
            calibration: &[],
            columns: None,
        };
        let fitting = Fitting { rate: Some(self.fpr), ..Fitting::of(DetectorKind::Conformal) };
        let (saved, fitted) = samples.fit(&fitting)?;
        saved.save(&files.detector)?;
        self.format.print(&Protected { detector: files.detector, checkup, fitted })
    }
}

/// What was made, and what is to be known of it.
#[derive(Serialize)]
struct Protected {
    /// The file of the detector.
    detector: PathBuf,
    checkup: Checkup,
    fitted: Fitted,
}

impl Outcome for Protected {
    fn human(&self) -> String {
        let Self { detector, checkup, fitted } = self;
        let detector = detector.display();
        format!("{}\n{}; it is {detector}", checkup.human(), fitted.human())
    }

    fn lines(&self) -> Vec<Vec<String>> {
        self.fitted.lines()
    }
}
