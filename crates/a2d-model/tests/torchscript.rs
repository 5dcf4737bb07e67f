//! Networks in TorchScript as their owners export them; `torchscript/make.py` made the files.

use std::path::{Path, PathBuf};

use a2d_model::{Classifier, Description, Finding, ModelFile, Probed, Result};
use tch::{Device, Kind, Tensor};

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/torchscript").join(name)
}

fn shaped() -> Description {
    Description { input_shape: Some([3, 8, 8]), ..Description::default() }
}

fn open(name: &str) -> Result<Probed> {
    Classifier::open(&file(name), &shaped(), Device::Cpu)
}

fn grey() -> Tensor {
    Tensor::full([1, 3, 8, 8], 0.5, (Kind::Float, Device::Cpu))
}

#[test]
fn a_network_gives_the_logits_that_its_owner_sees() {
    let Probed { classifier, findings } = open("net.ts").unwrap();
    assert!(findings.is_empty() && classifier.gives_gradients());
    assert_eq!((classifier.classes(), classifier.input_shape()), (5, [3, 8, 8]));
    // As make.py prints them.
    let expected = [-0.209_908_8f32, 0.075_821, -0.368_074_2, -0.157_579_7, -0.027_325_5];
    let logits = classifier.logits(&grey()).unwrap();
    assert!(logits.allclose(&Tensor::from_slice(&expected).unsqueeze(0), 1e-5, 1e-6, false));

    let frozen = open("frozen.ts").unwrap().classifier;
    assert!(frozen.gives_gradients());
    assert!(frozen.logits(&grey()).unwrap().allclose(&logits, 1e-5, 1e-6, false));

    let handle = classifier.handle().unwrap();
    assert_eq!(handle.fingerprint(), classifier.fingerprint());
    let there = std::thread::spawn(move || handle.logits(&grey()).unwrap());
    assert_eq!(there.join().unwrap(), logits);

    let double =
        open("net.ts").unwrap().classifier.with_precision("float64".parse().unwrap()).unwrap();
    let finer = double.logits(&grey()).unwrap();
    assert_eq!(finer.kind(), Kind::Double);
    assert!(finer.allclose(&logits.to_kind(Kind::Double), 1e-5, 1e-6, false));
    assert!(finer.ne_tensor(&logits.to_kind(Kind::Double)).any().int64_value(&[]) == 1);
}

#[test]
fn file_and_preprocessing_make_the_fingerprint() {
    let fingerprint = |said: Description| {
        let probed = Classifier::open(&file("net.ts"), &said, Device::Cpu).unwrap();
        probed.classifier.fingerprint().to_owned()
    };
    let range = Some("0,255".parse().unwrap());
    let scaled = fingerprint(Description { range, ..shaped() });
    assert_eq!(fingerprint(shaped()), fingerprint(shaped()));
    assert_ne!(fingerprint(shaped()), scaled);
    let larger = Description { input_shape: Some([3, 16, 16]), ..shaped() };
    assert_ne!(fingerprint(shaped()), fingerprint(larger)); // it takes both
    let other = open("probabilities.ts").unwrap().classifier;
    assert_ne!(other.fingerprint(), fingerprint(shaped()));
}

#[test]
fn a_network_that_writes_into_its_images_does_not_write_into_ours() {
    let Probed { classifier, findings } = open("writing.ts").unwrap();
    assert!(findings.is_empty(), "{findings:?}");
    let images = grey();
    let logits = tch::no_grad(|| classifier.logits(&images)).unwrap();
    assert_eq!(images, grey());
    let halved = open("net.ts").unwrap().classifier.logits(&(grey() * 0.5)).unwrap();
    assert!(logits.allclose(&halved, 1e-6, 1e-6, false));
    let leaf = grey().set_requires_grad(true);
    assert!(classifier.logits(&leaf).unwrap().requires_grad());
}

#[test]
fn what_a_user_should_know_is_found() {
    for (name, expected) in [
        ("training-scripted.ts", Finding::TrainingMode),
        ("probabilities.ts", Finding::Probabilities),
        ("no-gradient.ts", Finding::NoGradient),
    ] {
        let Probed { classifier, findings } = open(name).unwrap();
        assert_eq!(findings, [expected], "{name}");
        assert_eq!(classifier.gives_gradients(), expected != Finding::NoGradient, "{name}");
    }
}

#[test]
fn what_is_no_classifier_of_single_images_is_refused() {
    for (name, finding) in [
        ("training-traced.ts", "logits that depend on their image alone"),
        ("dropout-traced.ts", "the same logits in every call"),
        ("quantised.ts", "logits that depend on their image alone"), // its range is that of the batch
        ("two-outputs.ts", "got a tuple of 2: a tensor [4, 5], a tensor [4, 5]; export"),
        ("dictionary.ts", "got a dictionary of 1"),
        ("nan.ts", "finite logits"),
        (
            "map.ts",
            "expected logits, [4, classes], of 4 images, got a tensor of shape [4, 5, 1, 1]",
        ),
        ("one-image.ts", "a network that takes batches of any size"),
    ] {
        let error = open(name).map(|_| ()).unwrap_err();
        let message = error.to_string();
        assert!(error.is_bad_input() && message.contains(finding), "{name}: {message}");
        assert!(!message.contains('\n'), "{message}");
    }
    let wide = Description { input_shape: Some([1, 8, 8]), ..Description::default() };
    let message = Classifier::open(&file("net.ts"), &wide, Device::Cpu).unwrap_err().to_string();
    assert!(message.contains("expected input[4, 1, 8, 8] to have 3 channels"), "{message}");
}

