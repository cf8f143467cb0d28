//! `dfgen audit`: Dockerfiles judged, whoever wrote them.

mod annotations;
mod json;
mod markdown;
mod sarif;
mod text;

use std::io::Read;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use dfgen::audit::{Audited, Report, STANDARD_INPUT, audit, difference, found, mended, silenced};
use dfgen::diagnostic::{Diagnostic, Result, SourceFile};
use dfgen::rules::{self, Severity};

use super::{Outcome, Terminal, paint, print};

pub(super) use json::schema;

/// Judge Dockerfiles, whoever wrote them: what is wrong with uv, Python and bytes in them, what it costs, and what to write.
#[derive(Args)]
pub(super) struct Arguments {
    /// Dockerfiles, folders, patterns, or `-` for standard input. Without one: every Dockerfile of the project.
    #[arg(value_name = "FILE|FOLDER|GLOB|-")]
    files: Vec<String>,

    /// How to print.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,

    /// Exit 1 where something is found that weighs this much.
    #[arg(long, value_enum, value_name = "LEVEL", default_value_t = Level::Warning)]
    fail_on: Level,

    /// Print the difference that `--fix` would make.
    #[arg(long, conflicts_with_all = ["fix", "format"])]
    diff: bool,

    /// Mend what can be proved to be right, print the difference, and judge what is left.
    #[arg(long)]
    fix: bool,
}

/// How to print what was found.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people: ten lines for each file, all with `--verbose`.
    Text,
    /// For machines.
    Json,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// Annotations of GitHub's jobs.
    Github,
    /// For a comment or a summary of a job.
    Markdown,
}

/// How much something has to weigh.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Level {
    Note,
    Warning,
    Error,
    Never,
}

impl Level {
    fn is_met(self, severity: Severity) -> bool {
        match self {
            Self::Note => true,
            Self::Warning => severity >= Severity::Warning,
            Self::Error => severity >= Severity::Error,
            Self::Never => false,
        }
    }
}

pub(super) fn run(terminal: &Terminal, arguments: &Arguments) -> Result<Outcome> {
    let silence = silenced(&terminal.project)?;
    let (mut report, paths) = read(terminal, arguments, &silence)?;
    if arguments.diff || arguments.fix {
        let diffs: Vec<String> = report.files.iter().map(difference).collect();
        if arguments.diff {
            return print(&paint::diffs(&diffs.concat(), terminal.data));
        }
        terminal.say(diffs.concat().trim_end());
        for (audited, path) in report.files.iter_mut().zip(&paths) {
            if let Some(path) = path {
                *audited = fixed(audited, path, &silence)?;
            }
        }
    }
    for audited in &report.files {
        terminal.tell_all(&audited.problems);
    }
    match arguments.format {
        Format::Text => terminal.print_chapters(&text::text(&report, terminal)),
        Format::Json => print(&json::text(&report)),
        Format::Sarif => print(&sarif::text(&report)),
        Format::Github => print(&annotations::text(&report)),
        Format::Markdown => print(&markdown::text(&report)),
    }?;
    if !report.unread.is_empty() {
        return Err(report.unread.into_iter().flatten().collect());
    }
    let mut findings = report.files.iter().flat_map(|file| &file.findings);
    Ok(
        if findings.any(|one| arguments.fail_on.is_met(one.severity)) {
            Outcome::Found
        } else {
            Outcome::Done
        },
    )
}

/// Judges what is meant; with each file where it lies.
fn read(
    terminal: &Terminal,
    arguments: &Arguments,
    silence: &[String],
) -> Result<(Report, Vec<Option<PathBuf>>)> {
    let own = [terminal.project.display().to_string()];
    let named = if arguments.files.is_empty() {
        &own[..]
    } else {
        &arguments.files
    };
    let mut report = Report::default();
    let mut paths = Vec::new();
    let files = found(named)?;
    if files.is_empty() {
        let message = format!("there is no Dockerfile in `{}`", named.join("`, `"));
        return Err(Diagnostic::new(rules::UNREADABLE_FILE, message)
            .with_help("name one: `dfgen audit path/to/Dockerfile`")
            .with_help("`dfgen render` writes one for a uv project")
            .into());
    }
    for path in files {
        let place = (path != Path::new(STANDARD_INPUT)).then_some(path.as_path());
        match file(&path).and_then(|file| audit(file, place, silence)) {
            Ok(audited) => {
                report.files.push(audited);
                paths.push(place.map(Path::to_owned));
            }
            Err(problems) => report.unread.push(problems),
        }
    }
    Ok((report, paths))
}

fn file(path: &Path) -> Result<SourceFile> {
    let read = if path == Path::new(STANDARD_INPUT) {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text).map(|_| text)
    } else {
        std::fs::read(path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
    };
    let shown = path.strip_prefix(".").unwrap_or(path);
    let text = read.map_err(|error| {
        let message = format!("`{}` cannot be read: {error}", shown.display());
        Diagnostic::new(rules::UNREADABLE_FILE, message)
    })?;
    Ok(SourceFile::new(shown, text))
}

/// Writes what can be mended, and judges the file again.
fn fixed(audited: &Audited, path: &Path, silence: &[String]) -> Result<Audited> {
    let (text, count) = mended(audited);
    if count > 0 {
        std::fs::write(path, &text).map_err(|error| {
            let message = format!("`{}` cannot be written: {error}", path.display());
            Diagnostic::new(rules::UNWRITABLE_FILE, message)
        })?;
    }
    audit(
        SourceFile::new(audited.file.path(), text),
        Some(path),
        silence,
    )
}
