//! Environment markers of the lock (PEP 508), with uv's encoding of conflicting extras and groups.
//!
//! A lock repeats few markers many times, and one closure meets only some of them. So markers are
//! interned when the lock is read, and each is parsed once, when it is first asked for.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, OnceLock};

use pep508_rs::{
    ExtraName, ExtraOperator, MarkerEnvironment, MarkerExpression, MarkerTree, MarkerValueExtra,
    VerbatimUrl,
};

use crate::names::{GroupName, PackageName};

/// A condition on an edge of the lock. Cheap to clone.
#[derive(Clone)]
pub struct Marker(Arc<Inner>);

struct Inner {
    text: String,
    /// Which of the lock's markers it is.
    number: usize,
    /// Whether what is active of the lock's conflicts has a say in it.
    asks_for_active: bool,
    tree: OnceLock<Option<MarkerTree>>,
}

impl Marker {
    /// The marker as the lock has it.
    pub(crate) fn as_str(&self) -> &str {
        &self.0.text
    }

    /// Whether the marker holds, given the environment and what conflicting extras, groups and
    /// packages are active. `None` when the text is no marker.
    pub(crate) fn holds(&self, environment: &MarkerEnvironment, active: &Active) -> Option<bool> {
        self.tree()
            .map(|tree| tree.evaluate(environment, &active.0))
    }

    /// What the marker still asks of an environment, for people, where these extras, groups and
    /// packages are active and no others. `None` when it asks nothing more; the text as the lock has
    /// it when it cannot hold any more.
    pub(crate) fn given(&self, active: &Active) -> Option<String> {
        if !self.0.asks_for_active {
            return Some(self.as_str().to_owned());
        }
        let mut left = MarkerTree::FALSE;
        for clause in self.tree()?.to_dnf() {
            left.or(active.without_extras(clause));
        }
        if left.is_false() {
            return Some(self.as_str().to_owned());
        }
        left.try_to_string()
    }

    /// The parsed marker; `None` when the text is none.
    pub(crate) fn tree(&self) -> Option<&MarkerTree> {
        self.0.tree.get_or_init(|| parse(&self.0.text)).as_ref()
    }
}

/// What the markers of one lock say in one environment, each asked once for what is active.
#[derive(Debug)]
pub(crate) struct Answers {
    environment: MarkerEnvironment,
    known: RefCell<BTreeMap<usize, Vec<(Active, Option<bool>)>>>,
}

impl Answers {
    pub(crate) fn new(environment: MarkerEnvironment) -> Self {
        Self {
            environment,
            known: RefCell::default(),
        }
    }

    /// Whether a marker holds. `None` when its text is no marker.
    pub(crate) fn holds(&self, marker: &Marker, active: &Active) -> Option<bool> {
        let mut known = self.known.borrow_mut();
        let known = known.entry(marker.0.number).or_default();
        let depends = marker.0.asks_for_active;
        if let Some((_, answer)) = known.iter().find(|(of, _)| !depends || of == active) {
            return *answer;
        }
        let answer = marker.holds(&self.environment, active);
        known.push((active.clone(), answer));
        answer
    }
}

/// How many brackets of a marker may be inside each other: pep508_rs steps down for each of them.
const DEEPEST: usize = 100;

/// The meaning of a marker; `None` when the text is none.
pub(crate) fn parse(text: &str) -> Option<MarkerTree> {
    let tree = || MarkerTree::parse_str::<VerbatimUrl>(text).ok();
    (text.is_ascii() && !is_deep(text)).then(tree)?
}

/// Whether a requirement is none that pep508_rs comes to an end with: more brackets inside each other than anyone writes, or
/// letters of several bytes (0.9 panics on these) elsewhere than in its URL.
pub(crate) fn is_beyond_reading(text: &str) -> bool {
    let plain = match text.split_once('@') {
        Some((name, url)) => {
            let marker = url.rsplit_once(" ;").map_or("", |(_, marker)| marker);
            name.is_ascii() && marker.is_ascii()
        }
        None => text.is_ascii(),
    };
    !plain || is_deep(text)
}

fn is_deep(text: &str) -> bool {
    let mut open: usize = 0;
    text.bytes().any(|byte| {
        match byte {
            b'(' => open += 1,
            b')' => open = open.saturating_sub(1),
            _ => {}
        }
        open > DEEPEST
    })
}

impl fmt::Debug for Marker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl fmt::Display for Marker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Gives equal texts the same [`Marker`].
#[derive(Default)]
pub(super) struct Interner<'a>(BTreeMap<&'a str, Marker>);

