//! The bake file: all images by one command.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Placement;
use crate::plan::{BakePlan, BakedPlan, ImagePlan, Plan};
use crate::profile::default_of;

/// Its name in the folder of generated files.
pub const NAME: &str = "docker-bake.hcl";

#[derive(Serialize)]
struct BakeView {
    path: String,
    /// Whether a step asks for a file of the host.
    files: Vec<FileView>,
    ssh: bool,
    variables: BTreeMap<String, &'static str>,
    /// What is built where nobody names a target.
    all: Vec<String>,
    /// The name of that group.
    group: &'static str,
    gpu: Vec<String>,
    cpu: Vec<String>,
    targets: Vec<TargetView>,
}

/// A file that a build takes as a secret, where a variable of the host names one.
#[derive(Serialize, Clone)]
struct FileView {
    secret: &'static str,
    variable: &'static str,
}

#[derive(Serialize)]
struct TargetView {
    name: String,
    /// The one with gzip beside it; empty for none.
    gzip: String,
    /// As strings of HCL have them.
    tag: String,
    gzip_tag: String,
    context: String,
    dockerfile: String,
    /// Where the program of the builds is, if not in the context; empty for there.
    program: String,
    platforms: Vec<String>,
    args: Vec<String>,
    files: Vec<FileView>,
    secrets: Vec<String>,
    ssh: bool,
    cache_from: Vec<String>,
    cache_to: Vec<String>,
    attest: Vec<String>,
}

pub(super) fn render(plan: &Plan, bake: &BakePlan, placement: &Placement) -> String {
    let pairs = bake.images.iter().filter_map(|baked| {
        let mut images = plan.images.iter();
        Some((images.find(|image| image.name == baked.name)?, baked))
    });
    let pairs: Vec<(&ImagePlan, &BakedPlan)> = pairs.collect();
    let targets = pairs
        .iter()
        .map(|(image, baked)| TargetView::new(image, baked, bake, placement));
    let targets: Vec<TargetView> = targets.collect();
    let names = |wanted: fn(&ImagePlan) -> bool| -> Vec<String> {
        let images = pairs.iter().filter(|(image, _)| wanted(image));
        let targets = images.filter_map(|(image, _)| {
            let name = image.name.as_ref();
            targets.iter().find(|target| target.name == name)
        });
        targets.flat_map(TargetView::names).collect()
    };
    let is_taken = |name: &str| targets.iter().any(|target| target.name == name);
    let (gpu, cpu) = (
        names(|image| image.run.gpu.is_on()),
        names(|image| !image.run.gpu.is_on()),
    );
    let is_split = !gpu.is_empty() && !cpu.is_empty() && !is_taken("gpu") && !is_taken("cpu");
    let split = |names: Vec<String>| if is_split { names } else { Vec::new() };
    let mut files: Vec<FileView> = Vec::new();
    for file in targets.iter().flat_map(|target| &target.files) {
        if !files.iter().any(|known| known.secret == file.secret) {
            files.push(file.clone());
        }
    }
    let view = BakeView {
        path: format!("{}/{NAME}", placement.folder()),
        ssh: targets.iter().any(|target| target.ssh),
        variables: variables(&pairs, &files),
        all: names(|_| true),
        group: if is_taken("default") {
            "all"
        } else {
            "default"
        },
        gpu: split(gpu),
        cpu: split(cpu),
        files,
        targets,
    };
    super::text("docker-bake.jinja", &view)
}

/// Every variable that the file reads, with what holds where the environment has none.
fn variables(
    pairs: &[(&ImagePlan, &BakedPlan)],
    files: &[FileView],
) -> BTreeMap<String, &'static str> {
    let mut variables = BTreeMap::new();
    for (image, _) in pairs {
        let names = image.tag.variables();
        variables.extend(names.map(|name| (name.to_owned(), default_of(name))));
        for (name, unsaid) in image.arguments() {
            variables.entry(name.to_owned()).or_insert(unsaid);
        }
    }
    variables.extend(files.iter().map(|file| (file.variable.to_owned(), "")));
    variables
}

impl TargetView {
    fn new(image: &ImagePlan, baked: &BakedPlan, bake: &BakePlan, placement: &Placement) -> Self {
        let name = image.name.to_string();
        let tag = image.tag.with(|variable| format!("${{{variable}}}"));
        let repository = image.tag.repository();
        // Profiles have no `_` in their names.
        let gzip = if bake.zstd {
            format!("{name}_gzip")
        } else {
            String::new()
        };
        let (context, program) = match placement {
            Placement::Below(_) => (".", String::new()),
            Placement::Outside { folder, context } => (context.as_str(), folder.clone()),
        };
        let ca = image.ca_certificates.then_some(FileView {
            secret: "ca-certificates",
            variable: "CA_CERTIFICATES",
        });
        let netrc = image.build.netrc.then_some(FileView {
            secret: "netrc",
            variable: "NETRC",
        });
        let secrets = image.secrets().into_iter();
        Self {
            gzip_tag: if tag.len() > repository.len() {
                format!("{tag}-gzip")
            } else {
                format!("{tag}:gzip")
            },
            gzip,
            tag,
            context: context.to_owned(),
            dockerfile: format!("{}/{name}.Dockerfile", placement.folder()),
            program,
            platforms: super::compose::platforms(image),
            args: image.arguments().keys().map(ToString::to_string).collect(),
            files: ca.into_iter().chain(netrc).collect(),
            secrets: secrets
                .map(|name| format!("id={0},env={0}", name.as_ref()))
                .collect(),
            ssh: image.build.ssh,
            cache_from: baked.cache_from.clone(),
            cache_to: baked.cache_to.clone(),
            attest: bake.attest.clone(),
            name,
        }
    }

    /// Its targets.
    fn names(&self) -> impl Iterator<Item = String> {
        let gzip = Some(&self.gzip).filter(|gzip| !gzip.is_empty());
        std::iter::once(&self.name).chain(gzip).cloned()
    }
}
