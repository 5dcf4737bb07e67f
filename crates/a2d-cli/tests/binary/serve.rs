//! A service, and its end.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, ChildStderr, Stdio};

use serde_json::Value;

use crate::workplace::{Workplace, data, lenet5};

/// `a2d serve` at work.
struct Service {
    process: Child,
    said: BufReader<ChildStderr>,
    address: String,
}

impl Service {
    fn start(place: &Workplace, arguments: &str) -> Self {
        let command = place.a2d(&format!("serve --listen 127.0.0.1:0 {arguments}"));
        let mut process = std::process::Command::new(command.get_program())
            .args(command.get_args())
            .current_dir(place.path(""))
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = BufReader::new(process.stderr.take().unwrap());
        let mut line = String::new();
        said.read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("listening on ").expect(&line).to_owned();
        Self { process, said, address }
    }

    fn screen(&self, body: &[u8]) -> (u16, Value) {
        let config = ureq::Agent::config_builder().http_status_as_error(false).build();
        let request = ureq::Agent::from(config).post(format!("{}/v1/screen", self.address));
        let mut response = request.header("Authorization", "Bearer s3cret").send(body).unwrap();
        let text = response.body_mut().read_to_string().unwrap();
        (response.status().as_u16(), serde_json::from_str(&text).unwrap())
    }

    /// Asks it to end, and gives what it says and its exit code.
    #[cfg(unix)]
    fn end(mut self) -> (String, Option<i32>) {
        let process = rustix::process::Pid::from_child(&self.process);
        rustix::process::kill_process(process, rustix::process::Signal::TERM).unwrap();
        let mut said = String::new();
        self.said.read_to_string(&mut said).unwrap();
        (said, self.process.wait().unwrap().code())
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// What computes the same whichever images share a pass.
const EXACT: &str = "--precision float64";

/// A folder with a detector of the costs of BIM, and six images.
fn place() -> Workplace {
    let place = Workplace::new();
    let model = lenet5();
    let export = format!("data export --model {model} --data-dir {}", data("sample"));
    place.run(&format!("{export} --count 20 --out fit.npy"));
    place.run(&format!("{export} --skip 100 --count 6 --out x.npy"));
    place.run(&format!(
        "cost --model {model} {EXACT} --input fit.npy --defense bim-turbo --out fit.csv"
    ));
    place.run("fit --detector conformal --fpr 0.2 --benign fit.csv --out d.json");
    place
}

#[test]
#[cfg(unix)]
fn a_service_says_what_detect_says_and_ends_in_order() {
    let place = place();
    place.write("token", "s3cret\n");
    let guard = format!("--model {} {EXACT} --detector d.json", lenet5());
    let service = Service::start(&place, &format!("{guard} --token-file token --max-images 6"));
    let verdicts = place.verdicts(&format!("detect {guard} x.npy"));
    let (status, answer) = service.screen(&std::fs::read(place.path("x.npy")).unwrap());
    assert_eq!((status, &answer["format"]), (200, &"a2d-verdicts".into()));
    for (found, expected) in answer["verdicts"].as_array().unwrap().iter().zip(&verdicts) {
        for field in ["predicted", "costs", "queries", "adversarial"] {
            assert_eq!(found[field], expected[field], "{field}");
        }
    }
    let (status, problem) = service.screen(&std::fs::read(place.path("fit.npy")).unwrap());
    assert_eq!(
        (status, &problem["detail"]),
        (413, &"read request: expected at most 6 images, got more".into())
    );
    let (status, problem) = service.screen(b"GIF89a");
    assert_eq!(status, 422);
    // The words of the command line, but for the name of the file.
    place.write("body", "GIF89a");
    let error =
        place.a2d(&format!("detect {guard} body")).assert().code(3).get_output().stderr.clone();
    let detail = problem["detail"].as_str().unwrap();
    assert!(String::from_utf8(error).unwrap().contains(detail), "{detail}");

    let before = place.names();
    let (said, code) = service.end();
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("every request that was taken is answered"), "{said}");
    assert_eq!(place.names(), before);
}

#[test]
fn a_service_that_cannot_start_says_why() {
    let place = place();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    place.write("empty", "");
    for (arguments, code, finding) in [
        (format!("--listen 127.0.0.1:{port}"), 1, "listen on 127.0.0.1"),
        ("--token-file empty".to_owned(), 3, "read the token in empty"),
        ("--token-file none".to_owned(), 3, "read the token in none"),
        ("--listen here".to_owned(), 2, "invalid socket address"),
        ("--max-body 0".to_owned(), 2, "at least 1"),
    ] {
        let serve = format!("serve --model {} {EXACT} --detector d.json {arguments}", lenet5());
        let error = place.a2d(&serve).assert().code(code).get_output().stderr.clone();
        let error = String::from_utf8(error).unwrap();
        assert!(error.contains(finding), "{error}");
    }
}
