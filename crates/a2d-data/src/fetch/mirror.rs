//! Gzipped files from a web server.

use super::{Progress, Source, Staging};
use crate::error::one_line;
use crate::mnist::File;
use flate2::read::GzDecoder;
use std::time::Duration;
use ureq::Agent;

/// A folder on the web with `NAME.gz` for each file.
pub(super) struct Mirror {
    /// The address of the folder, up to its last slash.
    pub(super) base: &'static str,
}

impl Source for Mirror {
    fn name(&self) -> &'static str {
        self.base
    }

    fn bring(
        &self,
        files: &[File],
        staging: &Staging,
        progress: &mut dyn FnMut(Progress<'_>),
    ) -> Result<(), String> {
        // Short, so that who is offline soon learns it; the body may take its time.
        let patience = Some(Duration::from_secs(10));
        let agent: Agent = Agent::config_builder()
            .timeout_resolve(patience)
            .timeout_connect(patience)
            .timeout_recv_response(patience)
            .timeout_per_read(patience)
            .build()
            .into();
        for file in files {
            let address = format!("{}{}.gz", self.base, file.name);
            let response = agent.get(&address).call().map_err(one_line)?;
            let mut content = GzDecoder::new(response.into_body().into_reader());
            staging.store(file, &mut content, progress)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fetch::staging::HELLO;
    use crate::mnist::FILES;
    use std::io::{BufRead, BufReader, Write};
    use std::net::TcpListener;

    /// A server on this machine that answers one request with `response`; gives its address and,
    /// later, the request line.
    fn serve(response: Vec<u8>) -> (&'static str, std::thread::JoinHandle<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let base = format!("http://{}/mnist/", listener.local_addr().unwrap());
        let served = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let lines = BufReader::new(stream.try_clone().unwrap()).lines();
            let request: Vec<String> =
                lines.map(Result::unwrap).take_while(|line| !line.is_empty()).collect();
            stream.write_all(&response).unwrap();
            request[0].clone()
        });
        (base.leak(), served)
    }

    #[test]
    fn unpacks_the_gzipped_file() {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(b"hello").unwrap();
        let body = encoder.finish().unwrap();
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len());
        let (base, served) = serve([head.into_bytes(), body].concat());
        let dir = tempfile::tempdir().unwrap();
        let staging = Staging::new(dir.path()).unwrap();
        Mirror { base }.bring(&[HELLO], &staging, &mut |_| ()).unwrap();
        assert_eq!(served.join().unwrap(), "GET /mnist/hello.gz HTTP/1.1");
        assert_eq!(staging.verified(), [HELLO]);
        assert_eq!(std::fs::read(staging.path().join("hello")).unwrap(), b"hello");
    }

    #[test]
    fn says_what_the_server_said() {
        let (base, served) = serve(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n".to_vec());
        let dir = tempfile::tempdir().unwrap();
        let staging = Staging::new(dir.path()).unwrap();
        let problem = Mirror { base }.bring(&FILES, &staging, &mut |_| ()).unwrap_err();
        served.join().unwrap();
        assert!(problem.contains("404"), "{problem}");
        assert!(staging.verified().is_empty());
    }
}
