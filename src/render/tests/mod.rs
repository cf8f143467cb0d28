//! Every template in small: whole once, then what each option of a plan changes in it. A change of
//! wording shows here as a diff of one step; README says how to review and accept it.

#![expect(
    clippy::too_many_lines,
    reason = "what is expected stands beside what is asked"
)]

mod install;
mod runtime;
mod services;
mod tools;

use std::collections::BTreeSet;

use indexmap::IndexMap;
use similar::{ChangeTag, TextDiff};

use super::dockerfile::steps;
use super::{Placement, TEMPLATES, bake, compose, dockerignore, render};
use crate::bytes::Bytes;
use crate::catalog::DebianRelease;
use crate::closure::Weight;
use crate::ignore_pattern::IgnorePattern;
use crate::plan::{
    AppForm, AppPlan, AptNeed, BackingPlan, BakePlan, BakedPlan, BuildPlan, ComposePlan, Condition,
    ContextLine, ContextPlan, ContextSection, Copied, CopiedKind, Decision, Dependency, EnvValue,
    HealthPlan, HealthTimes, ImagePlan, Lasting, LayerContents, LayerPackage, LayerPattern,
    LayerPlan, LocalPackage, NeighbourPlan, Plan, PlatformPlan, PortPlan, ProjectPlan,
    PythonSource, RecipePlan, RunPlan, ScanPlan, ScanSaid, ServiceEnv, ServicePlan, ServiceRole,
    SnapshotPlan, StepIn, StepPlan, StopLimit, TrimKind, TrimPlan, VolumePlan,
};
use crate::profile::{
    Builder, Gpu, ImageName, Instruction, Instructions, Line, Needs, Origin, Setting, StopSignal,
};
use crate::target::Platform;
fn because<T>(value: T) -> Decision<T> {
    Decision::new(value, "the test says so")
}

fn lines(words: &[&str]) -> Vec<Line> {
    words.iter().map(|word| word.parse().unwrap()).collect()
}

fn file(path: &str) -> Copied {
    Copied {
        path: path.parse().unwrap(),
        kind: CopiedKind::File,
    }
}

fn folder(path: &str) -> Copied {
    Copied {
        path: path.parse().unwrap(),
        kind: CopiedKind::Folder,
    }
}

fn local(name: &str, files: Vec<Copied>) -> LocalPackage {
    LocalPackage {
        name: name.parse().unwrap(),
        files,
        version: None,
    }
}

fn need(package: &str, because: &str) -> AptNeed {
    AptNeed {
        package: package.parse().unwrap(),
        because: because.to_owned(),
        size: None,
    }
}

fn instruction(text: &str) -> Setting<Vec<Instruction>> {
    Setting {
        value: vec![text.parse().unwrap()],
        origin: Origin::Default,
    }
}

fn no_instruction() -> Setting<Vec<Instruction>> {
    Setting {
        value: Vec::new(),
        origin: Origin::Default,
    }
}

/// An image with every option off.
fn image() -> ImagePlan {
    ImagePlan {
        name: "api".parse().unwrap(),
        tag: ImageName::read("shop-api").unwrap(),
        tag_because: String::new(),
        said_labels: IndexMap::new(),
        build_labels: Vec::new(),
        taken_because: "asked for".to_owned(),
        purpose: "An API".parse().unwrap(),
        serves_models: false,
        project: ProjectPlan {
            name: "shop".to_owned(),
            labels: [("dfgen.profile".to_owned(), "api".parse().unwrap())].into(),
        },
        uv: because("ghcr.io/astral-sh/uv:0.9.5".parse().unwrap()),
        python: because("3.13.9".parse().unwrap()),
        base: because("python:3.13-slim-trixie".parse().unwrap()),
        build_base: None,
        foreign_base: false,
        python_source: PythonSource::Image,
        platforms: because(vec![PlatformPlan {
            platform: Platform::LinuxAmd64,
            packages: 2,
            download: Some(Bytes(1000)).into_iter().map(Some).collect(),
            built: Vec::new(),
        }]),
        only_platform: None,
        apt_runtime: Vec::new(),
        apt_optional: Vec::new(),
        steps: Vec::new(),
        build: BuildPlan::default(),
        recipe: RecipePlan {
            flags: vec!["--no-default-groups".to_owned()],
            downloads: false,
            manifests: Vec::new(),
            exclude: Vec::new(),
        },
        layers: vec![layer()],
        app: AppPlan {
            form: because(AppForm::Package),
            members: Vec::new(),
            package: Some(local("shop", vec![file("README.md"), folder("src")])),
            folder: String::new(),
            files: Vec::new(),
            left: Vec::new(),
            told: Vec::new(),
            metadata: None,
            rust: false,
        },
        context: ContextPlan {
            everything: false,
            copied: ["README.md", "pyproject.toml", "src", "uv.lock"]
                .map(str::to_owned)
                .into(),
            sections: vec![ContextSection {
                comment: "Secrets, by name.".to_owned(),
                lines: vec![ContextLine::Out(IgnorePattern::parse("**/.env*").unwrap())],
            }],
            stray: Vec::new(),
            kept: Vec::new(),
        },
        run: run(),
        env: [].into(),
        bytecode: true,
        strip: true,
        scan: None,
        instructions: Instructions {
            base: no_instruction(),
            build: no_instruction(),
            app: no_instruction(),
            runtime: no_instruction(),
        },
        builder: Builder::Buildkit,
        snapshot: None,
        unpinned: Vec::new(),
        syntax: true,
        frontend: because("docker/dockerfile:1".parse().unwrap()),
        kept: Vec::new(),
        ca_certificates: false,
    }
}

