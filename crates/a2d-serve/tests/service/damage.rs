//! Bodies that are damaged on the way.

use std::thread;

use a2d_serve::Limits;
use rand::{Rng, RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use crate::place::{Place, images, npy, quick_guard};

/// How many bodies are sent by each client; `A2D_DAMAGED_BODIES` says another number.
const BODIES: usize = 400;
const CLIENTS: u64 = 4;

/// Requests that are answered, as path, content type and body.
fn whole() -> Vec<(&'static str, &'static str, Vec<u8>)> {
    let image = npy(&images(1));
    let mut form =
        b"--a\r\nContent-Disposition: form-data; name=\"x\"; filename=\"x.npy\"\r\n\r\n".to_vec();
    form.extend(&image);
    form.extend(b"\r\n--a--\r\n");
    let row = format!("[{}]", vec!["0.5"; 28].join(","));
    let channel = format!("[{}]", vec![row; 28].join(","));
    let json = format!("{{\"images\": [[{channel}]], \"names\": [\"x\"]}}");
    let infer = format!(
        "{{\"id\": \"1\", \"inputs\": [{{\"name\": \"images\", \"datatype\": \"FP32\", \"shape\": [1, 1, 28, 28], \"data\": [[{channel}]]}}]}}"
    );
    vec![
        ("/v1/screen", "application/octet-stream", image),
        ("/v1/screen?explain=true", "multipart/form-data; boundary=a", form),
        ("/v1/screen", "application/json", json.into_bytes()),
        ("/v2/models/a2d/infer", "application/json", infer.into_bytes()),
    ]
}

/// The body with a few bytes changed, cut out or put in, most of them near its start, where formats are.
fn damaged(body: &[u8], random: &mut impl Rng) -> Vec<u8> {
    let mut bytes = body.to_vec();
    for _ in 0..random.random_range(1..5) {
        let most = if random.random_bool(0.7) { bytes.len().min(160) } else { bytes.len() };
        let at = random.random_range(0..most.max(1)).min(bytes.len());
        match random.random_range(0..4) {
            0 => bytes.truncate(at),
            1 => bytes.insert(at, random.random()),
            2 => drop(bytes.drain(at..(at + random.random_range(1..40)).min(bytes.len()))),
            _ => {
                if let Some(byte) = bytes.get_mut(at) {
                    *byte = random.random();
                }
            }
        }
    }
    bytes
}

#[test]
fn damaged_bodies_are_answered_and_survived() {
    let bodies = std::env::var("A2D_DAMAGED_BODIES").ok().and_then(|count| count.parse().ok());
    let bodies: usize = bodies.unwrap_or(BODIES);
    let place = Place::of(quick_guard(), Limits::default(), None);
    for (path, kind, body) in whole() {
        assert_eq!(place.client.post(path, kind, &body).status, 200, "{path} {kind}");
    }
    let refused: usize = thread::scope(|scope| {
        let send = |seed| {
            let client = &place.client;
            scope.spawn(move || {
                let (mut random, whole) = (ChaCha8Rng::seed_from_u64(seed), whole());
                let refused = (0..bodies).filter(|turn| {
                    let (path, kind, body) = &whole[turn % whole.len()];
                    let answer = client.post(path, kind, &damaged(body, &mut random));
                    // What is damaged may still be an image.
                    if answer.status != 200 {
                        assert!(
                            [400, 413, 422].contains(&answer.status),
                            "{} {}",
                            answer.status,
                            answer.text
                        );
                        answer.problem(answer.status);
                    }
                    answer.status != 200
                });
                refused.count()
            })
        };
        let clients: Vec<_> = (0..CLIENTS).map(send).collect();
        clients.into_iter().map(|client| client.join().unwrap()).sum()
    });
    assert!(2 * refused > bodies * CLIENTS as usize, "{refused} refused");
    for (path, kind, body) in whole() {
        assert_eq!(place.client.post(path, kind, &body).status, 200, "{path} {kind}");
    }
    assert!(place.client.get("/metrics").text.contains("\na2d_images 0\n"));
}
