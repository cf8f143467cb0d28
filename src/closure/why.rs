//! The answer to "why is this package in my image, or why not", for several profiles side by side.
//!
//! A value for `dfgen why` to print: every way to the package and what would leave with it where it
//! is in, the ways that are closed where it is not.

use std::cmp::Reverse;

use super::{Chains, Closure, Way, Weight};
use crate::bytes::Bytes;
use crate::diagnostic::{Diagnostic, Result, nearest};
use crate::lock::{Lock, PackageId};
use crate::names::PackageName;
use crate::rules;

/// Where a package is and where it is not, each with the reason.
#[derive(Debug, Clone)]
pub struct Why<'c, 'p> {
    /// The package that was asked about.
    pub package: PackageName,
    /// One answer for each profile, in the order in which they were given.
    pub answers: Vec<Answer<'c, 'p>>,
}

/// The answer for one profile.
#[derive(Debug, Clone)]
pub struct Answer<'c, 'p> {
    /// The profile's name.
    pub profile: &'c str,
    /// Its closure.
    pub closure: &'c Closure<'p>,
    /// Whether the package is in it, and why.
    pub verdict: Verdict<'p>,
}

/// Whether a package is in a closure, and why.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict<'p> {
    /// It is.
    In(Presence),
    /// It is not: the ways that would lead to it, nearest to open first. Empty when nothing in the
    /// lock needs the package.
    Out(Vec<Way<'p>>),
}

/// A package that is in a closure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Presence {
    /// The package.
    pub id: PackageId,
    /// Its compressed size.
    pub size: Option<Bytes>,
    /// Every way to it.
    pub chains: Chains,
    /// What would leave with it, heaviest first.
    pub leaving: Vec<Leaving>,
}

/// A package that is there for another's sake only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Leaving {
    /// The package.
    pub id: PackageId,
    /// Its compressed size.
    pub size: Option<Bytes>,
}

