//! `dfgen layers`: a built image, layer by layer: what it is, whose it is, what could go; and what changed between two.

mod difference;
mod markdown;
mod text;

use clap::Args;
use dfgen::diagnostic::Result;
use dfgen::image::report::{ImageReport, ImagesDifference};
use dfgen::image::{Image, Reading, Reference};
use dfgen::target::Platform;
use schemars::{JsonSchema, Schema};
use serde::Serialize;

use super::output::{self, ImageFormat, json};
use super::progress::{Counted, Progress};
use super::{Loudness, Outcome, Terminal, page, print};

/// Print what is in a built image, anyone's: by layer and by owner, what nobody needs, and what to write instead. Nothing of
/// it is run.
#[derive(Args)]
pub(super) struct Arguments {
    /// The image: an archive (`docker image save`), a folder in the layout of OCI, `-` for an archive from standard input,
    /// or what an engine calls it (`NAME`, `docker:NAME`, `podman:NAME`).
    image: Reference,

    /// A second image: print what changed from the first to it, and what a node that has the first pulls.
    other: Option<Reference>,

    /// The image for this platform, as `linux/arm64`, where there are several.
    #[arg(long, value_name = "PLATFORM")]
    platform: Option<Platform>,

    /// How to print.
    #[arg(long, value_enum, default_value_t = ImageFormat::Text)]
    format: ImageFormat,
}

/// One image, or two.
#[derive(Serialize, JsonSchema)]
struct LayersView<'r> {
    /// The image; the first of two.
    image: &'r ImageReport,
    /// What changes to the second; null for one image.
    difference: Option<&'r ImagesDifference>,
}

pub(super) fn run(terminal: &Terminal, arguments: &Arguments) -> Result<Outcome> {
    let report = read(terminal, &arguments.image, arguments.platform)?;
    let Some(other) = &arguments.other else {
        return match arguments.format {
            ImageFormat::Json => print(&json(&LayersView {
                image: &report,
                difference: None,
            })),
            ImageFormat::Text => {
                let all = terminal.loudness == Loudness::Verbose;
                terminal.print_chapters(&text::text(&report, all))
            }
            ImageFormat::Markdown => print(&markdown::text(&report)),
            ImageFormat::Html => print(&page::page(&json(&LayersView {
                image: &report,
                difference: None,
            }))),
        };
    };
    let after = read(terminal, other, arguments.platform)?;
    let difference = ImagesDifference::new(report, after);
    match arguments.format {
        ImageFormat::Json => print(&json(&LayersView {
            image: &difference.before,
            difference: Some(&difference),
        })),
        ImageFormat::Text => terminal.print_chapters(&difference::text(&difference)),
        ImageFormat::Markdown => print(&markdown::difference(&difference)),
        ImageFormat::Html => print(&page::page(&json(&LayersView {
            image: &difference.before,
            difference: Some(&difference),
        }))),
    }
}

fn read(
    terminal: &Terminal,
    reference: &Reference,
    platform: Option<Platform>,
) -> Result<ImageReport> {
    let progress = Progress::new(terminal, Counted::Bytes);
    let image = Image::read(
        reference,
        &Reading {
            platform,
            hashes: false,
            progress: &|bytes, of| progress.tell(bytes, of),
        },
    );
    progress.end();
    Ok(ImageReport::of(&image?))
}

/// The schema of images as JSON.
pub(super) fn schema() -> Schema {
    output::schema::<LayersView<'static>>("layers", "dfgen layers")
}
