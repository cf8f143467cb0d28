//! Images of an engine: what its own program writes, so that contexts, other machines and rootless engines work as they do
//! for it.

use std::io::{self, Read};
use std::process::{Command, Stdio};

use super::{Image, Reading, archive};
use crate::diagnostic::{Diagnostic, Diagnostics, Result};
use crate::rules;

/// Bytes of what a program complains about that are told.
const COMPLAINT: u64 = 4096;

/// Reads an image that an engine has.
pub(super) fn read(program: &str, name: &str, reading: &Reading<'_>) -> Result<Image> {
    let mut command = Command::new(program);
    command.args(["image", "save"]);
    if program == "podman" {
        command.args(["--format", "oci-archive"]);
    } else if let Some(platform) = reading.platform {
        command.args(["--platform", &platform.to_string()]);
    }
    // A name is no option, whatever it begins with.
    command.args(["--", name]).stdin(Stdio::null());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command
        .spawn()
        .map_err(|error| not_started(program, &error))?;
    let output = child.stdout.take().expect("it is piped");
    let mut errors = child.stderr.take().expect("it is piped");
    let complaint = std::thread::spawn(move || {
        let mut text = Vec::new();
        let _ = errors.by_ref().take(COMPLAINT).read_to_end(&mut text);
        let _ = io::copy(&mut errors, &mut io::sink());
        String::from_utf8_lossy(&text).trim().to_owned()
    });
    let image = archive::read_stream(output, name, reading);
    // What was not read to its end is not waited for.
    if image.is_err() {
        let _ = child.kill();
    }
    let ended = child.wait();
    let complaint = complaint.join().unwrap_or_default();
    match ended {
        Ok(status) if !status.success() && !complaint.is_empty() => {
            Err(complained(program, name, &complaint))
        }
        _ => image.map(|image| Image {
            name: name.to_owned(),
            ..image
        }),
    }
}

fn not_started(program: &str, error: &io::Error) -> Diagnostics {
    let message = format!("`{program}` cannot be started: {error}");
    Diagnostic::new(rules::NO_ENGINE, message)
        .with_help("name an archive: `docker image save NAME --output image.tar` where the engine is, then `dfgen layers image.tar`")
        .into()
}

fn complained(program: &str, name: &str, complaint: &str) -> Diagnostics {
    let line = complaint.lines().last().unwrap_or_default();
    let line = line
        .trim_start_matches("Error response from daemon: ")
        .trim_start_matches("Error: ");
    let is_missing = [
        "o such image",
        "not found",
        "not known",
        "reference does not exist",
    ]
    .iter()
    .any(|words| line.contains(words));
    let (rule, help) = if is_missing {
        (
            rules::NO_IMAGE,
            format!("`{program} pull {name}`, or `{program} image ls` for what there is"),
        )
    } else {
        (
            rules::NO_ENGINE,
            format!(
                "`{program} info` says whether the engine runs; an archive needs none: `dfgen layers image.tar`"
            ),
        )
    };
    Diagnostic::new(rule, format!("`{program}` gives no image `{name}`: {line}"))
        .with_help(help)
        .into()
}
