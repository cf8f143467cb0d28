//! How sure it is that a candidate is what the project runs: the passes of this folder only say what they
//! saw, and all of it is weighed here, once, whatever came first.

use super::names::Names;
use crate::application::candidate::{Candidate, Confidence, Rank, Target};
use crate::application::{Framework, Kind};

/// Something that could be run, with all that speaks for it and against it.
pub(super) type Sighting = Candidate<Vec<Evidence>>;

/// One thing that was seen.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Evidence {
    sign: Sign,
    /// What was seen, and where: in words for a person.
    reason: String,
}

/// What something that was seen says about a candidate. Of several the last of this list decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Sign {
    /// It can be run, and nothing says that it is what is run.
    Aside,
    /// It is what such projects run.
    Usual,
    /// The installed servers speak the other interface: which of the two is served is theirs to say, and what a
    /// project serves itself it has chosen.
    OtherInterface,
    /// It lies inside something else that is run, which is then no matter of where it lies.
    Part,
    /// Its tasks come with it: a worker of which another is a part knows more than that one.
    BringsTasks,
    /// A function serves it, which nothing that can be started calls.
    CouldBeServed,
    /// Something that can be started serves it.
    Served,
    /// What such projects start serves it.
    Started,
    /// Something else is started in its place: what runs it, or an object that a server takes.
    GivesWay,
    /// It lies among what is beside the application, or is called so: mocks, copies, demonstrations, tools.
    Side,
    /// The project says so in so many words.
    Declared,
}

impl Evidence {
    pub(super) fn new(sign: Sign, reason: impl Into<String>) -> Self {
        Self {
            sign,
            reason: reason.into(),
        }
    }
}

impl Sighting {
    /// Adds something that was seen about it.
    pub(super) fn add(&mut self, sign: Sign, reason: impl Into<String>) {
        self.confidence.push(Evidence::new(sign, reason));
    }

    /// What of it decides: the strongest, of equals what was seen last.
    fn decisive(&self) -> &Evidence {
        let strongest = self.confidence.iter().max_by_key(|seen| seen.sign);
        strongest.expect("a sighting is made with what was seen")
    }

    pub(super) fn has(&self, sign: Sign) -> bool {
        self.confidence.iter().any(|seen| seen.sign == sign)
    }

    fn judged(self, confidence: Confidence) -> Candidate {
        Candidate {
            confidence,
            kind: self.kind,
            framework: self.framework,
            root: self.root,
            module: self.module,
            target: self.target,
            path: self.path,
            place: self.place,
            health: self.health,
            protected: self.protected,
            port: self.port,
            files: self.files,
            settings: self.settings,
            extra: self.extra,
            program: self.program,
            local: self.local,
        }
    }
}

/// Weighs everything that was seen.
pub(super) fn judge(mut sightings: Vec<Sighting>, names: &Names<'_>) -> Vec<Candidate> {
    for one in &mut sightings {
        if let Some(word) = names.side(one) {
            one.add(
                Sign::Side,
                format!("`{word}` says that it is beside the application"),
            );
        }
    }
    give_way(&mut sightings);
    // Where something that can be started serves one, a function that could serve another says little.
    let mut served = sightings.iter();
    let is_served = served.any(|one| one.has(Sign::Served) || one.has(Sign::Started));
    let judged = sightings.into_iter().map(|one| {
        let rank = if names.are_usual(&one) || one.has(Sign::Started) {
            Rank::Named
        } else {
            Rank::Object
        };
        let Evidence { sign, reason } = one.decisive().clone();
        one.judged(match sign {
            Sign::Aside | Sign::OtherInterface | Sign::Part | Sign::GivesWay | Sign::Side => {
                Confidence::possible(reason)
            }
            Sign::CouldBeServed if is_served => Confidence::likely(rank, reason),
            Sign::Usual | Sign::BringsTasks => Confidence::likely(rank, reason),
            Sign::CouldBeServed | Sign::Served | Sign::Started => Confidence::certain(rank, reason),
            Sign::Declared => Confidence::certain(Rank::Declared, reason),
        })
    });
    judged.collect()
}

