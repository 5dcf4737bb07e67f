//! Images as people have them: files of every format, alone, in archives and in folders.

use std::io::{Cursor, Read as _, Write as _};
use std::path::Path;

use image::{DynamicImage, GrayImage, ImageFormat};
use serde_json::json;

use crate::bad_input::{npy, refused};
use crate::workplace::{Workplace, data, lenet5};

/// Digits as bytes, each of 28 x 28.
fn digits<const N: usize>() -> [Vec<u8>; N] {
    let gz = std::fs::File::open(data("sample/mnist/t10k-images-idx3-ubyte.gz")).unwrap();
    let mut bytes = vec![0; 16 + N * 784];
    flate2::read::GzDecoder::new(gz).read_exact(&mut bytes).unwrap();
    std::array::from_fn(|row| bytes[16 + 784 * row..16 + 784 * (row + 1)].to_vec())
}

fn grey(digit: &[u8]) -> DynamicImage {
    GrayImage::from_raw(28, 28, digit.to_vec()).unwrap().into()
}

fn write(place: &Workplace, name: &str, image: &DynamicImage, format: ImageFormat) {
    let path = place.path(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    image.save_with_format(path, format).unwrap();
}

/// An npy file of bytes.
fn npy_of_bytes(shape: &str, bytes: &[u8]) -> Vec<u8> {
    let mut file = npy(shape, &[]);
    let at = file.windows(3).position(|bytes| bytes == b"<f4").unwrap();
    file[at..at + 3].copy_from_slice(b"|u1");
    [file, bytes.to_vec()].concat()
}

fn archive(members: &[(&str, &[u8])], method: zip::CompressionMethod) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(Cursor::new(vec![]));
    let options = zip::write::SimpleFileOptions::default().compression_method(method);
    for (name, content) in members {
        archive.start_file(*name, options).unwrap();
        archive.write_all(content).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

/// What `torch.save` writes of a tensor of bytes, `[n, 1, 28, 28]`.
fn tensor(digits: &[u8]) -> Vec<u8> {
    let [n, elements] =
        [digits.len() / 784, digits.len()].map(|number| (number as u16).to_le_bytes());
    let pickle = [
        b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\n((X\x07\0\0\0storagectorch\nByteStorage\nX\x01\0\0\x000X\x03\0\0\0cpuM",
        &elements[..],
        b"tQK\x00(M",
        &n,
        b"K\x01K\x1cK\x1ct(M\x10\x03M\x10\x03K\x1cK\x01t\x89ccollections\nOrderedDict\n)RtR.",
    ]
    .concat();
    archive(&[("x/data.pkl", &pickle), ("x/data/0", digits)], zip::CompressionMethod::Stored)
}

/// The iterations in a table of costs, in the order of its rows, and the names of its inputs.
fn costs(place: &Workplace, arguments: &str) -> (Vec<String>, Vec<String>) {
    place.run(&format!("cost --model {} {arguments} --out c.csv", lenet5()));
    let table = std::fs::read_to_string(place.path("c.csv")).unwrap();
    for name in ["c.csv", "c.csv.card.json"] {
        std::fs::remove_file(place.path(name)).unwrap();
    }
    let rows = table.lines().skip(1).map(|row| {
        let fields: Vec<&str> = row.split(',').collect();
        (fields[2].to_owned(), fields[0].to_owned())
    });
    rows.unzip()
}

#[test]
fn the_same_images_cost_the_same_in_every_format() {
    let place = Workplace::new();
    let digits = digits::<3>();
    let all = digits.concat();
    place.write("x.npy", npy_of_bytes("3, 1, 28, 28", &all));
    place.write("digits.pt", tensor(&all));
    place.write("some.pt", tensor(&all[..2 * 784]));
    let floats: Vec<f32> = all.iter().map(|byte| f32::from(*byte) / 255.0).collect();
    let [floats, bytes] = [npy("3, 1, 28, 28", &floats), npy_of_bytes("3, 28, 28, 1", &all)];
    let (stored, deflated) = (zip::CompressionMethod::Stored, zip::CompressionMethod::Deflated);
    place.write("one.npz", archive(&[("x.npy", &floats)], stored));
    let members: [(&str, &[u8]); 2] = [("x.npy", &floats), ("y.npy", &bytes)];
    place.write("two.npz", archive(&members, deflated));
    for (number, digit) in digits.iter().enumerate() {
        let (grey, deep) = (grey(digit), DynamicImage::from(grey(digit).into_luma16()));
        write(&place, &format!("flat/{number}.png"), &grey, ImageFormat::Png);
        let rgba = DynamicImage::from(grey.to_rgba8());
        write(&place, &format!("equal/{number}"), &rgba, ImageFormat::WebP);
        write(&place, &format!("classes/{number}/image"), &deep, ImageFormat::Png);
    }
    let (expected, names) = costs(&place, "--input x.npy");
    assert_eq!(names, ["0", "1", "2"]);
    assert!(expected.iter().all(|iterations| iterations.parse::<u32>().unwrap() > 0));
    for arguments in [
        "--input digits.pt",
        "--input one.npz",
        "--input two.npz:x",
        "--input two.npz:y --layout nhwc",
        "--input x.npy --resize 28 --crop 28",
    ] {
        assert_eq!(costs(&place, arguments), (expected.clone(), names.clone()), "{arguments}");
    }
    for (folder, files) in [
        ("flat", ["0.png", "1.png", "2.png"]),
        ("equal", ["0", "1", "2"]),
        ("classes", ["0/image", "1/image", "2/image"]),
    ] {
        let names = files.map(|file| Path::new(folder).join(file).display().to_string());
        let found = costs(&place, &format!("--input {folder}"));
        assert_eq!(found, (expected.clone(), names.to_vec()), "{folder}");
    }
    let mixed = costs(&place, "--input flat/2.png some.pt --rows 1..3").1;
    assert_eq!(mixed, ["some.pt[0]", "some.pt[1]"]);
    refused(
        &place,
        &format!("cost --model {} --input flat/2.png digits.pt --out c.csv", lenet5()),
        3,
        &["found 1 of 4 in an earlier one", "digits.pt[2], which is flat/2.png"],
    );
}

#[test]
fn images_of_several_sizes_are_framed_for_every_command() {
    let place = Workplace::new();
    let model = lenet5();
    for (number, digit) in digits::<3>().iter().enumerate() {
        let side = 30 + 7 * number as u32;
        let large = grey(digit).resize_exact(side + 3, side, image::imageops::FilterType::Triangle);
        let format = [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::WebP][number];
        let large = if number == 0 { large } else { large.into_rgb8().into() };
        write(&place, &format!("mixed/{number}"), &large, format);
    }
    let cost = format!("cost --model {model} --input mixed --out c.csv");
    refused(
        &place,
        &cost,
        3,
        &["mixed/0: ", "got [1, 30, 33]; --resize and --crop change the size"],
    );
    refused(&place, &format!("{cost} --crop 28 --resize 20"), 3, &["28 pixels cannot be cut out"]);
    let frame = "--resize 28 --crop 28";
    let (_, names) = costs(&place, &format!("--input mixed {frame}"));
    assert_eq!(names, ["mixed/0", "mixed/1", "mixed/2"]);
    let clever = "--target second --batches 1 --samples 1 --out s.csv";
    place.run(&format!("clever --model {model} --input mixed {frame} {clever}"));

    let header =
        "input,attack,iterations,flipped,censored,gradient_queries,forward_queries,seconds\n";
    let rows = (0..30).map(|row| format!("{row},bim-turbo,{},true,false,1,2,0.1\n", 50 + row % 7));
    place.write("benign.csv", header.to_owned() + &rows.collect::<String>());
    place.run("fit --detector z-score --benign benign.csv --out d.json");
    let verdicts =
        place.verdicts(&format!("detect --model {model} --detector d.json mixed {frame}"));
    let inputs: Vec<_> = verdicts.iter().map(|verdict| verdict["input"].clone()).collect();
    assert_eq!(inputs, ["mixed/0", "mixed/1", "mixed/2"]);

    // A folder without classes has the labels that the user gives.
    place.write("labels.npy", npy_of_bytes("3,", &[7, 2, 1]));
    let labelled = format!("--model {model} --input mixed {frame} --labels labels.npy");
    let accuracy = place.json(&format!("data accuracy {labelled}"));
    assert_eq!((&accuracy["images"], &accuracy["accuracy"]), (&json!(3), &json!(1.0)));
    let crafted = place.json(&format!("craft {labelled} --attack fgsm --epsilon 0.5 --out x.npy"));
    assert_eq!((&crafted["tally"]["tried"], &crafted["split"]), (&json!(3), &json!("mixed")));
    for command in ["data accuracy", "data export --out y.npy", "craft --attack fgsm --out y.npy"] {
        place.a2d(&format!("{command} --model {model} --crop 28")).assert().code(2);
    }
}

#[test]
fn what_is_no_image_is_refused_in_one_line() {
    let place = Workplace::new();
    let digits = digits::<1>();
    let mut colours = grey(&digits[0]).into_rgb8();
    colours.get_pixel_mut(3, 4).0 = [1, 2, 3];
    write(&place, "colours.png", &colours.into(), ImageFormat::Png);
    place.write("nhwc.npy", npy_of_bytes("1, 28, 28, 1", &digits[0]));

    let array = npy_of_bytes("1, 1, 28, 28", &digits[0]);
    let members: [(&str, &[u8]); 2] = [("x.npy", &array), ("y.npy", &array)];
    let two = archive(&members, zip::CompressionMethod::Stored);
    place.write("two.npz", &two);
    place.write("cut.npz", &two[..two.len() - 9]);
    let again: Vec<u8> = two.iter().map(|byte| if *byte == b'y' { b'x' } else { *byte }).collect();
    place.write("again.npz", again);
    let bomb = npy_of_bytes("1, 1, 4096, 4096", &vec![0; 1 << 24]);
    place.write("bomb.npz", archive(&[("x.npy", &bomb)], zip::CompressionMethod::Deflated));
    let mut tensor = tensor(&digits[0]);
    let at = tensor.windows(11).position(|bytes| bytes == b"ByteStorage").unwrap();
    tensor[at..at + 4].copy_from_slice(b"Long");
    place.write("long.pt", tensor);
    std::fs::create_dir(place.path("empty")).unwrap();
    for (input, findings) in [
        ("colours.png", ["colours.png as PNG", "the image has colours, expected a grey one"]),
        ("nhwc.npy", ["got [28, 28, 1]", "--layout nhwc reads arrays whose channels come last"]),
        ("two.npz", ["expected one array, found 2: x, y", "name one, as in a.npz:x"]),
        ("two.npz:z", ["two.npz", "expected an array \"z\", found x, y"]),
        ("cut.npz", ["cut.npz", "expected the end of the archive"]),
        ("again.npz:x", ["again.npz", "found \"x.npx\" twice"]),
        ("bomb.npz", ["bomb.npz", "[1, 4096, 4096]"]),
        ("long.pt", ["long.pt as npz or tensor file", "torch LongStorage"]),
        ("empty", ["empty as image folder", "found none"]),
        ("none.npz:x", ["cannot read", "none.npz"]),
    ] {
        let cost = format!("cost --model {} --input {input} --out c.csv", lenet5());
        refused(&place, &cost, 3, &findings);
    }
    // What is in an archive or folder that is read is not written over.
    for (input, output) in [("two.npz:x", "two.npz"), ("empty", "empty/c.csv")] {
        let cost = format!("cost --model {} --input {input} --out {output}", lenet5());
        refused(&place, &cost, 3, &["--input"]);
    }
}
