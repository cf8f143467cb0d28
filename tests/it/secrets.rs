//! Secrets in a project's files: refused where they stand, and in nothing that dfgen writes or prints.

use crate::harness::{Project, dfgen};

/// What stands in each secret, so that it can be looked for.
const MARK: &str = "T0PS";

/// A URL with a password.
const URL: &str = "http://bob:T0PS3CRET@127.0.0.1/six-1.0-py3-none-any.whl";

/// Where a secret is planted: a name, a file, what is replaced in it (nothing: its end), and by what.
type Placement = (&'static str, &'static str, &'static str, &'static str);

const MANIFEST: &str = "pyproject.toml";
const LOCK: &str = "uv.lock";
const SETTINGS: &str = "dfgen.toml";

/// Every placement that uv, a build or dfgen reads; `URL` stands for one with a password.
#[rustfmt::skip]
const PLACEMENTS: &[Placement] = &[
    ("dependencies", MANIFEST, "[\"fastapi\", \"uvicorn\"]", "[\"fastapi\", \"uvicorn\", \"six @ URL\"]"),
    ("optional-dependencies", MANIFEST, "[\"torch\"]", "[\"torch\", \"six @ URL\"]"),
    ("dependency-groups", MANIFEST, "[\"pytest\"]", "[\"pytest\", \"six @ URL\"]"),
    ("build-system.requires", MANIFEST, "", "[build-system]\nrequires = [\"hatchling @ URL\"]\n"),
    ("dev-dependencies", MANIFEST, "", "[tool.uv]\ndev-dependencies = [\"six @ URL\"]\n"),
    ("sources: git, password", MANIFEST, "", "[tool.uv.sources]\nsix = { git = \"https://x:T0PS3CRET@git.example/six.git\" }\n"),
    ("sources: git, token", MANIFEST, "", "[tool.uv.sources]\nsix = { git = \"https://ghp_T0PS3CRETabcdefghijklmnopqrstuvwxyz0@git.example/six.git\" }\n"),
    ("sources: git, user", MANIFEST, "", "[tool.uv.sources]\nsix = { git = \"https://T0PS3CRET@git.example/six.git\" }\n"),
    ("sources: git over ssh, password", MANIFEST, "", "[tool.uv.sources]\nsix = { git = \"ssh://git:T0PS3CRET@git.example/six.git\" }\n"),
    ("sources: url", MANIFEST, "", "[tool.uv.sources]\nsix = { url = \"URL\" }\n"),
    ("sources: several", MANIFEST, "", "[tool.uv.sources]\nsix = [{ url = \"URL\", marker = \"sys_platform == 'linux'\" }]\n"),
    ("query", MANIFEST, "", "[tool.uv.sources]\nsix = { url = \"https://h.example/six.whl?token=T0PS3CRET\" }\n"),
    ("signed query", MANIFEST, "", "[tool.uv.sources]\nsix = { url = \"https://h.example/six.whl?X-Amz-Date=1&X-Amz-Signature=T0PS3CRET\" }\n"),
    ("fragment", MANIFEST, "", "[tool.uv.sources]\nsix = { url = \"https://h.example/six.whl#access_token=T0PS3CRET\" }\n"),
    ("path", MANIFEST, "", "[tool.uv.sources]\nsix = { url = \"https://h.example/glpat-T0PS3CRETabcdefghijk/six.whl\" }\n"),
    ("path of Cloudsmith", MANIFEST, "", "[tool.uv]\nfind-links = [\"https://dl.cloudsmith.io/T0PS3CRETabcdefg/acme/py\"]\n"),
    ("index.url", MANIFEST, "", "[[tool.uv.index]]\nname = \"acme\"\nurl = \"URL\"\n"),
    ("index.url, explicit", MANIFEST, "", "[[tool.uv.index]]\nname = \"acme\"\nurl = \"URL\"\nexplicit = true\n"),
    ("index.url, user", MANIFEST, "", "[[tool.uv.index]]\nurl = \"https://T0PS3CRET@index.example/simple\"\n"),
    ("index.publish-url", MANIFEST, "", "[[tool.uv.index]]\nname = \"acme\"\nurl = \"https://index.example/simple\"\npublish-url = \"URL\"\n"),
    ("publish-url", MANIFEST, "", "[tool.uv]\npublish-url = \"URL\"\n"),
    ("index-url", MANIFEST, "", "[tool.uv]\nindex-url = \"URL\"\n"),
    ("extra-index-url", MANIFEST, "", "[tool.uv]\nextra-index-url = [\"URL\"]\n"),
    ("find-links", MANIFEST, "", "[tool.uv]\nfind-links = [\"URL\"]\n"),
    ("pip.index-url", MANIFEST, "", "[tool.uv.pip]\nindex-url = \"URL\"\n"),
    ("pip.extra-index-url", MANIFEST, "", "[tool.uv.pip]\nextra-index-url = [\"URL\"]\n"),
    ("pip.find-links", MANIFEST, "", "[tool.uv.pip]\nfind-links = [\"URL\"]\n"),
    ("extra-build-dependencies", MANIFEST, "", "[tool.uv.extra-build-dependencies]\nsix = [\"hatchling @ URL\", { requirement = \"wheel\", match-runtime = true }]\n"),
    ("extra-build-variables", MANIFEST, "", "[tool.uv.extra-build-variables]\nsix = { LICENCE_TOKEN = \"T0PS3CRET\" }\n"),
    ("config-settings", MANIFEST, "", "[tool.uv]\nconfig-settings = { mirror = \"URL\" }\n"),
    ("config-settings, option", MANIFEST, "", "[tool.uv]\nconfig-settings = { build-args = [\"--api-key=T0PS3CRET\"] }\n"),
    ("config-settings-package", MANIFEST, "", "[tool.uv.config-settings-package]\nsix = { auth-token = \"T0PS3CRET\" }\n"),
    ("constraint-dependencies", MANIFEST, "", "[tool.uv]\nconstraint-dependencies = [\"six @ URL\"]\n"),
    ("override-dependencies", MANIFEST, "", "[tool.uv]\noverride-dependencies = [\"six @ URL\"]\n"),
    ("build-constraint-dependencies", MANIFEST, "", "[tool.uv]\nbuild-constraint-dependencies = [\"six @ URL\"]\n"),
    ("dependency-metadata", MANIFEST, "", "[[tool.uv.dependency-metadata]]\nname = \"uvicorn\"\nrequires-dist = [\"six @ URL\"]\n"),
    ("project.urls", MANIFEST, "", "[project.urls]\nhomepage = \"https://bob:T0PS3CRET@shop.example\"\n"),
    ("project.description", MANIFEST, "A small shop", "A small shop, from https://bob:T0PS3CRET@shop.example"),
    ("project.readme", MANIFEST, "[project]\n", "[project]\nreadme = { text = \"ghp_T0PS3CRETabcdefghijklmnopqrstuvwxyz0\", content-type = \"text/plain\" }\n"),
    ("build backend", MANIFEST, "", "[tool.hatch.build.hooks.custom]\nindex = \"URL\"\n"),
    ("comment", MANIFEST, "", "# ghp_T0PS3CRETabcdefghijklmnopqrstuvwxyz0\n"),
    ("escape", MANIFEST, "", "[tool.uv]\nindex-url = \"http://bob\\u003aT0PS\\u0033CRET\\u0040127.0.0.1/simple\"\n"),
    ("[tool.dfgen]", MANIFEST, "", "[tool.dfgen.profile.core-api.env]\nAPI_TOKEN = \"T0PS3CRET\"\n"),
    ("lock: registry", LOCK, "https://index.example/simple", "https://bob:T0PS3CRET@index.example/simple"),
    ("lock: git", LOCK, "{ registry = \"https://index.example/simple\" }\nwheels = [{ url = \"https://files/fastapi", "{ git = \"https://x:T0PS3CRET@git.example/fastapi?rev=main#0123456789012345678901234567890123456789\" }\nwheels = [{ url = \"https://files/fastapi"),
    ("lock: url", LOCK, "{ registry = \"https://index.example/simple\" }\nwheels = [{ url = \"https://files/fastapi", "{ url = \"https://h.example/fastapi.whl?token=T0PS3CRET\" }\nwheels = [{ url = \"https://files/fastapi"),
    ("lock: wheel", LOCK, "https://files/fastapi-0", "https://bob:T0PS3CRET@files/fastapi-0"),
    ("lock: sdist", LOCK, "wheels = [{ url = \"https://files/fastapi", "sdist = { url = \"URL\" }\nwheels = [{ url = \"https://files/fastapi"),
    ("lock: requires-dist", LOCK, "{ name = \"fastapi\" },\n", "{ name = \"fastapi\", git = \"https://x:T0PS3CRET@git.example/fastapi\" },\n"),
    ("env", SETTINGS, "", "[profile.core-api.env]\nAPI_TOKEN = \"T0PS3CRET\"\n"),
    ("env, URL", SETTINGS, "", "[profile.core-api.env]\nDATABASE_URL = \"postgresql://shop:T0PS3CRET@db/shop\"\n"),
    ("command", SETTINGS, "", "[profile.core-api]\ncommand = [\"uvicorn\", \"main:app\", \"--api-key\", \"T0PS3CRET\"]\n"),
    ("command, one word", SETTINGS, "", "[profile.core-api]\ncommand = [\"uvicorn\", \"main:app\", \"--token=T0PS3CRET\"]\n"),
    ("migrate", SETTINGS, "", "[profile.core-api]\nmigrate = [\"alembic\", \"-x\", \"url=postgresql://u:T0PS3CRET@db/shop\", \"upgrade\", \"head\"]\n"),
    ("health", SETTINGS, "", "[profile.core-api]\nhealth = { command = [\"check\", \"--password\", \"T0PS3CRET\"] }\n"),
    ("instructions: ENV", SETTINGS, "", "[profile.core-api.instructions]\nruntime = [\"ENV API_TOKEN=T0PS3CRET\"]\n"),
    ("instructions: RUN", SETTINGS, "", "[profile.core-api.instructions]\nbuild = [\"RUN curl -u bob:T0PS3CRET https://h.example/x\"]\n"),
    ("instructions: header", SETTINGS, "", "[profile.core-api.instructions]\nbuild = [\"RUN curl -H 'Authorization: Bearer T0PS3CRET' https://h.example/x\"]\n"),
    ("instructions: ARG", SETTINGS, "", "[profile.core-api.instructions]\nbase = [\"ARG DB_PASSWORD=T0PS3CRET\"]\n"),
    ("base", SETTINGS, "", "[profile.core-api]\nbase = \"bob:T0PS3CRET@registry.example/python:3.13-slim\"\n"),
    ("copy", SETTINGS, "", "[profile.core-api]\ncopy = [\"URL\"]\n"),
    ("purpose", SETTINGS, "", "[profile.core-api]\npurpose = \"the API behind URL\"\n"),
    ("uv.toml", "uv.toml", "", "[[index]]\nname = \"acme\"\nurl = \"URL\"\n"),
    ("uv.toml, older key", "uv.toml", "", "index-url = \"URL\"\n"),
    ("member", "packages/money/pyproject.toml", "", "[project]\nname = \"money\"\nversion = \"1\"\ndependencies = [\"six @ URL\"]\n"),
];

