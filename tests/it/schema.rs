//! `dfgen schema`: what dfgen takes, its schema takes; what the schema refuses, dfgen refuses; and what is
//! printed as JSON is as its schema says. The judge is boon, a validator of JSON Schema.

use std::path::{Path, PathBuf};

use boon::{Compiler, SchemaIndex, Schemas};
use dfgen::diagnostic::SourceFile;
use dfgen::profile::Config;
use serde_json::Value;

use crate::harness::{Project, dfgen, repository};
use crate::values::HOSTILE;

/// A schema that `dfgen schema` prints, compiled.
pub(crate) struct Judge {
    schemas: Schemas,
    index: SchemaIndex,
}

impl Judge {
    pub(crate) fn of(what: &str) -> Self {
        let schema = dfgen(&["schema", what])
            .in_project(&Project::empty())
            .json();
        let id = schema["$id"].as_str().expect("an identifier").to_owned();
        assert!(schema["title"].is_string(), "{what}");
        let mut compiler = Compiler::new();
        compiler.enable_format_assertions();
        let mut schemas = Schemas::new();
        let added = compiler.add_resource(&id, schema);
        added.unwrap_or_else(|error| panic!("{what}: {error}"));
        let index = compiler.compile(&id, &mut schemas);
        let index = index.unwrap_or_else(|error| panic!("{what}: {error:#}"));
        Self { schemas, index }
    }

    pub(crate) fn refusal(&self, value: &Value) -> Option<String> {
        let judged = self.schemas.validate(value, self.index);
        judged.err().map(|error| format!("{error:#}"))
    }

    fn takes_toml(&self, text: &str) -> bool {
        self.refusal(&json(text)).is_none()
    }
}

/// TOML as editors hold it against a schema: a date is a text.
fn json(text: &str) -> Value {
    fn converted(value: toml::Value) -> Value {
        match value {
            toml::Value::Datetime(date) => date.to_string().into(),
            toml::Value::Array(items) => items.into_iter().map(converted).collect(),
            toml::Value::Table(table) => table
                .into_iter()
                .map(|(key, value)| (key, converted(value)))
                .collect(),
            other => serde_json::to_value(other).expect("JSON has it"),
        }
    }
    converted(toml::Value::Table(text.parse().expect("TOML")))
}

/// What dfgen says about a dfgen.toml without looking at a project.
fn refused(text: &str) -> Option<String> {
    let checked = || {
        let config = Config::parse(SourceFile::new("dfgen.toml", text))?;
        config.catalog_rows()?;
        for name in config.names() {
            config.profile(&name)?;
        }
        Ok(())
    };
    let checked: dfgen::diagnostic::Result<()> = checked();
    checked.err().map(|problems| format!("{problems:?}"))
}

/// Every file of this name below a folder.
fn named(name: &str, folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            named(name, &path, found);
        } else if path.file_name().is_some_and(|file| file == name) {
            found.push(path);
        }
    }
}

#[test]
fn every_dfgen_toml_of_the_repository_fits() {
    let judge = Judge::of("dfgen.toml");
    let mut files = Vec::new();
    for folder in ["examples", "tests"] {
        named("dfgen.toml", &repository().join(folder), &mut files);
    }
    assert!(files.len() >= 8, "{files:?}");
    for path in files {
        let text = std::fs::read_to_string(&path).expect("a dfgen.toml");
        assert_eq!(judge.refusal(&json(&text)), None, "{}", path.display());
        assert_eq!(refused(&text), None, "{}", path.display());
    }
}

#[test]
fn the_built_in_profiles_fit() {
    let judge = Judge::of("dfgen.toml");
    for entry in std::fs::read_dir(repository().join("profiles")).expect("profiles") {
        let text = std::fs::read_to_string(entry.expect("a profile").path()).expect("a text");
        let mut whole = toml::Table::new();
        let profile = toml::Value::Table(text.parse().expect("TOML"));
        whole.insert(
            "profile".to_owned(),
            toml::Table::from_iter([("a".to_owned(), profile)]).into(),
        );
        assert_eq!(judge.refusal(&json(&whole.to_string())), None, "{text}");
    }
}