fn layer() -> LayerPlan {
    LayerPlan {
        name: "deps".to_owned(),
        comment: "The dependencies.".to_owned(),
        patterns: vec![LayerPattern::Rest],
        contents: vec![LayerContents {
            platform: Platform::LinuxAmd64,
            packages: vec![LayerPackage {
                name: "flask".parse().unwrap(),
                label: "flask==3.1.0".to_owned(),
                native: false,
                download: Some(Bytes(1000)),
            }],
            download: Weight {
                bytes: Bytes(1000),
                unknown: 0,
            },
            built: Vec::new(),
        }],
        trim: Vec::new(),
        as_built: Vec::new(),
        stripped: BTreeSet::new(),
    }
}

fn run() -> RunPlan {
    RunPlan {
        command: because(lines(&["serve", "shop:app"])),
        port: None,
        port_variable: None,
        health: because(HealthPlan::Off),
        stop_signal: because(StopSignal::Term),
        stop_limit: because(StopLimit::Within(8)),
        user: because(10001),
        migrate: None,
        beat: None,
        processes: Vec::new(),
        lasts: because(Lasting::Always),
        connections: Vec::new(),
        neighbours: Vec::new(),
        tuning: Vec::new(),
        services: Vec::new(),
        model_cache: None,
        volumes: Vec::new(),
        links: Vec::new(),
        env_files: Vec::new(),
        shm_size: None,
        gpu: Gpu::Off,
        development: false,
    }
}

fn times() -> HealthTimes {
    HealthTimes {
        interval: "30s".parse().unwrap(),
        timeout: "5s".parse().unwrap(),
        start_period: "10s".parse().unwrap(),
        retries: 3,
    }
}

fn volume(name: &str, folder: &str) -> VolumePlan {
    VolumePlan {
        name: name.to_owned(),
        folder: folder.parse().unwrap(),
    }
}

fn placement() -> Placement {
    Placement::Below("docker".parse().unwrap())
}

fn scan() -> ScanPlan {
    let library = |name: &str| (name.parse().unwrap(), "brought later".to_owned());
    ScanPlan {
        libraries: vec![library("libcuda.so.*")],
        files: Vec::new(),
        release: DebianRelease::Trixie,
        brought: [(
            "libgl1".parse().unwrap(),
            ["libGL.so.1".parse().unwrap()].into(),
        )]
        .into(),
        said: ScanSaid::default(),
    }
}

fn service(name: &str) -> ServicePlan {
    ServicePlan {
        name: name.to_owned(),
        image: "api".parse().unwrap(),
        role: ServiceRole::Main,
        command: None,
        folder: "/app".parse().unwrap(),
        port: None,
        depends_on: [].into(),
        env_files: vec![".env".parse().unwrap()],
        env: Vec::new(),
        gpu: Gpu::Off,
        on_demand: false,
        platform: None,
        shm_size: None,
        volumes: Vec::new(),
        stop: None,
        watch: Vec::new(),
    }
}

fn plan() -> Plan {
    Plan {
        images: vec![image()],
        compose: ComposePlan {
            name: "shop".to_owned(),
            services: vec![service("api")],
            backing: Vec::new(),
            neighbours: Vec::new(),
            kept: Vec::new(),
        },
        output: "docker".parse().unwrap(),
        policies: IndexMap::new(),
        bake: None,
        findings: Vec::new(),
    }
}

