//! Files from web servers.

use crate::error::one_line;
use std::io::Read;
use std::time::Duration;
use ureq::Agent;

/// What the addresses of servers on this machine begin with, which need no encryption.
const THIS_MACHINE: &str = "http://127.0.0.1:";

/// The content behind an address, which is had by HTTPS alone, redirects included.
pub(super) fn get(address: &str) -> Result<impl Read + use<>, String> {
    // Short, so that who is offline soon learns it; the body may take its time.
    let patience = Some(Duration::from_secs(10));
    let agent: Agent = Agent::config_builder()
        .https_only(!address.starts_with(THIS_MACHINE))
        .timeout_resolve(patience)
        .timeout_connect(patience)
        .timeout_recv_response(patience)
        .timeout_per_read(patience)
        .build()
        .into();
    let response = agent.get(address).call().map_err(one_line)?;
    Ok(response.into_body().into_reader())
}

/// A server on this machine that answers one request with this status and body; gives its address
/// and, later, the request line.
#[cfg(test)]
pub(super) fn serve(status: &str, body: &[u8]) -> (String, std::thread::JoinHandle<String>) {
    use std::io::{BufRead, BufReader, Write};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/", listener.local_addr().unwrap());
    let head = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n", body.len());
    let response = [head.as_bytes(), body].concat();
    let served = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let lines = BufReader::new(stream.try_clone().unwrap()).lines();
        let request: Vec<String> =
            lines.map(Result::unwrap).take_while(|line| !line.is_empty()).collect();
        stream.write_all(&response).unwrap();
        request[0].clone()
    });
    (address, served)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gives_what_the_server_sent() {
        let (address, served) = serve("200 OK", b"hello");
        let mut content = String::new();
        get(&format!("{address}folder/hello")).unwrap().read_to_string(&mut content).unwrap();
        assert_eq!(content, "hello");
        assert_eq!(served.join().unwrap(), "GET /folder/hello HTTP/1.1");
    }

    #[test]
    fn nothing_comes_unencrypted() {
        let problem = get("http://localhost:1/hello").map(drop).unwrap_err();
        assert!(problem.contains("https"), "{problem}");
    }

    #[test]
    fn says_what_the_server_said() {
        let (address, served) = serve("404 Not Found", b"");
        let problem = get(&address).map(drop).unwrap_err();
        served.join().unwrap();
        assert!(problem.contains("404"), "{problem}");
    }
}
