//! What verifying an image came to, in few lines.

use std::fmt::Write;

use dfgen::image::verify::{About, Check, Verification};

use crate::cli::size::cell;

/// For people and logs: one line where all is as planned.
pub(super) fn text(verification: &Verification) -> String {
    let mut text = format!("{}\n", head(verification));
    for check in differing(verification) {
        let _ = write!(text, "\n  {}\n", words(check.about));
        for difference in &check.differences {
            let _ = writeln!(text, "    {difference}");
        }
    }
    text
}

pub(super) fn markdown(verification: &Verification) -> String {
    let mut text = format!("{}\n", cell(&head(verification)));
    for check in differing(verification) {
        let _ = write!(text, "\n**{}**\n\n", words(check.about));
        for difference in &check.differences {
            let _ = writeln!(text, "- {}", cell(difference));
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
        About::Size => "size",
        About::Secrets => "secrets that whoever has the image can read",
        About::Contents => "odd",
    }
}