fn api() -> Project {
    Project::fixture("small_api")
}

fn planted((name, file, from, to): &Placement) -> Project {
    let mut project = api();
    let to = to.replace("URL\"", &format!("{URL}\""));
    if *name == "member" {
        let manifest =
            project.read(MANIFEST) + "\n[tool.uv.workspace]\nmembers = [\"packages/*\"]\n";
        project = project.with(MANIFEST, &manifest);
    }
    let text = if project.path().join(file).is_file() {
        project.read(file)
    } else {
        String::new()
    };
    assert!(text.contains(from), "{name}: `{file}` has no `{from}`");
    let text = if from.is_empty() {
        format!("{text}\n{to}")
    } else {
        text.replacen(from, &to, 1)
    };
    assert!(text.contains(MARK), "{name}");
    project.with(file, &text)
}

/// All that a person may type, text and JSON.
const COMMANDS: &[&[&str]] = &[
    &["render"],
    &["render", "--stdout"],
    &["plan"],
    &["plan", "--format", "json"],
    &["why", "fastapi", "--format", "json"],
    &["closure", "--format", "json"],
    &["profiles", "core-api"],
    &["profiles", "core-api", "--format", "json"],
    &["init", "--yes"],
    &["explain"],
];

/// Runs every command, and finds no secret in what it prints or writes.
fn nothing_leaks(name: &str, project: &Project) {
    let before: Vec<(String, String)> = contents(project);
    for command in COMMANDS {
        let ran = dfgen(command).in_project(project);
        let shown = ran.to_string();
        assert!(
            !shown.contains(MARK),
            "{name}: {command:?} prints it\n{shown}"
        );
    }
    for (file, text) in contents(project) {
        let is_written = !before.iter().any(|(known, _)| *known == file);
        assert!(
            !is_written || !text.contains(MARK),
            "{name}: {file} has it\n{text}"
        );
    }
}

