//! The finding: what the project's own container has, and the new image has not, with the lines that keep it.

use std::collections::BTreeSet;

use toml_edit::{Array, Value};

use super::judge::Judge;
use super::loss::{Keep, Loss, Weight};
use super::own_image::OwnImage;
use super::{front_ends, packages, services, starts, steps, variables};
use crate::diagnostic::{Diagnostic, Place};
use crate::existing::Image;
use crate::plan::findings::{Planned, is_silenced};
use crate::plan::run::unrun;
use crate::profile::{ContextPath, ProfileName};
use crate::rules;
use crate::secret;

/// Lines that are told of one image; what is left is named in one more.
const LINES: usize = 7;

/// What the images of a plan do not have, told once for each of the project's own, and each piece once for an image.
pub(in crate::plan) fn find(planned: &[Planned<'_>]) -> Vec<Diagnostic> {
    let own = OwnImage::all(planned);
    let images: Vec<&Image> = own.iter().map(|own| own.image).collect();
    let heard = own
        .iter()
        .filter(|own| !is_silenced(&own.first.subject, rules::NOT_TAKEN));
    // Stages of one Dockerfile share what those before them do.
    let mut told: BTreeSet<(&ProfileName, String, String)> = BTreeSet::new();
    let found = heard.filter_map(|own| {
        let name = &own.profile().name;
        let mut losses = losses(own, &images);
        losses.retain(|loss| told.insert((name, loss.place.location(), loss.what.clone())));
        finding(own, &losses)
    });
    found.collect()
}

/// Where what is told of stands.
pub(in crate::plan) fn places(planned: &[Planned<'_>]) -> Vec<Place> {
    let own = OwnImage::all(planned);
    let images: Vec<&Image> = own.iter().map(|own| own.image).collect();
    let is_heard = |own: &&OwnImage<'_>, rule| !is_silenced(&own.first.subject, rule);
    let heard = own.iter().filter(|own| is_heard(own, rules::NOT_TAKEN));
    let lost = heard.flat_map(|own| losses(own, &images));
    let mut places: Vec<Place> = lost.map(|loss| loss.place).collect();
    let built = own.iter().filter(|own| {
        is_heard(own, rules::UNRUN_COMMAND) && !own.profile().build_steps.origin.is_own()
    });
    places.extend(built.flat_map(|own| unrun::places(own.image)));
    places
}

/// Everything that an image does and none of the new ones, what matters most first.
fn losses(own: &OwnImage<'_>, images: &[&Image]) -> Vec<Loss> {
    let judge = Judge {
        plans: Some(own.plans.clone()),
        starts: own.starts.clone(),
        tree: own.tree(),
        images,
    };
    let mut all = starts::losses(own, &judge);
    all.extend(packages::losses(own));
    let front_ends = front_ends::losses(own, &judge);
    all.extend(steps::losses(own, &judge, !front_ends.is_empty()));
    all.extend(front_ends);
    all.extend(variables::losses(own));
    all.extend(services::losses(own));
    all.sort_by_key(|loss| (loss.weight, loss.place.path(), loss.place.line()));
    all
}

fn finding(own: &OwnImage<'_>, losses: &[Loss]) -> Option<Diagnostic> {
    if losses.is_empty() {
        return None;
    }
    let name = &own.profile().name;
    let lines = grouped(losses);
    let short = lines
        .iter()
        .take(3)
        .map(|line| format!("`{}`", cut(&line.what, 50)));
    let short: Vec<String> = short.collect();
    let more = match lines.len().saturating_sub(3) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let file = own.image.file.path().display();
    let what = format!(
        "`{name}` does not have what {file} has: {}{more}",
        short.join(", ")
    );
    let mut note = Diagnostic::new(rules::NOT_TAKEN, what);
    let (told, rest) = lines.split_at(lines.len().min(LINES));
    for line in told {
        let why = line
            .look
            .map_or_else(String::new, |look| format!(" ({look})"));
        let length = if line.what.contains("`, `") { 240 } else { 120 };
        let what = cut(&line.what, length);
        note = note.with_note(format!("{}: `{what}`{why}", line.place));
    }
    if !rest.is_empty() {
        let rest: Vec<String> = rest
            .iter()
            .map(|line| format!("`{}`", cut(&line.what, 30)))
            .collect();
        note = note.with_note(format!("and {}", rest.join(", ")));
    }
    let note = note.with_help_some(help(own, losses));
    Some(note.with_help_some(overrides(own, losses)))
}

/// What is told in one line.
struct Told {
    place: String,
    what: String,
    look: Option<&'static str>,
}

/// Losses of one kind in one place are one line: packages of one `RUN`, variables of one file.
fn grouped(losses: &[Loss]) -> Vec<Told> {
    let mut lines: Vec<(Told, &Loss)> = Vec::new();
    for loss in losses {
        let look = match loss.keep {
            Keep::Look(look) => Some(look),
            _ => None,
        };
        let what = secret::mask_line(&loss.what);
        let same = lines.iter_mut().find(|(told, first)| {
            let is_file = first.place.path() == loss.place.path();
            is_file && first.weight == loss.weight && told.look == look && is_listed(loss)
        });
        match same {
            Some((told, _)) => told.what += &format!("`, `{what}"),
            None => {
                let place = loss.place.location();
                lines.push((Told { place, what, look }, loss));
            }
        }
    }
    lines.into_iter().map(|(told, _)| told).collect()
}

/// Whether it stands in one line with others of its kind.
fn is_listed(loss: &Loss) -> bool {
    match loss.keep {
        Keep::Look(_) => loss.weight != Weight::Start,
        Keep::Package(_) | Keep::Variable(..) | Keep::Copy(_) | Keep::Override(..) => true,
        _ => false,
    }
}

fn cut(text: &str, length: usize) -> String {
    if text.chars().count() <= length {
        return text.to_owned();
    }
    let start: String = text.chars().take(length).collect();
    format!("{} ..", start.trim_end_matches(['`', ',', ' ']))
}

/// The lines of dfgen.toml that keep what can be kept.
fn help(own: &OwnImage<'_>, losses: &[Loss]) -> Option<String> {
    let name = &own.profile().name;
    let mut kept = Kept::default();
    for loss in losses {
        kept.add(&loss.keep);
    }
    let settings = settings(own, &kept);
    let rows = kept.variables.iter();
    let rows = rows.map(|(name, value)| format!("{name} = {}", quoted(value)));
    let rows: Vec<String> = rows.collect();
    let mut lines = Vec::new();
    if !settings.is_empty() {
        lines.push(format!("[profile.{name}]\n{}", settings.join("\n")));
    }
    if !rows.is_empty() {
        lines.push(format!("[profile.{name}.env]\n{}", rows.join("\n")));
    }
    lines.extend(kept.steps);
    let help = || format!("to have it, write to dfgen.toml:\n{}", lines.join("\n"));
    (!lines.is_empty()).then(help)
}

/// The lines of a compose file that keep what no setting says.
fn overrides(own: &OwnImage<'_>, losses: &[Loss]) -> Option<String> {
    let mut lines: Vec<String> = Vec::new();
    for loss in losses {
        if let Keep::Override(key, value) = &loss.keep
            && !secret::in_setting(&["env", key], value)
        {
            lines.push(format!("    {key}: {value}"));
        }
    }
    let name = &own.profile().name;
    let help = || {
        format!(
            "no setting says it: write a compose file of your own, and start with `docker compose --file docker/compose.yaml --file YOURS up`:\nservices:\n  {name}:\n{}",
            lines.join("\n")
        )
    };
    (!lines.is_empty()).then(help)
}

/// Settings of the profile, a line each. Those that are lists hold what is there already, too.
fn settings(own: &OwnImage<'_>, kept: &Kept) -> Vec<String> {
    let profile = own.profile();
    let port = own.first.image.run.port.as_ref();
    let port = port.filter(|_| kept.command.is_some() && profile.port.is_none());
    let before = profile.apt.runtime.value.iter().map(AsRef::as_ref);
    let apt = all(before, &kept.packages);
    let before = profile.instructions.runtime.value.iter().map(AsRef::as_ref);
    let lines = all(before, &kept.lines);
    let before = profile.copy.value.iter().map(AsRef::<str>::as_ref);
    let copy = all(before, &kept.copy);
    let command = kept.command.as_ref();
    let before = kept.before.as_ref();
    let said = [
        command.map(|words| format!("command = {}", list(words))),
        port.map(|port| format!("port = {}", port.value)),
        before.map(|words| format!("migrate = {}", list(words))),
        apt.map(|names| format!("apt = {{ runtime = {} }}", list(&names))),
        copy.map(|paths| format!("copy = {}", list(&paths))),
        lines.map(|lines| format!("instructions = {{ runtime = {} }}", list(&lines))),
    ];
    let others = kept.settings.iter();
    let others = others.map(|(key, value)| format!("{key} = {}", quoted(value)));
    said.into_iter().flatten().chain(others).collect()
}

/// What is there, and what comes to it. `None` where nothing comes.
fn all<'t>(before: impl Iterator<Item = &'t str>, new: &[String]) -> Option<Vec<String>> {
    let mut all: Vec<String> = before.map(str::to_owned).collect();
    let known = all.len();
    for one in new {
        if !all.contains(one) {
            all.push(one.clone());
        }
    }
    (all.len() > known).then_some(all)
}

fn quoted(text: &str) -> String {
    Value::from(text).to_string().trim().to_owned()
}

fn list(items: &[String]) -> String {
    let array: Array = items.iter().map(String::as_str).collect();
    Value::from(array).to_string().trim().to_owned()
}

/// Values of settings that keep something.
#[derive(Default)]
struct Kept {
    packages: Vec<String>,
    lines: Vec<String>,
    copy: Vec<String>,
    variables: Vec<(String, String)>,
    settings: Vec<(&'static str, String)>,
    command: Option<Vec<String>>,
    before: Option<Vec<String>>,
    steps: Vec<String>,
}

impl Kept {
    /// Adds what keeps one thing. What holds a secret is given when the image is built or runs.
    fn add(&mut self, keep: &Keep) {
        match keep {
            Keep::Package(name) => self.packages.push(name.clone()),
            Keep::Lines(lines, needs) => {
                let all = lines.join("\n");
                if !secret::in_setting(&["instructions", "runtime"], &all) {
                    let new = lines.iter().filter(|line| !self.lines.contains(line));
                    let new: Vec<String> = new.cloned().collect();
                    self.lines.extend(new);
                    self.packages.extend(needs.iter().cloned());
                }
            }
            Keep::Copy(path) if path.parse::<ContextPath>().is_ok() => self.copy.push(path.clone()),
            Keep::Variable(name, value) => self.variables.push((name.clone(), value.clone())),
            Keep::Command(words, file) => {
                self.command.get_or_insert_with(|| words.clone());
                self.copy.extend(file.clone());
            }
            Keep::Before(words) => {
                self.before.get_or_insert_with(|| words.clone());
            }
            Keep::Setting(key, value) => self.settings.push((key, value.clone())),
            Keep::Step(lines) => self.steps.push(lines.clone()),
            Keep::Copy(_) | Keep::Look(_) | Keep::Override(..) => {}
        }
    }
}
