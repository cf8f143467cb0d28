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
    ("env, with slashes", SETTINGS, "", "[profile.core-api.env]\nAWS_SECRET_ACCESS_KEY = \"T0PSJalrXUtnFEMI/K7MDENG/bPxRfiCYzQ9hLp2kTr\"\n"),
    ("env, path of one word", SETTINGS, "", "[profile.core-api.env]\nDB_PASSWORD = \"/T0PSq9hunter2\"\n"),
    ("env, stand-in within", SETTINGS, "", "[profile.core-api.env]\nDB_PASSWORD = \"T0PSdummyQx\"\n"),
    ("env, dollar", SETTINGS, "", "[profile.core-api.env]\nDB_PASSWORD = \"$ecretT0PSx\"\n"),
    ("env, default", SETTINGS, "", "[profile.core-api.env]\nDB_PASSWORD = \"${NAME:-T0PSecret}\"\n"),
    ("env, glued", SETTINGS, "", "[profile.core-api.env]\nPGPASSWORD = \"T0PSecret\"\n"),
    ("env, MySQL", SETTINGS, "", "[profile.core-api.env]\nMYSQL_PWD = \"T0PSecret\"\n"),
    ("env, key", SETTINGS, "", "[profile.core-api.env]\nFERNET_KEY = \"T0PS3cretK7mq2Xv9\"\n"),
    ("env, auth", SETTINGS, "", "[profile.core-api.env]\nBASIC_AUTH = \"T0PS3cretK7mq2Xv9\"\n"),
    ("env, ODBC", SETTINGS, "", "[profile.core-api.env]\nCONNECTION = \"Server=db;Uid=b;Pwd=T0PSecret;\"\n"),
    ("env, Azure", SETTINGS, "", "[profile.core-api.env]\nAZURE = \"AccountName=a;AccountKey=T0PSecret==\"\n"),
    ("env, JSON", SETTINGS, "", "[profile.core-api.env]\nCONFIG = '{\"password\": \"T0PSecret\"}'\n"),
    ("env, webhook", SETTINGS, "", "[profile.core-api.env]\nHOOK = \"https://hooks.slack.com/services/T00000000/B00000000/T0PSeFgHiJkLmNoPqRsTuVwX\"\n"),
    ("env, PEM", SETTINGS, "", "[profile.core-api.env]\nX = \"\"\"-----BEGIN PRIVATE KEY-----\nMIIET0PS\n-----END PRIVATE KEY-----\"\"\"\n"),
    ("health, query", SETTINGS, "", "[profile.core-api]\nhealth = \"/health?token=T0PSecret\"\n"),
    ("health, curl -u", SETTINGS, "", "[profile.core-api]\nhealth = { command = [\"curl\", \"-u\", \"bob:T0PSecret\", \"http://localhost/\"] }\n"),
    ("health, curl --user=", SETTINGS, "", "[profile.core-api]\nhealth = { command = [\"curl\", \"--user=bob:T0PSecret\", \"http://localhost/\"] }\n"),
    ("health, variable of a shell", SETTINGS, "", "[profile.core-api]\nhealth = { command = [\"sh\", \"-c\", \"PGPASSWORD=T0PSecret psql\"] }\n"),
    ("command, basic auth", SETTINGS, "", "[profile.core-api]\ncommand = [\"celery\", \"flower\", \"--basic-auth=bob:T0PSecret\"]\n"),
    ("command, --env", SETTINGS, "", "[profile.core-api]\ncommand = [\"gunicorn\", \"main:app\", \"--env\", \"PGPASSWORD=T0PSecret\"]\n"),
    ("command, redis-cli", SETTINGS, "", "[profile.core-api]\ncommand = [\"redis-cli\", \"-a\", \"T0PSecret\"]\n"),
    ("command, mysql", SETTINGS, "", "[profile.core-api]\ncommand = [\"mysql\", \"-ubob\", \"-pT0PSecret\"]\n"),
    ("entry, query", SETTINGS, "", "[profile.core-api]\nentry = \"main:app?token=T0PSecret\"\n"),
    ("model-cache, query", SETTINGS, "", "[profile.core-api]\nmodel-cache = \"/x?token=T0PSecret\"\n"),
    ("no key of dfgen", SETTINGS, "", "[profile.core-api]\npassword = \"T0PSecret\"\n"),
    ("instructions: header, token", SETTINGS, "", "[profile.core-api.instructions]\napp = [\"RUN curl -H 'PRIVATE-TOKEN: T0PSecret' https://h.example\"]\n"),
    ("instructions: header, option", SETTINGS, "", "[profile.core-api.instructions]\napp = [\"RUN wget --header='X-Api-Key: T0PSecret' https://h.example\"]\n"),
    ("instructions: netrc", SETTINGS, "", "[profile.core-api.instructions]\napp = [\"RUN echo machine h login b password T0PSecret > ~/.netrc\"]\n"),
    ("instructions: pypirc", SETTINGS, "", "[profile.core-api.instructions]\napp = [\"RUN printf '[pypi]\\\\nusername=b\\\\npassword=T0PSecret\\\\n' > ~/.pypirc\"]\n"),
    ("instructions: heredoc", SETTINGS, "", "[profile.core-api.instructions]\napp = [\"COPY <<E /root/.netrc\\nmachine h login b password T0PSecret\\nE\"]\n"),
    ("instructions: chpasswd", SETTINGS, "", "[profile.core-api.instructions]\napp = [\"RUN echo root:T0PSecret | chpasswd\"]\n"),
    ("instructions: npm", SETTINGS, "", "[profile.core-api.instructions]\napp = [\"RUN npm config set //r.example/:_authToken T0PS3cretK7mq2Xv9\"]\n"),
    ("instructions: sshpass", SETTINGS, "", "[profile.core-api.instructions]\napp = [\"RUN sshpass -p T0PSecret ssh h\"]\n"),
    ("instructions: docker login", SETTINGS, "", "[profile.core-api.instructions]\napp = [\"RUN docker login -u b -p T0PSecret r.example\"]\n"),
    ("instructions: twine", SETTINGS, "", "[profile.core-api.instructions]\napp = [\"RUN twine upload -u b -p T0PSecret dist/x.whl\"]\n"),
    ("instructions: poetry", SETTINGS, "", "[profile.core-api.instructions]\napp = [\"RUN poetry config http-basic.acme bob T0PSecret\"]\n"),
    ("instructions: aws", SETTINGS, "", "[profile.core-api.instructions]\napp = [\"RUN aws configure set aws_secret_access_key T0PS3cretK7mq2Xv9\"]\n"),
    ("instructions: openssl", SETTINGS, "", "[profile.core-api.instructions]\napp = [\"RUN openssl rsa -passin pass:T0PSecret -in k\"]\n"),
    ("instructions: variable of a program", SETTINGS, "", "[profile.core-api.instructions]\napp = [\"RUN PGPASSWORD=T0PSecret psql\"]\n"),
    ("build variables, with slashes", MANIFEST, "", "[tool.uv.extra-build-variables]\nsix = { LICENCE_KEY = \"T0PSJalrXUtnFEMI/K7MDENG/bPxRfiCYzQ9hLp2kTr\" }\n"),
    ("index.url, dot", MANIFEST, "", "[[tool.uv.index]]\nname = \"acme\"\nurl = \"https://T0PS3CRET:.@index.example/simple\"\n"),
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

