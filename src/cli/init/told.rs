//! What becomes of the container files, in few lines: what a person should look at first.
//!
//! Things with one reason share a line; so do the faults of the old files, and what dfgen does by itself.

use dfgen::init::{Dropped, Entry, Kept, Outcome, Proposal};

/// How many things one line names.
const NAMED: usize = 14;

/// How many lines of a file it names.
const NUMBERS: usize = 6;

/// The whole account. What `render` tells is named in one line, where that comes next.
pub(super) fn told(proposal: &Proposal, is_whole: bool) -> String {
    let mut lines = open_lines(proposal, is_whole);
    let services = || proposal.services.iter();
    let several = proposal.services.len() > 1;
    let mut kept: Vec<String> = Vec::new();
    for service in services() {
        let own = service
            .kept
            .iter()
            .filter(|kept| kept.because.contains(':'));
        let whose = if several {
            format!("{}: ", service.name)
        } else {
            String::new()
        };
        let (variables, own): (Vec<&Kept>, Vec<&Kept>) =
            own.partition(|kept| kept.path[0] == "env");
        kept.extend(own.iter().map(|kept| kept_line(kept, &whose)));
        kept.extend(variables_line(&variables, &whose));
    }
    kept.extend(by_itself(judged(proposal, Outcome::Kept)));
    section(&mut lines, "kept", kept);
    lines.join("\n")
}

/// What the old files do and the new ones do not.
pub(super) fn open(proposal: &Proposal) -> String {
    open_lines(proposal, true).join("\n")
}

fn judged(proposal: &Proposal, outcome: Outcome) -> impl Iterator<Item = &Entry> {
    let entries = proposal.account.iter();
    entries.filter(move |one| one.outcome == outcome && !one.why.is_empty())
}

fn open_lines(proposal: &Proposal, is_whole: bool) -> Vec<String> {
    let services = || proposal.services.iter();
    let is_later = |one: &&Entry| one.is_told_later && !is_whole;
    let mut lines = Vec::new();
    let mut left = Reasons::default();
    left.extend(services().flat_map(|service| &service.left));
    let judged_left = || judged(proposal, Outcome::Left);
    left.judge(judged_left().filter(|one| !is_later(one)));
    let mut left = left.lines();
    left.extend(later(judged_left().filter(is_later)));
    section(&mut lines, "for you to look at", left);
    let dropped = || services().flat_map(|service| &service.dropped);
    let mut other = Reasons::default();
    other.extend(dropped().filter(|one| one.rule.is_none()));
    other.judge(judged(proposal, Outcome::Dropped).filter(|one| !one.is_noise));
    let mut not = other.lines();
    let noise = proposal
        .account
        .iter()
        .filter(|one| one.is_noise && !one.why.is_empty());
    not.extend(by_file(noise).into_iter().map(|(file, lines, count)| {
        format!("  {file}:{lines}: {count} of the old build's or script's own: shell, arguments, permissions, package lists")
    }));
    not.extend(faults(dropped().filter(|one| one.rule.is_some())));
    section(&mut lines, "not carried over", not);
    lines
}

/// A setting, and what holds without it.
fn kept_line(kept: &Kept, whose: &str) -> String {
    let (place, more) = kept.because.split_once("; ").unwrap_or((&kept.because, ""));
    let value = kept.value.to_string();
    let is_place = place
        .rsplit_once(':')
        .is_some_and(|(_, line)| line.parse::<usize>().is_ok());
    if !is_place {
        return format!(
            "  {whose}{} = {}: {}",
            kept.path.join("."),
            value.trim(),
            kept.because
        );
    }
    let more = if more.is_empty() {
        String::new()
    } else {
        format!("; {more}")
    };
    format!(
        "  {place}: {whose}{} = {}{more}",
        kept.path.join("."),
        value.trim()
    )
}

/// All variables in one line.
fn variables_line(variables: &[&Kept], whose: &str) -> Option<String> {
    let first = variables.first()?;
    let told = variables.iter().map(|kept| {
        let name = kept.path.last().map_or("", String::as_str);
        format!("{name} = {}", short(kept.value.to_string().trim()))
    });
    let told: Vec<String> = told.collect();
    Some(format!(
        "  {}: {whose}env: {}",
        first.because,
        told.join(", ")
    ))
}

/// Things by the reason that is told of them, in the order in which they are met.
#[derive(Default)]
struct Reasons(Vec<(String, Vec<(String, usize, String)>)>);

impl Reasons {
    fn extend<'d>(&mut self, list: impl Iterator<Item = &'d Dropped>) {
        for one in list {
            self.add(&one.why, (one.file.clone(), one.line, one.what.clone()));
        }
    }

    fn judge<'e>(&mut self, list: impl Iterator<Item = &'e Entry>) {
        for one in list {
            self.add(&one.why, (one.file.clone(), one.line, one.what.clone()));
        }
    }

    fn add(&mut self, why: &str, what: (String, usize, String)) {
        // One line is about one file.
        let same = self
            .0
            .iter_mut()
            .find(|(known, all)| known == why && all[0].0 == what.0);
        match same {
            Some((_, all)) if all.contains(&what) => {}
            Some((_, all)) => all.push(what),
            None => self.0.push((why.to_owned(), vec![what])),
        }
    }

    fn lines(&self) -> Vec<String> {
        let line = |(why, all): &(String, Vec<(String, usize, String)>)| {
            let mut whats: Vec<String> = Vec::new();
            for (_, _, what) in all {
                let what = short(what);
                if !whats.contains(&what) {
                    whats.push(what);
                }
            }
            let more = whats.len().saturating_sub(NAMED);
            whats.truncate(NAMED);
            let more = if more == 0 {
                String::new()
            } else {
                format!(" and {more} more")
            };
            let lines = numbers(all.iter().map(|(_, line, _)| *line));
            format!("  {}:{lines}: {}{more}: {why}", all[0].0, whats.join(", "))
        };
        self.0.iter().map(line).collect()
    }
}

