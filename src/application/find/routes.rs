//! Health routes: which GET route says that an application is up, with the prefixes of all routers
//! between it and the application.
//!
//! Routers and applications are nodes (a name in a file); including one in another is an edge with
//! a prefix; a route belongs to a node. A route counts when its chain of includes ends at an
//! application, or at something that only running the program would tell (a parameter).

mod graph;
mod protection;
mod read;

use super::judge::Sighting;
use super::made::Makers;
use crate::application::candidate::{Health, Target};
use crate::catalog::Frameworks;
use graph::{Node, Owner};

/// Gives every web application its best health route.
pub(super) fn apply(makers: &Makers<'_>, files: &[String], candidates: &mut [Sighting]) {
    let serves = |one: &Sighting| one.kind.serves() && one.health.is_none();
    if !candidates.iter().any(serves) {
        return;
    }
    let graph = read::graph(makers, files);
    let found = graph.served();
    let factories = candidates.iter().filter_map(|one| match &one.target {
        Target::Factory(name) => Some((one.path.clone(), name.clone())),
        _ => None,
    });
    let factories: Vec<(String, String)> = factories.collect();
    for candidate in candidates.iter_mut().filter(|one| serves(one)) {
        let own = found
            .iter()
            .filter(|route| fits(&route.owner, candidate, &factories));
        let own: Vec<_> = own.collect();
        let protected = own.iter().filter(|route| route.is_protected);
        candidate.protected = protected.map(|route| route.path.clone()).collect();
        let mut own: Vec<_> = own
            .into_iter()
            .filter_map(|route| Some(((route.is_protected, rank(&route.path)?), route)))
            .collect();
        // Another application of the project may have one, too: a stand-in for a service that this one asks.
        let is_several = own.windows(2).any(|pair| pair[0].1.file != pair[1].1.file);
        let reached = is_several.then(|| makers.code.reached(&candidate.path));
        let is_far = |file: &String| {
            reached
                .as_ref()
                .is_some_and(|reached| !reached.contains(file))
        };
        own.sort_by_cached_key(|(rank, route)| {
            (
                is_far(&route.file),
                *rank,
                route.path.len(),
                route.path.clone(),
            )
        });
        candidate.health = own.first().map(|(_, route)| Health {
            route: route.path.clone(),
            place: makers
                .code
                .place(&route.file, &route.span, "the health route"),
        });
    }
}

/// How good a health route the path is; `None` when it is none.
fn rank(path: &str) -> Option<usize> {
    if path.contains(['{', '<', ':', '*', '(']) {
        return None;
    }
    let last = path
        .trim_end_matches('/')
        .rsplit('/')
        .next()?
        .to_ascii_lowercase();
    let mut names = Frameworks::embedded().usual("health-routes").iter();
    names.position(|name| *name == last)
}

fn fits(owner: &Owner, candidate: &Sighting, factories: &[(String, String)]) -> bool {
    let Owner::Node(node) = owner else {
        return true;
    };
    if node.name == "urlpatterns" {
        let django = Frameworks::embedded().get("django");
        return django.is_some_and(|django| {
            candidate.framework == django || candidate.framework.contains(django)
        });
    }
    match (&candidate.target, &node.function) {
        (Target::Factory(name), Some(function)) => node.path == candidate.path && function == name,
        // What a module makes by calling a factory: unless that factory is a candidate itself.
        (Target::Object(_), Some(_)) => !is_listed(node, factories),
        (Target::Object(name), None) => node.path == candidate.path && node.name == *name,
        _ => node.path == candidate.path,
    }
}

fn is_listed(node: &Node, factories: &[(String, String)]) -> bool {
    factories
        .iter()
        .any(|(path, name)| *path == node.path && node.function.as_ref() == Some(name))
}

/// Words one of which is in every file that declares a health route or includes a router.
fn words() -> Vec<String> {
    let frameworks = Frameworks::embedded();
    // A name of two letters is in every file: as a part of a path it is not.
    let names = frameworks.usual("health-routes").iter().flat_map(|name| {
        let is_short = name.len() < 4;
        let parts = [format!("/{name}"), format!("{name}/")];
        let whole = (!is_short).then(|| name.clone());
        whole
            .into_iter()
            .chain(parts.into_iter().filter(move |_| is_short))
    });
    let routers = frameworks.routers().keys().cloned();
    let includes = frameworks.includes().keys().cloned();
    let others = ["Router", "include", "mount", "Mount", "router=", "lueprint"];
    let all = names.chain(routers).chain(includes);
    all.chain(others.map(str::to_owned)).collect()
}

/// Whether a file can matter to the search.
fn may_matter(makers: &Makers<'_>, path: &str, words: &[String]) -> bool {
    path.ends_with("urls.py") || makers.code.mentions(path, words)
}

/// Joins the prefix of a router and what lies below it.
fn join_paths(prefix: &str, rest: &str) -> String {
    let ends_in_slash = rest == "/" || rest.is_empty() && prefix.ends_with('/');
    let (prefix, rest) = (prefix.trim_end_matches('/'), rest.trim_start_matches('/'));
    let slash = if prefix.starts_with('/') || prefix.is_empty() {
        ""
    } else {
        "/"
    };
    match rest {
        "" if prefix.is_empty() => "/".to_owned(),
        "" if ends_in_slash => format!("{slash}{prefix}/"),
        "" => format!("{slash}{prefix}"),
        _ => format!("{slash}{prefix}/{rest}"),
    }
}