fn contents(project: &Project) -> Vec<(String, String)> {
    let files = project.files().into_iter();
    files
        .map(|file| (file.clone(), project.read(&file)))
        .collect()
}

#[test]
fn a_secret_is_refused_in_every_placement_and_shown_in_none() {
    std::thread::scope(|scope| {
        for some in PLACEMENTS.chunks(PLACEMENTS.len() / 4) {
            scope.spawn(|| some.iter().for_each(refused));
        }
    });
}

fn refused(placement: &Placement) {
    let (name, file, ..) = placement;
    let project = planted(placement);
    let ran = dfgen(&["render"]).in_project(&project);
    assert_eq!(ran.code, Some(2), "{name} is rendered\n{ran}");
    let says = |words: &str| assert!(ran.stderr.contains(words), "{name}\n{ran}");
    says("error[credentials-in-file]");
    says(&format!("--> {file}:"));
    let helps = ran.stderr.matches("= help:").count();
    assert!(helps >= 2, "{name} has no help\n{ran}");
    assert!(!project.path().join("docker").exists(), "{name}");
    nothing_leaks(name, &project);
}

#[test]
fn what_is_no_secret_is_rendered() {
    let manifest = "\n# https://user:password@host.example is how a URL says who asks\n[project.urls]\nhomepage = \"https://shop.example/a@b\"\n[tool.pytest_env]\nDATABASE_URL = \"postgresql://u:p@localhost/test\"\n[[tool.uv.index]]\nname = \"acme\"\nurl = \"https://__token__@index.example/simple\"\n[[tool.uv.index]]\nname = \"other\"\nurl = \"https://ci-bot:${TOKEN}@other.example/simple\"\nauthenticate = \"always\"\n";
    let settings = "[profile.core-api.env]\nSECRET_KEY = \"dummy\"\nMAX_TOKENS = \"512\"\nKEY_FILE = \"/run/secrets/key\"\nTOKEN = \"\"\n[profile.core-api.instructions]\nbuild = [\"RUN --mount=type=secret,id=TOKEN,env=TOKEN curl -H \\\"Authorization: Bearer $TOKEN\\\" https://h.example\"]\n";
    let project = api();
    let manifest = project.read(MANIFEST) + manifest;
    let project = project.with(MANIFEST, &manifest).with(SETTINGS, settings);
    let ran = dfgen(&["render"]).in_project(&project);
    assert_eq!(ran.code, Some(0), "{ran}");
}

