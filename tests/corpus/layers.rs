//! A bump of one package leaves every other package in its layer: the promise of `src/plan/layers.rs`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use dfgen::diagnostic::Result;
use dfgen::plan::{Inputs, Plan, Taken, choose};
use dfgen::profile::{Origin, Setting};

use crate::oracle::{copy_of, projects};

const BUMPS: usize = 200;

/// The packages that are in a layer together, for each image.
type Layers = BTreeMap<String, BTreeSet<BTreeSet<String>>>;

#[test]
fn a_bump_of_one_package_moves_no_other() {
    let mut random = Random(2_026);
    let locks: Vec<_> = projects()
        .into_iter()
        .map(|folder| copy_of(&folder))
        .filter_map(|copy| Some((layers(copy.root()).ok()?, Lock::read(copy.root()), copy)))
        .filter(|(_, lock, _)| !lock.sized.is_empty())
        .collect();
    let (mut moved, mut wrong) = (0, Vec::new());
    for at in 0..BUMPS {
        let (before, lock, copy) = &locks[at % locks.len()];
        let bump = lock.bump(&mut random);
        std::fs::write(copy.root().join("uv.lock"), &bump.text).expect("the copy can be written");
        let after = layers(copy.root());
        let after = after.unwrap_or_else(|problems| panic!("{}: {problems}", bump.what));
        std::fs::write(copy.root().join("uv.lock"), &lock.text).expect("the copy can be written");
        moved += usize::from(*before != after);
        if without(before, &bump.package) != without(&after, &bump.package) {
            wrong.push(format!("{}: {}", copy.root().display(), bump.what));
        }
    }
    println!(
        "{} locks, {BUMPS} bumps; in {moved} the package itself went to another layer",
        locks.len()
    );
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The layers of a project. Errors: among others, projects that cannot be planned without their source.
fn layers(folder: &Path) -> Result<Layers> {
    let plan = plan(folder)?;
    let images = plan.images.iter().map(|image| {
        let layers = image.layers.iter();
        let layers = layers.map(|layer| {
            let names = layer.names().into_iter();
            names.map(ToString::to_string).collect()
        });
        (image.name.to_string(), layers.collect())
    });
    Ok(images.collect())
}

fn plan(folder: &Path) -> Result<Plan> {
    let inputs = Inputs::load(folder)?;
    let mut taken: Vec<Taken> = choose(&inputs, &[])?;
    for one in &mut taken {
        one.profile.command = Some(Setting {
            value: vec!["python".parse().expect("a plain word")],
            origin: Origin::Default,
        });
    }
    Plan::new(&inputs, &taken)
}

fn without(layers: &Layers, package: &str) -> Layers {
    let images = layers.iter().map(|(image, layers)| {
        let layers = layers.iter().map(|layer| {
            let others = layer.iter().filter(|name| *name != package);
            others.cloned().collect::<BTreeSet<String>>()
        });
        (
            image.clone(),
            layers.filter(|layer| !layer.is_empty()).collect(),
        )
    });
    images.collect()
}

/// A lock as text.
struct Lock {
    text: String,
    /// Where the packages lie that are downloaded and have a size, each locked in one version; the largest first.
    sized: Vec<std::ops::Range<usize>>,
}

struct Bump {
    package: String,
    what: String,
    text: String,
}

impl Lock {
    fn read(folder: &Path) -> Self {
        let text = std::fs::read_to_string(folder.join("uv.lock")).expect("a project has a lock");
        let mut starts: Vec<usize> = text
            .match_indices("[[package]]")
            .map(|found| found.0)
            .collect();
        starts.push(text.len());
        let blocks = starts.windows(2).map(|pair| pair[0]..pair[1]);
        let sized = blocks.filter(|block| {
            let block = &text[block.clone()];
            let name = format!("\nname = \"{}\"\n", value(block, "name"));
            block.contains("source = { registry = \"http")
                && block.contains("size = ")
                && text.matches(&name).count() == 1
        });
        let mut sized: Vec<_> = sized.collect();
        sized.sort_by_key(|block| std::cmp::Reverse(largest(&text[block.clone()])));
        Self { text, sized }
    }

    /// One package in its next version, smaller or larger.
    fn bump(&self, random: &mut Random) -> Bump {
        // Every other time one of the largest, which are few among many.
        let among = [self.sized.len(), self.sized.len().min(12)][random.below(2)];
        let span = self.sized[random.below(among)].clone();
        let block = &self.text[span.clone()];
        let (package, version) = (value(block, "name"), value(block, "version"));
        let percent = 30 + random.below(300);
        let mut parts = block.split("size = ");
        let mut bumped = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let end = part
                .find(|c: char| !c.is_ascii_digit())
                .unwrap_or(part.len());
            let size: usize = part[..end].parse().expect("a size is a number");
            bumped += &format!("size = {}{}", size / 100 * percent + 1, &part[end..]);
        }
        if version.split('.').all(|part| part.parse::<u32>().is_ok()) {
            let next = format!("{version}.1");
            bumped = bumped
                .replace(
                    &format!("version = \"{version}\""),
                    &format!("version = \"{next}\""),
                )
                .replace(&format!("-{version}-"), &format!("-{next}-"))
                .replace(&format!("-{version}.tar"), &format!("-{next}.tar"));
        }
        Bump {
            what: format!("{package} {version} at {percent} % of its size"),
            text: format!(
                "{}{bumped}{}",
                &self.text[..span.start],
                &self.text[span.end..]
            ),
            package,
        }
    }
}

/// The size of a package's largest file.
fn largest(block: &str) -> usize {
    let sizes = block.split("size = ").skip(1);
    let sizes = sizes.filter_map(|part| part.split([' ', ',']).next()?.parse().ok());
    sizes.max().unwrap_or(0)
}

fn value(block: &str, key: &str) -> String {
    let start = format!("\n{key} = \"");
    let found = block
        .split_once(&start)
        .and_then(|(_, rest)| rest.split_once('"'));
    found.map(|(value, _)| value.to_owned()).unwrap_or_default()
}

/// The same numbers each time: <https://prng.di.unimi.it/splitmix64.c>.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) >> 33).unwrap_or_default() % end
    }
}