/// What is made from a template, for a plan with this image.
fn of(template: &str, image: &ImagePlan) -> String {
    let known = |(name, _): &(&str, &str)| *name == template;
    assert!(TEMPLATES.iter().any(known), "`{template}` is no template");
    let placement = placement();
    match template {
        "compose.jinja" => {
            let images = vec![image.clone()];
            compose::render(&Plan { images, ..plan() }, &placement)
        }
        "docker-bake.jinja" => {
            let images = vec![image.clone()];
            let baked = BakedPlan {
                name: image.name.clone(),
                cache_from: vec!["type=gha,scope=shop-api".to_owned()],
                cache_to: vec!["type=gha,scope=shop-api,mode=max".to_owned()],
            };
            let bake = BakePlan {
                because: "the test says so".to_owned(),
                images: vec![baked],
                zstd: true,
                attest: vec!["type=sbom".to_owned()],
            };
            bake::render(&Plan { images, ..plan() }, &bake, &placement)
        }
        "dockerignore.jinja" => dockerignore::render(&image.context, &placement),
        _ => {
            let steps = steps(image, &placement).into_iter();
            let texts = steps.filter(|(name, _)| *name == template);
            texts.map(|(_, text)| text).collect::<Vec<_>>().join("\n")
        }
    }
}

/// What a change of the plan changes in a template's text.
fn changed(template: &str, change: impl Fn(&mut ImagePlan)) -> String {
    let mut other = image();
    change(&mut other);
    difference(&of(template, &image()), &of(template, &other))
}

fn difference(before: &str, after: &str) -> String {
    let difference = TextDiff::from_lines(before, after);
    let lines = difference.iter_all_changes().filter_map(|change| {
        let line = change.value().trim_end_matches('\n');
        match change.tag() {
            ChangeTag::Equal => None,
            ChangeTag::Delete => Some(format!("-{line}\n")),
            ChangeTag::Insert => Some(format!("+{line}\n")),
        }
    });
    lines.collect()
}

/// That they are the same on every machine is for `tests/it/same_answer.rs`: one process has one seed.
#[test]
fn a_plan_gives_these_files() {
    let files = render(&plan(), &placement());
    let names: Vec<&str> = files.iter().map(|file| file.name.as_str()).collect();
    let expected = [
        "api.Dockerfile",
        "api.Dockerfile.dockerignore",
        "compose.yaml",
        "dfgen.py",
    ];
    assert_eq!(names, expected);
}

#[test]
fn every_file_of_the_folder_is_a_template_with_a_snapshot() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/templates");
    let mut files = BTreeSet::new();
    let mut folders = vec![String::new()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(format!("{root}/{folder}")).unwrap() {
            let entry = entry.unwrap();
            let path = format!("{folder}{}", entry.file_name().into_string().unwrap());
            if entry.path().is_dir() {
                folders.push(format!("{path}/"));
            } else {
                files.insert(path);
            }
        }
    }
    let known: BTreeSet<String> = TEMPLATES
        .iter()
        .map(|(name, _)| (*name).to_owned())
        .collect();
    assert_eq!(files, known);
    let tests = [
        include_str!("install.rs"),
        include_str!("runtime.rs"),
        include_str!("services.rs"),
        include_str!("tools.rs"),
    ]
    .concat();
    let imported: Vec<&str> = TEMPLATES
        .iter()
        .filter_map(|(_, text)| imports(text))
        .collect();
    let untested: Vec<&String> = known
        .iter()
        .filter(|name| !imported.contains(&name.as_str()) && !has_snapshot(&tests, name))
        .collect();
    assert_eq!(untested, [""; 0]);
}

/// What a template has its macros from: they have no text of their own, and are held by the snapshots of those who use
/// them.
fn imports(template: &str) -> Option<&str> {
    let import = template.split_once("{% import \"")?.1;
    Some(import.split_once('"')?.0)
}

/// Whether a template's text is asked for: `of("dockerfile/uv.jinja", …)`, or a constant of that value, which the compiler
/// has used. A comment that names it is none.
fn has_snapshot(tests: &str, template: &str) -> bool {
    let mut lines = tests.lines().map(str::trim_start);
    let named = format!("\"{template}\"");
    lines.any(|line| !line.starts_with("//") && line.contains(&named))
}

#[test]
fn another_version_of_dfgen_changes_one_file() {
    let (one, other) = (
        super::render_as(&plan(), &placement(), "7.8.9"),
        super::render_as(&plan(), &placement(), "7.8.10"),
    );
    let pairs = one.iter().zip(&other);
    let changed: Vec<&str> = pairs
        .filter(|(one, other)| one != other)
        .map(|(one, _)| one.name.as_str())
        .collect();
    assert_eq!(changed, ["dfgen.py"]);
    assert!(
        one.iter()
            .all(|file| file.text.matches("7.8.9").count()
                == usize::from(file.name == super::PROGRAM))
    );
    let program = one.iter().find(|file| file.name == super::PROGRAM).unwrap();
    assert_eq!(super::made_by(&program.text), Some("7.8.9"));
}
