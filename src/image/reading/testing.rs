//! Images made in tests: layers, archives and layouts.

use std::io::Write;
use std::path::Path;

use serde_json::{Value, json};
use tar::{Builder, EntryType, Header};

use super::digest::Digest;
use super::unpacked::Packing;
use super::{Image, Reading, Reference};
use crate::diagnostic::Result;

/// A layer that is being written.
pub(crate) struct LayerOf(Builder<Vec<u8>>);

impl LayerOf {
    pub(crate) fn new() -> Self {
        Self(Builder::new(Vec::new()))
    }

    pub(crate) fn file(self, path: &str, content: impl AsRef<[u8]>) -> Self {
        self.owned(path, content, 0)
    }

    pub(crate) fn owned(mut self, path: &str, content: impl AsRef<[u8]>, uid: u64) -> Self {
        let content = content.as_ref();
        let mut header = header(EntryType::Regular, content.len() as u64);
        header.set_uid(uid);
        self.0.append_data(&mut header, path, content).unwrap();
        self
    }

    pub(crate) fn whiteout(self, path: &str) -> Self {
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        self.file(format!("{folder}/.wh.{name}").trim_start_matches('/'), "")
    }

    pub(crate) fn opaque(self, folder: &str) -> Self {
        self.file(&format!("{folder}/.wh..wh..opq"), "")
    }

    pub(crate) fn link(mut self, kind: EntryType, path: &str, target: &str) -> Self {
        let mut header = header(kind, 0);
        self.0.append_link(&mut header, path, target).unwrap();
        self
    }

    /// An entry of any name, which the builder would refuse.
    pub(crate) fn raw(mut self, name: &[u8], kind: EntryType, content: &[u8]) -> Self {
        let mut header = header(kind, content.len() as u64);
        header.as_old_mut().name[..name.len()].copy_from_slice(name);
        header.set_cksum();
        self.0.append(&header, content).unwrap();
        self
    }

    pub(crate) fn end(self) -> Vec<u8> {
        self.0.into_inner().unwrap()
    }
}

fn header(kind: EntryType, size: u64) -> Header {
    let mut header = Header::new_gnu();
    header.set_entry_type(kind);
    header.set_mode(0o644);
    header.set_size(size);
    header
}

/// An image that is being made.
#[derive(Clone)]
pub(crate) struct ImageOf {
    layers: Vec<(String, Vec<u8>)>,
    config: Value,
    packing: Packing,
    media_type: String,
    platform: (String, String),
}

impl ImageOf {
    pub(crate) fn new() -> Self {
        Self {
            layers: Vec::new(),
            config: json!({}),
            packing: Packing::Gzip,
            media_type: "application/vnd.oci.image.layer.v1.tar+gzip".to_owned(),
            platform: ("linux".to_owned(), "amd64".to_owned()),
        }
    }

    pub(crate) fn layer(mut self, instruction: &str, layer: LayerOf) -> Self {
        self.layers.push((instruction.to_owned(), layer.end()));
        self
    }

    pub(crate) fn layer_bytes(mut self, instruction: &str, layer: Vec<u8>) -> Self {
        self.layers.push((instruction.to_owned(), layer));
        self
    }

    pub(crate) fn config(mut self, config: Value) -> Self {
        self.config = config;
        self
    }

    pub(crate) fn packed(mut self, packing: Packing) -> Self {
        self.packing = packing;
        self
    }

    pub(crate) fn media_type(mut self, media_type: &str) -> Self {
        media_type.clone_into(&mut self.media_type);
        self
    }

    pub(crate) fn architecture(mut self, architecture: &str) -> Self {
        architecture.clone_into(&mut self.platform.1);
        self
    }

    pub(crate) fn configuration(&self) -> Vec<u8> {
        let diffs: Vec<String> = self
            .layers
            .iter()
            .map(|(_, layer)| Digest::of_bytes(layer).to_string())
            .collect();
        let history: Vec<Value> = self
            .layers
            .iter()
            .map(|(line, _)| json!({ "created_by": line }))
            .collect();
        let config = json!({
            "os": self.platform.0, "architecture": self.platform.1, "config": self.config,
            "rootfs": { "type": "layers", "diff_ids": diffs }, "history": history,
        });
        config.to_string().into_bytes()
    }

