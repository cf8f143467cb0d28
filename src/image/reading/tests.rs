//! Images of every form, and what was made to do harm.

use serde_json::json;
use tar::EntryType;

use super::testing::{
    ImageOf, LayerOf, READING, archive_of, folder, packed, read, read_with, stream,
};
use super::unpacked::Packing;
use super::{Digest, Image, Kind, Reading, Reference};
use crate::diagnostic::{Diagnostics, Result};
use crate::target::Platform;

fn small() -> ImageOf {
    ImageOf::new()
        .layer(
            "COPY a b",
            LayerOf::new()
                .file("app/main.py", "print()")
                .file("etc/os-release", "ID=x"),
        )
        .layer("RUN rm", LayerOf::new().whiteout("app/main.py"))
}

fn told(result: Result<Image>) -> String {
    let problems: Diagnostics = result.expect_err("it is refused");
    let problem = problems.iter().next().unwrap();
    format!("{}: {}", problem.rule(), problem.message())
}

fn shown(image: &Image) -> Vec<String> {
    let layers = image.layers.iter().enumerate();
    let entries = layers.flat_map(|(number, layer)| {
        layer
            .contents
            .entries
            .iter()
            .map(move |entry| (number, entry))
    });
    let line = |(number, entry): (usize, &super::Entry)| {
        format!(
            "{number} {:?} {} {}",
            entry.kind,
            image.paths.shown(entry.path),
            entry.size
        )
    };
    entries.map(line).collect()
}

#[test]
fn every_form_of_an_image_is_read_as_the_same() {
    let expected = [
        "0 File /app/main.py 7",
        "0 File /etc/os-release 4",
        "1 Whiteout /app/main.py 0",
    ];
    for packing in [Packing::None, Packing::Gzip, Packing::Zstd] {
        let image = small().packed(packing);
        let archive = image.archive();
        let place = tempfile::tempdir().unwrap();
        folder(&archive, place.path());
        let of_folder = Image::read(&Reference::Folder(place.path().to_owned()), &READING);
        let forms = [
            read(&archive),
            stream(&archive),
            of_folder,
            read(&image.legacy()),
            stream(&image.legacy()),
            read(&packed(&archive, Packing::Gzip)),
        ];
        for form in forms {
            let form = form.unwrap();
            assert_eq!(shown(&form), expected);
            assert_eq!(form.id, Digest::of_bytes(&image.configuration()));
            assert_eq!(form.layers[1].instruction.text, "RUN rm");
        }
    }
}

#[test]
fn what_is_packed_tells_what_is_pulled() {
    let of = |packing| small().packed(packing).read().layers[0].packed;
    assert!(of(Packing::Gzip).is_some_and(|bytes| bytes < 400));
    assert!(of(Packing::Zstd).is_some());
    assert_eq!(of(Packing::None), None);
}

#[test]
fn a_layer_that_comes_twice_is_there_twice() {
    let twice = || LayerOf::new().file("x", "1");
    let image = ImageOf::new()
        .layer("COPY x", twice())
        .layer("COPY x", twice());
    for form in [read(&image.archive()), stream(&image.archive())] {
        assert_eq!(shown(&form.unwrap()), ["0 File /x 1", "1 File /x 1"]);
    }
}

#[test]
fn a_truncated_archive_is_told() {
    let archive = small().archive();
    for length in [0, 100, 700, 3000, archive.len() / 2] {
        let cut = &archive[..length];
        for form in [read(cut), stream(cut)] {
            let told = told(form);
            assert!(
                told.starts_with("unreadable-image") || told.starts_with("no-image"),
                "{length}: {told}"
            );
        }
    }
}

#[test]
fn every_digest_is_checked() {
    let image = small().packed(Packing::None);
    let mut archive = image.archive();
    let at = archive
        .windows(7)
        .position(|part| part == b"print()")
        .unwrap();
    archive[at] = b'P';
    assert!(told(read(&archive)).starts_with("wrong-digest: layer 1 of "));
    assert!(told(stream(&archive)).starts_with("wrong-digest: layer 1 of a stream"));
    let mut archive = image.archive();
    let at = archive
        .windows(9)
        .position(|part| part == b"\"history\"")
        .unwrap();
    archive[at + 1] = b'H';
    assert!(told(stream(&archive)).starts_with("wrong-digest: the configuration"));
    // A legacy archive says it by the name of the configuration and by what layers unpack to.
    let mut archive = image.legacy();
    let at = archive
        .windows(7)
        .position(|part| part == b"print()")
        .unwrap();
    archive[at] = b'P';
    assert!(told(stream(&archive)).starts_with("wrong-digest: layer 1 of shop:1, unpacked,"));
}

