//! Many clients at a time, and the end of it.

use std::sync::mpsc;
use std::thread;

use a2d_data::Images;
use a2d_detect::VerdictDocument;
use a2d_serve::Limits;

use crate::place::{Place, expected, images, npy, singly};

/// What is said of each image when it is the only one of its request.
fn alone(images: &Images) -> Vec<Option<bool>> {
    use ndarray::Axis;
    let one = |row: usize| {
        let view = images.view();
        let image = view.slice_axis(Axis(0), (row..=row).into()).to_owned();
        expected(&Images::new(image).unwrap(), &["body".into()], false)[0].adversarial
    };
    (0..images.view().dim().0).map(one).collect()
}

#[test]
fn clients_share_the_window_and_get_their_own_verdicts() {
    let place = Place::new();
    let images = images(10);
    let (files, expected) = (singly(&images), alone(&images));
    thread::scope(|scope| {
        for first in 0..16 {
            let (client, files, expected) = (&place.client, &files, &expected);
            scope.spawn(move || {
                for turn in 0..10 {
                    let row = (first + turn) % 10;
                    let answer = client.post("/v1/screen", "", &files[row]);
                    let document: VerdictDocument = serde_json::from_str(&answer.text).unwrap();
                    assert_eq!(document.verdicts[0].adversarial, expected[row], "image {row}");
                }
            });
        }
    });
    let text = place.client.get("/metrics").text;
    assert!(text.contains("a2d_requests_total{route=\"/v1/screen\",status=\"200\"} 160"), "{text}");
}

#[test]
fn more_requests_than_are_taken_may_come_again() {
    let limits = Limits { requests: 1, ..Limits::default() };
    let place = Place::with(limits, None, 1);
    let body = npy(&images(16));
    let statuses: Vec<u16> = thread::scope(|scope| {
        let post = || place.client.post("/v1/screen", "", &body);
        let all: Vec<_> = (0..8).map(|_| scope.spawn(post)).collect();
        all.into_iter().map(|thread| thread.join().unwrap().status).collect()
    });
    assert!(statuses.contains(&200) && statuses.iter().all(|status| [200, 429].contains(status)));
    assert_eq!(place.client.post("/v1/screen", "", &body).status, 200);
}

#[test]
fn a_stop_loses_no_request_that_was_taken() {
    let mut place = Place::new();
    let body = npy(&images(12));
    let (say, said) = mpsc::channel();
    let answers: Vec<_> = (0..6)
        .map(|_| {
            let (client, body, say) = (place.client.clone(), body.clone(), say.clone());
            thread::spawn(move || {
                say.send(()).unwrap();
                client.try_post("/v1/screen", "", &body)
            })
        })
        .collect();
    (0..6).for_each(|_| said.recv().unwrap());
    // Until they are at the desk; the client of another connection sees that.
    let all_done = "a2d_requests_total{route=\"/v1/screen\",status=\"200\"} 6";
    loop {
        let text = place.client.get("/metrics").text;
        if !text.contains("\na2d_images 0\n") || text.contains(all_done) {
            break;
        }
    }
    place.stop();
    place.join();
    let mut answered = 0;
    for answer in answers {
        // One that was not taken gets no connection, and nothing half.
        if let Ok(answer) = answer.join().unwrap() {
            assert_eq!(answer.status, 200, "{}", answer.text);
            let document: VerdictDocument = serde_json::from_str(&answer.text).unwrap();
            assert_eq!(document.verdicts.len(), 12);
            answered += 1;
        }
    }
    assert!(answered > 0);
    assert!(place.client.try_post("/v1/screen", "", &body).is_err());
}
