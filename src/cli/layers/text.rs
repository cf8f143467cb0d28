//! An image for people: its layers, who owns what is in them, what could go as a plan by effort.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::fmt::Write;

use dfgen::bytes::Bytes;
use dfgen::image::report::{
    EndedHow, ImageReport, LayerReport, Owned, OwnerKind, SecretSeen, Share, Verdict,
};
use dfgen::rules::Effort;
use dfgen::size::Area;

use crate::cli::rows::Rows;

/// What is shown of each list before the rest is counted.
const SHOWN: usize = 8;

/// Owners of a layer that are named.
const NAMED: usize = 3;

/// Everything; without `all`, about a screen of it.
pub(super) fn text(report: &ImageReport, all: bool) -> String {
    let most = if all { usize::MAX } else { SHOWN };
    let mut text = format!("{}\n\n", head(report));
    text.push_str(&layers(report, most));
    let chapters = [
        ("whose it is", owners(&report.owners, most)),
        (
            "secrets that whoever has the image can read",
            secrets(&report.secrets, most),
        ),
        ("shared libraries that are missing", libraries(report, most)),
        ("odd", odd(report, most)),
        (
            "today: a line, and nothing that runs is changed",
            areas(report, Effort::Easy, most),
        ),
        (
            "this week: something may need it, so try it",
            areas(report, Effort::Medium, most),
        ),
        ("what that comes to", plan(report)),
    ];
    for (title, rows) in chapters {
        let rows = rows.text(4);
        if !rows.is_empty() {
            let _ = write!(text, "\n  {title}\n{rows}");
        }
    }
    text
}

/// `shop:1 for linux/amd64: 173 MB on disk, 62 MB to pull, 7 layers, 4123 files; 20 MB of it nobody can see`.
pub(super) fn head(report: &ImageReport) -> String {
    let hidden = Bytes(report.bytes.0.saturating_sub(report.visible.0));
    let pull = report
        .pull
        .map_or_else(String::new, |pull| format!(", {pull} to pull"));
    let hidden = match hidden {
        Bytes(0..100_000) => String::new(),
        hidden => format!("; {hidden} of it nobody can see"),
    };
    format!(
        "{} for {}: {} on disk{pull}, {} layers, {} files{hidden}",
        report.image,
        report.platform,
        report.bytes,
        report.layers.len(),
        report.files,
    )
}

/// The layers that weigh something, from the bottom.
fn layers(report: &ImageReport, most: usize) -> String {
    let mut sizes: Vec<Bytes> = report.layers.iter().map(|layer| layer.bytes).collect();
    sizes.sort_unstable_by(|a, b| b.cmp(a));
    let least = sizes
        .get(most.saturating_mul(2).saturating_sub(1))
        .copied()
        .unwrap_or_default();
    let (shown, small): (Vec<&LayerReport>, Vec<_>) = report
        .layers
        .iter()
        .partition(|layer| layer.bytes >= least || layer.removable > Bytes(99_999));
    let mut text = format!(
        "{:>5} {:>8} {:>8} {:>9}\n",
        "layer", "disk", "pull", "could go"
    );
    for layer in shown {
        text.push_str(&line(layer));
    }
    if !small.is_empty() {
        let bytes: Bytes = small.iter().map(|layer| layer.bytes).sum();
        let _ = writeln!(
            text,
            "{:>5} {bytes:>8} {:>8} {:>9}  {} more layers, each less",
            "",
            "",
            "",
            small.len()
        );
    }
    text
}

fn line(layer: &LayerReport) -> String {
    let pull = layer.pull.map_or_else(String::new, |pull| pull.to_string());
    let removable = match layer.verdict {
        Verdict::Expected => String::new(),
        Verdict::Unknown => "unknown".to_owned(),
        Verdict::Partly | Verdict::Unnecessary => layer.removable.to_string(),
    };
    let mut text = format!(
        "{:>5} {:>8} {pull:>8} {removable:>9}  {}\n",
        layer.number,
        layer.bytes,
        shortened(&layer.instruction),
    );
    if layer.bytes > Bytes(0) {
        let _ = writeln!(text, "{:>33}  {}", "", shares(&layer.owners));
    }
    for ended in layer
        .ended
        .iter()
        .filter(|ended| ended.bytes > Bytes(99_999))
    {
        let how = match ended.how {
            EndedHow::Copied => "writes once more, unchanged",
            EndedHow::Changed => "replaces",
            EndedHow::Deleted => "deletes",
        };
        let _ = writeln!(
            text,
            "{:>33}  layer {} {how}: {}",
            "", ended.by, ended.bytes
        );
    }
    text
}

/// An instruction in a line of a table.
pub(super) fn shortened(instruction: &str) -> String {
    const LONGEST: usize = 90;
    if instruction.chars().count() <= LONGEST {
        return instruction.to_owned();
    }
    let start: String = instruction.chars().take(LONGEST).collect();
    format!("{start} ...")
}

/// `torch 2.9.0 1.7 GB, numpy 2.0 70 MB, 41 more 20 MB`.
fn shares(shares: &[Share]) -> String {
    let (named, rest) = shares.split_at(shares.len().min(NAMED));
    let mut told: Vec<String> = named
        .iter()
        .map(|share| {
            format!(
                "{} {}",
                called(&share.name, share.version.as_deref()),
                share.bytes
            )
        })
        .collect();
    if !rest.is_empty() {
        let bytes: Bytes = rest.iter().map(|share| share.bytes).sum();
        told.push(format!("{} more {bytes}", rest.len()));
    }
    told.join(", ")
}

