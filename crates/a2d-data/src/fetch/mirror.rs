//! Gzipped files from a web server.

use super::{Progress, Source, Staging, web};
use crate::published::File;
use flate2::read::GzDecoder;

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
        for file in files {
            let content = web::get(&format!("{}{}.gz", self.base, file.name))?;
            staging.store(file, &mut GzDecoder::new(content), progress)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fetch::staging::HELLO;
    use crate::fetch::web::serve;
    use std::io::Write;

    #[test]
    fn unpacks_the_gzipped_file() {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(b"hello").unwrap();
        let (base, served) = serve("200 OK", &encoder.finish().unwrap());
        let dir = tempfile::tempdir().unwrap();
        let staging = Staging::new(dir.path()).unwrap();
        Mirror { base: base.leak() }.bring(&[HELLO], &staging, &mut |_| ()).unwrap();
        assert_eq!(served.join().unwrap(), "GET /hello.gz HTTP/1.1");
        assert_eq!(staging.verified(), [HELLO]);
        assert_eq!(std::fs::read(staging.path().join("hello")).unwrap(), b"hello");
    }

    #[test]
    fn stores_nothing_that_is_not_there() {
        let (base, served) = serve("404 Not Found", b"");
        let dir = tempfile::tempdir().unwrap();
        let staging = Staging::new(dir.path()).unwrap();
        let mirror = Mirror { base: base.leak() };
        let problem = mirror.bring(&[HELLO], &staging, &mut |_| ()).unwrap_err();
        served.join().unwrap();
        assert!(problem.contains("404"), "{problem}");
        assert!(staging.verified().is_empty());
    }
}
