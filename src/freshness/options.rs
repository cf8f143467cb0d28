//! Settings that a resolution depends on, against those that the lock was written with.
//!
//! Only what a manifest says counts. What it leaves open may come from a flag, the environment or
//! a settings file of the person who locked, so silence raises no alarm.

use std::collections::BTreeSet;

use toml::Spanned;

use super::stale;
use super::workspace::{Local, Workspace};
use crate::diagnostic::Diagnostic;
use crate::lock::{DefaultGroups, ExcludeNewer};
use crate::names::GroupName;
use crate::project::pyproject::DefaultGroupsItem;

pub(super) fn check(workspace: &Workspace<'_>) -> Vec<Diagnostic> {
    let mut problems = default_groups(workspace);
    if workspace.project.uv_toml.is_none() {
        problems.extend(modes(workspace));
        problems.extend(exclude_newer(workspace));
    }
    problems
}

/// `resolution`, `prerelease` and `fork-strategy`; the lock leaves uv's defaults out.
fn modes(workspace: &Workspace<'_>) -> Vec<Diagnostic> {
    let root = &workspace.locals[0];
    let uv = &root.pyproject.uv;
    let locked = workspace.project.lock.options();
    let modes = [
        (
            "resolution",
            &uv.resolution,
            &locked.resolution_mode,
            "highest",
        ),
        (
            "prerelease",
            &uv.prerelease,
            &locked.prerelease_mode,
            "if-necessary-or-explicit",
        ),
        (
            "fork-strategy",
            &uv.fork_strategy,
            &locked.fork_strategy,
            "requires-python",
        ),
    ];
    let odd = modes
        .into_iter()
        .filter_map(|(key, said, locked, default)| {
            let said = said.as_ref()?;
            let locked = locked.as_deref().unwrap_or(default);
            let same = meaning(said.get_ref()) == meaning(locked);
            (!same).then(|| differs(root, key, said, locked))
        });
    odd.collect()
}

/// uv took two words for its default way with pre-releases into one.
fn meaning(mode: &str) -> &str {
    mode.strip_suffix("-or-explicit").unwrap_or(mode)
}

fn differs(root: &Local<'_>, key: &str, said: &Spanned<String>, locked: &str) -> Diagnostic {
    stale(format!("uv.lock was written with another `{key}`"))
        .at(root.place(said.span(), format!("uv.lock has `{locked}`")))
}

fn exclude_newer(workspace: &Workspace<'_>) -> Option<Diagnostic> {
    let root = &workspace.locals[0];
    let said = root.pyproject.uv.exclude_newer.as_ref()?;
    let text = match said.get_ref() {
        toml::Value::String(text) => text.clone(),
        toml::Value::Datetime(time) => time.to_string(),
        _ => return None,
    };
    let locked = workspace.project.lock.options().exclude_newer.as_ref();
    let (same, shown) = match locked {
        None => (false, "none".to_owned()),
        Some(ExcludeNewer::Span(span)) => (same_span(&text, span), format!("`{span}`")),
        Some(ExcludeNewer::Time(time)) => (same_time(&text, time), format!("`{time}`")),
    };
    (!same).then(|| {
        stale("uv.lock was written with another `exclude-newer`")
            .at(root.place(said.span(), format!("uv.lock has {shown}")))
    })
}

/// Whether two spans are equal, or cannot be compared.
fn same_span(said: &str, locked: &str) -> bool {
    match (hours(said), hours(locked)) {
        (Some(said), Some(locked)) => said == locked,
        // A moment in place of a span.
        _ => day(said).is_none(),
    }
}

/// Whether two moments are equal, or cannot be compared. A date is the end of that day where the
/// lock was written, so in the lock it is that day or the next.
fn same_time(said: &str, locked: &str) -> bool {
    let (Some(said_day), Some(locked_day)) = (day(said), day(locked)) else {
        return hours(said).is_none();
    };
    if said.len() > 10 {
        return (locked_day - said_day).abs() <= 1;
    }
    (0..=1).contains(&(locked_day - said_day))
}

