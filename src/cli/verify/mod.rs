//! `dfgen verify`: a built image held against its plan, without running it; with `--run`, also run.

mod run;
mod text;

use clap::Args;
use dfgen::diagnostic::{Diagnostic, Diagnostics, Result};
use dfgen::image::trial::Planned;
use dfgen::image::verify::{Expected, Verification, shared};
use dfgen::image::{Image, Reading, Reference};
use dfgen::plan::{self, Inputs};
use dfgen::rules;
use dfgen::target::Platform;
use schemars::{JsonSchema, Schema};
use serde::Serialize;

use super::output::{self, ImageFormat, json};
use super::progress::{Counted, Progress};
use super::{Outcome, Terminal, print};

/// Hold a built image against what its profile promises: packages and their files, leftovers, how it is started, size, secrets;
/// with `--run`, also that it runs. Exit 1 where something is not as planned.
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

    /// Another image of this project, built from the profile that its label `dfgen.profile` names: the layers that the plan
    /// has in both have to be the same.
    #[arg(long, value_name = "IMAGE")]
    beside: Vec<Reference>,

    #[command(flatten)]
    run: run::Options,

    /// How to print.
    #[arg(long, value_name = "FORMAT", value_parser = ImageFormat::without_page(), default_value = "text")]
    format: ImageFormat,
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
    let trial = arguments.run.asked(&arguments.image)?;
    let image = read(terminal, &arguments.image, arguments.platform, true)?;
    let expected = Expected::new(&inputs, &taken[0], image.platform())?;
    let mut verification = Verification::of(&image, &expected);
    for other in &arguments.beside {
        let other = read(terminal, other, arguments.platform, false)?;
        let profile = other
            .label("dfgen.profile")
            .ok_or_else(|| unlabelled(&other))?;
        let taken = plan::choose(&inputs, &[profile.to_owned()])?;
        let others = Expected::new(&inputs, &taken[0], other.platform())?;
        verification = verification.and(shared((&image, &expected), (&other, &others)));
    }
    drop(image);
    if let Some(trial) = trial {
        let planned = Planned::new(&inputs, &taken[0], &expected)?;
        let (checks, ran) = trial.run(&planned, arguments.platform)?;
        verification = verification.and_ran(checks, ran);
    }
    match arguments.format {
        ImageFormat::Text => terminal.print_chapters(&text::text(&verification)),
        ImageFormat::Json => print(&json(&VerifyView {
            verification: &verification,
        })),
        ImageFormat::Markdown | ImageFormat::Html => print(&text::markdown(&verification)),
    }?;
    Ok(if verification.differences() == 0 {
        Outcome::Done
    } else {
        Outcome::Found
    })
}

fn read(
    terminal: &Terminal,
    reference: &Reference,
    platform: Option<Platform>,
    hashes: bool,
) -> Result<Image> {
    let progress = Progress::new(terminal, Counted::Bytes);
    let image = Image::read(
        reference,
        &Reading {
            platform,
            hashes,
            progress: &|bytes, of| progress.tell(bytes, of),
        },
    );
    progress.end();
    image
}

fn unlabelled(image: &Image) -> Diagnostics {
    let message = format!(
        "`{}` does not say which profile it was built from",
        image.name()
    );
    Diagnostic::new(rules::NO_IMAGE, message)
        .with_help("`--beside` takes images that were built from dfgen's files: they have the label `dfgen.profile`")
        .into()
}

/// The schema of verifications as JSON.
pub(super) fn schema() -> Schema {
    output::schema::<VerifyView<'static>>("verify", "dfgen verify")
}
