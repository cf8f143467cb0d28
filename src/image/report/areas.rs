//! What an image could do without: each with its bytes, the instruction to blame, and what to write.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::layer::LayerReport;
use super::{Reason, Reasons, Seen};
use crate::bytes::Bytes;
use crate::catalog::{Catalog, Ease};
use crate::image::fate::End;
use crate::rules::Effort;
use crate::size::{Area, Size};

/// What saves less than this is not worth a line.
const WORTH: u64 = 100_000;

/// What goes together.
#[derive(Debug, Clone, Default)]
struct Sum {
    disk: u64,
    pull: u64,
    /// Bytes by the layer that has them.
    layers: BTreeMap<usize, u64>,
}

/// All of an image: least effort first, then most bytes.
pub(super) fn areas(seen: &Seen<'_>, reasons: &Reasons, layers: &[LayerReport]) -> Vec<Area> {
    let mut sums: BTreeMap<Key, Sum> = BTreeMap::new();
    for (layer, entry, size) in seen.files() {
        if let Some(reason) = reasons.get(layer, entry) {
            let sum = sums.entry(Key::of(reason)).or_default();
            sum.disk += size;
            sum.pull += packed(&layers[layer], size);
            *sum.layers.entry(layer).or_default() += size;
        }
    }
    let sums = sums.into_iter().filter(|(_, sum)| sum.disk >= WORTH);
    let mut areas: Vec<Area> = sums
        .map(|(key, sum)| area(seen, reasons, key, &sum))
        .collect();
    areas.sort_by_key(|area| {
        (
            area.effort,
            Reverse(area.saves.disk.bytes()),
            area.what.clone(),
        )
    });
    areas
}

/// What bytes of a layer come to where it is packed.
fn packed(layer: &LayerReport, bytes: u64) -> u64 {
    let whole = u128::from(layer.bytes.0.max(1));
    let pull = u128::from(layer.pull.map_or(0, |pull| pull.0));
    u64::try_from(u128::from(bytes) * pull / whole).unwrap_or(u64::MAX)
}

/// Development tools are told together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Development,
    One(Reason),
}

impl Key {
    fn of(reason: Reason) -> Self {
        match reason {
            Reason::Development(_) => Self::Development,
            other => Self::One(other),
        }
    }
}

/// What a reason comes to in words.
struct Words {
    what: String,
    effort: Effort,
    write: String,
    because: String,
    rule: Option<String>,
}

fn area(seen: &Seen<'_>, reasons: &Reasons, key: Key, sum: &Sum) -> Area {
    let words = match key {
        Key::Development => development(seen, reasons),
        Key::One(Reason::Ended(by, end)) => ended(seen, by, end, sum),
        Key::One(reason) => words(seen, reason),
    };
    let pull = Bytes(sum.pull);
    Area {
        what: words.what,
        saves: Size::known(Bytes(sum.disk), pull),
        effort: words.effort,
        write: words.write,
        because: format!("{}; {}", words.because, places(seen, sum)),
        rule: words.rule,
    }
}

/// Which layers have it, and what made the one that has most.
fn places(seen: &Seen<'_>, sum: &Sum) -> String {
    let most = sum.layers.iter().max_by_key(|(_, bytes)| **bytes);
    let most = most.map_or(0, |(layer, _)| *layer);
    let made = shortened(seen.instruction(most));
    match sum.layers.len() {
        1 => format!("in layer {}: `{made}`", most + 1),
        more => format!("in {more} layers, most in layer {}: `{made}`", most + 1),
    }
}

/// An instruction in a line with others.
fn shortened(instruction: &str) -> String {
    const LONGEST: usize = 70;
    let plain = instruction.replace('`', "'");
    if plain.chars().count() <= LONGEST {
        return plain;
    }
    let start: String = plain.chars().take(LONGEST).collect();
    format!("{start} ...")
}