/// A text that a line has room for.
fn short(text: &str) -> String {
    const ROOM: usize = 60;
    if text.chars().count() <= ROOM {
        return text.to_owned();
    }
    let start: String = text.chars().take(ROOM).collect();
    format!("{start}..")
}

/// `3,5,8`, each once; of many the first and how many.
fn numbers(lines: impl Iterator<Item = usize>) -> String {
    let mut all: Vec<usize> = lines.collect();
    all.sort_unstable();
    all.dedup();
    let shown: Vec<String> = all.iter().take(NUMBERS).map(ToString::to_string).collect();
    let rest = if all.len() > NUMBERS { ",.." } else { "" };
    format!("{}{rest}", shown.join(","))
}

/// The faults of the old files, in one line.
fn faults<'d>(faults: impl Iterator<Item = &'d Dropped>) -> Option<String> {
    let mut named: Vec<(&str, String)> = Vec::new();
    for fault in faults {
        let rule = fault.rule.unwrap_or_default();
        if named.iter().all(|(known, _)| *known != rule) {
            named.push((
                rule,
                format!(
                    "{rule} ({}:{}, {})",
                    fault.file,
                    fault.line,
                    short(&fault.what)
                ),
            ));
        }
    }
    let (first, _) = named.first()?;
    let all: Vec<&str> = named.iter().map(|(_, text)| text.as_str()).collect();
    Some(format!(
        "  faults that the new files have not; `dfgen explain {first}` says why: {}",
        all.join(", ")
    ))
}

/// What `render` tells, in one line.
fn later<'e>(entries: impl Iterator<Item = &'e Entry>) -> Option<String> {
    let files = by_file(entries);
    let places = files
        .iter()
        .map(|(file, lines, _)| format!("{file}:{lines}"));
    let places: Vec<String> = places.collect();
    (!places.is_empty()).then(|| {
        format!(
            "  told by `dfgen render`, with the lines that keep it: {}",
            places.join("; ")
        )
    })
}

/// What dfgen does by itself, in one line.
fn by_itself<'e>(entries: impl Iterator<Item = &'e Entry>) -> Option<String> {
    let files = by_file(entries);
    let count: usize = files.iter().map(|(.., count)| count).sum();
    let places = files
        .iter()
        .map(|(file, lines, _)| format!("{file}:{lines}"));
    let places: Vec<String> = places.collect();
    (count > 0).then(|| format!("  {count} by what dfgen does itself: {}", places.join("; ")))
}

/// The lines of each file, and how many things they are.
fn by_file<'e>(entries: impl Iterator<Item = &'e Entry>) -> Vec<(&'e str, String, usize)> {
    let mut files: Vec<(&str, Vec<usize>)> = Vec::new();
    for entry in entries {
        match files.iter_mut().find(|(file, _)| *file == entry.file) {
            Some((_, lines)) => lines.push(entry.line),
            None => files.push((&entry.file, vec![entry.line])),
        }
    }
    let files = files.into_iter().map(|(file, lines)| {
        let count = lines.len();
        (file, ranges(lines), count)
    });
    files.collect()
}

/// `1-4,7`.
fn ranges(mut lines: Vec<usize>) -> String {
    lines.sort_unstable();
    lines.dedup();
    let mut ranges: Vec<(usize, usize)> = Vec::new();
    for line in lines {
        match ranges.last_mut() {
            Some((_, end)) if *end + 1 == line => *end = line,
            _ => ranges.push((line, line)),
        }
    }
    let text = |(start, end): &(usize, usize)| {
        if start == end {
            start.to_string()
        } else {
            format!("{start}-{end}")
        }
    };
    ranges.iter().map(text).collect::<Vec<_>>().join(",")
}

fn section(lines: &mut Vec<String>, title: &str, entries: Vec<String>) {
    if !entries.is_empty() {
        lines.push(title.to_owned());
        lines.extend(entries);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_a_file_are_few() {
        assert_eq!(ranges(vec![4, 1, 2, 2, 9]), "1-2,4,9");
        let mut reasons = Reasons::default();
        for line in 1..9 {
            reasons.add("why", ("F".to_owned(), line, format!("w{line}")));
        }
        reasons.add("why", ("G".to_owned(), 1, "x".to_owned()));
        assert_eq!(
            reasons.lines(),
            [
                "  F:1,2,3,4,5,6,..: w1, w2, w3, w4, w5, w6, w7, w8: why",
                "  G:1: x: why"
            ]
        );
    }
}
