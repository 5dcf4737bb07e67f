//! What is read is a regular file of the expected size, whatever its name stands for.

use std::io::Write as _;
use std::time::Duration;

use crate::bad_input::{digit, npy, refused};
use crate::workplace::{Workplace, lenet5};

/// A PNG file that unpacks to so many black pixels.
fn png_bomb(side: u32) -> Vec<u8> {
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    let mut chunk = |name: &[u8], content: &[u8]| {
        let mut crc = flate2::Crc::new();
        for part in [name, content] {
            crc.update(part);
        }
        file.extend((content.len() as u32).to_be_bytes());
        file.extend([name, content, &crc.sum().to_be_bytes()].concat());
    };
    chunk(b"IHDR", &[&side.to_be_bytes()[..], &side.to_be_bytes(), &[8, 2, 0, 0, 0]].concat());
    let mut packed = flate2::write::ZlibEncoder::new(vec![], flate2::Compression::best());
    let row = vec![0; 3 * side as usize + 1];
    (0..side).for_each(|_| packed.write_all(&row).unwrap());
    chunk(b"IDAT", &packed.finish().unwrap());
    chunk(b"IEND", b"");
    file
}

#[test]
fn claims_are_refused_before_they_are_unpacked() {
    let place = Workplace::new();
    let cost = |name: &str| format!("cost --model {} --input {name} --out c.csv", lenet5());
    place.write("bomb.png", png_bomb(3000));
    refused(&place, &cost("bomb.png"), 3, &["bomb.png", "[1, 28, 28]", "[1, 3000, 3000]"]);
    // More names than memory holds, and a first row that is no image.
    let header = npy("1000000000, 1, 28, 28", &[2.0]);
    let sparse = std::fs::File::create(place.path("sparse.npy")).unwrap();
    (&sparse).write_all(&header).unwrap();
    sparse.set_len(header.len() as u64 - 4 + 4 * 784 * 1_000_000_000).unwrap();
    refused(&place, &cost("sparse.npy"), 3, &["sparse.npy", "pixel [0, 0, 0, 0] is 2"]);
    let long = std::fs::File::create(place.path("long")).unwrap();
    long.set_len(1 << 40).unwrap();
    let limit = &["long", "expected at most 64 MiB, found 1099511627776 bytes"][..];
    place.write("x.npy", digit());
    for arguments in [
        "fit --detector z-score --benign long --out d.json".into(),
        format!("detect --model {} --detector long x.npy", lenet5()),
        format!("{} --spec long", cost("x.npy")),
        format!("craft --model {} --attack fgsm --input x.npy --labels long --out y.npy", lenet5()),
    ] {
        refused(&place, &arguments, 3, limit);
    }
    refused(&place, "cost --model long --arch lenet5 --input x.npy --out c.csv", 3, &["long"]);
}

#[cfg(unix)]
#[test]
fn what_is_no_regular_file_is_refused_at_once() {
    let place = Workplace::new();
    place.write("x.npy", digit());
    let made = std::process::Command::new("mkfifo").arg(place.path("pipe")).status().unwrap();
    assert!(made.success());
    let model = lenet5();
    let read = [("pipe", "pipe"), ("/dev/zero", "/dev/zero"), (".", "folder")];
    std::fs::create_dir(place.path("folder")).unwrap();
    std::fs::rename(place.path("pipe"), place.path("folder/pipe")).unwrap();
    std::os::unix::fs::symlink("folder/pipe", place.path("pipe")).unwrap();
    for (input, images) in read {
        for arguments in [
            format!("cost --model {model} --input {images} --out c.csv"),
            format!("cost --model {input} --arch lenet5 --input x.npy --out c.csv"),
            format!("cost --model {model} --input x.npy --spec {input} --out c.csv"),
            format!(
                "craft --model {model} --attack fgsm --input x.npy --labels {input} --out y.npy"
            ),
            format!("detect --model {model} --detector {input} x.npy"),
            format!("fit --detector z-score --benign {input} --out d.json"),
        ] {
            let mut command = place.a2d(&arguments);
            let refusal = command.timeout(Duration::from_secs(120)).assert().code(3);
            let error = String::from_utf8(refusal.get_output().stderr.clone()).unwrap();
            assert!(error.contains("expected a regular file"), "{arguments}: {error}");
        }
    }
}

#[cfg(target_os = "linux")]
#[test]
fn many_files_need_few_handles() {
    let place = Workplace::new();
    for number in 0..100 {
        let mut digit = digit();
        let last = digit.len() - size_of::<f32>();
        digit[last..].copy_from_slice(&(number as f32 / 100.0).to_le_bytes());
        place.write(&format!("{number}.npy"), digit);
    }
    let binary = assert_cmd::cargo::cargo_bin!("a2d");
    let line = format!(
        "ulimit -n 90; exec {} clever --model {} --input *.npy --target second --batches 1 --samples 1 \
         --threads 1 --out c.csv",
        binary.display(),
        lenet5()
    );
    let outcome = std::process::Command::new("sh")
        .args(["-c", &line])
        .current_dir(place.path("."))
        .output()
        .unwrap();
    assert!(outcome.status.success(), "{}", String::from_utf8_lossy(&outcome.stderr));
}

#[test]
fn tables_and_images_of_other_programs_are_read() {
    let place = Workplace::new();
    let header =
        "input,attack,iterations,flipped,censored,gradient_queries,forward_queries,seconds\n";
    let rows = (0..30).map(|row| format!("{row},bim,{},True,FALSE,1,2,0.1\n", 50 + row % 7));
    place.write("pandas.csv", header.to_owned() + &rows.collect::<String>());
    place.run("fit --detector z-score --benign pandas.csv --out d.json");
    let member = |bytes: &[u8]| {
        let mut packed = flate2::write::GzEncoder::new(vec![], flate2::Compression::fast());
        packed.write_all(bytes).unwrap();
        packed.finish().unwrap()
    };
    let plain = [&[0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 28, 0, 0, 0, 28], &[100; 784][..]].concat();
    place.write("two.gz", [member(&plain[..400]), member(&plain[400..])].concat());
    let cost = format!("cost --model {} --input two.gz --budget 1 --out c.csv", lenet5());
    place.run(&cost);
}
