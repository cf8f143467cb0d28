//! How an image is named: a file, a folder, or what an engine calls it.

use std::convert::Infallible;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// Where an image is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reference {
    /// A folder in the layout of OCI.
    Folder(PathBuf),
    /// An archive.
    File(PathBuf),
    /// An archive that comes in through standard input.
    Input,
    /// An image of an engine.
    Engine {
        /// The engine's program.
        program: String,
        /// What it calls the image.
        name: String,
    },
}

/// Engines that can be named.
const ENGINES: [&str; 3] = ["docker", "podman", "nerdctl"];

/// What is there on the disk is that; anything else is the name of an image of Docker's.
impl FromStr for Reference {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        let engine = |program: &str, name: &str| Self::Engine {
            program: program.to_owned(),
            name: name.to_owned(),
        };
        if text == "-" {
            return Ok(Self::Input);
        }
        for program in ENGINES {
            let name = text.strip_prefix(program);
            if let Some(name) = name.and_then(|rest| rest.strip_prefix(':')) {
                return Ok(engine(program, name));
            }
        }
        let path = Path::new(text);
        let is_tar = path.extension().is_some_and(|end| end == "tar");
        let is_path = text.starts_with(['.', '/', '~']) || is_tar;
        Ok(if path.is_dir() {
            Self::Folder(path.to_owned())
        } else if path.exists() || is_path {
            Self::File(path.to_owned())
        } else {
            engine(ENGINES[0], text)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_told_from_paths() {
        let read = |text: &str| text.parse::<Reference>().unwrap();
        let engine = |program: &str, name: &str| Reference::Engine {
            program: program.to_owned(),
            name: name.to_owned(),
        };
        assert_eq!(read("-"), Reference::Input);
        assert_eq!(read("shop:1.2"), engine("docker", "shop:1.2"));
        assert_eq!(read("podman:shop:1.2"), engine("podman", "shop:1.2"));
        assert_eq!(read("./x"), Reference::File("./x".into()));
        assert_eq!(read("image.tar"), Reference::File("image.tar".into()));
        assert_eq!(read("src"), Reference::Folder("src".into()));
    }
}