/// The settings of the README, and what else can be said.
const WHOLE: [&str; 33] = [
    "bake = true\n",
    "bake = { cache = \"registry:registry.example/cache/{project}:{profile}\", zstd = true, attest = [\"sbom\"] }\n",
    "extends = \"../platform/dfgen.toml\"\nrequire = [\"digest\", \"no-root\"]\n",
    "image = \"registry.example:5000/shop/{project}-{profile}:v{VERSION}\"\nbuild-labels = true\n",
    "[labels]\n\"org.opencontainers.image.vendor\" = \"é $1\"\nteam = \"\"\n\"a.example/b-c_d\" = \"x\"\n",
    "service = {}\n",
    "[service.a_b]\nimage = \"nats\"\nrestart = \"no\"\ntell = { A_URL = \"nats://a_b\" }\nneeded-by = [\"api\"]\nwait-for = \"started\"\n",
    "[profile.api]\nbudget = \"300 MB\"\n[profile.b]\nbudget = { disk = \"1.5GB\", pull = \"120 MiB\" }\n",
    "",
    "profiles = [\"core-api\", \"ml\"]\noutput = \"deploy/docker\"\nsyntax = false\nca-certificates = true\n",
    "output = \"./\"\n",
    "[profile.core-api]\nextends = \"worker\"\npurpose = \"é 😀\"\nserves = \"queue\"\nmember = \"Shop_API\"\n",
    "[profile.api]\nextras = [\"ml\", \"@ml\", \"@all\"]\ngroups = [\"@default\"]\nexclude = [\"torch\", \"nvidia-*\"]\nforbid = [\"@ml\"]\n",
    "[profile.api]\npython = \"3.13\"\n",
    "[profile.api]\npython = \"3.14.0rc2\"\nbase = \"python:3.14-rc-slim-trixie\"\n",
    "[profile.api]\nbase = \"Registry.example:5000/team/img:1@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\"\npython = \"3.12.4\"\n",
    "[profile.api]\nplatforms = [\"linux/amd64\", \"linux/arm64\"]\ncompile = false\n",
    "[profile.api]\ncompile = [\"psycopg2\"]\napt = { build = [\"g++\"], runtime = [\"libmagic1\"] }\n",
    "[profile.api]\napt.runtime = [\"libmagic1\"]\ncopy = [\"data/a b\", \"--link\", \".\"]\nenv.LEVEL = \"say \\\"$1\\\"\"\n",
    "[profile.api]\nentry = \"shop.main:app\"\ncommand = [\"python\", \"-m\", \"shop\", \"\"]\nmigrate = [\"alembic\", \"upgrade\", \"head\"]\n",
    "[profile.api]\nmigrate = false\nport = 65535\nhealth = \"/ready?full=1\"\nstop-signal = \"SIGINT\"\nuser = 4294967295\n",
    "[profile.api]\nhealth = false\ngpu = true\nshm-size = \"512m\"\nmodel-cache = \"/var/cache/models/\"\n",
    "[profile.api]\nhealth = { path = \"/\", interval = \"1m30s\", timeout = \"500ms\", start-period = \"1h\", retries = 1 }\n",
    "[profile.api.health]\ncommand = [\"python\", \"check.py\"]\n",
    "[profile.api]\nservices = [\"postgresql\"]\nlayers.heavy = [\"torch\", \"triton*\"]\nbytecode = false\n",
    "[profile.api]\nkeep = [\"tests\"]\ntrim = [\"@gpu\"]\nscan = true\nsilence = [\"development-tool\"]\ndevelopment = true\n",
    "[profile.api]\nscan = { ignore = [\"libcuda.so.*\"] }\n",
    "[profile.api.instructions]\nbase = [\"RUN true\"]\nbuild = [\"env A=1\"]\napp = [\" COPY a b\"]\nruntime = [\"USER\\tapp\"]\n",
    "[profile.api]\nbuild-steps = []\n",
    "[[profile.api.build-steps]]\nrun = [\"npm ci\", \"npm run build # all\"]\nkeep = [\"web/dist\", \"./a@1+b\"]\nimage = \"node:22-slim\"\nfolder = \"web\"\ncopy = [\"web\", \"package.json\"]\nfrom-environment = [\"NPM_TOKEN\"]\n",
    "[profile.api]\nbuild-steps = [{ run = [\"a\"], keep = [\"/usr/share/nltk_data\"], needs = \"dependencies\", apt = [\"gettext\"], env = { A = \"\" } }]\n",
    "[catalog.package.our-fast-thing]\nruntime = [\"libgomp1\"]\nbuild = { bookworm = [\"libssl-dev\"], trixie = [\"libssl-dev\"] }\ntoolchain = [\"c\", \"c++\"]\n",
    "[catalog.import.acme]\ndistributions = [\"acme-core\"]\nsource = \"https://example.org\"\ndate = 2026-11-21\n",
];