impl<'a> Interner<'a> {
    pub(super) fn marker(&mut self, text: &'a str) -> Marker {
        let number = self.0.len();
        let make = || {
            Marker(Arc::new(Inner {
                text: text.to_owned(),
                number,
                asks_for_active: text.contains("extra"),
                tree: OnceLock::new(),
            }))
        };
        self.0.entry(text).or_insert_with(make).clone()
    }
}

/// The extras, groups and packages that are active, in the names that uv gives them inside markers:
/// `extra-<n>-<package>-<extra>`, `group-<n>-<package>-<group>` and `project-<n>-<package>`, where
/// `<n>` is the length of the package's name.
///
/// Source: `crates/uv-resolver/src/universal_marker.rs` in uv.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Active(Vec<ExtraName>);

impl Active {
    /// Adds an extra; `true` when it was not there.
    pub(crate) fn add_extra(&mut self, package: &PackageName, extra: &ExtraName) -> bool {
        self.add("extra", package, &format!("-{extra}"))
    }

    /// Adds a group; `true` when it was not there.
    pub(crate) fn add_group(&mut self, package: &PackageName, group: &GroupName) -> bool {
        self.add("group", package, &format!("-{group}"))
    }

    /// Adds a package whose own requirements are installed; `true` when it was not there.
    pub(crate) fn add_project(&mut self, package: &PackageName) -> bool {
        self.add("project", package, "")
    }

    /// A conjunction with its extras answered.
    fn without_extras(&self, clause: Vec<MarkerExpression>) -> MarkerTree {
        let mut left = MarkerTree::TRUE;
        for expression in clause {
            let MarkerExpression::Extra { operator, name } = &expression else {
                left.and(MarkerTree::expression(expression));
                continue;
            };
            let active = matches!(name, MarkerValueExtra::Extra(name) if self.0.contains(name));
            let answer = active == (*operator == ExtraOperator::Equal);
            if !answer {
                return MarkerTree::FALSE;
            }
        }
        left
    }

    fn add(&mut self, kind: &str, package: &PackageName, rest: &str) -> bool {
        let length = package.as_ref().len();
        let encoded = ExtraName::new(format!("{kind}-{length}-{package}{rest}"))
            .expect("joined names make a valid name");
        let new = !self.0.contains(&encoded);
        if new {
            self.0.push(encoded);
        }
        new
    }
}

#[cfg(test)]
mod tests {
    use super::{Active, Answers, Interner};
    use crate::target::{Libc, Platform, Target};

    #[test]
    fn conflicts_are_answered_before_people_read_a_marker() {
        let mut active = Active::default();
        active.add_extra(&"shop".parse().unwrap(), &"cpu".parse().unwrap());
        let mut markers = Interner::default();
        let mut given = |text| markers.marker(text).given(&active);
        let plain = "sys_platform == 'linux'";
        assert_eq!(given(plain).unwrap(), plain);
        let both = "sys_platform == 'linux' or (extra == 'extra-4-shop-cpu' and extra == 'extra-4-shop-gpu')";
        assert_eq!(given(both).unwrap(), plain);
        assert_eq!(given("extra == 'extra-4-shop-cpu'"), None);
        let other = "extra == 'extra-4-shop-gpu'";
        assert_eq!(given(other).unwrap(), other);
    }

    #[test]
    fn answers_are_kept_for_what_is_active() {
        let target = Target {
            platform: Platform::LinuxAmd64,
            libc: Libc::Glibc(2, 41),
            python: "3.13.9".parse().unwrap(),
        };
        let answers = Answers::new(target.marker_environment());
        let mut active = Active::default();
        active.add_extra(&"shop".parse().unwrap(), &"cpu".parse().unwrap());
        let mut markers = Interner::default();
        let cpu = markers.marker("extra == 'extra-4-shop-cpu'");
        let here = markers.marker("sys_platform == 'linux'");
        let elsewhere = markers.marker("sys_platform == 'win32'");
        for _ in 0..2 {
            assert_eq!(answers.holds(&cpu, &active), Some(true));
            assert_eq!(answers.holds(&cpu, &Active::default()), Some(false));
            assert_eq!(answers.holds(&here, &active), Some(true));
            assert_eq!(answers.holds(&elsewhere, &active), Some(false));
        }
        assert_eq!(answers.holds(&markers.marker("no marker"), &active), None);
    }
}