/// A program that serves an application of its own gives way to an object that a server takes: the call in it
/// is for development.
fn give_way(sightings: &mut [Sighting]) {
    let is_object = |one: &&Sighting| {
        let stands = !matches!(one.decisive().sign, Sign::Aside | Sign::Part | Sign::Side);
        matches!(one.kind, Kind::Asgi | Kind::Wsgi) && stands
    };
    let objects = sightings.iter().filter(is_object);
    let taken: Vec<Framework> = objects.map(|one| one.framework).collect();
    let is_program = |one: &Sighting| {
        let is_run = matches!(one.target, Target::Module | Target::Command(_));
        one.kind == Kind::Server && is_run && taken.contains(&one.framework)
    };
    lend_ports(sightings, &taken, is_program);
    for one in sightings.iter_mut().filter(|one| is_program(one)) {
        let name = one.framework.name();
        one.add(
            Sign::GivesWay,
            format!("beside it is a {name} object for a server"),
        );
    }
}

/// What a program serves on a port of the project's choice, the object in its place is served on.
fn lend_ports(
    sightings: &mut [Sighting],
    taken: &[Framework],
    is_program: impl Fn(&Sighting) -> bool,
) {
    let ports = sightings.iter().filter(|one| is_program(one));
    let ports: Vec<_> = ports
        .filter_map(|one| Some((one.framework, one.port.clone()?)))
        .collect();
    for (framework, port) in ports {
        let mut same = taken.iter().filter(|one| **one == framework);
        if let (Some(_), None) = (same.next(), same.next()) {
            let mut objects = sightings.iter_mut();
            let object = objects.find(|one| {
                let stands = matches!(one.kind, Kind::Asgi | Kind::Wsgi);
                stands && one.framework == framework && one.port.is_none()
            });
            if let Some(object) = object {
                object.port = Some(port);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Frameworks;
    use crate::diagnostic::SourceFile;

    fn sighting(kind: Kind, target: Target, seen: &[Sign]) -> Sighting {
        let seen = seen
            .iter()
            .map(|sign| Evidence::new(*sign, format!("{sign:?}")));
        Candidate {
            kind,
            framework: Frameworks::embedded().get("flask").unwrap(),
            root: String::new(),
            module: "shop".to_owned(),
            target,
            path: "shop.py".to_owned(),
            place: SourceFile::new("shop.py", "").place(0..0, ""),
            confidence: seen.collect(),
            health: None,
            protected: Vec::new(),
            port: None,
            files: Vec::new(),
            settings: None,
            extra: Vec::new(),
            program: None,
            local: None,
        }
    }

    fn object(seen: &[Sign]) -> Sighting {
        sighting(Kind::Wsgi, Target::Object("app".to_owned()), seen)
    }

    fn words(sightings: Vec<Sighting>) -> Vec<String> {
        let names = Names::default();
        let judged = judge(sightings, &names).into_iter();
        judged
            .map(|one| format!("{} {}", one.confidence.word(), one.confidence.reason()))
            .collect()
    }

    #[test]
    fn the_strongest_decides_whatever_was_seen_first() {
        for seen in [
            [Sign::Usual, Sign::Part, Sign::Served],
            [Sign::Served, Sign::Part, Sign::Usual],
        ] {
            assert_eq!(words(vec![object(&seen)]), ["certain Served"]);
        }
        assert_eq!(
            words(vec![object(&[Sign::Usual, Sign::Part])]),
            ["possible Part"]
        );
        let all = [Sign::Declared, Sign::Served, Sign::GivesWay];
        assert_eq!(words(vec![object(&all)]), ["certain Declared"]);
    }

    #[test]
    fn what_a_function_could_serve_counts_where_nothing_else_is_served() {
        let could = || object(&[Sign::Usual, Sign::CouldBeServed]);
        assert_eq!(words(vec![could()]), ["certain CouldBeServed"]);
        let both = words(vec![could(), object(&[Sign::Usual, Sign::Served])]);
        assert_eq!(both, ["likely CouldBeServed", "certain Served"]);
    }

    #[test]
    fn a_program_gives_way_to_an_object_that_is_more_than_a_part() {
        let program = || sighting(Kind::Server, Target::Module, &[Sign::Usual]);
        let beside = words(vec![program(), object(&[Sign::Usual])]);
        assert_eq!(
            beside[0],
            "possible beside it is a Flask object for a server"
        );
        let part = words(vec![program(), object(&[Sign::Usual, Sign::Part])]);
        assert_eq!(part[0], "likely Usual");
    }
}