#[test]
fn what_dfgen_takes_the_schema_takes() {
    let judge = Judge::of("dfgen.toml");
    for text in WHOLE {
        assert_eq!(refused(text), None, "{text}");
        assert_eq!(judge.refusal(&json(text)), None, "{text}");
    }
}

/// Where a text can stand; `V` is the text.
const TEXTS: [&str; 38] = [
    "image = V",
    "labels.V = \"\"",
    "labels.a = V",
    "service.V.image = \"a\"",
    "service.a.image = V",
    "service.a = { image = \"a\", tell = { A = V } }",
    "output = V",
    "profile.V.serves = \"http\"",
    "profile.a.purpose = V",
    "profile.a.serves = V",
    "profile.a.member = V",
    "profile.a.extras = [V]",
    "profile.a.exclude = [V]",
    "profile.a.python = V",
    "profile.a.base = V",
    "profile.a.platforms = [V]",
    "profile.a.compile = [V]",
    "profile.a.apt.build = [V]",
    "profile.a.copy = [V]",
    "profile.a.env.V = \"\"",
    "profile.a.env.A = V",
    "profile.a.command = [\"a\", V]",
    "profile.a.migrate = [V]",
    "profile.a.health = V",
    "profile.a.health.command = [V]",
    "profile.a.health.timeout = V",
    "profile.a.shm-size = V",
    "profile.a.model-cache = V",
    "profile.a.layers.V = []",
    "profile.a.scan.ignore = [V]",
    "profile.a.instructions.app = [V]",
    "profile.a.build-steps = [{ run = [V], keep = [\"a\"] }]",
    "profile.a.build-steps = [{ run = [\"a\"], keep = [V] }]",
    "profile.a.build-steps = [{ run = [\"a\"], keep = [\"a\"], image = V, folder = \"web\" }]",
    "profile.a.build-steps = [{ run = [\"a\"], keep = [\"a\"], folder = V }]",
    "profile.a.build-steps = [{ run = [\"a\"], keep = [\"a\"], image = \"a\", copy = [V] }]",
    "profile.a.build-steps = [{ run = [\"a\"], keep = [\"a\"], apt = [V], from-environment = [V] }]",
    "profile.a.build-steps = [{ run = [\"a\"], keep = [\"a\"], env = { A = V } }]",
];

/// Values that look like what is meant, and what is nearly so.
const NEAR: [&str; 24] = [
    ".",
    "./",
    "./a",
    "..",
    "a/..",
    "/",
    "/a",
    "//",
    "/a/",
    "a*",
    "@ml",
    "3.13",
    "v3.13",
    "3.13rc1",
    "3",
    "1m",
    "1gb",
    "host:5000/a:b",
    "RUN",
    "run true",
    "RUN true\\",
    "FROM a",
    "libssl3t64",
    "Café",
];

#[test]
fn the_schema_refuses_nothing_that_dfgen_takes() {
    let judge = Judge::of("dfgen.toml");
    let mut taken = 0;
    for place in TEXTS {
        for value in HOSTILE.into_iter().chain(NEAR) {
            let text = place.replace('V', &toml::Value::from(value).to_string());
            let Ok(_) = text.parse::<toml::Table>() else {
                // A key is never a text of several lines.
                continue;
            };
            if refused(&text).is_none() {
                taken += 1;
                assert_eq!(judge.refusal(&json(&text)), None, "{text}");
            }
        }
    }
    assert!(taken > 300, "{taken}");
}