impl<'c, 'p> Why<'c, 'p> {
    /// Asks about a package in closures of one lock, each with the name of its profile. Errors: no
    /// package of this name is locked.
    pub fn new(closures: &[(&'c str, &'c Closure<'p>)], package: &PackageName) -> Result<Self> {
        if let Some((_, closure)) = closures.first() {
            check_locked(closure.lock(), package)?;
        }
        let answer = |(profile, closure): &(&'c str, &'c Closure<'p>)| Answer {
            profile,
            closure,
            verdict: Verdict::new(closure, package),
        };
        Ok(Self {
            package: package.clone(),
            answers: closures.iter().map(answer).collect(),
        })
    }
}

fn check_locked(lock: &Lock, package: &PackageName) -> Result<()> {
    if lock.named(package).is_empty() {
        let names = lock.names().map(AsRef::as_ref);
        let message = format!("`{package}` is not in uv.lock");
        return Err(Diagnostic::new(rules::UNKNOWN_PACKAGE, message)
            .with_note(
                "neither the project nor anything that it needs asks for it, in any extra or group",
            )
            .with_help_some(nearest(package.as_ref(), names))
            .into());
    }
    Ok(())
}

impl<'p> Verdict<'p> {
    fn new(closure: &Closure<'p>, package: &PackageName) -> Self {
        match closure.named(package) {
            Some(id) => Self::In(Presence::new(closure, id)),
            None => Self::Out(closure.ways(package)),
        }
    }
}

impl Presence {
    fn new(closure: &Closure<'_>, id: PackageId) -> Self {
        let leaving = closure.only_needed_by(&[id]).into_iter();
        let mut leaving: Vec<Leaving> = leaving
            .map(|id| Leaving {
                id,
                size: closure.download_size(id),
            })
            .collect();
        leaving.sort_by_key(|one| Reverse(one.size));
        Self {
            id,
            size: closure.download_size(id),
            chains: closure.chains(id),
            leaving,
        }
    }

    /// What would be saved without it: its own compressed size and that of what leaves with it.
    pub fn weight(&self) -> Weight {
        let sizes = self.leaving.iter().map(|one| one.size);
        sizes.chain([self.size]).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::{Verdict, Why};
    use crate::bytes::Bytes;
    use crate::closure::fixture::{SHOP, project, target};
    use crate::closure::{Choice, Closure, Obstacle, Selection, Way};
    use crate::lock::Lock;

    fn with_ml() -> Selection {
        Selection {
            extras: Choice::some(vec!["ml".parse().unwrap()]),
            ..Selection::default()
        }
    }

    /// The ways to a package that is out, one a line.
    fn ways(lock: &str, selection: &Selection, package: &str) -> String {
        let project = project(lock);
        let closure = Closure::select(&project, selection, &target()).unwrap();
        let why = Why::new(&[("api", &closure)], &package.parse().unwrap()).unwrap();
        let Verdict::Out(ways) = &why.answers[0].verdict else {
            panic!("{package} is in");
        };
        ways.iter().map(|way| line(&project.lock, way)).collect()
    }

    fn line(lock: &Lock, way: &Way<'_>) -> String {
        let obstacle = |obstacle: &Obstacle| match obstacle {
            Obstacle::NotSelected(step) => format!("not selected: {}", step.label(lock)),
            Obstacle::Excluded(name) => format!("excluded: {name}"),
            Obstacle::MarkerFails(marker) => format!("fails: {marker}"),
        };
        let obstacles: Vec<String> = way.obstacles.iter().map(obstacle).collect();
        format!("{} | {}\n", way.chain, obstacles.join(", "))
    }

    #[test]
    fn what_leaves_is_weighed() {
        let project = project(SHOP);
        let closure = Closure::select(&project, &with_ml(), &target()).unwrap();
        let why = Why::new(&[("ml", &closure)], &"torch".parse().unwrap()).unwrap();
        let Verdict::In(presence) = &why.answers[0].verdict else {
            panic!("torch is out");
        };
        assert_eq!(presence.size, Some(Bytes(899_800_000)));
        assert_eq!(presence.weight().bytes, Bytes(1_070_200_000));
    }

    #[test]
    fn a_package_of_an_extra_that_is_not_selected() {
        insta::assert_snapshot!(ways(SHOP, &Selection::default(), "torch"), @"shop-api[ml] -> torch | not selected: shop-api[ml]");
    }

    #[test]
    fn a_package_of_a_group_that_is_not_selected() {
        insta::assert_snapshot!(ways(SHOP, &Selection::production(), "numpy"), @"
        shop-api:dev -> numpy | not selected: shop-api:dev
        shop-api[ml] -> sentence-transformers -> numpy | not selected: shop-api[ml]
        ");
    }

    #[test]
    fn a_package_for_other_platforms() {
        insta::assert_snapshot!(ways(SHOP, &Selection::default(), "colorama"), @"shop-api -> click -> colorama | fails: sys_platform == 'win32'");
    }

    #[test]
    fn a_package_that_only_an_excluded_one_needs() {
        let selection = Selection {
            exclude: vec!["sqlalchemy".parse().unwrap()],
            ..Selection::default()
        };
        insta::assert_snapshot!(ways(SHOP, &selection, "psycopg2"), @"shop-api -> sqlalchemy[postgresql] -> psycopg2 | excluded: sqlalchemy");
    }

    #[test]
    fn an_extra_whose_package_is_for_other_platforms_too() {
        let lock = SHOP.replace(
            "{ name = \"pytest\" }",
            "{ name = \"pytest\", marker = \"os_name == 'nt'\" }",
        );
        insta::assert_snapshot!(ways(&lock, &Selection::production(), "pytest"), @"shop-api:dev -> pytest | not selected: shop-api:dev, fails: os_name == 'nt'");
    }

    #[test]
    fn a_package_that_nothing_needs() {
        let lock = SHOP.replace(", { name = \"pytest\" }", "");
        assert_eq!(ways(&lock, &Selection::default(), "pytest"), "");
    }
}
