//! What wheels really hold, for sizes that are exact: read once for all images that are sized.
//!
//! What cannot be read is an error, never an estimate in its place: all of it is told at once, by server and reason.

mod kind;
mod wanted;
mod weigh;

use std::collections::BTreeMap;

use crate::closure::Closure;
use crate::diagnostic::{Diagnostic, Diagnostics, Result};
use crate::lock::PackageId;
use crate::names::PackageName;
use crate::plan::{self, Inputs, Taken};
use crate::project::Project;
use crate::rules;
use crate::wheel::{self, Asked, Place, Reading, Trouble, Wanted, WheelFile};

pub(super) use kind::together;
pub use kind::{FileKind, KindSize};
pub(super) use weigh::Weigher;

/// What is in the wheels of images.
pub struct Exact {
    files: BTreeMap<Wanted, Vec<WheelFile>>,
    asked: Asked,
}

/// How many packages a message names.
const NAMED: usize = 8;

impl Exact {
    /// Reads every wheel of these profiles of projects. Errors: as [`plan::closures`]; what cannot be read.
    pub fn read(subjects: &[(&Inputs, &[Taken])], reading: &Reading<'_>) -> Result<Self> {
        let mut wanted: BTreeMap<Wanted, PackageName> = BTreeMap::new();
        let mut indexes = Vec::new();
        for (inputs, taken) in subjects {
            indexes.extend(wanted::indexes(&inputs.project));
            for one in *taken {
                for closure in &plan::closures(inputs, &one.profile)? {
                    let ids = closure.packages().map(|(id, ..)| id);
                    let all = ids.filter_map(|id| {
                        let one = wanted::of(&inputs.project, closure, id)?;
                        Some((one, closure.lock().package(id).name.clone()))
                    });
                    wanted.extend(all);
                }
            }
        }
        indexes.sort();
        indexes.dedup();
        let list: Vec<Wanted> = wanted.keys().cloned().collect();
        let read = wheel::read(&list, &indexes, reading);
        let mut files = BTreeMap::new();
        let mut troubles: BTreeMap<(String, Trouble), Vec<String>> = BTreeMap::new();
        for ((one, name), found) in wanted.into_iter().zip(read.found) {
            match found {
                Ok(found) => drop(files.insert(one, found)),
                Err(trouble) => {
                    let place = (server(&one), trouble);
                    troubles.entry(place).or_default().push(name.to_string());
                }
            }
        }
        let told = troubles.into_iter();
        Diagnostics::check(
            told.map(|(place, names)| problem(place, &names, reading))
                .collect(),
        )?;
        Ok(Self {
            files,
            asked: read.asked,
        })
    }

    /// What reading took.
    pub fn asked(&self) -> Asked {
        self.asked
    }

    fn files(
        &self,
        project: &Project,
        closure: &Closure<'_>,
        id: PackageId,
    ) -> Option<&[WheelFile]> {
        let one = wanted::of(project, closure, id)?;
        self.files.get(&one).map(Vec::as_slice)
    }
}

/// Where a wheel lies, as it may be shown: the server of a URL, or the path.
fn server(wanted: &Wanted) -> String {
    match &wanted.place {
        Some(Place::Remote(url)) => {
            let text = url.without_secrets().to_string();
            let end = text.find("://").map_or(0, |at| at + 3);
            let end = text[end..].find('/').map_or(text.len(), |at| end + at);
            text[..end].to_owned()
        }
        Some(Place::File(path)) => path.display().to_string(),
        None => "uv.lock".to_owned(),
    }
}

fn problem(
    (server, trouble): (String, Trouble),
    names: &[String],
    reading: &Reading<'_>,
) -> Diagnostic {
    let named: Vec<String> = names
        .iter()
        .take(NAMED)
        .map(|name| format!("`{name}`"))
        .collect();
    let more = match names.len() - named.len() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let wheels = match names.len() {
        1 => "the wheel",
        _ => "wheels",
    };
    let message = format!(
        "{wheels} of {}{more} cannot be read: {trouble}",
        named.join(", ")
    );
    let problem =
        Diagnostic::new(rules::UNREADABLE_WHEEL, message).with_note(format!("at {server}"));
    let problem = match &trouble {
        Trouble::NoRanges if !reading.download => {
            problem.with_help("fetch whole wheels from such servers: `dfgen size --exact --download`")
        }
        Trouble::NotAllowed(407) => {
            problem.with_help("the proxy asks: put the login into its URL, in HTTPS_PROXY or HTTP_PROXY")
        }
        Trouble::NotAllowed(_) => problem
            .with_help("say who asks: `export UV_INDEX_<NAME>_USERNAME=... UV_INDEX_<NAME>_PASSWORD=...`, with the name of its [[tool.uv.index]]")
            .with_help("or in ~/.netrc, by the name of the host"),
        Trouble::Silent(_) => {
            problem.with_help("wait longer: `export UV_HTTP_TIMEOUT=120`, in seconds")
        }
        Trouble::Unreachable(_) | Trouble::NoProxy(_) => problem.with_help(
            "in a company's network: HTTPS_PROXY, NO_PROXY and SSL_CERT_FILE, `dfgen explain company-network`",
        ),
        Trouble::OtherSize { .. } | Trouble::OtherHash | Trouble::Status(404 | 410) => {
            problem.with_help("bring the lock up to what the index has: `uv lock --refresh`")
        }
        _ => problem,
    };
    problem.with_help("or take the estimate, which asks nobody: `dfgen size` without `--exact`")
}