#[test]
fn shapes_that_no_memory_holds_are_refused_before_any_is_taken() {
    for input_shape in [[0, 8, 8], [3, 4096, 4096], [usize::MAX; 3]] {
        let said = Description { input_shape: Some(input_shape), ..Description::default() };
        let error = Classifier::open(&file("net.ts"), &said, Device::Cpu).map(|_| ()).unwrap_err();
        assert!(error.to_string().contains("from 1 to 16777216 values in all"), "{error}");
    }
}

#[test]
fn files_without_a_network_are_answered_with_the_line_that_exports_one() {
    for (name, finding) in [
        ("state-dict.pt", "found a state dict or tensors of PyTorch"),
        ("state-dict-of-old.pt", "found a state dict or object of Python"),
        ("program.pt2", "found a program of torch.export"),
    ] {
        let message = open(name).map(|_| ()).unwrap_err().to_string();
        assert!(message.contains(finding), "{message}");
        assert!(message.contains("torch.jit.trace(model.eval(), images).save(\"net.ts\")"));
    }
    assert_eq!(ModelFile::of(&file("net.ts")).unwrap(), ModelFile::TorchScript);
    assert_eq!(ModelFile::of(&file("make.py")).unwrap(), ModelFile::Weights);
}

#[test]
fn broken_files_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("net.ts");
    let bytes = std::fs::read(file("net.ts")).unwrap();
    let open = |bytes: &[u8]| {
        std::fs::write(&path, bytes).unwrap();
        Classifier::open(&path, &shaped(), Device::Cpu).map(|_| ())
    };
    open(&bytes).unwrap();
    for length in [2, 30, 100, bytes.len() / 2, bytes.len() - 1] {
        let message = open(&bytes[..length]).unwrap_err().to_string();
        assert!(message.contains("net.ts") && !message.contains('\n'), "{length}: {message}");
    }
}

#[test]
fn a_flipped_bit_in_code_or_weights_is_seen() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("net.ts");
    let bytes = std::fs::read(file("net.ts")).unwrap();
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(&bytes)).unwrap();
    for number in 0..archive.len() {
        let entry = archive.by_index(number).unwrap();
        let (start, size) =
            (entry.data_start().unwrap() as usize, entry.compressed_size() as usize);
        if size == 0 {
            continue;
        }
        let mut flipped = bytes.clone();
        flipped[start + size / 2] ^= 1;
        std::fs::write(&path, flipped).unwrap();
        let error = Classifier::open(&path, &shaped(), Device::Cpu).map(|_| ()).unwrap_err();
        assert!(error.to_string().contains("a broken archive"), "{number}: {error}");
    }
}

#[test]
fn a_digest_pins_the_file() {
    let sha256 = a2d_file::sha256(&file("net.ts")).unwrap();
    let pinned = |sha256: String| {
        let said = Description { sha256: Some(sha256), ..shaped() };
        Classifier::open(&file("net.ts"), &said, Device::Cpu).map(|_| ())
    };
    pinned(sha256.to_uppercase()).unwrap();
    let message = pinned("0".repeat(64)).unwrap_err().to_string();
    assert!(message.contains(&sha256), "{message}");
}

#[test]
fn the_card_beside_a_network_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("net.ts");
    std::fs::copy(file("net.ts"), &path).unwrap();
    let open = |said: &Description| Classifier::open(&path, said, Device::Cpu);
    let message = open(&Description::default()).map(|_| ()).unwrap_err().to_string();
    assert!(message.contains("the shape of its images"), "{message}");

    let card = |fields: &str| {
        let text = format!(r#"{{"format": "a2d-torchscript", "version": 1, {fields}}}"#);
        std::fs::write(folder.path().join("net.ts.card.json"), text).unwrap();
    };
    card(r#""input_shape": [3, 8, 8], "classes": ["a", "b", "c", "d", "e"], "range": [0, 255]"#);
    let of_card = open(&Description::default()).unwrap().classifier;
    assert_eq!(of_card.class_name(4), Some("e"));
    let range = Some("0,255".parse().unwrap());
    let of_user = open(&Description { range, ..shaped() }).unwrap().classifier;
    assert_eq!(of_card.fingerprint(), of_user.fingerprint());

    card(r#""input_shape": [3, 8, 8], "classes": 7"#);
    let message = open(&Description::default()).map(|_| ()).unwrap_err().to_string();
    assert!(message.contains("the 5 of its logits, got 7"), "{message}");
}