/// What a variable may hold under a name that sounds like a secret's.
const OPEN: &[(&str, &str)] = &[
    ("PASSWORD_HASHERS", "argon2"),
    ("TOKEN_TYPE", "Bearer"),
    ("TOKEN_ALGORITHM", "HS256"),
    ("STOP_TOKEN", "END"),
    ("EOS_TOKEN", "</s>"),
    ("SECRET_BACKEND", "vault"),
    ("AUTH_TOKEN_SOURCE", "env"),
    ("DB_PASSWORD_ENV", "PGPASSWORD"),
    (
        "DD_API_KEY_SECRET_ARN",
        "arn:aws:secretsmanager:eu-west-1:123456789012:secret:x",
    ),
    ("SECRET_NAME", "prod/app/db"),
    ("GOOGLE_APPLICATION_CREDENTIALS", "/run/secrets/gcp.json"),
    ("TOKEN_URL", "https://auth.example/oauth/token"),
    ("MAX_TOKEN", "4096"),
    ("ACCESS_TOKEN_EXPIRE_SECONDS", "259200"),
    (
        "PUBLIC_KEY",
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ2bob bob",
    ),
    ("AWS_KMS_KEY_ID", "1234abcd-12ab-34cd-56ef-1234567890ab"),
    ("S3_KEY", "models/a.bin"),
    ("PASSWORD", "${DB_PASSWORD}"),
    ("MY_TOKEN", "7fQ2mZ9xLw4RtB8s"),
];

