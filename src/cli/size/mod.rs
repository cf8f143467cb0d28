//! `dfgen size`: what images take, before they are built, and what a change makes of it.

mod difference;
mod markdown;
mod text;

use std::path::Path;

use clap::Args;
use dfgen::bytes::Bytes;
use dfgen::diagnostic::{Diagnostic, Result, SourceFile};
use dfgen::plan::{self, Inputs, Taken};
use dfgen::project::Revision;
use dfgen::rules;
use dfgen::size::{Difference, Exact, ImageDifference, Limit, Sizes};
use dfgen::wheel::{Asked, Environment, Reading};
use schemars::{JsonSchema, Schema};
use serde::Serialize;

use super::output::{self, ImageFormat, json};
use super::progress::{Counted, Progress};
use super::{Loudness, Outcome, Terminal, page, print};

pub(super) use markdown::{cell, folded, shortened};
pub(super) use text::both;

/// Print what each image takes on disk and to pull, from the lock alone: by layer, by package, by requirement, and what
/// could be done without.
#[derive(Args)]
pub(super) struct Arguments {
    /// Size this profile; may be given again. Without it: those that `dfgen render` takes.
    #[arg(long, value_name = "NAME")]
    profile: Vec<String>,

    /// Look into the wheels, instead of estimating: each one's list of files is asked for where uv.lock says that it is,
    /// once for ever. This alone asks the network.
    #[arg(long)]
    exact: bool,

    /// With `--exact`: fetch whole wheels from servers that send no parts of files.
    #[arg(long, requires = "exact")]
    download: bool,

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
    let taken = plan::choose(&inputs, &arguments.profile)?;
    let reader = Reader::new(terminal, arguments);
    let sizes = reader.sizes(&inputs, &taken)?;
    let difference = match &arguments.against {
        Some(against) => {
            let before = before(&terminal.project, against, &reader)?;
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

/// Sizes projects as the arguments say: by estimates, or by looking into wheels.
struct Reader<'a> {
    terminal: &'a Terminal,
    arguments: &'a Arguments,
    environment: Environment,
}

impl<'a> Reader<'a> {
    fn new(terminal: &'a Terminal, arguments: &'a Arguments) -> Self {
        Self {
            terminal,
            arguments,
            environment: Environment::of_process(),
        }
    }

    fn sizes(&self, inputs: &Inputs, taken: &[Taken]) -> Result<Sizes> {
        // What is wrong with the project is told before anybody is asked.
        let estimated = Sizes::new(inputs, taken)?;
        if !self.arguments.exact {
            return Ok(estimated);
        }
        let progress = Progress::new(self.terminal, Counted::Wheels);
        let exact = Exact::read(
            &[(inputs, taken)],
            &Reading {
                environment: &self.environment,
                download: self.arguments.download,
                progress: &|_, of| progress.tell(1, u64::try_from(of).ok()),
            },
        );
        progress.end();
        let exact = exact?;
        if self.terminal.loudness == Loudness::Verbose {
            self.terminal.say(&told(exact.asked()));
        }
        Sizes::exact(inputs, taken, &exact)
    }
}

/// `80 wheels: 15 known before, 0 in uv's cache; 221 requests, 58 MB`.
fn told(asked: Asked) -> String {
    let Asked {
        wheels,
        known,
        in_uv,
        requests,
        bytes,
    } = asked;
    let bytes = Bytes(bytes);
    let wheels = match wheels {
        1 => "1 wheel".to_owned(),
        more => format!("{more} wheels"),
    };
    format!("{wheels}: {known} known before, {in_uv} in uv's cache; {requests} requests, {bytes}")
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
fn before(project: &Path, against: &str, reader: &Reader<'_>) -> Result<Sizes> {
    let named = Path::new(against);
    if named.is_dir() && named.join("pyproject.toml").is_file() {
        return of_past(&Inputs::load_past(named, None), against, reader);
    }
    if named.is_file() {
        let text = std::fs::read_to_string(named).map_err(|error| {
            let message = format!("`{against}` cannot be read: {error}");
            Diagnostic::new(rules::UNREADABLE_FILE, message)
        })?;
        let lock = SourceFile::new(against, text);
        return of_past(&Inputs::load_past(project, Some(lock)), against, reader);
    }
    let revision = Revision::at(project, against)?;
    of_past(&Inputs::load_past(revision.folder(), None), against, reader)
}

fn of_past(inputs: &Result<Inputs>, against: &str, reader: &Reader<'_>) -> Result<Sizes> {
    let profiles = &reader.arguments.profile;
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
        reader.sizes(inputs, &plan::choose(inputs, &known)?)
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
