//! The images of an array in a file.

use crate::images;
use crate::input_file::InputFile;
use crate::layout::Layout;
use crate::packed::Packed;
use crate::problem::Problem;
use crate::raster::{Raster, Samples};
use std::sync::{Arc, Mutex, PoisonError};

/// Images in an array, whose rows are read when they are wanted.
#[derive(Debug)]
pub(crate) struct Array {
    /// What the file was read as, such as "IDX images".
    pub(crate) format: &'static str,
    layout: Layout,
    /// Where there are no rows on disk.
    whole: Option<Whole>,
}

#[derive(Debug)]
struct Whole {
    packed: Packed,
    /// The bytes of all images, once one was wanted.
    held: Mutex<Option<Arc<Vec<u8>>>>,
}

impl Array {
    /// Images that lie in the file like this.
    pub(crate) fn on_disk(format: &'static str, layout: Layout) -> Self {
        Self { format, layout, whole: None }
    }

    /// Images that lie like this in what is packed.
    pub(crate) fn packed(
        format: &'static str,
        layout: Layout,
        packed: Packed,
    ) -> Result<Self, String> {
        packed.check(&layout)?;
        let whole = Some(Whole { packed, held: Mutex::default() });
        Ok(Self { format, layout, whole })
    }

    pub(crate) fn len(&self) -> usize {
        self.layout.dims[0]
    }

    /// Channels, height and width of an image.
    pub(crate) fn shape(&self) -> [usize; 3] {
        self.layout.shape()
    }

    /// The image of this row, which there is, with every sample within its range.
    pub(crate) fn row(&self, file: &InputFile, row: usize) -> Result<Raster, Problem> {
        let len = self.layout.image_bytes();
        let raster = match &self.whole {
            None => {
                let mut bytes = vec![0; len];
                file.read_at(self.layout.start + row as u64 * len as u64, &mut bytes)?;
                self.layout.decode(&bytes)
            }
            Some(whole) => {
                let bytes = whole.bytes(file, &self.layout)?;
                self.layout.decode(&bytes[row * len..(row + 1) * len])
            }
        };
        if let Samples::Floats(floats) = &raster.samples {
            images::check(floats, row, raster.shape).map_err(|problem| problem.to_string())?;
        }
        Ok(raster)
    }
}

impl Whole {
    fn bytes(&self, file: &InputFile, layout: &Layout) -> Result<Arc<Vec<u8>>, Problem> {
        // Whoever comes meanwhile waits, instead of unpacking it once more.
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(bytes) = &*held {
            return Ok(Arc::clone(bytes));
        }
        let bytes = Arc::new(self.packed.unpack(file, layout)?);
        *held = Some(Arc::clone(&bytes));
        Ok(bytes)
    }
}
