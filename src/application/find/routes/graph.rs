//! Routers, what includes what, and the whole path of each route.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::join_paths;

/// How many routers may lie inside each other.
const DEEPEST: usize = 8;

/// A router or application: a name in a file, at module level or local to a function.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Node {
    pub(super) path: String,
    pub(super) function: Option<String>,
    pub(super) name: String,
}

/// What a route belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Owner {
    /// A known router or application.
    Node(Node),
    /// Something that only running the program would tell, such as a parameter.
    Anyone,
}

/// A route as declared.
#[derive(Debug, Clone)]
pub(super) struct Route {
    pub(super) owner: Owner,
    pub(super) path: String,
    pub(super) file: String,
    pub(super) span: Range<usize>,
    /// Whether the source refuses those who are not known.
    pub(super) is_protected: bool,
}

/// What a node is, as far as its making tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Made {
    /// An application: chains end here.
    Application,
    /// A router: it serves only when something includes it. Its own prefix, `None` when unknown.
    Router(Option<String>),
}

/// One include: into what, and under which prefix (`None` when unknown).
#[derive(Debug, Clone)]
pub(super) struct Include {
    pub(super) parent: Owner,
    pub(super) prefix: Option<String>,
    /// Whether the prefix takes the place of the router's own, as in Flask.
    pub(super) replaces: bool,
    /// Whether all that is included is protected.
    pub(super) is_protected: bool,
}

/// All of them.
#[derive(Debug, Default)]
pub(super) struct Graph {
    pub(super) made: BTreeMap<Node, Made>,
    pub(super) includes: BTreeMap<Node, Vec<Include>>,
    pub(super) routes: Vec<Route>,
    /// The routers and applications all of whose routes are protected.
    pub(super) protected: BTreeSet<Node>,
}

/// The end of a chain of includes.
struct End {
    owner: Owner,
    path: String,
    is_protected: bool,
}

impl Graph {
    /// Every route that is served, with its whole path and the application at the end of its chain.
    pub(super) fn served(&self) -> Vec<Route> {
        let mut served = Vec::new();
        for route in &self.routes {
            for end in self.ends(&route.owner, &route.path, DEEPEST) {
                served.push(Route {
                    owner: end.owner,
                    path: end.path,
                    is_protected: route.is_protected || end.is_protected,
                    ..route.clone()
                });
            }
        }
        served
    }

    /// The ends of the chains from an owner upwards, each with the path that it gives.
    fn ends(&self, owner: &Owner, path: &str, left: usize) -> Vec<End> {
        let end = |is_protected| {
            vec![End {
                owner: owner.clone(),
                path: join_paths("", path),
                is_protected,
            }]
        };
        let Owner::Node(node) = owner else {
            return end(false);
        };
        let is_protected = self.protected.contains(node);
        let includes = self
            .includes
            .get(node)
            .map(Vec::as_slice)
            .unwrap_or_default();
        let own = match self.made.get(node) {
            Some(Made::Router(prefix)) => prefix.clone(),
            _ => Some(String::new()),
        };
        if includes.is_empty() || left == 0 {
            let is_end = !matches!(self.made.get(node), Some(Made::Router(_)));
            return if is_end {
                end(is_protected)
            } else {
                Vec::new()
            };
        }
        let upwards = includes.iter().flat_map(|include| {
            let below = if include.replaces {
                Some(path.to_owned())
            } else {
                own.as_ref().map(|own| join_paths(own, path))
            };
            let whole = below.zip(include.prefix.as_ref());
            let whole = whole.map(|(below, prefix)| join_paths(prefix, &below));
            let mut ends = whole
                .map(|whole| self.ends(&include.parent, &whole, left - 1))
                .unwrap_or_default();
            for end in &mut ends {
                end.is_protected |= is_protected || include.is_protected;
            }
            ends
        });
        upwards.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(name: &str) -> Node {
        Node {
            path: "a.py".to_owned(),
            function: None,
            name: name.to_owned(),
        }
    }

    #[test]
    fn prefixes_of_all_routers_come_before_the_route() {
        let mut graph = Graph::default();
        graph.made.insert(node("app"), Made::Application);
        graph
            .made
            .insert(node("api"), Made::Router(Some("/v1".to_owned())));
        let include = |parent: &str, prefix: &str| Include {
            parent: Owner::Node(node(parent)),
            prefix: Some(prefix.to_owned()),
            replaces: false,
            is_protected: false,
        };
        graph
            .includes
            .insert(node("api"), vec![include("app", "/api")]);
        let route = |owner: &str| Route {
            owner: Owner::Node(node(owner)),
            path: "/health".to_owned(),
            file: "a.py".to_owned(),
            span: 0..0,
            is_protected: false,
        };
        graph.routes = vec![route("api"), route("app")];
        let paths: Vec<String> = graph.served().into_iter().map(|route| route.path).collect();
        assert_eq!(paths, ["/api/v1/health", "/health"]);
    }

    #[test]
    fn a_router_that_nothing_includes_serves_nothing() {
        let mut graph = Graph::default();
        graph
            .made
            .insert(node("api"), Made::Router(Some(String::new())));
        graph.routes = vec![Route {
            owner: Owner::Node(node("api")),
            path: "/health".to_owned(),
            file: "a.py".to_owned(),
            span: 0..0,
            is_protected: false,
        }];
        assert!(graph.served().is_empty());
    }
}
