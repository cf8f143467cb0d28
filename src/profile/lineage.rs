//! A profile and those that it extends, merged into one: the most specific that says a key decides.

use std::str::FromStr;

use indexmap::IndexMap;
use toml::Spanned;

use super::value::{EnvName, Line, Origin, PackagePattern, Setting};
use super::wire::{CompileWire, HealthTableWire, HealthWire, MigrateWire, ProfileWire, ScanWire};
use super::{Compile, Health, Instructions, Migrate, Probe, Profile, Scan, Serves};
use crate::diagnostic::{Diagnostic, Diagnostics, Place, Result, SourceFile};
use crate::names::PackageName;
use crate::rules;
use crate::target::Platform;

/// One profile as written.
struct Layer<'c> {
    name: &'c str,
    file: &'c SourceFile,
    wire: &'c ProfileWire,
    own: bool,
}

/// A profile and those that it extends, most specific first.
#[derive(Default)]
pub(super) struct Lineage<'c> {
    layers: Vec<Layer<'c>>,
    problems: Vec<Diagnostic>,
}

/// Layers that dfgen adds to those of the user.
const RESERVED: [&str; 4] = ["app", "isolated", "members", "rest"];

/// What was said, and by which layer.
struct Said<'c, T> {
    value: &'c T,
    origin: Origin,
    place: Place,
}

impl<'c> Lineage<'c> {
    pub(super) fn push(
        &mut self,
        name: &'c str,
        file: &'c SourceFile,
        wire: &'c ProfileWire,
        own: bool,
    ) {
        self.layers.push(Layer {
            name,
            file,
            wire,
            own,
        });
    }

    pub(super) fn has_own(&self, name: &str) -> bool {
        self.layers
            .iter()
            .any(|layer| layer.own && layer.name == name)
    }

    /// Merges and checks; all problems at once.
    pub(super) fn profile(mut self) -> Result<Profile> {
        let profile = self.merged();
        Diagnostics::check(self.problems)?;
        Ok(profile.expect("a profile without problems is whole"))
    }