#[test]
fn hostile_names_are_told_and_nothing_is_followed() {
    let layer = LayerOf::new()
        .raw(b"../../etc/shadow", EntryType::Regular, b"x")
        .raw(b"/etc/passwd", EntryType::Regular, b"root")
        .raw(b"srv/sda", EntryType::Block, b"")
        .link(EntryType::Link, "out", "../../../etc/shadow")
        .link(EntryType::Link, "a", "b")
        .link(EntryType::Link, "b", "a")
        .link(EntryType::Symlink, "loop", "loop")
        .raw(b"caf\xe9.txt", EntryType::Regular, b"x")
        .file("twice", "1")
        .file("twice", "22");
    let image = ImageOf::new().layer("COPY . .", layer).read();
    assert_eq!(
        shown(&image),
        [
            "0 File /etc/passwd 4",
            "0 Special /srv/sda 0",
            "0 HardLink /out 0",
            "0 HardLink /a 0",
            "0 HardLink /b 0",
            "0 Symlink /loop 0",
            "0 File /caf\u{fffd}.txt 1",
            "0 File /twice 1",
            "0 File /twice 2",
        ]
    );
    assert_eq!(
        image.layers[0].contents.odd,
        [
            "a name that leaves the image: ../../etc/shadow",
            "a device or pipe: srv/sda",
            "a name that leaves the image: ../../../etc/shadow",
        ]
    );
}

#[test]
fn a_hundred_thousand_empty_files_are_read() {
    let mut layer = Vec::new();
    let mut header = tar::Header::new_gnu();
    header.set_size(0);
    for number in 0..100_000 {
        header
            .set_path(format!("many/{}/{number}", number % 1000))
            .unwrap();
        header.set_cksum();
        layer.extend_from_slice(header.as_bytes());
    }
    layer.extend([0; 1024]);
    let image = ImageOf::new().layer_bytes("RUN touch", layer).read();
    assert_eq!(image.layers[0].contents.entries.len(), 100_000);
}

#[test]
fn sizes_that_nothing_has_are_refused() {
    let mut header = tar::Header::new_gnu();
    header.set_path("huge").unwrap();
    header.set_size(10_000_000_000_000);
    header.set_cksum();
    let layer = header.as_bytes().to_vec();
    let image = ImageOf::new().layer_bytes("COPY huge", layer.clone());
    for form in [
        read(&image.archive()),
        stream(&image.archive()),
        read(&layer),
    ] {
        let told = told(form);
        assert!(told.contains("ends in the middle"), "{told}");
    }
}

#[test]
fn a_sparse_file_counts_what_is_there() {
    let mut header = tar::Header::new_gnu();
    header.set_path("sparse").unwrap();
    header.set_entry_type(EntryType::GNUSparse);
    header.set_size(512);
    let gnu = header.as_gnu_mut().unwrap();
    gnu.realsize.copy_from_slice(b"00200000000\0");
    gnu.set_is_extended(true);
    header.set_cksum();
    let mut layer = header.as_bytes().to_vec();
    layer.extend([0; 512]);
    layer.extend([7; 512]);
    let after = LayerOf::new().file("after", "1").end();
    layer.extend(after);
    let image = ImageOf::new().layer_bytes("COPY sparse", layer).read();
    assert_eq!(shown(&image), ["0 File /sparse 512", "0 File /after 1"]);
}

#[test]
fn a_bomb_of_a_layer_is_refused() {
    let zeros = std::io::Read::take(std::io::repeat(0), 64 << 20);
    let mut encoder = zstd::Encoder::new(Vec::new(), 1).unwrap();
    let mut header = tar::Header::new_gnu();
    header.set_path("zeros").unwrap();
    header.set_size(64 << 20);
    header.set_cksum();
    std::io::Write::write_all(&mut encoder, header.as_bytes()).unwrap();
    std::io::copy(&mut { zeros }, &mut encoder).unwrap();
    let archive = LayerOf::new()
        .file("blobs/sha256/x", encoder.finish().unwrap())
        .end();
    let told = told(stream(&archive));
    assert!(told.starts_with("image-limit: a stream: "), "{told}");
}