pub(super) fn called(name: &str, version: Option<&str>) -> String {
    match version {
        Some(version) => format!("{name} {version}"),
        None => name.to_owned(),
    }
}

/// Who has most; packages of the system are told together, unless all is.
fn owners(owners: &[Owned], most: usize) -> Rows {
    let all = most == usize::MAX;
    let is_system =
        |owned: &&Owned| !all && matches!(owned.kind, OwnerKind::Debian | OwnerKind::Alpine);
    let (system, mut others): (Vec<&Owned>, Vec<_>) = owners.iter().partition(is_system);
    let together = together(&system);
    others.extend(&together);
    others.sort_by_key(|owned| Reverse(owned.bytes));
    let (shown, rest) = others.split_at(others.len().min(most));
    let mut rows = Rows::default();
    for owned in shown {
        let layers = match owned.layers.as_slice() {
            [layer] => format!("in layer {layer}"),
            layers => format!("in {} layers", layers.len()),
        };
        let called = called(&owned.name, owned.version.as_deref());
        rows.push(owned.bytes.to_string(), format!("{called}, {layers}"), "");
    }
    if !rest.is_empty() {
        let bytes: Bytes = rest.iter().map(|owned| owned.bytes).sum();
        rows.push(
            bytes.to_string(),
            format!("{} more, `--verbose` for all", rest.len()),
            "",
        );
    }
    rows
}

/// All packages of the system as one owner.
fn together(system: &[&Owned]) -> Option<Owned> {
    let first = system.first()?;
    let word = if first.kind == OwnerKind::Debian {
        "Debian"
    } else {
        "Alpine"
    };
    let named: Vec<String> = system
        .iter()
        .take(NAMED)
        .map(|one| format!("{} {}", one.name, one.bytes))
        .collect();
    let layers: BTreeSet<usize> = system.iter().flat_map(|one| &one.layers).copied().collect();
    Some(Owned {
        name: match system.len() {
            1 => format!("{word}, 1 package: {}", first.name),
            more => format!("{word}, {more} packages: {} ...", named.join(", ")),
        },
        version: None,
        kind: first.kind,
        bytes: system.iter().map(|one| one.bytes).sum(),
        files: system.iter().map(|one| one.files).sum(),
        layers: layers.into_iter().collect(),
    })
}

fn secrets(secrets: &[SecretSeen], most: usize) -> Rows {
    let mut rows = Rows::default();
    for one in secrets.iter().take(most) {
        rows.push(&one.place, &one.what, placed(one));
    }
    if secrets.len() > most {
        rows.push(
            format!("{} more", secrets.len() - most),
            "`--verbose` has all",
            "",
        );
    }
    rows
}

/// Where a secret is of the layers.
pub(in crate::cli) fn placed(secret: &SecretSeen) -> String {
    match (secret.layer, secret.deleted_in) {
        (Some(layer), Some(by)) => {
            format!("layer {layer}; that layer {by} deletes it hides it from nobody")
        }
        (Some(layer), None) => format!("layer {layer}"),
        (None, _) => String::new(),
    }
}

/// Each with who needs it, and what to write.
fn libraries(report: &ImageReport, most: usize) -> Rows {
    let mut rows = Rows::default();
    for one in report.missing_libraries.iter().take(most) {
        rows.push(
            &one.library,
            format!("needed by {}", one.owners.join(", ")),
            "",
        );
        rows.below(format!("{}: {}", one.write(), one.files[0]));
    }
    let rest = report.missing_libraries.len().saturating_sub(most);
    if rest > 0 {
        rows.push(format!("{rest} more"), "`--verbose` has all", "");
    }
    rows
}

fn odd(report: &ImageReport, most: usize) -> Rows {
    let mut rows = Rows::default();
    for what in report.odd.iter().take(most) {
        rows.push(what, "", "");
    }
    rows
}

/// What could be done without, of one effort.
fn areas(report: &ImageReport, effort: Effort, most: usize) -> Rows {
    let mut rows = Rows::default();
    let areas: Vec<&Area> = report
        .areas
        .iter()
        .filter(|area| area.effort == effort)
        .collect();
    for area in areas.iter().take(most) {
        rows.push(area.saves.disk.bytes().to_string(), &area.what, "");
        rows.below(format!("{}: {}", area.write, area.because));
    }
    if areas.len() > most {
        let bytes: Bytes = areas[most..]
            .iter()
            .map(|area| area.saves.disk.bytes())
            .sum();
        rows.push(
            bytes.to_string(),
            format!("{} more, `--verbose` for all", areas.len() - most),
            "",
        );
    }
    rows
}

fn plan(report: &ImageReport) -> Rows {
    let mut rows = Rows::default();
    for step in &report.plan {
        rows.push(
            when(step.effort),
            format!("{} less", step.saves),
            format!("{} left", step.leaves),
        );
    }
    rows
}

pub(super) fn when(effort: Effort) -> &'static str {
    match effort {
        Effort::Easy => "today",
        Effort::Medium => "this week",
        Effort::Architectural => "next",
    }
}