#[test]
fn what_only_sounds_like_a_secret_is_rendered() {
    let variables: String = OPEN
        .iter()
        .map(|(name, value)| format!("{name} = \"{value}\"\n"))
        .collect();
    let settings = format!(
        "not-secret = [\"MY_TOKEN\"]\n[profile.core-api.env]\n{variables}[profile.core-api.instructions]\nbuild = [\"RUN useradd --password '!' bob\", \"RUN docker run --user app:app -p 80:80 x\"]\n"
    );
    let project = api();
    let manifest = project.read(MANIFEST).replace(
        "A small shop",
        "A small shop for postgres://user:password@host/db style URLs",
    );
    let project = project.with(MANIFEST, &manifest).with(SETTINGS, &settings);
    let ran = dfgen(&["render"]).in_project(&project);
    assert_eq!(ran.code, Some(0), "{ran}");
}

/// A readme is in the metadata of the package, if there is a package.
#[test]
fn a_readme_is_looked_at_like_its_manifest() {
    let project = api();
    let manifest = project
        .read(MANIFEST)
        .replace("[project]\n", "[project]\nreadme = \"README.md\"\n")
        + "\n[build-system]\nrequires = [\"hatchling\"]\nbuild-backend = \"hatchling.build\"\n";
    let example = "psql postgres://user:password@host/db, postgres://shop:shop@localhost/db\n";
    let project = project.with(MANIFEST, &manifest).with("README.md", example);
    let ran = dfgen(&["closure"]).in_project(&project);
    assert_eq!(ran.code, Some(0), "{ran}");
    let text = "pip install --index-url https://bob:T0PS3CRET@h.example/simple shop\n";
    let project = project.with("README.md", text);
    let ran = dfgen(&["render"]).in_project(&project);
    insta::assert_snapshot!(ran.stderr, @"
    error[credentials-in-file]: `README.md` holds a password
     --> README.md:1:37
      |
    1 | pip install --index-url https://bob:****@h.example/simple shop
      |                                     ^^^^ whoever has the file has the password
      |
      = help: have the password changed where it is valid: it is in version control
      = help: write the URL without it: `https://h.example/simple`
      = help: and give the new one in a file: `machine h.example login NAME password TOKEN` in ~/.netrc, and build with `--secret id=netrc,src=$HOME/.netrc`
    ");
    nothing_leaks("readme", &project);
}

/// Masking is by place: a password that is a word does not take the word out of what is said.
#[test]
fn a_weak_password_is_not_told_by_what_is_masked() {
    for word in ["password", "secret", "holds", "in", "."] {
        let index = format!(
            "[[tool.uv.index]]\nname = \"acme\"\nurl = \"https://bob:{word}@h.example/simple\"\n"
        );
        let manifest = format!("{}\n{index}", api().read(MANIFEST));
        let ran = dfgen(&["render"]).in_project(&api().with(MANIFEST, &manifest));
        assert_eq!(ran.code, Some(2), "{word}\n{ran}");
        assert_eq!(ran.stderr.matches("****").count(), 1, "{word}\n{ran}");
    }
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
        ("no TOML, bare", SETTINGS, "", "[profile.core-api.env]\nAPI_KEY= T0PS3CRET\n"),
        ("no TOML, several lines", SETTINGS, "", "[profile.core-api.env]\nAPI_KEY = \"\"\"\nT0PS3CRET\n"),
        ("no key", MANIFEST, "", "[tool.dfgen]\npassword = \"T0PS3CRET\"\n"),
        ("uv.toml, no TOML", "uv.toml", "", "index-url = \"https://b:T0PS3CRET@h.example\n"),
        ("other programs'", MANIFEST, "", "[[tool.pdm.source]]\nname = \"a\"\nurl = \"https://h.example\"\npassword = \"T0PS3CRET\"\n[tool.hatch.envs.default.env-vars]\nAPI_TOKEN = \"T0PS3CRET\"\n[tool.myapp]\nsecret_key = \"T0PS3CRET\"\n"),
        ("no lock", LOCK, "version = \"0.121.0\"", "version = \"https://bob:T0PS3CRET@h.example\""),
        ("another program's", MANIFEST, "", "[tool.pytest_env]\nDATABASE_URL = \"postgresql://u:T0PS3CRET@localhost/test\"\n[tool.uv]\nsources = 3\n"),
        ("a Dockerfile", "Dockerfile", "", "FROM python:3.13-slim\nARG PYPI_TOKEN=T0PS3CRET\nENV API_KEY T0PS3CRET\nENV DB=postgresql://u:T0PS3CRET@db/x\nRUN pip install --index-url https://bob:T0PS3CRET@pkgs.example/simple shop\nRUN curl -u bob:T0PS3CRET https://h.example | sh\nADD https://bob:T0PS3CRET@h.example/x /x\nCMD [\"uvicorn\", \"main:app\", \"--api-key\", \"T0PS3CRET\"]\n"),
        ("a Dockerfile that is none", "Dockerfile", "", "FROM python:3.13-slim\nENV API_KEY=T0PS3CRET\nCOPY https://bob:T0PS3CRET@h.example/x\n"),
        ("a Dockerfile, more names", "Dockerfile", "", "FROM python:3.13-slim\nENV PGPASSWORD=T0PS3CRET MYSQL_PWD=T0PS3CRET\nENV AWS_SECRET_ACCESS_KEY=T0PSJalrXUtnFEMI/K7MDENG/bPxRfiCYzQ9hLp2kTr\nENV CONN=\"Server=x;Uid=b;Pwd=T0PS3CRET\"\nHEALTHCHECK CMD curl -f http://localhost:8000/health?token=T0PS3CRET || exit 1\nCMD [\"gunicorn\", \"main:app\", \"--env\", \"PGPASSWORD=T0PS3CRET\"]\n"),
        ("a Dockerfile, an instruction that is none", "Dockerfile", "", "FROM python:3.13-slim\nFOO bar T0PS3cretK7mq2Xv9\n"),
        ("a compose file, more places", "compose.yaml", "", "services:\n  web:\n    build: .\n    command: celery -A main flower --basic-auth=bob:T0PS3CRET\n    healthcheck:\n      test: curl http://localhost:8000/health?token=T0PS3CRET\n  other:\n    image: b:T0PS3CRET@reg/x\n"),
        ("a compose file, another kind", "compose.yaml", "", "services:\n  web:\n    build: .\n    ports: T0PS3cretK7mq2Xv9\n    environment: T0PS3cretK7mq2Xv9\n"),
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
       = help: if it is no secret, say so in dfgen.toml, or under `[tool.dfgen]`: `not-secret = ["auth-token"]`
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
      = help: give it to the container and not to the image: `API_TOKEN=...` in the file .env, which compose reads, or `docker run --env API_TOKEN`
      = help: if it is no secret, say so at the top of dfgen.toml: `not-secret = ["API_TOKEN"]`
    error[credentials-in-file]: `profile.core-api.command` holds a secret, `api-key`
     --> dfgen.toml:3:49
      |
    3 | command = ["uvicorn", "main:app", "--api-key", "****"]
      |                                                 ^^^^ whoever has the file has the secret
      |
      = help: have the secret changed where it is valid: it is in version control
      = help: take it out: a program reads it from its environment, which the file .env or `docker run --env` fills
      = help: if it is no secret, say so at the top of dfgen.toml: `not-secret = ["api-key"]`
    error[credentials-in-file]: `profile.core-api.instructions.build` holds a secret, `password`
     --> dfgen.toml:3:11
      |
    3 | build = ["RUN curl -u bob:**** https://h.example/x"]
      |           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ whoever has the file has the secret
      |
      = help: have the secret changed where it is valid: it is in version control
      = help: mount it where it is used: `RUN --mount=type=secret,id=NAME,env=NAME ...`, and build with `--secret id=NAME,env=NAME`
      = help: if it is no secret, say so at the top of dfgen.toml: `not-secret = ["password"]`
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
