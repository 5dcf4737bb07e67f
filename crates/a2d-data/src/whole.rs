//! A file that has no rows which could be read by themselves.

use crate::input_file::InputFile;
use crate::{Error, Images, Result};
use std::borrow::Cow;
use std::sync::OnceLock;

/// A file that is compressed, or whose images are all over it: it is read as a whole or not at all.
///
/// Its header is enough to know the shape, so that images of another shape than wanted are refused before
/// they are unpacked.
#[derive(Debug)]
pub(crate) struct Whole {
    pub(crate) file: InputFile,
    /// The lengths N, C, H and W that the header claims, each at least 1.
    pub(crate) dims: [usize; 4],
    /// What the file is read as, such as "PNG".
    pub(crate) format: &'static str,
    pub(crate) read: fn(&InputFile) -> std::result::Result<Images, Problem>,
    /// The images once one of them was wanted, where there are several. One alone is read again as quickly,
    /// and there may be more such files than memory holds.
    pub(crate) held: OnceLock<Images>,
}

/// Why a file cannot be read: what the system says, or what is wrong with the content.
pub(crate) enum Problem {
    System(Error),
    Content(String),
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        Self::System(error)
    }
}

impl From<String> for Problem {
    fn from(problem: String) -> Self {
        Self::Content(problem)
    }
}

impl Whole {
    /// All images.
    pub(crate) fn images(&self) -> Result<Cow<'_, Images>> {
        if let Some(images) = self.held.get() {
            return Ok(Cow::Borrowed(images));
        }
        let images = self.unpacked()?;
        if self.dims[0] == 1 {
            return Ok(Cow::Owned(images));
        }
        Ok(Cow::Borrowed(self.held.get_or_init(|| images)))
    }

    /// All images, without a copy.
    pub(crate) fn into_images(mut self) -> Result<Images> {
        self.held.take().map_or_else(|| self.unpacked(), Ok)
    }

    fn unpacked(&self) -> Result<Images> {
        let malformed = |problem| Error::malformed(self.file.path(), self.format, problem);
        let images = (self.read)(&self.file).map_err(|problem| match problem {
            Problem::System(error) => error,
            Problem::Content(problem) => malformed(problem),
        })?;
        let (n, channels, height, width) = images.view().dim();
        let found = [n, channels, height, width];
        if found == self.dims {
            return Ok(images);
        }
        Err(malformed(format!("the header says shape {:?}, the content {found:?}", self.dims)))
    }
}