/// Settings that both refuse.
const BROKEN: [&str; 84] = [
    "bake = \"yes\"\n",
    "bake = { cache = \"inline\" }\n",
    "bake = { attest = [\"vex\"] }\n",
    "require = [\"no-rot\"]\n",
    "extends = [\"../platform/dfgen.toml\"]\n",
    "image = \"registry.example/a b\"\n",
    "image = \"https://registry.example/a@b\"\n",
    "build-labels = \"REVISION\"\n",
    "labels = { \"a b\" = \"\" }\n",
    "[service.a]\ncommand = \"b\"\n",
    "[service.a]\nimage = \"b\"\nbuild = \".\"\n",
    "[service.a]\nimage = \"b\"\nwait-for = \"ever\"\n",
    "[service.a]\nimage = \"b\"\ntell = { A = 1 }\n",
    "[profile.a]\nbuild-steps = [{ run = [\"a\"] }]\n",
    "[profile.a]\nbuild-steps = [{ run = [], keep = [\"a\"] }]\n",
    "[profile.a]\nbuild-steps = [{ run = [\"a\"], keep = [] }]\n",
    "[profile.a]\nbuild-steps = [{ run = [\"# a\"], keep = [\"a\"] }]\n",
    "[profile.a]\nbuild-steps = [{ run = [\"cat <<EOF\"], keep = [\"a\"] }]\n",
    "[profile.a]\nbuild-steps = [{ run = [\"a\"], keep = [\"../a\"] }]\n",
    "[profile.a]\nbuild-steps = [{ run = [\"a\"], keep = [\"/usr\"] }]\n",
    "[profile.a]\nbuild-steps = [{ run = [\"a\"], keep = [\"a\"], needs = \"nothing\" }]\n",
    "[profile.a]\nbuild-steps = { run = [\"a\"], keep = [\"a\"] }\n",
    "outptu = \"docker\"\n",
    "output = 3\n",
    "output = \"/abs\"\n",
    "output = \"../elsewhere\"\n",
    "output = \"\"\n",
    "output = \"a*\"\n",
    "profiles = \"core-api\"\n",
    "profiles = []\n",
    "profiles = [1]\n",
    "syntax = \"no\"\n",
    "ca-certificates = 1\n",
    "profile = []\n",
    "[profile]\napi = \"core-api\"\n",
    "[profile.\"My API\"]\nextends = \"core-api\"\n",
    "[profile.api-]\n",
    "[profile.api]\nhealht = \"/\"\n",
    "[profile.api]\naliases = [\"a\"]\n",
    "[profile.api]\nextends = [\"core-api\"]\n",
    "[profile.api]\npurpose = \"two\\nlines\"\n",
    "[profile.api]\nserves = \"grpc\"\n",
    "[profile.api]\nmember = \"-\"\n",
    "[profile.api]\nextras = \"ml\"\n",
    "[profile.api]\nextras = [\"@mll\"]\n",
    "[profile.api]\ngroups = [\"a b\"]\n",
    "[profile.api]\nexclude = [\"@all\"]\n",
    "[profile.api]\npython = 3.13\n",
    "[profile.api]\npython = \"three\"\n",
    "[profile.api]\npython = \"2.7\"\n",
    "[profile.api]\nbase = \"python 3.13\"\n",
    "[profile.api]\nbase = \"python@sha256:12\"\n",
    "[profile.api]\nplatforms = [\"linux/riscv64\"]\n",
    "[profile.api]\nplatforms = []\n",
    "[profile.api]\ncompile = \"psycopg2\"\n",
    "[profile.api]\ncompile = [\"psycopg 2\"]\n",
    "[profile.api.apt]\nruntim = []\n",
    "[profile.api.apt]\nruntime = [\"libpq5; rm\"]\n",
    "[profile.api]\napt = [\"libpq5\"]\n",
    "[profile.api]\ncopy = [\"/etc\"]\n",
    "[profile.api]\ncopy = [\"a/../b\"]\n",
    "[profile.api.env]\n\"MY-NAME\" = \"x\"\n",
    "[profile.api.env]\nLEVEL = 3\n",
    "[profile.api]\nentry = \"a\\nb\"\n",
    "[profile.api]\ncommand = \"python main.py\"\n",
    "[profile.api]\ncommand = []\n",
    "[profile.api]\nmigrate = \"alembic upgrade head\"\n",
    "[profile.api]\nmigrate = []\n",
    "[profile.api]\nport = \"8000\"\n",
    "[profile.api]\nport = 70000\n",
    "[profile.api]\nport = 0\n",
    "[profile.api]\nuser = 0\n",
    "[profile.api]\nhealth = \"health\"\n",
    "[profile.api.health]\ninterval = \"often\"\n",
    "[profile.api.health]\nretry = 3\n",
    "[profile.api]\nstop-signal = \"SIGKILL\"\n",
    "[profile.api]\nshm-size = \"1 gigabyte\"\n",
    "[profile.api]\nmodel-cache = \"a b\"\n",
    "[profile.api.layers]\nrest = [\"*\"]\n",
    "[profile.api]\nscan = { ignored = [\"libfoo.so.1\"] }\n",
    "[profile.api.instructions]\nbase = [\"FROM scratch\"]\n",
    "[catalog.pakage.acme]\n",
    "[catalog.package.acme]\nruntime = { bookworm = [\"libmagic1\"] }\n",
    "[catalog.import.acme]\ndistributions = [\"acme\"]\ndate = 2026-11-21\n",
];