    /// Its blobs, the manifest first.
    pub(crate) fn blobs(&self) -> Vec<Vec<u8>> {
        let layers: Vec<Vec<u8>> = self
            .layers
            .iter()
            .map(|(_, layer)| packed(layer, self.packing))
            .collect();
        let config = self.configuration();
        let descriptor = |media_type: &str, blob: &[u8]| json!({ "mediaType": media_type, "digest": Digest::of_bytes(blob), "size": blob.len() });
        let of_layers: Vec<Value> = layers
            .iter()
            .map(|layer| descriptor(&self.media_type, layer))
            .collect();
        let manifest = json!({
            "schemaVersion": 2,
            "config": descriptor("application/vnd.oci.image.config.v1+json", &config),
            "layers": of_layers,
        });
        let mut blobs = vec![manifest.to_string().into_bytes(), config];
        blobs.extend(layers);
        blobs
    }

    /// How an index names it.
    pub(crate) fn descriptor(&self) -> Value {
        let manifest = self.blobs().remove(0);
        json!({
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "digest": Digest::of_bytes(&manifest), "size": manifest.len(),
            "platform": { "os": self.platform.0, "architecture": self.platform.1 },
        })
    }

    /// An archive in the layout of OCI, as `docker image save` orders it: what says what is what comes last.
    pub(crate) fn archive(&self) -> Vec<u8> {
        archive_of(std::slice::from_ref(self))
    }

    /// An archive of an older engine.
    pub(crate) fn legacy(&self) -> Vec<u8> {
        let config = self.configuration();
        let name = format!("{}.json", Digest::of_bytes(&config).hex());
        let mut archive = LayerOf::new().file(&name, &config);
        let mut names = Vec::new();
        for (index, (_, layer)) in self.layers.iter().enumerate() {
            let path = format!("{index}/layer.tar");
            archive = archive.file(&path, layer);
            names.push(path);
        }
        let manifest = json!([{ "Config": name, "RepoTags": ["shop:1"], "Layers": names }]);
        archive.file("manifest.json", manifest.to_string()).end()
    }

    /// The image, read.
    pub(crate) fn read(&self) -> Image {
        read(&self.archive()).unwrap()
    }
}

pub(crate) fn archive_of(images: &[ImageOf]) -> Vec<u8> {
    let mut archive = LayerOf::new();
    for blob in images.iter().flat_map(ImageOf::blobs) {
        archive = archive.file(
            &format!("blobs/sha256/{}", Digest::of_bytes(&blob).hex()),
            blob,
        );
    }
    let descriptors: Vec<Value> = images.iter().map(ImageOf::descriptor).collect();
    let index = json!({ "schemaVersion": 2, "manifests": descriptors });
    archive
        .file("index.json", index.to_string())
        .file("oci-layout", r#"{"imageLayoutVersion": "1.0.0"}"#)
        .end()
}

pub(crate) fn packed(layer: &[u8], packing: Packing) -> Vec<u8> {
    match packing {
        Packing::None => layer.to_vec(),
        Packing::Gzip => {
            let level = flate2::Compression::fast();
            let mut encoder = flate2::write::GzEncoder::new(Vec::new(), level);
            encoder.write_all(layer).unwrap();
            encoder.finish().unwrap()
        }
        Packing::Zstd => zstd::encode_all(layer, 1).unwrap(),
    }
}

pub(crate) const READING: Reading<'static> = Reading {
    platform: None,
    hashes: true,
    progress: &|_, _| {},
};

/// Reads an archive that lies in a file.
pub(crate) fn read(archive: &[u8]) -> Result<Image> {
    read_with(archive, &READING)
}

pub(crate) fn read_with(archive: &[u8], reading: &Reading<'_>) -> Result<Image> {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), archive).unwrap();
    Image::read(&Reference::File(file.path().to_owned()), reading)
}

/// Reads an archive as it comes.
pub(crate) fn stream(archive: &[u8]) -> Result<Image> {
    super::archive::read_stream(archive, "a stream", &READING)
}

/// Writes an archive as a folder.
pub(crate) fn folder(archive: &[u8], to: &Path) {
    tar::Archive::new(archive).unpack(to).unwrap();
}