    #[expect(
        clippy::too_many_lines,
        reason = "one value after the other: nothing to share"
    )]
    fn merged(&mut self) -> Option<Profile> {
        let built_in = self
            .layers
            .iter()
            .find(|layer| !layer.own)
            .map(|layer| layer.name);
        Some(Profile {
            name: self.layers.first()?.name.parse().ok()?,
            built_in: built_in.and_then(|name| name.parse().ok()),
            purpose: self
                .text("purpose", |wire| wire.purpose.as_ref())
                .or_else(|| default("Application"))?,
            serves: self
                .text("serves", |wire| wire.serves.as_ref())
                .or_else(|| default("http"))?,
            member: self.text("member", |wire| wire.member.as_ref()),
            extras: self.list("extras", |wire| wire.extras.as_ref()),
            groups: self.list("groups", |wire| wire.groups.as_ref()),
            exclude: self.list("exclude", |wire| wire.exclude.as_ref()),
            forbid: self.list("forbid", |wire| wire.forbid.as_ref()),
            python: self.text("python", |wire| wire.python.as_ref()),
            base: self.text("base", |wire| wire.base.as_ref()),
            platforms: self.platforms(),
            compile: self.compile(),
            apt_build: self.list("apt.build", |wire| wire.apt.build.as_ref()),
            apt_runtime: self.list("apt.runtime", |wire| wire.apt.runtime.as_ref()),
            copy: self.list("copy", |wire| wire.copy.as_ref()),
            env: self.env(),
            entry: self.text("entry", |wire| wire.entry.as_ref()),
            command: self.command(),
            migrate: self.migrate(),
            port: self.number("port", "a port is 1 to 65535", |wire| wire.port.as_ref()),
            health: self.health()?,
            stop_signal: self.text("stop-signal", |wire| wire.stop_signal.as_ref()),
            user: self
                .number(
                    "user",
                    "the number of a user other than root: 1 to 4294967295",
                    |wire| wire.user.as_ref(),
                )
                .unwrap_or(Setting {
                    value: 10001,
                    origin: Origin::Default,
                }),
            gpu: self.switch(|wire| wire.gpu.as_ref(), false),
            shm_size: self.text("shm-size", |wire| wire.shm_size.as_ref()),
            model_cache: self.text("model-cache", |wire| wire.model_cache.as_ref()),
            services: self.list("services", |wire| wire.services.as_ref()),
            layers: self.layers_setting(),
            bytecode: self.switch(|wire| wire.bytecode.as_ref(), true),
            keep: self.list("keep", |wire| wire.keep.as_ref()),
            trim: self.list("trim", |wire| wire.trim.as_ref()),
            scan: self.scan(),
            silence: self.list("silence", |wire| wire.silence.as_ref()),
            development: self.switch(|wire| wire.development.as_ref(), false),
            instructions: self.instructions(),
        })
    }

    fn said<T>(
        &self,
        get: impl Fn(&'c ProfileWire) -> Option<&'c Spanned<T>>,
    ) -> Option<Said<'c, T>> {
        let mut layers = self.layers.iter();
        let (layer, said) = layers.find_map(|layer| Some((layer, get(layer.wire)?)))?;
        let place = layer.file.place(said.span(), "");
        Some(Said {
            value: said.get_ref(),
            origin: layer.origin(&place),
            place,
        })
    }

    fn text<T: FromStr<Err: ToString>>(
        &mut self,
        key: &str,
        get: impl Fn(&'c ProfileWire) -> Option<&'c Spanned<String>>,
    ) -> Option<Setting<T>> {
        let said = self.said(get)?;
        let value = self.parsed(key, said.value, &said.place)?;
        Some(Setting {
            value,
            origin: said.origin,
        })
    }

    fn list<T: FromStr<Err: ToString>>(
        &mut self,
        key: &str,
        get: impl Fn(&'c ProfileWire) -> Option<&'c Spanned<Vec<Spanned<String>>>>,
    ) -> Setting<Vec<T>> {
        self.words(key, get).unwrap_or(Setting {
            value: Vec::new(),
            origin: Origin::Default,
        })
    }

    fn words<T: FromStr<Err: ToString>>(
        &mut self,
        key: &str,
        get: impl Fn(&'c ProfileWire) -> Option<&'c Spanned<Vec<Spanned<String>>>>,
    ) -> Option<Setting<Vec<T>>> {
        let said = self.said(get)?;
        let items = said.value.iter().filter_map(|item| {
            let place = said.place.moved(item.span());
            self.parsed(key, item.get_ref(), &place)
        });
        Some(Setting {
            value: items.collect(),
            origin: said.origin,
        })
    }

    /// A command has a program to start.
    fn command(&mut self) -> Option<Setting<Vec<Line>>> {
        let said = self.said(|wire| wire.command.as_ref())?;
        if said
            .value
            .first()
            .is_none_or(|first| first.get_ref().is_empty())
        {
            self.refuse_command(
                "command",
                said.place,
                "what dfgen finds in the source is run",
            );
            return None;
        }
        self.words("command", |wire| wire.command.as_ref())
    }

    fn refuse_command(&mut self, key: &str, place: Place, without: &str) {
        self.problems.push(
            Diagnostic::new(
                rules::INVALID_VALUE,
                format!("`{key}` has no program to start"),
            )
            .at(place.labelled("a list: the program and its arguments"))
            .with_help(format!("take the key out: {without}")),
        );
    }

    fn number<T: TryFrom<i64> + Default + PartialEq>(
        &mut self,
        key: &str,
        expected: &str,
        get: impl Fn(&'c ProfileWire) -> Option<&'c Spanned<i64>>,
    ) -> Option<Setting<T>> {
        let said = self.said(get)?;
        match T::try_from(*said.value) {
            Ok(value) if value != T::default() => Some(Setting {
                value,
                origin: said.origin,
            }),
            _ => {
                self.refuse(key, &said.value.to_string(), said.place, expected);
                None
            }
        }
    }

    fn switch(
        &self,
        get: impl Fn(&'c ProfileWire) -> Option<&'c Spanned<bool>>,
        default: bool,
    ) -> Setting<bool> {
        match self.said(get) {
            Some(said) => Setting {
                value: *said.value,
                origin: said.origin,
            },
            None => Setting {
                value: default,
                origin: Origin::Default,
            },
        }
    }

    fn platforms(&mut self) -> Setting<Vec<Platform>> {
        let said = self.words("platforms", |wire| wire.platforms.as_ref());
        let said = said.filter(|said| !said.value.is_empty());
        said.unwrap_or(Setting {
            value: vec![Platform::LinuxAmd64],
            origin: Origin::Default,
        })
    }

    fn compile(&mut self) -> Setting<Compile> {
        let Some(said) = self.said(|wire| wire.compile.as_ref()) else {
            return Setting {
                value: Compile::Allow,
                origin: Origin::Default,
            };
        };
        let value = match said.value {
            CompileWire::All(true) => Compile::Allow,
            CompileWire::All(false) => Compile::Deny,
            CompileWire::Some(names) => {
                let parsed = names
                    .iter()
                    .filter_map(|name| self.parsed("compile", name, &said.place));
                Compile::Only(parsed.collect::<Vec<PackageName>>())
            }
        };
        Setting {
            value,
            origin: said.origin,
        }
    }

    fn migrate(&mut self) -> Setting<Migrate> {
        let Some(said) = self.said(|wire| wire.migrate.as_ref()) else {
            return Setting {
                value: Migrate::Off,
                origin: Origin::Default,
            };
        };
        let value = match said.value {
            MigrateWire::Switch(true) => Migrate::Found,
            MigrateWire::Switch(false) => Migrate::Off,
            MigrateWire::Command(words) if words.first().is_none_or(String::is_empty) => {
                let without = "the migrations of the source are run, or say `migrate = false`";
                self.refuse_command("migrate", said.place, without);
                Migrate::Off
            }
            MigrateWire::Command(words) => {
                let words = words
                    .iter()
                    .filter_map(|word| self.parsed("migrate", word, &said.place));
                Migrate::Command(words.collect())
            }
        };
        Setting {
            value,
            origin: said.origin,
        }
    }

    fn scan(&mut self) -> Setting<Scan> {
        let Some(said) = self.said(|wire| wire.scan.as_ref()) else {
            return Setting {
                value: Scan::Off,
                origin: Origin::Default,
            };
        };
        let names: &[String] = match said.value {
            ScanWire::Switch(_) => &[],
            ScanWire::Table(table) => &table.ignore,
        };
        let ignore = names
            .iter()
            .filter_map(|name| self.parsed("scan.ignore", name, &said.place));
        let ignore = ignore.collect();
        Setting {
            value: match said.value {
                ScanWire::Switch(false) => Scan::Off,
                ScanWire::Switch(true) | ScanWire::Table(_) => Scan::On { ignore },
            },
            origin: said.origin,
        }
    }

    /// Variables of all layers; the most specific value of each.
    fn env(&mut self) -> IndexMap<EnvName, Setting<Line>> {
        let mut env = IndexMap::new();
        let mut found = Vec::new();
        for layer in self.layers.iter().rev() {
            for (name, value) in &layer.wire.env {
                let place = layer.file.place(value.span(), "");
                found.push((
                    name,
                    layer.file.place(name.span(), ""),
                    value,
                    layer.origin(&place),
                    place,
                ));
            }
        }
        for (name, name_place, value, origin, place) in found {
            let parsed: Option<EnvName> = self.parsed("env", name.get_ref(), &name_place);
            let text: Option<Line> = self.parsed("env", value.get_ref(), &place);
            if let (Some(name), Some(value)) = (parsed, text) {
                env.insert(name, Setting { value, origin });
            }
        }
        env
    }

    fn health(&mut self) -> Option<Health> {
        let probe = self.probe();
        let mut duration =
            |key: &str, get: fn(&HealthTableWire) -> Option<&String>, default: &str| {
                let said = self
                    .health_tables()
                    .find_map(|(table, origin, place)| Some((get(table)?.clone(), origin, place)));
                match said {
                    Some((text, origin, place)) => self
                        .parsed(key, &text, &place)
                        .map(|value| Setting { value, origin }),
                    None => self::default(default),
                }
            };
        Some(Health {
            interval: duration("health.interval", |table| table.interval.as_ref(), "30s")?,
            timeout: duration("health.timeout", |table| table.timeout.as_ref(), "5s")?,
            start_period: duration(
                "health.start-period",
                |table| table.start_period.as_ref(),
                "30s",
            )?,
            retries: self
                .health_tables()
                .find_map(|(table, origin, _)| table.retries.map(|value| Setting { value, origin }))
                .unwrap_or(Setting {
                    value: 3,
                    origin: Origin::Default,
                }),
            probe,
        })
    }

    /// A layer that only says times leaves the question to the next one.
    fn probe(&mut self) -> Setting<Probe> {
        let layers = self.layers.iter();
        let said = layers.filter_map(|layer| {
            let said = layer.wire.health.as_ref()?;
            let place = layer.file.place(said.span(), "");
            let origin = layer.origin(&place);
            match said.get_ref() {
                HealthWire::Switch(true) => Some((Ok(Probe::Auto), origin, place)),
                HealthWire::Switch(false) => Some((Ok(Probe::Off), origin, place)),
                HealthWire::Path(path) => Some((Err(vec![path.clone()]), origin, place)),
                HealthWire::Table(table) => match (&table.command, &table.path) {
                    (Some(command), _) => Some((lines(command), origin, place)),
                    (None, Some(path)) => Some((Err(vec![path.clone()]), origin, place)),
                    (None, None) => None,
                },
            }
        });
        let Some((probe, origin, place)) = said.into_iter().next() else {
            return Setting {
                value: Probe::Auto,
                origin: Origin::Default,
            };
        };
        let value = probe.unwrap_or_else(|words| self.path(&words.concat(), place));
        Setting { value, origin }
    }

    fn path(&mut self, path: &str, place: Place) -> Probe {
        let fits = path.starts_with('/') && path.bytes().all(|byte| byte.is_ascii_graphic());
        match path.parse() {
            Ok(path) if fits => Probe::Path(path),
            _ => {
                self.refuse(
                    "health",
                    path,
                    place,
                    "a path such as `/health`, a command without line breaks, or false",
                );
                Probe::Off
            }
        }
    }

    fn health_tables(&self) -> impl Iterator<Item = (&'c HealthTableWire, Origin, Place)> {
        self.layers.iter().filter_map(|layer| {
            let said = layer.wire.health.as_ref()?;
            let place = layer.file.place(said.span(), "");
            match said.get_ref() {
                HealthWire::Table(table) => Some((table, layer.origin(&place), place)),
                _ => None,
            }
        })
    }

    fn layers_setting(&mut self) -> Setting<IndexMap<String, Vec<PackagePattern>>> {
        let Some(said) = self.said(|wire| wire.layers.as_ref()) else {
            return Setting {
                value: IndexMap::new(),
                origin: Origin::Default,
            };
        };
        let mut layers = IndexMap::new();
        for (name, patterns) in said.value {
            let place = said.place.moved(name.span());
            let name = name.get_ref();
            let taken = RESERVED.contains(&name.as_str());
            if taken || name.parse::<super::ProfileName>().is_err() {
                let expected = "a layer's name is lower-case letters, digits and `-`; dfgen itself has `app`, `isolated`, `members` and `rest`";
                self.refuse("layers", name, place, expected);
                continue;
            }
            let patterns = patterns.iter().filter_map(|pattern| {
                let place = said.place.moved(pattern.span());
                self.parsed("layers", pattern.get_ref(), &place)
            });
            let patterns = patterns.collect();
            layers.insert(name.clone(), patterns);
        }
        Setting {
            value: layers,
            origin: said.origin,
        }
    }

    fn instructions(&mut self) -> Instructions {
        Instructions {
            base: self.list("instructions.base", |wire| wire.instructions.base.as_ref()),
            build: self.list("instructions.build", |wire| {
                wire.instructions.build.as_ref()
            }),
            app: self.list("instructions.app", |wire| wire.instructions.app.as_ref()),
            runtime: self.list("instructions.runtime", |wire| {
                wire.instructions.runtime.as_ref()
            }),
        }
    }

    fn parsed<T: FromStr<Err: ToString>>(
        &mut self,
        key: &str,
        text: &str,
        place: &Place,
    ) -> Option<T> {
        match text.parse() {
            Ok(value) => Some(value),
            Err(expected) => {
                self.refuse(key, text, place.clone(), &expected.to_string());
                None
            }
        }
    }

    fn refuse(&mut self, key: &str, text: &str, place: Place, expected: &str) {
        let shown = text.escape_debug();
        // A parser of somebody else may quote the value as it is.
        let expected = expected.replace(char::is_control, " ");
        let problem = Diagnostic::new(rules::INVALID_VALUE, format!("`{key}` cannot be `{shown}`"));
        self.problems.push(problem.at(place.labelled(expected)));
    }
}

impl Layer<'_> {
    fn origin(&self, place: &Place) -> Origin {
        if self.own {
            Origin::User(place.clone())
        } else {
            Origin::BuiltIn(self.name.to_owned())
        }
    }
}

/// The words of a command, or (on the error side) what cannot be one.
fn lines(words: &[String]) -> std::result::Result<Probe, Vec<String>> {
    let parsed: std::result::Result<Vec<Line>, String> =
        words.iter().map(|word| word.parse()).collect();
    match parsed {
        Ok(words)
            if words
                .first()
                .is_some_and(|first| !first.as_ref().is_empty()) =>
        {
            Ok(Probe::Command(words))
        }
        _ => Err(words.to_vec()),
    }
}

fn default<T: FromStr>(text: &str) -> Option<Setting<T>> {
    let value = text.parse().ok()?;
    Some(Setting {
        value,
        origin: Origin::Default,
    })
}

impl FromStr for Serves {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        match text {
            "http" => Ok(Self::Http),
            "queue" => Ok(Self::Queue),
            _ => Err("`http` or `queue`".to_owned()),
        }
    }
}