#[test]
fn what_the_schema_refuses_dfgen_refuses() {
    let judge = Judge::of("dfgen.toml");
    for text in BROKEN {
        assert!(refused(text).is_some(), "dfgen takes\n{text}");
        assert!(!judge.takes_toml(text), "the schema takes\n{text}");
    }
}

/// Settings that dfgen alone refuses, and why a schema cannot.
const BEYOND: [(&str, &str); 6] = [
    (
        "[profile.api]\nextends = \"core-apj\"\n",
        "which profiles there are, the same file says",
    ),
    (
        "[profile.a]\nextends = \"b\"\n[profile.b]\nextends = \"a\"\n",
        "a loop goes through several tables",
    ),
    (
        "[profile.api]\ncommand = [\"\"]\n",
        "the first word of a list is another than the rest",
    ),
    (
        "[profile.api]\nexclude = [\"a[\"]\n",
        "globs have a grammar",
    ),
    (
        "[profile.api.instructions]\nbase = [\"RUN <<EOF\"]\n",
        "a heredoc is text like any other",
    ),
    (
        "[profile.api.health]\ncommand = [\"\"]\n",
        "the first word of a list is another than the rest",
    ),
];

#[test]
fn what_dfgen_alone_can_refuse() {
    let judge = Judge::of("dfgen.toml");
    for (text, why) in BEYOND {
        assert!(refused(text).is_some(), "dfgen takes\n{text}");
        assert!(judge.takes_toml(text), "a schema can refuse\n{text}\n{why}");
    }
}

/// Names that dfgen knows: both refuse others.
const UNKNOWN: [&str; 4] = [
    "keep = [\"test\"]\n",
    "trim = [\"@cpu\"]\n",
    "silence = [\"root-user\"]\n",
    "services = [\"postgrsql\"]\n",
];

/// Names that the project's own files decide about: dfgen alone refuses others.
const NOT_THERE: [&str; 4] = [
    "extras = [\"mll\"]\n",
    "groups = [\"tests\"]\n",
    "member = \"shop-apu\"\n",
    "exclude = [\"torhc\"]\n",
];

#[test]
fn names_are_known_to_the_schema_where_dfgen_itself_knows_them() {
    let judge = Judge::of("dfgen.toml");
    for (key, known) in UNKNOWN
        .map(|key| (key, true))
        .into_iter()
        .chain(NOT_THERE.map(|key| (key, false)))
    {
        let text = format!("[profile.core-api]\n{key}");
        let project = Project::fixture("small_api").with("dfgen.toml", &text);
        let run = dfgen(&["plan"]).in_project(&project);
        assert_eq!(run.code, Some(2), "{key}: {run}");
        assert_eq!(judge.takes_toml(&text), !known, "{key}");
    }
}

