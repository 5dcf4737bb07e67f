//! Times a service on this machine: `load ADDRESS:PORT REQUESTS IMAGE...` sends each request one image, by 1, 8 and 64
//! clients, and prints verdicts per second and latencies. It refuses addresses of other machines.

use std::error::Error;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use ureq::Agent;

const CLIENTS: [usize; 3] = [1, 8, 64];

/// The most requests of a round: a measurement, not a flood.
const MOST: usize = 10_000;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let usage = "usage: load ADDRESS:PORT REQUESTS IMAGE...";
    let address: SocketAddr = arguments.next().ok_or(usage)?.parse()?;
    if !address.ip().is_loopback() {
        return Err(format!("expected an address of this machine, got {address}").into());
    }
    let requests = arguments.next().ok_or(usage)?.parse::<usize>()?.min(MOST);
    let images = arguments.map(std::fs::read).collect::<Result<Vec<_>, _>>()?;
    if images.is_empty() || requests == 0 {
        return Err(usage.into());
    }
    println!("| clients | verdicts a second | p50, ms | p99, ms |");
    println!("|---:|---:|---:|---:|");
    for clients in CLIENTS {
        let (seconds, mut latencies) = round(address, clients, requests, &images)?;
        latencies.sort_unstable();
        let quantile = |share: f64| {
            let place = (share * (latencies.len() - 1) as f64).round() as usize;
            latencies[place].as_secs_f64() * 1e3
        };
        let rate = latencies.len() as f64 / seconds;
        println!("| {clients} | {rate:.0} | {:.1} | {:.1} |", quantile(0.5), quantile(0.99));
    }
    Ok(())
}

/// So many requests by so many clients: the seconds that they take together, and each of them.
fn round(
    address: SocketAddr,
    clients: usize,
    requests: usize,
    images: &[Vec<u8>],
) -> Result<(f64, Vec<Duration>), Box<dyn Error>> {
    let next = AtomicUsize::new(0);
    let client = || -> Result<Vec<Duration>, ureq::Error> {
        let agent = Agent::new_with_defaults();
        let mut latencies = vec![];
        loop {
            let request = next.fetch_add(1, Ordering::Relaxed);
            if request >= requests {
                return Ok(latencies);
            }
            let start = Instant::now();
            let image = &images[request % images.len()];
            let mut answer = agent.post(format!("http://{address}/v1/screen")).send(&image[..])?;
            answer.body_mut().read_to_vec()?;
            latencies.push(start.elapsed());
        }
    };
    let start = Instant::now();
    let latencies = thread::scope(|scope| {
        let all: Vec<_> = (0..clients).map(|_| scope.spawn(client)).collect();
        all.into_iter()
            .map(|client| client.join().map_err(|_| "a client panicked"))
            .collect::<Vec<_>>()
    });
    let seconds = start.elapsed().as_secs_f64();
    let mut all = vec![];
    for latencies in latencies {
        all.extend(latencies??);
    }
    Ok((seconds, all))
}