#[test]
fn an_encrypted_layer_is_told_and_the_others_are_read() {
    let media_type = "application/vnd.oci.image.layer.v1.tar+gzip+encrypted";
    let image = small().media_type(media_type);
    for form in [read(&image.archive()), stream(&image.archive())] {
        let form = form.unwrap();
        let sealed = form.layers[0].sealed.as_deref().unwrap();
        assert!(sealed.starts_with("it is encrypted"), "{sealed}");
        assert!(form.layers[0].packed.is_some());
    }
}

#[test]
fn a_layer_with_a_table_of_its_own_is_one_of_gzip() {
    let mut layer = LayerOf::new()
        .file("app/main.py", "1")
        .file("stargz.index.json", "{}")
        .end();
    layer.extend([0; 512]);
    let image = ImageOf::new().layer_bytes("COPY", layer).read();
    assert_eq!(image.layers[0].contents.entries.len(), 2);
}

#[test]
fn a_platform_is_chosen_or_missed() {
    let arm = small().architecture("arm64");
    let amd = small().config(json!({ "User": "10001" }));
    let both = archive_of(&[arm.clone(), amd.clone()]);
    let of = |platform| Reading {
        platform: Some(platform),
        ..READING
    };
    let image = read_with(&both, &of(Platform::LinuxArm64)).unwrap();
    assert_eq!(image.configuration.platform, "linux/arm64");
    let image = read_with(&both, &of(Platform::LinuxAmd64)).unwrap();
    assert_eq!(image.configuration.user, "10001");
    // The only one is taken, whatever this machine is.
    assert_eq!(
        read(&arm.archive()).unwrap().configuration.platform,
        "linux/arm64"
    );
    let missed = told(read_with(&arm.archive(), &of(Platform::LinuxAmd64)));
    assert!(missed.ends_with("has no image for linux/amd64"), "{missed}");
}

#[test]
fn several_images_are_told() {
    let other = small().layer("COPY c", LayerOf::new().file("c", "c"));
    let told = told(read_with(
        &archive_of(&[small(), other]),
        &Reading {
            platform: Some(Platform::LinuxAmd64),
            ..READING
        },
    ));
    assert!(told.contains("holds several images"), "{told}");
}

#[test]
fn what_is_no_image_is_told() {
    for archive in [LayerOf::new().file("x", "1").end(), LayerOf::new().end()] {
        let told = told(read(&archive));
        assert!(told.starts_with("no-image"), "{told}");
    }
    let told = told(read(
        b"PK\x03\x04 a zip archive, or anything else that is long enough",
    ));
    assert!(told.starts_with("unreadable-image"), "{told}");
    let missing = Image::read(&Reference::File("/nowhere/x.tar".into()), &READING);
    assert!(self::told(missing).starts_with("no-image: there is no file"));
}

#[test]
fn links_of_an_archive_in_circles_end() {
    let archive = LayerOf::new()
        .link(EntryType::Symlink, "index.json", "manifest.json")
        .link(EntryType::Symlink, "manifest.json", "index.json")
        .end();
    for form in [read(&archive), stream(&archive)] {
        assert!(told(form).starts_with("no-image"));
    }
}

#[test]
fn an_engine_that_is_not_there_is_told() {
    let reference = Reference::Engine {
        program: "dfgen-no-such-engine".to_owned(),
        name: "shop".to_owned(),
    };
    let told = told(Image::read(&reference, &READING));
    assert!(
        told.starts_with("no-engine: `dfgen-no-such-engine` cannot be started"),
        "{told}"
    );
}

#[test]
fn whiteouts_and_what_engines_keep_for_themselves() {
    let layer = LayerOf::new()
        .whiteout("gone")
        .opaque("app")
        .file(".wh..wh.plnk/1.2", "x")
        .file(".wh..wh.aufs", "x");
    let image = ImageOf::new().layer("RUN", layer).read();
    let kinds: Vec<Kind> = image.layers[0]
        .contents
        .entries
        .iter()
        .map(|one| one.kind)
        .collect();
    assert_eq!(kinds[..2], [Kind::Whiteout, Kind::Opaque]);
}
