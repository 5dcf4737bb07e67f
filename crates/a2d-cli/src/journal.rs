//! Journals of work under way, which another kind of device does not take up.

use std::path::Path;

use a2d_file::Journal;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tch::Device;

/// What a journal is of.
#[derive(Serialize)]
struct OnDevice<'a, W> {
    #[serde(flatten)]
    work: &'a W,
    /// The kind of device, unless it is a processor. Which one of a kind, or with which window, is left out: another one
    /// may resume the work.
    #[serde(skip_serializing_if = "Option::is_none")]
    device: Option<&'static str>,
}

/// Opens the journal of this output for a work on this device; see [`Journal::open`].
pub(crate) fn open<R: Serialize + DeserializeOwned>(
    output: &Path,
    work: &impl Serialize,
    device: Device,
) -> a2d_file::Result<(Journal<R>, Vec<R>)> {
    let device = match device {
        Device::Cpu => None,
        Device::Cuda(_) => Some("cuda"),
        _ => Some("another"),
    };
    Journal::open(output, &OnDevice { work, device })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    #[test]
    fn what_one_kind_of_device_began_another_does_not_take_up() {
        let folder = tempfile::tempdir().unwrap();
        let work = json!({"seed": 0});
        let devices = [Device::Cpu, Device::Cuda(0)];
        for (number, begun) in devices.into_iter().enumerate() {
            let output = folder.path().join(format!("{number}.csv"));
            let (mut journal, _) = open::<Value>(&output, &work, begun).unwrap();
            journal.record(&json!(1)).unwrap();
            drop(journal);
            for device in [Device::Cpu, Device::Cuda(0), Device::Cuda(1)] {
                let opened = open::<Value>(&output, &work, device);
                if device.is_cuda() == begun.is_cuda() {
                    assert_eq!(opened.unwrap().1, [json!(1)]);
                } else {
                    let message = opened.unwrap_err().to_string();
                    assert!(message.contains("device"), "{message}");
                }
            }
        }
    }

    #[test]
    fn the_journal_of_a_processor_is_one_of_the_work_alone() {
        let folder = tempfile::tempdir().unwrap();
        let (output, work) = (folder.path().join("o.csv"), json!({"seed": 0}));
        let (mut journal, _) = Journal::<Value>::open(&output, &work).unwrap();
        journal.record(&json!(1)).unwrap();
        drop(journal);
        assert_eq!(open::<Value>(&output, &work, Device::Cpu).unwrap().1, [json!(1)]);
    }
}
