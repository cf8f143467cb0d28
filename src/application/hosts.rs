//! The hosts that an application answers to: whoever asks for another, such as a health check at 127.0.0.1, is refused.

use super::code::{Code, Origin};
use super::constants::{self, At};
use super::python::{Scope, Value};
use crate::catalog::Frameworks;
use crate::diagnostic::Place;

/// How many names a list may be passed through.
const DEEPEST: usize = 4;

/// What the source says about hosts.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Hosts {
    /// Those that it names.
    pub(crate) named: Vec<String>,
    /// Whether there are others, which only running it tells.
    pub(crate) others: bool,
    /// Where it says so.
    pub(crate) place: Place,
}

impl Hosts {
    /// A host that is answered, where 127.0.0.1 is not; `None` where it is, or none is known.
    pub(crate) fn to_ask(&self) -> Option<String> {
        let has = |host: &str| self.named.iter().any(|named| named == host);
        if has("*") || has("127.0.0.1") {
            return None;
        }
        if has("localhost") {
            return Some("localhost".to_owned());
        }
        let first = self.named.first()?;
        // `.shop.example` and `*.shop.example`: any host below it.
        let below = first.strip_prefix('*').unwrap_or(first);
        Some(match below.strip_prefix('.') {
            Some(domain) => format!("www.{domain}"),
            None => below.to_owned(),
        })
    }

    /// Whether only running it tells which hosts are answered.
    pub(crate) fn are_unknown(&self) -> bool {
        self.others && self.named.is_empty()
    }
}

/// What these files say; `None` where every host is answered.
pub(crate) fn find<'f>(code: &Code<'_>, files: impl IntoIterator<Item = &'f str>) -> Option<Hosts> {
    let frameworks = Frameworks::embedded();
    let (settings, keywords) = (
        frameworks.usual("host-settings"),
        frameworks.usual("host-keywords"),
    );
    let words: Vec<&String> = settings.iter().chain(keywords).collect();
    let mut found: Option<Hosts> = None;
    for path in files {
        if !code.mentions(path, &words) {
            continue;
        }
        let Some(module) = code.module(path) else {
            continue;
        };
        let assigns = module
            .assigns
            .iter()
            .filter(|assign| settings.contains(&assign.target));
        let assigned = assigns.map(|assign| (&assign.value, &assign.scope, &assign.span));
        let given = module.calls.iter().flat_map(|site| {
            let given = site
                .call
                .keywords
                .iter()
                .filter(|(name, _)| keywords.contains(name));
            given.map(|(_, value)| (value, &site.scope, &site.call.span))
        });
        for (value, scope, span) in assigned.chain(given) {
            let hosts = found.get_or_insert_with(|| Hosts {
                named: Vec::new(),
                others: false,
                place: code.place(path, span, "the hosts that are answered"),
            });
            let at = At { code, path, scope };
            match list(at, value, DEEPEST) {
                Some(items) => {
                    for item in items {
                        match item {
                            Some(host) if !host.is_empty() => hosts.named.push(host),
                            _ => hosts.others = true,
                        }
                    }
                }
                None => hosts.others = true,
            }
        }
    }
    found.filter(|hosts| hosts.others || !hosts.named.is_empty())
}

/// The items of a list, `None` for those that are not known; `None` for what is no list that is known.
fn list(at: At<'_>, value: &Value, left: usize) -> Option<Vec<Option<String>>> {
    let left = left.checked_sub(1)?;
    match value {
        Value::List(items) => Some(items.iter().map(|item| constants::text(at, item)).collect()),
        Value::Name(name) => {
            let Origin::Inside { path, name } = at.code.resolve(at.path, name) else {
                return None;
            };
            let module = at.code.module(&path)?;
            let assigned = module.assigned(&Scope::Module, &name)?;
            let there = At {
                path: &path,
                scope: &Scope::Module,
                ..at
            };
            list(there, &assigned.value, left)
        }
        _ => None,
    }
}
