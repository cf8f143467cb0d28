//! Where what a program serves listens: on every address, or on this machine alone.

use super::made::Makers;
use crate::application::candidate::Local;
use crate::application::code::Origin;
use crate::application::constants::{self, At};
use crate::application::python::Call;
use crate::catalog::{Frameworks, Host, Variables};

/// What is known of it.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Listening {
    /// On every address, and not for a developer.
    Everywhere,
    /// On this machine alone.
    Local(Local),
    /// Only running it tells.
    Unknown,
}

/// What the first of these calls that says it does; `calls` are the one that serves and what made the object.
pub(super) fn of(
    makers: &Makers<'_>,
    at: At<'_>,
    calls: &[(At<'_>, &Call)],
    host: Option<&'static Host>,
) -> Listening {
    let (Some(host), Some((_, serving))) = (host, calls.first()) else {
        return Listening::Unknown;
    };
    let said = calls
        .iter()
        .find_map(|(at, call)| Some((at, call, call.keyword(&host.keyword)?)));
    let Some((there, call, value)) = said else {
        return unsaid(makers, calls, host);
    };
    let Some((text, variable)) = constants::text_or_variable(*there, value) else {
        return Listening::Unknown;
    };
    if Variables::embedded().this_machine().contains(&text) {
        let place = there
            .code
            .place(there.path, &call.span, "listens on this machine alone");
        return Listening::Local(Local {
            place,
            variable,
            unsaid: None,
        });
    }
    let is_everywhere =
        matches!(text.as_str(), "0.0.0.0" | "::") && !is_for_developers(at, serving);
    if is_everywhere {
        Listening::Everywhere
    } else {
        Listening::Unknown
    }
}

fn unsaid(makers: &Makers<'_>, calls: &[(At<'_>, &Call)], host: &'static Host) -> Listening {
    let made = |local: &crate::catalog::LocalHost| {
        calls.iter().skip(1).find(|(at, call)| {
            let origin = makers.code.resolve_in(at.path, at.scope, &call.callee);
            matches!(origin, Origin::Outside(name) if local.makers.contains(&name))
        })
    };
    // `mcp.settings.host = "0.0.0.0"`.
    let is_set = |at: &At<'_>| {
        let assigns = at
            .code
            .module(at.path)
            .map(|module| module.assigns.as_slice());
        let mut assigns = assigns.unwrap_or_default().iter();
        assigns.any(|assign| assign.target.ends_with(&format!(".{}", host.keyword)))
    };
    if calls.iter().any(|(at, _)| is_set(at)) {
        return Listening::Unknown;
    }
    let local = host.local.as_ref();
    let found = local.and_then(|local| Some((local, made(local)?)));
    match found {
        Some((local, (at, call))) => Listening::Local(Local {
            place: at.code.place(at.path, &call.span, "no `host` is said"),
            variable: None,
            unsaid: Some(local),
        }),
        None if host.everywhere => Listening::Everywhere,
        None => Listening::Unknown,
    }
}

/// Whether a call serves who works on the project: it reloads, or shows its errors.
fn is_for_developers(at: At<'_>, call: &Call) -> bool {
    let keywords = Frameworks::embedded().usual("developer-keywords").iter();
    let mut said = keywords.filter(|name| call.keyword(name).is_some());
    let text = at.code.text(at.path);
    let written = text
        .as_ref()
        .and_then(|text| text.text().get(call.span.clone()));
    let written: String = written.unwrap_or_default().split_whitespace().collect();
    said.any(|name| !written.contains(&format!("{name}=False")))
}