#[test]
fn settings_in_pyproject_have_the_same_schema() {
    let judge = Judge::of("pyproject.toml");
    let manifest = |settings: &str| {
        let text = format!("[project]\nname = \"a\"\n[tool.uv]\n{settings}");
        judge.takes_toml(&text)
    };
    assert!(manifest("[tool.dfgen.profile.core-api]\nport = 8000\n"));
    assert!(!manifest("[tool.dfgen.profile.core-api]\nprt = 8000\n"));
    assert!(!manifest("[tool.dfgen]\nport = 8000\n"));
}

const EXAMPLES: [&str; 4] = ["django-site", "rust-extension", "two-images", "workspace"];

/// A locked package that the first image does not have.
fn absent(project: &Project, closure: &Value) -> Option<String> {
    let lock: toml::Table = project.read("uv.lock").parse().expect("a lock");
    let packages = lock["package"].as_array().expect("packages").iter();
    let installed = closure["packages"].as_array().expect("packages");
    let mut names = packages.filter_map(|package| package["name"].as_str());
    names
        .find(|name| !installed.iter().any(|package| package["name"] == *name))
        .map(str::to_owned)
}

#[test]
fn what_is_printed_is_as_its_schema_says() {
    let judge = |what: &str| Judge::of(what);
    let [plan, profiles, profile, why, size, audit, closure, check] = [
        "plan", "profiles", "profile", "why", "size", "audit", "closure", "check",
    ]
    .map(judge);
    for example in EXAMPLES {
        let project = Project::example(example);
        let printed = |judge: &Judge, arguments: &[&str]| {
            let arguments = [arguments, &["--format", "json"]].concat();
            let run = dfgen(&arguments).in_project(&project);
            assert_eq!(run.code, Some(0), "{example} {arguments:?}: {run}");
            let value = run.json();
            let refusal = judge.refusal(&value);
            assert_eq!(refusal, None, "{example} {arguments:?}\n{value:#}");
            let first = value.as_object().and_then(|value| value.iter().next());
            assert_eq!(
                first,
                Some((&"version".to_owned(), &1.into())),
                "{arguments:?}"
            );
            value
        };
        let planned = printed(&plan, &["plan"]);
        let image = planned["images"][0]["name"].as_str().expect("an image");
        printed(&profiles, &["profiles"]);
        printed(&size, &["size"]);
        printed(&audit, &["audit"]);
        printed(&check, &["render", "--check"]);
        printed(&profile, &["profiles", image]);
        let installed = printed(&closure, &["closure", "--profile", image]);
        let package = installed["packages"][0]["name"]
            .as_str()
            .expect("a package");
        printed(&why, &["why", package]);
        if let Some(absent) = absent(&project, &installed) {
            printed(&why, &["why", &absent, "--profile", image]);
        }
    }
}

#[test]
fn faults_are_printed_as_the_schema_says() {
    let text = "FROM python\nRUN apt-get update && apt-get install -y gcc\nENV API_TOKEN=abc\n";
    let project = Project::fixture("small_api").with("Dockerfile", text);
    let run = dfgen(&["audit", "--format", "json"]).in_project(&project);
    assert_eq!(run.code, Some(1), "{run}");
    assert_eq!(Judge::of("audit").refusal(&run.json()), None, "{run}");
}

#[test]
fn a_schema_of_output_asks_for_every_field() {
    let project = Project::example("two-images");
    let run = dfgen(&["plan", "--format", "json"]).in_project(&project);
    let judge = Judge::of("plan");
    for field in [
        "version", "output", "images", "compose", "findings", "stages",
    ] {
        let mut value = run.json();
        value
            .as_object_mut()
            .expect("an object")
            .remove(field)
            .expect(field);
        assert!(judge.refusal(&value).is_some(), "without {field}");
    }
    let mut value = run.json();
    value["version"] = 2.into();
    assert!(judge.refusal(&value).is_some());
}
