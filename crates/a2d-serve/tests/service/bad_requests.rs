//! Limits, tokens, and what is no request.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use a2d_serve::{Error, Limits, Options, Service};

use crate::place::{Place, guard, images, npy};

#[test]
fn more_than_a_limit_is_refused() {
    let limits = Limits { body: 40_000, images: 8, queue: 4, ..Limits::default() };
    let place = Place::with(limits, None, 1);
    let screen =
        |count: usize| place.client.post_files("/v1/screen", &[("x", npy(&images(count)))]);
    assert_eq!(screen(4).status, 200);
    assert!(screen(5).problem(429).contains("expected room for 5 among 4"));
    assert!(screen(9).problem(413).contains("at most 8 images"));
    screen(20).problem(413);
    for kind in ["image/png", "application/json"] {
        place.client.post("/v1/screen", kind, &vec![b' '; 40_001]).problem(413);
    }
    place.client.post("/v2/models/a2d/infer", "application/json", &vec![b' '; 40_001]).problem(413);
    assert_eq!(screen(4).status, 200);
}

#[test]
fn requests_that_take_too_long_are_told_so() {
    let limits = Limits { time: Duration::from_millis(1), ..Limits::default() };
    let place = Place::with(limits, None, 1);
    let answer = place.client.post_files("/v1/screen", &[("x", npy(&images(64)))]);
    assert!(answer.problem(503).contains("expected within 0.001 s"));
}

#[test]
fn what_is_no_request_is_refused_in_words() {
    let place = Place::new();
    let post = |path: &str, kind: &str, body: &str| place.client.post(path, kind, body.as_bytes());
    let screen = "/v1/screen";
    for (answer, status, expected) in [
        (post(screen, "text/csv", "1"), 415, "got text/csv"),
        (post(screen, "", ""), 422, "cannot read images from body"),
        (post(screen, "image/png", "GIF89a"), 422, "expected an npy, npz"),
        (post(screen, "application/json", "{"), 400, "read JSON: EOF"),
        (post(screen, "multipart/form-data", "x"), 400, "boundary"),
        (post(screen, "multipart/form-data; boundary=a", "--a--\r\n"), 400, "at least one image"),
        (post(screen, "multipart/form-data; boundary=a", "--a"), 400, "read form"),
        (post("/v1/screen?explain=perhaps", "image/png", ""), 400, "explain"),
        (post("/v1/screen?explian=true", "image/png", ""), 400, "unknown field `explian`"),
        (post("/v2/models/a2d/infer", "application/json", r#"{"inputs": []}"#), 400, "one input"),
        (post("/v3", "image/png", ""), 404, "/openapi.json"),
        (place.client.get(screen), 405, "/openapi.json"),
    ] {
        let detail = answer.problem(status);
        assert!(detail.contains(expected), "{detail}");
    }
    assert!(place.client.get("/readyz").status == 200);
}

#[test]
fn only_who_shows_the_token_is_served() {
    let place = Place::with(Limits::default(), Some("s3cret"), 1);
    let body = npy(&images(1));
    let post = |token: Option<&'static str>| {
        let client = token.map_or(place.client.clone(), |token| place.client.with_token(token));
        (client.post("/v1/screen", "application/octet-stream", &body), client.get("/metrics"))
    };
    let (screened, metrics) = post(Some("s3cret"));
    assert_eq!((screened.status, metrics.status), (200, 200));
    for token in [None, Some("secret")] {
        let (screened, metrics) = post(token);
        assert!(screened.problem(401).contains("expected Authorization: Bearer"));
        metrics.problem(401);
    }
    for open in ["/", "/healthz", "/readyz", "/openapi.json", "/v2/health/ready"] {
        assert_eq!(place.client.get(open).status, 200, "{open}");
    }
}

#[test]
fn what_is_not_http_ends_its_own_connection_only() {
    let place = Place::new();
    for bytes in [
        &b"\x16\x03\x01\x02\x00\x01\x00"[..],
        b"GET",
        b"POST /v1/screen HTTP/1.1\r\n\r\n",
        b"\0\0\0\0\n\n",
    ] {
        let mut stream = TcpStream::connect(place.address).unwrap();
        stream.write_all(bytes).unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
        let _ = stream.read_to_end(&mut vec![]);
    }
    // One that promises more than it sends, and goes away.
    let mut stream = TcpStream::connect(place.address).unwrap();
    stream
        .write_all(b"POST /v1/screen HTTP/1.1\r\nHost: a\r\nContent-Length: 9999\r\n\r\nx")
        .unwrap();
    drop(stream);
    assert_eq!(place.client.post("/v1/screen", "", &npy(&images(1))).status, 200);
}

#[test]
fn a_service_that_could_not_be_used_is_refused() {
    let bind = |limits: Limits, port: u16| {
        let address = ([127, 0, 0, 1], port).into();
        Service::bind(guard(1), Options { address, limits, ..Options::default() })
    };
    let error = bind(Limits { images: 0, ..Limits::default() }, 0).unwrap_err();
    assert!(error.is_bad_input() && error.to_string().contains("limit the images"), "{error}");
    let first = bind(Limits::default(), 0).unwrap();
    let error = bind(Limits::default(), first.address().port()).unwrap_err();
    assert!(matches!(error, Error::Listen { .. }) && !error.is_bad_input(), "{error}");
}
