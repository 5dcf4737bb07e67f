//! Simulates many workers from the times of one: `growth COSTS.csv IMAGES BATCH START` hands out batches of images that
//! take what those of the table took, in turn, to whichever of 1, 2, 4, ... workers is free first, each ready after
//! START seconds. It prints the seconds until the last verdict, and the share of the workers' time that is work.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::error::Error;
use std::path::Path;

use a2d_cost::CostTable;

/// The most workers of a simulation.
const MOST: usize = 1024;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [costs, images, batch, start] = &arguments[..] else {
        return Err("usage: growth COSTS.csv IMAGES BATCH START".into());
    };
    let table = CostTable::read_csv(Path::new(costs))?;
    let seconds: Vec<f64> =
        table.costs().outer_iter().map(|row| row.iter().map(|cost| cost.seconds).sum()).collect();
    let (images, batch): (usize, usize) = (images.parse()?, batch.parse()?);
    let start: f64 = start.parse()?;
    if seconds.is_empty() || images == 0 || batch == 0 || !(0.0..1e6).contains(&start) {
        return Err("expected rows, images, a batch of one or more, and a start in seconds".into());
    }
    let images: Vec<f64> = seconds.iter().copied().cycle().take(images).collect();
    let batches: Vec<f64> = images.chunks(batch).map(|images| images.iter().sum()).collect();
    let work: f64 = batches.iter().sum();
    println!("| workers | s | times faster | share of time that is work |");
    println!("|---:|---:|---:|---:|");
    let alone = end(&batches, 1, start);
    for workers in std::iter::successors(Some(1), |workers| Some(2 * workers))
        .take_while(|workers| *workers <= MOST)
    {
        let end = end(&batches, workers, start);
        let share = 100.0 * work / (end * workers as f64);
        println!("| {workers} | {end:.1} | {:.1} | {share:.1} % |", alone / end);
    }
    Ok(())
}

/// The seconds until the last batch is done.
fn end(batches: &[f64], workers: usize, start: f64) -> f64 {
    const NANOSECONDS: f64 = 1e9;
    let whole = |seconds: f64| (seconds * NANOSECONDS) as u64;
    let mut free: BinaryHeap<_> = (0..workers).map(|_| Reverse(whole(start))).collect();
    let mut end = 0;
    for batch in batches {
        let Some(Reverse(time)) = free.pop() else { break };
        end = end.max(time + whole(*batch));
        free.push(Reverse(time + whole(*batch)));
    }
    end as f64 / NANOSECONDS
}
