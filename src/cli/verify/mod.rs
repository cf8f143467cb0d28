//! `dfgen verify`: a built image held against its plan, without running it.

mod text;

use clap::{Args, ValueEnum};
use dfgen::diagnostic::Result;
use dfgen::image::verify::{Expected, Verification};
use dfgen::image::{Image, Reading, Reference};
use dfgen::plan::{self, Inputs};
use dfgen::target::Platform;
use schemars::{JsonSchema, Schema};
use serde::Serialize;

use super::output::{self, json};
use super::progress::{Counted, Progress};
use super::{Outcome, Terminal, print};

/// Hold a built image against what its profile promises, without running it: packages and their files, leftovers, how it
/// runs, size, secrets. Exit 1 where something is not as planned.
#[derive(Args)]
pub(super) struct Arguments {
    /// The image: an archive, a folder in the layout of OCI, `-` for standard input, or what an engine calls it (`NAME`,
    /// `podman:NAME`).
    image: Reference,

    /// The profile that it was built from.
    #[arg(long, value_name = "NAME")]
    profile: String,

    /// The image for this platform, as `linux/arm64`, where there are several.
    #[arg(long, value_name = "PLATFORM")]
    platform: Option<Platform>,

    /// How to print.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// How to print what came out.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people and logs.
    Text,
    /// For machines.
    Json,
    /// For a comment or a summary of a job.
    Markdown,
}

/// What came out.
#[derive(Serialize, JsonSchema)]
struct VerifyView<'v> {
    #[serde(flatten)]
    verification: &'v Verification,
}

pub(super) fn run(terminal: &Terminal, arguments: &Arguments) -> Result<Outcome> {
    let inputs = Inputs::load(&terminal.project)?;
    let taken = plan::choose(&inputs, std::slice::from_ref(&arguments.profile))?;
    let progress = Progress::new(terminal, Counted::Bytes);
    let image = Image::read(
        &arguments.image,
        &Reading {
            platform: arguments.platform,
            hashes: true,
            progress: &|bytes, of| progress.tell(bytes, of),
        },
    );
    progress.end();
    let image = image?;
    let expected = Expected::new(&inputs, &taken[0], image.platform())?;
    let verification = Verification::of(&image, &expected);
    match arguments.format {
        Format::Text => terminal.print_chapters(&text::text(&verification)),
        Format::Json => print(&json(&VerifyView {
            verification: &verification,
        })),
        Format::Markdown => print(&text::markdown(&verification)),
    }?;
    Ok(if verification.differences() == 0 {
        Outcome::Done
    } else {
        Outcome::Found
    })
}

/// The schema of verifications as JSON.
pub(super) fn schema() -> Schema {
    output::schema::<VerifyView<'static>>("verify", "dfgen verify")
}