/// The hours of `3 days`, `7d`, `1 week` or `P7DT12H`.
fn hours(text: &str) -> Option<u64> {
    let lower = text.trim().to_ascii_lowercase();
    let mut rest = lower.strip_prefix('p').unwrap_or(&lower);
    let mut total = 0;
    while !rest.is_empty() {
        rest = rest.trim_start_matches([' ', ',', 't']);
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let number: u64 = rest[..digits].parse().ok()?;
        rest = rest[digits..].trim_start();
        let letters = rest.find(|c: char| !c.is_ascii_alphabetic() || c == 't');
        let (unit, after) = rest.split_at(letters.unwrap_or(rest.len()));
        total += number * hours_of(unit)?;
        rest = after;
    }
    Some(total)
}

fn hours_of(unit: &str) -> Option<u64> {
    match unit {
        "h" | "hr" | "hrs" | "hour" | "hours" => Some(1),
        "d" | "day" | "days" => Some(24),
        "w" | "wk" | "wks" | "week" | "weeks" => Some(7 * 24),
        _ => None,
    }
}

/// The number of a day, counted from some day long ago.
fn day(text: &str) -> Option<i64> {
    let date = text.get(..10)?;
    let mut parts = date.split('-');
    let mut number = || parts.next()?.parse::<i64>().ok();
    let (year, month, day) = (number()?, number()?, number()?);
    // Years begin in March, so that the leap day comes last.
    let (year, month) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let leap_days = year / 4 - year / 100 + year / 400;
    Some(365 * year + leap_days + (153 * month + 2) / 5 + day)
}

/// `default-groups`, where the lock records them (revision 5).
fn default_groups(workspace: &Workspace<'_>) -> Vec<Diagnostic> {
    let lock = &workspace.project.lock;
    if lock.revision() < 5 {
        return Vec::new();
    }
    let odd = workspace.members().filter_map(|member| {
        let locked = match &member.pyproject.project {
            Some(_) => workspace.locked(member)?.default_groups.as_ref(),
            None => lock.manifest().default_groups.as_ref(),
        };
        let said = member.pyproject.uv.default_groups.as_ref();
        let here = said.map(|said| meant(said.get_ref()));
        let dev = DefaultGroups::Some(vec![GroupName::dev()]);
        let same = is_same_choice(here.as_ref().unwrap_or(&dev), locked.unwrap_or(&dev));
        (!same).then(|| {
            let problem = stale("uv.lock was written with other `default-groups`");
            match said {
                Some(said) => problem.at(member.place(said.span(), "not locked")),
                None => problem.at(member.place_of(&["[tool.uv]", "[project]"], "not here")),
            }
        })
    });
    odd.collect()
}

/// The lock has them sorted.
fn is_same_choice(one: &DefaultGroups, other: &DefaultGroups) -> bool {
    let names = |choice: &DefaultGroups| match choice {
        DefaultGroups::All => None,
        DefaultGroups::Some(names) => Some(names.iter().cloned().collect::<BTreeSet<_>>()),
    };
    names(one) == names(other)
}

fn meant(said: &DefaultGroupsItem) -> DefaultGroups {
    match said {
        DefaultGroupsItem::Some(groups) => DefaultGroups::Some(groups.clone()),
        DefaultGroupsItem::All => DefaultGroups::All,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_compared_by_their_length() {
        assert!(same_span("7 days", "P7D"));
        assert!(same_span("1 week", "P7D"));
        assert!(same_span("7d", "P1W"));
        assert!(same_span("36 hours", "P1DT12H"));
        assert!(!same_span("3 days", "P7D"));
        assert!(!same_span("2026-01-01", "P7D"));
        assert!(same_span("1 fortnight", "P7D"));
    }

    #[test]
    fn a_date_ends_where_the_lock_was_written() {
        assert!(same_time("2026-06-17", "2026-06-18T05:00:00Z"));
        assert!(same_time("2024-02-29", "2024-03-01T00:00:00Z"));
        assert!(!same_time("2026-06-17", "2026-06-20T00:00:00Z"));
        assert!(same_time(
            "2025-12-31T23:00:00-05:00",
            "2026-01-01T04:00:00Z"
        ));
        assert!(!same_time("7 days", "2026-06-20T00:00:00Z"));
    }
}
