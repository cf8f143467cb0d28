//! What an image could run: one [`Candidate`] for each thing the source or the manifest offers.

use super::{Framework, Kind};
use crate::catalog::{ImportString, LocalHost};
use crate::diagnostic::Place;

/// One thing that an image could run, with what a command for it needs to know. `C` is what is known about it
/// being the main thing: how sure that is, once it was weighed.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate<C = Confidence> {
    /// What it is to be run as.
    pub(crate) kind: Kind,
    /// The library that it is made with.
    pub framework: Framework,
    /// The folder to have on the import path, relative to the tree's root; empty for the root.
    pub(crate) root: String,
    /// The dotted module name under that root; empty when there is no module (`alembic.ini`).
    pub(crate) module: String,
    /// What to name in the module.
    pub(crate) target: Target,
    /// The file that it is in, relative to the tree's root.
    pub(crate) path: String,
    /// Where it is, for messages.
    pub place: Place,
    /// How sure dfgen is that this is what the project runs.
    pub confidence: C,
    /// A route that says whether the application is up, if it declares one.
    pub(crate) health: Option<Health>,
    /// Routes that the source lets nobody ask who is not known.
    pub(crate) protected: Vec<String>,
    /// The port that the source names, if it does.
    pub(crate) port: Option<Port>,
    /// What the image needs beside the package: `alembic.ini` and its folder, `manage.py`.
    pub(crate) files: Vec<String>,
    /// Django's settings module, Aerich's configuration.
    pub(crate) settings: Option<String>,
    /// Further words for the command: queue names (RQ), further modules (Dramatiq).
    pub(crate) extra: Vec<String>,
    /// The program of the project that serves it, where that does more before.
    pub(crate) program: Option<Program>,
    /// Where it listens on this machine alone.
    pub(crate) local: Option<Local>,
}

/// A place of the source by which something listens on this machine alone.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Local {
    /// Where.
    pub(crate) place: Place,
    /// The variable that says another address.
    pub(crate) variable: Option<String>,
    /// Of what that is true, where nothing is said there.
    pub(crate) unsaid: Option<&'static LocalHost>,
}

/// A file of the project that serves an application, and does something first.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Program {
    /// The folder to have on the import path.
    pub(crate) root: String,
    /// Its dotted name under that.
    pub(crate) module: String,
    /// The file, relative to the tree's root.
    pub(crate) path: String,
    /// The calls that it makes first, never empty.
    pub(crate) before: Vec<(String, Place)>,
    /// Whether it then listens on every address, and not for a developer.
    pub(crate) is_everywhere: bool,
}

/// What to name in a candidate's module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Target {
    /// An object: an application, a broker, a class.
    Object(String),
    /// A function without required arguments that returns the application.
    Factory(String),
    /// The module is run itself, with `python -m`, or its file by a tool.
    Module,
    /// A command that the package installs.
    Command(String),
}

/// How sure dfgen is, and why, in words for a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Confidence {
    rank: Rank,
    certainty: Certainty,
    reason: String,
    /// Where a container file starts it.
    told_at: Option<String>,
}

/// What stands behind a candidate. A higher rank is run whatever else is known of a lower one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Rank {
    /// It can be run, but something says that it is not the main thing.
    Aside,
    /// It is there.
    Object,
    /// It is called as what such projects start is called.
    Named,
    /// The project's own settings name it.
    Declared,
    /// The project's own container files start it.
    Told,
}

/// How sure something is, within its rank.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Certainty {
    Possible,
    Likely,
    Certain,
}

impl Confidence {
    /// It can be run, but something says that it is not the main thing.
    pub(crate) fn possible(reason: String) -> Self {
        Self {
            rank: Rank::Aside,
            certainty: Certainty::Possible,
            reason,
            told_at: None,
        }
    }

    /// It is what such projects run.
    pub(crate) fn likely(rank: Rank, reason: String) -> Self {
        Self {
            rank,
            certainty: Certainty::Likely,
            reason,
            told_at: None,
        }
    }

    /// The project says so itself.
    pub(crate) fn certain(rank: Rank, reason: String) -> Self {
        Self {
            rank,
            certainty: Certainty::Certain,
            reason,
            told_at: None,
        }
    }

    /// A container file starts it, at this place.
    pub(crate) fn told(&self, place: &str) -> Self {
        Self {
            rank: Rank::Told,
            certainty: self.certainty.max(Certainty::Likely),
            reason: format!("{place} starts it"),
            told_at: Some(place.to_owned()),
        }
    }

    /// The place of the container file that starts it.
    pub(crate) fn told_at(&self) -> Option<&str> {
        self.told_at.as_deref()
    }

    /// Why.
    pub fn reason(&self) -> &str {
        &self.reason
    }

    /// What stands behind it.
    pub(crate) fn rank(&self) -> Rank {
        self.rank
    }

    /// The more, the sooner it is run.
    pub(crate) fn weight(&self) -> impl Ord + Copy + use<> {
        (self.rank, self.certainty)
    }

    /// One word for a list.
    pub fn word(&self) -> &'static str {
        match self.certainty {
            Certainty::Possible => "possible",
            Certainty::Likely => "likely",
            Certainty::Certain => "certain",
        }
    }
}

/// A route that answers when the application is up.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Health {
    /// Its whole path, prefixes of routers included.
    pub(crate) route: String,
    /// Where it is declared.
    pub(crate) place: Place,
}

/// A port that the source names.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Port {
    /// The number.
    pub(crate) number: u16,
    /// The environment variable that overrides it, if the source reads one.
    pub(crate) variable: Option<String>,
    /// Where it is named.
    pub(crate) place: Place,
}

impl<C> Candidate<C> {
    /// The text that servers and tools take: `shop_api.main:app`, `shop.worker` for a module, the
    /// file for what is run by path (Streamlit), the command's name for a script.
    pub fn import_string(&self) -> String {
        match &self.target {
            Target::Command(name) => name.clone(),
            Target::Module if self.module.is_empty() => self.path.clone(),
            _ if self.framework.import_string == ImportString::Path => self.path.clone(),
            Target::Module => self.module.clone(),
            Target::Object(name) | Target::Factory(name) => {
                let is_dotted = self.framework.import_string == ImportString::Dot;
                let joint = if is_dotted { '.' } else { ':' };
                format!("{}{joint}{name}", self.module)
            }
        }
    }

    /// Whether the target is a factory.
    pub(crate) fn is_factory(&self) -> bool {
        matches!(self.target, Target::Factory(_))
    }
}

/// What came of choosing among candidates.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Choice<'a> {
    /// There is none.
    Nothing,
    /// There is one that is surer than all others.
    One(&'a Candidate),
    /// Several are equally sure: a person has to say.
    Several(Vec<&'a Candidate>),
}

/// The surest of the candidates that `wanted` accepts; never one of several that are as sure.
/// A candidate that is aside is chosen when nothing else is there.
pub(crate) fn choose(candidates: &[Candidate], wanted: impl Fn(&Candidate) -> bool) -> Choice<'_> {
    let wanted: Vec<&Candidate> = candidates.iter().filter(|one| wanted(one)).collect();
    let best = wanted.iter().map(|one| one.confidence.weight()).max();
    let surest: Vec<&Candidate> = wanted
        .into_iter()
        .filter(|one| Some(one.confidence.weight()) == best)
        .collect();
    match surest.as_slice() {
        [] => Choice::Nothing,
        [one] => Choice::One(one),
        _ => Choice::Several(surest),
    }
}
