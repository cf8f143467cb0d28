//! What verifying an image came to, in few lines.

use std::fmt::Write;

use dfgen::image::verify::{About, Check, Ran, Verification};

use crate::cli::size::cell;

/// For people and logs: one line where all is as planned.
pub(super) fn text(verification: &Verification) -> String {
    let mut text = format!("{}\n", head(verification));
    if let Some(ran) = &verification.ran {
        let _ = writeln!(text, "{}", ran_line(ran));
    }
    for check in differing(verification) {
        let _ = write!(text, "\n  {}\n", words(check.about));
        for difference in &check.differences {
            let _ = writeln!(text, "    {}", difference.replace('\n', "\n    "));
        }
    }
    text
}

pub(super) fn markdown(verification: &Verification) -> String {
    let mut text = format!("{}\n", cell(&head(verification)));
    if let Some(ran) = &verification.ran {
        let _ = writeln!(text, "\n{}", ran_line(ran));
    }
    for check in differing(verification) {
        let _ = write!(text, "\n**{}**\n\n", words(check.about));
        for difference in &check.differences {
            let lines: Vec<String> = difference.lines().map(|line| cell(line.trim())).collect();
            let _ = writeln!(text, "- {}", lines.join("<br>"));
        }
    }
    text
}

/// `shop:1 is as core-api promises: 24 distributions, 173 MB`.
fn head(verification: &Verification) -> String {
    let Verification {
        image,
        platform,
        profile,
        bytes,
        distributions,
        ..
    } = verification;
    let what = format!("{image} for {platform}, {distributions} distributions, {bytes} on disk");
    match verification.differences() {
        0 => format!("{what}: as `{profile}` promises"),
        1 => format!("{what}: 1 thing is not as `{profile}` promises"),
        more => format!("{what}: {more} things are not as `{profile}` promises"),
    }
}

/// `run: healthy after 1.2 s, stopped after 0.4 s, 83 modules imported, 2 need not be`.
fn ran_line(ran: &Ran) -> String {
    let after = |what: &str, milliseconds: Option<u64>| {
        milliseconds.map(|time| format!("{what} after {}.{} s", time / 1000, time % 1000 / 100))
    };
    let healthy = after("healthy", ran.healthy_after);
    let stopped = after("stopped", ran.stopped_after);
    let failed = if ran.optional.is_empty() {
        String::new()
    } else {
        format!(", {} more need not be", ran.optional.len())
    };
    let modules = Some(format!("{} modules imported{failed}", ran.modules));
    let parts = [healthy, stopped, modules].into_iter().flatten();
    format!("run: {}", parts.collect::<Vec<_>>().join(", "))
}

fn differing(verification: &Verification) -> impl Iterator<Item = &Check> {
    verification
        .checks
        .iter()
        .filter(|check| !check.differences.is_empty())
}

fn words(about: About) -> &'static str {
    match about {
        About::Platform => "platform",
        About::Distributions => "distributions, beside the lock",
        About::Files => "files of distributions, beside their RECORD",
        About::Leftovers => "what no image needs",
        About::Running => "how it runs",
        About::Environment => "environment",
        About::Labels => "labels",
        About::Libraries => "shared libraries that are missing",
        About::Size => "size",
        About::Secrets => "secrets that whoever has the image can read",
        About::Contents => "odd",
        About::Shared => "layers that other images of the project have, too",
        About::Start => "starts with nothing to write to, as another user",
        About::Reach => "can be reached",
        About::Stop => "ends when it is told to",
        About::Imports => "modules can be imported",
    }
}