fn ended(seen: &Seen<'_>, by: usize, end: End, sum: &Sum) -> Words {
    let number = by + 1;
    let made = shortened(seen.instruction(by));
    let (what, write, rule) = match end {
        End::Copied => (
            format!("files that layer {number} writes once more, unchanged: `{made}`"),
            "`COPY --chown=USER` or `COPY --chmod=MODE` in place of a `RUN chown` or `RUN chmod` after it".to_owned(),
            Some("recursive-chown".to_owned()),
        ),
        End::Changed => (
            format!("older versions of files that layer {number} replaces: `{made}`"),
            "write them once: install the version that stays, in one RUN".to_owned(),
            None,
        ),
        End::Deleted => (
            format!("files that layer {number} deletes: `{made}`"),
            "delete them in the RUN that brings them, or bring them in a build stage: a later layer only hides".to_owned(),
            None,
        ),
    };
    let from = sum.layers.len();
    Words {
        what,
        effort: Effort::Easy,
        write,
        because: format!(
            "nobody can see them, and everybody pulls them{}",
            if from > 1 {
                ", from several layers"
            } else {
                ""
            }
        ),
        rule,
    }
}

fn development(seen: &Seen<'_>, reasons: &Reasons) -> Words {
    let mut names: BTreeMap<usize, u64> = BTreeMap::new();
    for (layer, entry, size) in seen.files() {
        if let Some(Reason::Development(id)) = reasons.get(layer, entry) {
            *names.entry(id).or_default() += size;
        }
    }
    let mut names: Vec<(usize, u64)> = names.into_iter().collect();
    names.sort_by_key(|(_, bytes)| Reverse(*bytes));
    let shown: Vec<&str> = names
        .iter()
        .take(5)
        .map(|(id, _)| seen.owners.get(*id).name.as_str())
        .collect();
    let more = names.len() - shown.len();
    let more = if more > 0 {
        format!(" and {more} more")
    } else {
        String::new()
    };
    Words {
        what: format!("development tools: {}{more}", shown.join(", ")),
        effort: Effort::Easy,
        write: "`uv sync --locked --no-dev`, and the tools in the group `dev`: `uv add --dev NAME`"
            .to_owned(),
        because: "nothing in production imports them".to_owned(),
        rule: Some("development-group".to_owned()),
    }
}

fn words(seen: &Seen<'_>, reason: Reason) -> Words {
    let own = |what: &str, effort, write: &str, because: &str| Words {
        what: what.to_owned(),
        effort,
        write: write.to_owned(),
        because: because.to_owned(),
        rule: None,
    };
    match reason {
        Reason::Twice(site) => own(
            &format!(
                "a second environment with the same packages: {}",
                seen.image.paths.shown(site)
            ),
            Effort::Easy,
            "copy one environment, from the stage that makes it: `COPY --from=build /app/.venv /app/.venv`",
            "only one of them is started from",
        ),
        Reason::Tests => own(
            "tests of packages",
            Effort::Medium,
            "delete their folders in the stage that installs; `dfgen render` does",
            "measured: nothing else imports them",
        ),
        Reason::OtherPython => own(
            "bytecode of another Python than the image's",
            Effort::Easy,
            "make the environment with the Python that runs it: the same base image in both stages",
            "no Python of the image reads it",
        ),
        Reason::Stale => own(
            "bytecode that is older than its source",
            Effort::Easy,
            "compile after files have their times: `python -m compileall --invalidation-mode unchecked-hash`",
            "Python compiles again at each start",
        ),
        Reason::Gpu(number) => gpu(number),
        Reason::Leftover(number) => leftover(number),
        Reason::Ended(..) | Reason::Development(_) => unreachable!("they have words of their own"),
    }
}

fn leftover(number: usize) -> Words {
    let rows = Catalog::embedded().leftovers().rows();
    let (name, row) = { rows }
        .nth(number)
        .expect("a reason is the number of a row");
    Words {
        what: row.what.clone(),
        effort: match row.effort {
            Ease::Easy => Effort::Easy,
            Ease::Medium => Effort::Medium,
        },
        write: row.write.clone(),
        because: row.because.clone(),
        rule: Some(name.to_owned()),
    }
}

fn gpu(number: usize) -> Words {
    let parts = Catalog::embedded().trim().all_parts();
    let (name, part) = { parts }
        .nth(number)
        .expect("a reason is the number of a row");
    Words {
        what: format!("`{name}` of GPU wheels"),
        effort: Effort::Medium,
        write: format!(
            "`trim = [\"{name}\"]` in dfgen.toml, or delete them in the stage that installs"
        ),
        because: format!("loses {}", part.loses()),
        rule: Some(name.to_owned()),
    }
}
