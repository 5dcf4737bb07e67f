//! What the strides of `bim-turbo` save, and what they do to the AUROC: writes `docs/turbo.svg` and
//! prints the table of `docs/turbo.md`.
//!
//! `cargo run --release -p a2d-benches --example turbo_curve`

use std::collections::BTreeMap;
use std::path::Path;

use a2d_attacks::{
    Attempt, CRAFTING, DEFENSES, Error, LabelledImages, Limits, NamedAttack, Preset, Wanted, craft,
    measure, queries,
};
use a2d_data::Labelled as _;
use a2d_data::mnist::{self, Split};
use a2d_eval::{Auroc, Scores};
use a2d_model::Classifier;
use plotters::prelude::*;
use serde_json::json;
use tch::{Device, Tensor};

/// Images of each kind.
const COUNT: usize = 256;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// What a defense attack takes on benign images, and how well it tells them from adversarial ones.
struct Point {
    /// How strides grow; empty without strides.
    growth: String,
    queries: f64,
    auroc: f64,
}

/// Seen on light and dark pages.
const GREY: RGBColor = RGBColor(128, 128, 128);

/// Told apart by the colour-blind (Okabe and Ito, "Color universal design", 2008).
const COLORS: [RGBColor; 4] =
    [RGBColor(0, 114, 178), RGBColor(213, 94, 0), RGBColor(0, 158, 115), RGBColor(204, 121, 167)];

fn main() -> Result<()> {
    let data = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../data"));
    let classifier =
        Classifier::load(&data.join("models/mnist-cnn.safetensors"), None, Device::Cpu)?;
    let [benign, fgsm] = images(&classifier, &data.join("sample/mnist"))?;

    let mut points = vec![point(&classifier, "bim", &json!({}), &benign, &fgsm)?];
    for growth in [2, 3, 4] {
        for longest in [4, 8, 16, 32, 64, 128] {
            let strides = json!({"growth": growth, "longest": longest});
            points.push(point(&classifier, "bim-turbo", &strides, &benign, &fgsm)?);
        }
    }
    draw(Path::new("docs/turbo.svg"), &points)
}

/// Benign images, and FGSM examples of as many.
fn images(classifier: &Classifier, folder: &Path) -> Result<[Tensor; 2]> {
    let digits = mnist::load(folder, Split::Test)?;
    let images = classifier.tensor(digits.images())?;
    let labels = digits.labels().to_vec();
    let image = &mut |row: usize| Ok(images.get(row as i64));
    let attack = CRAFTING.named("fgsm", Preset::MNIST)?;
    let limits = Limits::default();
    let attempts = craft(
        classifier,
        &attack,
        LabelledImages { len: labels.len(), rows: 0..labels.len(), labels: &labels, image },
        Wanted::examples(COUNT),
        limits,
        BTreeMap::new(),
        &mut |_, _| Ok::<(), Error>(()),
    )?;
    let examples = attempts.into_values().filter_map(|attempt| match attempt {
        Attempt::Succeeded(example) => Some(example.image),
        _ => None,
    });
    let examples: Vec<Tensor> = examples.take(COUNT).collect();
    let benign: Vec<i64> = (0i64..)
        .zip(classifier.predict(digits.images(), limits.window)?)
        .filter(|(row, prediction)| prediction.class == labels[*row as usize] as usize)
        .map(|(row, _)| row)
        .take(COUNT)
        .collect();
    Ok([images.index_select(0, &Tensor::from_slice(&benign)), Tensor::stack(&examples, 0)])
}

fn point(
    classifier: &Classifier,
    name: &str,
    parameters: &serde_json::Value,
    benign: &Tensor,
    adversarial: &Tensor,
) -> Result<Point> {
    let replaced = parameters.as_object().cloned().unwrap_or_default();
    let defense = DEFENSES.named(name, Preset::MNIST)?.with(&replaced)?;
    let (benign, queries) = costs(classifier, &defense, benign)?;
    let (adversarial, few) = costs(classifier, &defense, adversarial)?;
    let auroc = Auroc::new(&Scores::from_costs(&benign, &adversarial)?).auroc;
    let strides = ["growth", "longest"].map(|name| replaced.get(name).map(ToString::to_string));
    let [growth, longest] = strides.map(Option::unwrap_or_default);
    println!("| {name} | {growth} | {longest} | {queries:.1} | {few:.1} | {auroc:.4} |");
    Ok(Point { growth, queries, auroc })
}

/// The iterations on each image, and the mean gradient queries.
fn costs(
    classifier: &Classifier,
    defense: &NamedAttack,
    images: &Tensor,
) -> Result<(Vec<f64>, f64)> {
    let (mut iterations, mut gradients) = (vec![], 0);
    measure(classifier, defense, queries(images), Limits::default(), &mut |_, cost| {
        if let Ok(cost) = cost {
            iterations.push(f64::from(cost.iterations));
            gradients += cost.gradient_queries;
        }
        Ok::<(), Error>(())
    })?;
    let mean = f64::from(gradients) / iterations.len() as f64;
    Ok((iterations, mean))
}

/// Draws the AUROC over the queries, a line for each growth.
fn draw(path: &Path, points: &[Point]) -> Result<()> {
    let aurocs = points.iter().map(|point| point.auroc);
    let (low, high) =
        aurocs.fold((1.0, 0.0), |(low, high): (f64, f64), a| (low.min(a), high.max(a)));
    let most = points.iter().fold(0.0, |most: f64, point| most.max(point.queries));
    let root = SVGBackend::new(path, (640, 400)).into_drawing_area();
    let mut chart = ChartBuilder::on(&root)
        .margin(16)
        .x_label_area_size(48)
        .y_label_area_size(72)
        .build_cartesian_2d((8.0..1.2 * most).log_scale(), low - 0.0005..high + 0.0005)?;
    chart
        .configure_mesh()
        .light_line_style(TRANSPARENT)
        .axis_style(GREY)
        .label_style(("sans-serif", 15).into_font().color(&GREY))
        .x_desc("gradient queries per benign image")
        .y_desc("AUROC against FGSM")
        .draw()?;
    let mut growths: Vec<&str> = points.iter().map(|point| point.growth.as_str()).collect();
    growths.dedup();
    for (growth, color) in growths.into_iter().zip(COLORS) {
        let of_growth = points.iter().filter(|point| point.growth == growth);
        let line: Vec<(f64, f64)> = of_growth.map(|point| (point.queries, point.auroc)).collect();
        let name = if growth.is_empty() { "BIM_d".into() } else { format!("strides x {growth}") };
        chart.draw_series(line.iter().map(|at| Circle::new(*at, 4, color.filled())))?;
        chart
            .draw_series(LineSeries::new(line, color.stroke_width(2)))?
            .label(name)
            .legend(move |(x, y)| Circle::new((x + 8, y), 4, color.filled()));
    }
    let legend = ("sans-serif", 15).into_font().color(&GREY);
    chart.configure_series_labels().label_font(legend).draw()?;
    root.present()?;
    Ok(())
}
