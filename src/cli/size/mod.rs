//! `dfgen size`: what images take, before they are built, and what a change makes of it.

mod difference;
mod markdown;
mod text;

use std::path::Path;

use clap::Args;
use dfgen::bytes::Bytes;
use dfgen::diagnostic::{Diagnostic, Result, SourceFile};
use dfgen::plan::{self, Inputs};
use dfgen::project::Revision;
use dfgen::rules;
use dfgen::size::{Difference, ImageDifference, Limit, Sizes};
use schemars::{JsonSchema, Schema};
use serde::Serialize;

use super::output::{self, ImageFormat, json};
use super::{Outcome, Terminal, page, print};

pub(super) use markdown::{cell, folded, shortened};
pub(super) use text::both;

/// Print what each image takes on disk and to pull, from the lock alone: by layer, by package, by requirement, and what
/// could be done without.
#[derive(Args)]
pub(super) struct Arguments {
    /// Size this profile; may be given again. Without it: those that `dfgen render` takes.
    #[arg(long, value_name = "NAME")]
    profile: Vec<String>,

    /// Print what changes from this on: a revision of the project's Git repository, an older uv.lock, or the folder of
    /// another checkout.
    #[arg(long, value_name = "REV|FILE")]
    against: Option<String>,

    /// Say in one line what changes by less than this, as `1 MB` or `1%`.
    #[arg(
        long,
        value_name = "SIZE",
        default_value = "1 MB",
        requires = "against"
    )]
    threshold: Limit,

    /// Exit 1 where an image grows on disk by more than this, as `5%` or `20 MB`.
    #[arg(long, value_name = "SIZE", requires = "against")]
    max_increase: Option<Limit>,

    /// How to print.
    #[arg(long, value_enum, default_value_t = ImageFormat::Text)]
    format: ImageFormat,
}

/// Sizes, and what changes where they are compared with others.
#[derive(Serialize, JsonSchema)]
struct SizeView<'s> {
    #[serde(flatten)]
    sizes: &'s Sizes,
    /// What changes; null without `--against`.
    difference: Option<&'s Difference>,
}

pub(super) fn run(terminal: &Terminal, arguments: &Arguments) -> Result<Outcome> {
    let inputs = Inputs::load(&terminal.project)?;
    let sizes = Sizes::new(&inputs, &plan::choose(&inputs, &arguments.profile)?)?;
    let difference = match &arguments.against {
        Some(against) => {
            let before = before(&terminal.project, against, &arguments.profile)?;
            Some(Difference::new(against, &before, &sizes))
        }
        None => None,
    };
    let grown = difference.iter().flat_map(|difference| &difference.images);
    let grown: Vec<&ImageDifference> = grown
        .filter(|image| is_over(image, arguments.max_increase))
        .collect();
    let over = text::over(&sizes, &grown, arguments.max_increase);
    let view = SizeView {
        sizes: &sizes,
        difference: difference.as_ref(),
    };
    match (arguments.format, &difference) {
        (ImageFormat::Json, _) => print(&json(&view)),
        (ImageFormat::Html, _) => print(&page::page(&json(&view))),
        (ImageFormat::Text, None) => {
            terminal.print_chapters(&(text::text(&sizes, terminal.data) + &over))
        }
        (ImageFormat::Text, Some(difference)) => {
            terminal.print_chapters(&(difference::text(difference, arguments.threshold) + &over))
        }
        (ImageFormat::Markdown, None) => print(&markdown::text(&sizes, &over)),
        (ImageFormat::Markdown, Some(difference)) => print(&markdown::difference(
            difference,
            arguments.threshold,
            &over,
        )),
    }?;
    Ok(if over.is_empty() {
        Outcome::Done
    } else {
        Outcome::Found
    })
}

/// Whether an image grows by more than it may.
fn is_over(image: &ImageDifference, limit: Option<Limit>) -> bool {
    let (Some(limit), Some(before)) = (limit, image.before) else {
        return false;
    };
    let before = before.disk.bytes();
    image.disk() > i128::from(limit.of(before).0)
}

/// What the images took. Profiles that were not there then had none.
fn before(project: &Path, against: &str, profiles: &[String]) -> Result<Sizes> {
    let named = Path::new(against);
    if named.is_dir() && named.join("pyproject.toml").is_file() {
        return of_past(&Inputs::load_past(named, None), against, profiles);
    }
    if named.is_file() {
        let text = std::fs::read_to_string(named).map_err(|error| {
            let message = format!("`{against}` cannot be read: {error}");
            Diagnostic::new(rules::UNREADABLE_FILE, message)
        })?;
        let lock = SourceFile::new(against, text);
        return of_past(&Inputs::load_past(project, Some(lock)), against, profiles);
    }
    let revision = Revision::at(project, against)?;
    of_past(
        &Inputs::load_past(revision.folder(), None),
        against,
        profiles,
    )
}

fn of_past(inputs: &Result<Inputs>, against: &str, profiles: &[String]) -> Result<Sizes> {
    let note = format!("in {against}, which sizes are compared with");
    let sizes = inputs.as_ref().map_err(Clone::clone).and_then(|inputs| {
        let known: Vec<String> = profiles
            .iter()
            .filter(|profile| inputs.knows(profile))
            .cloned()
            .collect();
        if known.is_empty() && !profiles.is_empty() {
            return Ok(Sizes { images: Vec::new() });
        }
        Sizes::new(inputs, &plan::choose(inputs, &known)?)
    });
    sizes.map_err(|problems| problems.with_note(&note))
}

/// `+42 MB`, `-3.0 kB`, `±0`.
pub(super) fn signed(bytes: i128) -> String {
    let size = Bytes(u64::try_from(bytes.unsigned_abs()).unwrap_or(u64::MAX));
    match bytes {
        0 => "±0".to_owned(),
        1.. => format!("+{size}"),
        _ => format!("-{size}"),
    }
}

/// The schema of sizes as JSON.
pub(super) fn schema() -> Schema {
    output::schema::<SizeView<'static>>("size", "dfgen size")
}