/// What the project does not say itself, and what stands before it is looked at.
#[test]
fn messages_about_other_things_hide_secrets_too() {
    #[rustfmt::skip]
    let cases: &[(&str, &str, &str, &str)] = &[
        ("a value of another kind", SETTINGS, "", "[profile.core-api]\nenv = \"postgresql://u:T0PS3CRET@db/shop\"\n"),
        ("a value of another kind, by name", SETTINGS, "", "[profile.core-api.env]\nAPI_TOKEN = [\"T0PS3CRET\"]\n"),
        ("no TOML", MANIFEST, "", "[tool.uv]\nindex-url = \"http://bob:T0PS3CRET@127.0.0.1/\" oops\n"),
        ("no TOML, by name", SETTINGS, "", "[profile.core-api.env]\nAPI_TOKEN = \"T0PS3CRET\" oops\n"),
        ("no lock", LOCK, "version = \"0.121.0\"", "version = \"https://bob:T0PS3CRET@h.example\""),
        ("another program's", MANIFEST, "", "[tool.pytest_env]\nDATABASE_URL = \"postgresql://u:T0PS3CRET@localhost/test\"\n[tool.uv]\nsources = 3\n"),
        ("a Dockerfile", "Dockerfile", "", "FROM python:3.13-slim\nARG PYPI_TOKEN=T0PS3CRET\nENV API_KEY T0PS3CRET\nENV DB=postgresql://u:T0PS3CRET@db/x\nRUN pip install --index-url https://bob:T0PS3CRET@pkgs.example/simple shop\nRUN curl -u bob:T0PS3CRET https://h.example | sh\nADD https://bob:T0PS3CRET@h.example/x /x\nCMD [\"uvicorn\", \"main:app\", \"--api-key\", \"T0PS3CRET\"]\n"),
        ("a Dockerfile that is none", "Dockerfile", "", "FROM python:3.13-slim\nENV API_KEY=T0PS3CRET\nCOPY https://bob:T0PS3CRET@h.example/x\n"),
        ("a compose file", "compose.yaml", "", "services:\n  web:\n    build: .\n    command: uvicorn main:app --api-key T0PS3CRET\n    environment:\n      API_TOKEN: T0PS3CRET\n      DB: postgresql://u:T0PS3CRET@db/x\n  db:\n    image: postgres:17\n    environment: [POSTGRES_PASSWORD=T0PS3CRET]\n"),
    ];
    for (name, file, from, to) in cases {
        nothing_leaks(name, &planted(&(name, file, from, to)));
    }
}

