//! `models.toml`: which files hold a model.

use serde::Deserialize;

use super::pattern::fits_wildcards;
use super::table::{Rows, embedded};

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Format {
    files: Vec<String>,
    #[serde(default)]
    below: Vec<String>,
}

/// The rows of `models.toml`.
#[derive(Debug)]
pub(crate) struct Models(Rows<String, Format>);

impl Models {
    pub(super) fn embedded() -> Self {
        let mut file = embedded!("models");
        let read = Self(file.rows("model"));
        file.finish();
        read
    }

    /// The format of the model that a file holds, by its path without a slash before it.
    pub(crate) fn format(&self, path: &str) -> Option<&str> {
        let name = path.rsplit('/').next().unwrap_or(path);
        let fits = |pattern: &String| fits_wildcards(pattern.as_bytes(), name.as_bytes());
        let is_below = |folder: &String| {
            let marked = format!("/{path}");
            marked.contains(&format!("/{folder}/"))
        };
        let by_name = self.0.iter().find(|(_, row)| row.files.iter().any(fits));
        let found = by_name.or_else(|| {
            self.0
                .iter()
                .find(|(_, row)| row.below.iter().any(is_below))
        });
        found.map(|(format, _)| format.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_is_known_by_its_name_or_its_folder() {
        let models = Models::embedded();
        for (path, format) in [
            ("app/model.onnx", Some("onnx")),
            (
                "models/model-00001-of-00005.safetensors",
                Some("safetensors"),
            ),
            (
                "root/.cache/huggingface/hub/models--a--b/blobs/0a1b",
                Some("hugging-face"),
            ),
            ("data/huggingface/hub/x/model.gguf", Some("gguf")),
            ("app/weights.pth", Some("torch")),
            ("app/onnx/main.py", None),
            ("app/data.bin", None),
        ] {
            assert_eq!(models.format(path), format, "{path}");
        }
    }
}