#[test]
fn it_says_what_to_write_instead() {
    let mut told = String::new();
    for name in [
        "dependencies",
        "sources: git, token",
        "config-settings-package",
        "lock: wheel",
        "env",
        "command",
        "instructions: RUN",
        "base",
        "escape",
    ] {
        let placement = PLACEMENTS
            .iter()
            .find(|one| one.0 == name)
            .expect("it is there");
        told += &dfgen(&["render"]).in_project(&planted(placement)).stderr;
    }
    insta::assert_snapshot!(told, @r#"
    error[credentials-in-file]: `project.dependencies` holds a password
     --> pyproject.toml:6:40
      |
    6 | dependencies = ["fastapi", "uvicorn", "six @ http://bob:****@127.0.0.1/six-1.0-py3-none-any.whl"]
      |                                        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ whoever has the file has the password
      |
      = help: have the password changed where it is valid: it is in version control
      = help: write the URL without it: `http://127.0.0.1/six-1.0-py3-none-any.whl`
      = help: and give the new one in a file: `machine 127.0.0.1 login NAME password TOKEN` in ~/.netrc, and build with `--secret id=netrc,src=$HOME/.netrc`
    error[credentials-in-file]: the URL of the Git source `six` holds a token: GitHub makes such ones
      --> pyproject.toml:15:16
       |
    15 | six = { git = "https://****@git.example/six.git" }
       |                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ whoever has the file has the token
       |
       = help: have the token changed where it is valid: it is in version control
       = help: write the URL without it: `https://git.example/six.git`
       = help: and give the new one in a file: `machine git.example login NAME password TOKEN` in ~/.netrc, and build with `--secret id=netrc,src=$HOME/.netrc`
       = help: or fetch it over SSH: `git = "ssh://git@git.example/six.git"`, and build with `--ssh default`
    error[credentials-in-file]: `tool.uv.config-settings-package.six.auth-token` holds a secret, `auth-token`
      --> pyproject.toml:15:23
       |
    15 | six = { auth-token = "****" }
       |                       ^^^^ whoever has the file has the secret
       |
       = help: have the secret changed where it is valid: it is in version control
       = help: take it out: a build is told nothing in confidence but the credentials of indexes, which it may read as UV_INDEX_<NAME>_PASSWORD
    error[credentials-in-file]: `uv.lock` holds a password
     --> uv.lock:9:32
      |
    9 | wheels = [{ url = "https://bob:****@files/fastapi-0.121.0-py3-none-any.whl", hash = "sha256:00", size = 109_000 }]
      |                                ^^^^ whoever has the file has the password
      |
      = help: have the password changed where it is valid: it is in version control
      = help: where the manifest says it, write the URL without it: `https://files/fastapi-0.121.0-py3-none-any.whl`
      = help: write the lock again: `uv lock`
    error[credentials-in-file]: `profile.core-api.env.API_TOKEN` holds a secret, `API_TOKEN`
     --> dfgen.toml:3:14
      |
    3 | API_TOKEN = "****"
      |              ^^^^ whoever has the file has the secret
      |
      = help: have the secret changed where it is valid: it is in version control
      = help: give it to the container and not to the image: `API_TOKEN=...` in the file .env, which compose reads, or `docker run --env API_TOKEN`; a value that is no secret says so with the word `dummy` or `insecure`
    error[credentials-in-file]: `profile.core-api.command` holds a secret, `api-key`
     --> dfgen.toml:3:49
      |
    3 | command = ["uvicorn", "main:app", "--api-key", "****"]
      |                                                 ^^^^ whoever has the file has the secret
      |
      = help: have the secret changed where it is valid: it is in version control
      = help: take it out: a program reads it from its environment, which the file .env or `docker run --env` fills
    error[credentials-in-file]: `profile.core-api.instructions.build` holds a secret, `password`
     --> dfgen.toml:3:11
      |
    3 | build = ["RUN curl -u bob:**** https://h.example/x"]
      |           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ whoever has the file has the secret
      |
      = help: have the secret changed where it is valid: it is in version control
      = help: mount it where it is used: `RUN --mount=type=secret,id=NAME,env=NAME ...`, and build with `--secret id=NAME,env=NAME`
    error[credentials-in-file]: `profile.core-api.base` holds a password
     --> dfgen.toml:3:9
      |
    3 | base = "bob:****@registry.example/python:3.13-slim"
      |         ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ whoever has the file has the password
      |
      = help: have the password changed where it is valid: it is in version control
      = help: write the image's name alone, and log in before the build: `docker login`
    error[credentials-in-file]: `tool.uv.index-url` holds a password
      --> pyproject.toml:15:13
       |
    15 | index-url = ****
       |             ^^^^ whoever has the file has the password
       |
       = help: have the password changed where it is valid: it is in version control
       = help: take it out: what is built or run gets it from its environment
    "#);
}
