//! What each backend packages. Every expected list is what the backend really built: setuptools
//! 84.2, hatchling, flit-core, poetry-core 2, `uv_build`, pdm-backend of November 2026 (maturin:
//! from its documentation).

use std::collections::BTreeSet;

use super::{Cause, Wheel, check, wheel};
use crate::application::{Code, ManifestFacts, Modules};
use crate::diagnostic::Place;
use crate::project::source_tree::SourceTree;

const SETUPTOOLS: &str = "[build-system]\nbuild-backend = 'setuptools.build_meta'\n";
const HATCHLING: &str = "[build-system]\nbuild-backend = 'hatchling.build'\n";
const FLIT: &str = "[build-system]\nbuild-backend = 'flit_core.buildapi'\n";
const POETRY: &str = "[build-system]\nbuild-backend = 'poetry.core.masonry.api'\n";
const UV: &str = "[build-system]\nbuild-backend = 'uv_build'\n";
const PDM: &str = "[build-system]\nbuild-backend = 'pdm.backend'\n";
const MATURIN: &str = "[build-system]\nbuild-backend = 'maturin'\n";

const OWN: &str = "shop_api/__init__.py shop_api/main.py shop_api/api/__init__.py shop_api/api/v1.py shop_api/noinit/x.py";
const SRC: &str = "src/shop_api/__init__.py src/shop_api/main.py src/shop_api/api/__init__.py src/shop_api/api/v1.py src/shop_api/noinit/x.py";
const OTHER: &str = "shop/__init__.py shop/main.py shop/api/__init__.py shop/api/v1.py";

/// The installed paths, `-` for a refused build and `?` for an unknown one.
fn built(backend: &str, settings: &str, files: &str) -> String {
    built_with(backend, settings, files, &[])
}

fn built_with(backend: &str, settings: &str, files: &str, texts: &[(&str, &str)]) -> String {
    let manifest = format!("{backend}[project]\nname = 'shop-api'\n{settings}");
    let mut all: Vec<(&str, &str)> = files.split_whitespace().map(|path| (path, "")).collect();
    all.extend(texts);
    all.push(("pyproject.toml", &manifest));
    let tree = SourceTree::from_files(all);
    let modules = Modules::new(&tree);
    let code = Code::new(&tree, &modules, "", &BTreeSet::new());
    let facts = ManifestFacts::parse(tree.text("pyproject.toml").unwrap());
    match wheel(&code, &facts) {
        None => "?".to_owned(),
        Some(Wheel::Refused { .. }) => "-".to_owned(),
        Some(Wheel::Built(contents)) => {
            let installed: BTreeSet<String> = contents.files.into_values().collect();
            installed.into_iter().collect::<Vec<_>>().join(" ")
        }
    }
}

fn sorted(files: &str) -> String {
    let files: BTreeSet<&str> = files.split_whitespace().collect();
    files.into_iter().collect::<Vec<_>>().join(" ")
}

#[test]
fn setuptools_takes_listed_packages_without_their_subpackages() {
    let listed = "[tool.setuptools]\npackages = ['shop']\n";
    assert_eq!(
        built(SETUPTOOLS, listed, OTHER),
        "shop/__init__.py shop/main.py"
    );
    let moved =
        "[tool.setuptools]\npackages = ['shop', 'shop.api']\npackage-dir = {'shop' = 'lib/shop'}\n";
    let files = "lib/shop/__init__.py lib/shop/api/v1.py lib/shop/other/x.py";
    assert_eq!(
        built(SETUPTOOLS, moved, files),
        "shop/__init__.py shop/api/v1.py"
    );
    let modules = "[tool.setuptools]\npy-modules = ['one']\n";
    assert_eq!(built(SETUPTOOLS, modules, "one.py two.py"), "one.py");
}

#[test]
fn setuptools_discovers_one_package_or_what_src_holds() {
    assert_eq!(
        built(SETUPTOOLS, "", &format!("{OWN} tests/test_x.py")),
        sorted(OWN)
    );
    assert_eq!(
        built(SETUPTOOLS, "", &format!("{SRC} src/single.py tests/t.py")),
        format!("{} single.py", sorted(OWN))
            .split_whitespace()
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect::<Vec<_>>()
            .join(" ")
    );
    assert_eq!(built(SETUPTOOLS, "", &format!("{OWN} alembic/env.py")), "-");
    assert_eq!(
        built(SETUPTOOLS, "", &format!("{OWN} docker/Dockerfile")),
        "-"
    );
    assert_eq!(
        built(SETUPTOOLS, "", "single.py tests/t.py setup.py"),
        "single.py"
    );
    assert_eq!(built(SETUPTOOLS, "", "one.py two.py"), "-");
    let folder = "[tool.setuptools.package-dir]\nshop = 'backend'\n";
    assert_eq!(
        built(SETUPTOOLS, folder, "backend/a.py backend/sub/b.py"),
        "shop/a.py shop/sub/b.py"
    );
}

#[test]
fn setuptools_searches_by_include_and_exclude() {
    let find = |rest: &str| format!("[tool.setuptools.packages.find]\n{rest}");
    assert_eq!(
        built(SETUPTOOLS, &find("include = ['shop']"), OTHER),
        "shop/__init__.py shop/main.py"
    );
    let star = find("include = ['shop*']\nexclude = ['shop.api*']");
    assert_eq!(
        built(SETUPTOOLS, &star, OTHER),
        "shop/__init__.py shop/main.py"
    );
    assert_eq!(
        built(SETUPTOOLS, &find("where = ['src']"), SRC),
        sorted(OWN)
    );
    let strict = find("where = ['src']\nnamespaces = false");
    assert!(!built(SETUPTOOLS, &strict, SRC).contains("noinit"));
}

#[test]
fn setuptools_reads_its_older_files() {
    let setup = "from setuptools import setup, find_packages\nsetup(package_dir={'': 'src'}, packages=find_packages('src'))\n";
    let found = built_with(SETUPTOOLS, "", SRC, &[("setup.py", setup)]);
    assert_eq!(
        found,
        "shop_api/__init__.py shop_api/api/__init__.py shop_api/api/v1.py shop_api/main.py"
    );
    let config = "[options]\npackages = find:\npackage_dir =\n    =src\n[options.packages.find]\nwhere = src\nexclude =\n    shop_api.api*\n";
    let found = built_with(SETUPTOOLS, "", SRC, &[("setup.cfg", config)]);
    assert_eq!(found, "shop_api/__init__.py shop_api/main.py");
    let computed = "from setuptools import setup\nsetup(packages=[p for p in all_packages()])\n";
    assert_eq!(
        built_with(SETUPTOOLS, "", OWN, &[("setup.py", computed)]),
        "?"
    );
}

#[test]
fn hatchling_takes_the_folder_of_the_projects_name() {
    assert_eq!(
        built(HATCHLING, "", &format!("{OWN} tests/t.py")),
        sorted(OWN)
    );
    assert_eq!(built(HATCHLING, "", SRC), sorted(OWN));
    assert_eq!(built(HATCHLING, "", "shop_api.py other.py"), "shop_api.py");
    assert_eq!(
        built(HATCHLING, "", "corp/shop_api/__init__.py corp/other/x.py"),
        "corp/other/x.py corp/shop_api/__init__.py"
    );
    assert_eq!(built(HATCHLING, "", OTHER), "-");
    let ignored = built_with(HATCHLING, "", OWN, &[(".gitignore", "api/\n")]);
    assert_eq!(
        ignored,
        "shop_api/__init__.py shop_api/main.py shop_api/noinit/x.py"
    );
}

#[test]
fn hatchling_selects_by_packages_include_and_sources() {
    let target = |rest: &str| format!("[tool.hatch.build.targets.wheel]\n{rest}");
    let files: Vec<String> = OTHER
        .split(' ')
        .map(|path| format!("backend/{path}"))
        .collect();
    assert_eq!(
        built(
            HATCHLING,
            &target("packages = ['backend/shop']"),
            &files.join(" ")
        ),
        sorted(OTHER)
    );
    assert_eq!(
        built(
            HATCHLING,
            &target("include = ['shop/*.py']"),
            &format!("{OTHER} more/x.py")
        ),
        "shop/__init__.py shop/main.py"
    );
    let only =
        target("only-include = ['src/shop']\nexclude = ['v1.py']\nsources = {'src' = 'lib'}");
    assert_eq!(
        built(HATCHLING, &only, "src/shop/a.py src/shop/v1.py"),
        "lib/shop/a.py"
    );
    let forced = "[tool.hatch.build.targets.wheel.force-include]\n'backend' = 'shop'\n";
    assert_eq!(
        built(HATCHLING, forced, "backend/a.py backend/b/c.py"),
        "shop/a.py shop/b/c.py"
    );
    // Hatchling refuses what is not there, as a front end that nobody has built.
    assert_eq!(built(HATCHLING, forced, "shop/__init__.py"), "-");
}

#[test]
fn flit_poetry_and_uv_take_one_module() {
    for backend in [FLIT, POETRY] {
        assert_eq!(built(backend, "", &format!("{OWN} x.py")), sorted(OWN));
        assert_eq!(built(backend, "", SRC), sorted(OWN));
        assert_eq!(built(backend, "", OTHER), "-");
    }
    assert_eq!(
        built(
            FLIT,
            "[tool.flit.module]\nname = 'shop'\n",
            &format!("{OTHER} x.py")
        ),
        sorted(OTHER)
    );
    assert_eq!(
        built(
            POETRY,
            "[tool.poetry]\npackages = [{include = 'shop', to = 'corp'}]\n",
            "shop/a.py"
        ),
        "corp/shop/a.py"
    );
    assert_eq!(
        built(
            POETRY,
            "[tool.poetry]\nexclude = ['shop_api/api']\n",
            "shop_api/a.py shop_api/api/b.py"
        ),
        "shop_api/a.py"
    );
    assert_eq!(built(UV, "", SRC), sorted(OWN));
    assert_eq!(built(UV, "", OWN), "-");
    let flat = "[tool.uv.build-backend]\nmodule-name = 'shop'\nmodule-root = ''\n";
    assert_eq!(built(UV, flat, OTHER), sorted(OTHER));
    let several = "[tool.uv.build-backend]\nmodule-name = ['a', 'b']\n";
    assert_eq!(
        built(
            UV,
            several,
            "src/a/__init__.py src/b/__init__.py src/b/x.py src/c/__init__.py"
        ),
        "a/__init__.py b/__init__.py b/x.py"
    );
}

#[test]
fn pdm_takes_packages_and_maturin_its_module() {
    let files = "shop/__init__.py shop/a/b.py noinit/x.py x.py tests/__init__.py";
    assert_eq!(built(PDM, "", files), "shop/__init__.py shop/a/b.py");
    assert_eq!(built(PDM, "", "one.py two.py dir/x.py"), "one.py two.py");
    let includes = "[tool.pdm.build]\nincludes = ['src/shop']\npackage-dir = 'src'\n";
    assert_eq!(
        built(PDM, includes, "src/shop/a.py src/other/__init__.py"),
        "shop/a.py"
    );
    let source = "[tool.maturin]\npython-source = 'python'\nmodule-name = 'shop._core'\n";
    assert_eq!(
        built(MATURIN, source, "python/shop/__init__.py python/other/x.py"),
        "shop/__init__.py"
    );
}

#[test]
fn projects_that_are_not_built_and_unknown_backends_are_left_alone() {
    assert_eq!(built("", "", OWN), "?");
    assert_eq!(built("", "[tool.uv]\npackage = true\n", OWN), sorted(OWN));
    assert_eq!(
        built("[build-system]\nbuild-backend = 'mesonpy'\n", "", OWN),
        "?"
    );
    assert_eq!(
        built(
            "[build-system]\nbuild-backend = 'backend'\nbackend-path = ['.']\n",
            "",
            OWN
        ),
        "?"
    );
}

fn lacking(
    settings: &str,
    files: &[&str],
    reached: &[&str],
) -> Vec<(String, Cause, Option<String>)> {
    let manifest = format!("{SETUPTOOLS}[project]\nname = 'shop-api'\n{settings}");
    let all = files
        .iter()
        .map(|path| (*path, ""))
        .chain([("pyproject.toml", manifest.as_str())]);
    let tree = SourceTree::from_files(all);
    let modules = Modules::new(&tree);
    let code = Code::new(&tree, &modules, "", &BTreeSet::new());
    let facts = ManifestFacts::parse(tree.text("pyproject.toml").unwrap());
    let reached: Vec<String> = reached.iter().map(|path| (*path).to_owned()).collect();
    let found = check(&code, &facts, &reached);
    found
        .into_iter()
        .map(|one| (one.name, one.cause, one.place.as_ref().map(Place::location)))
        .collect()
}

#[test]
fn modules_that_an_entry_needs_are_told_with_the_line_to_blame() {
    let files = ["shop/__init__.py", "shop/main.py", "shop/api/__init__.py"];
    assert_eq!(
        lacking("[tool.setuptools]\npackages = ['shop']\n", &files, &files),
        [(
            "shop.api".to_owned(),
            Cause::NotSelected,
            Some("pyproject.toml:6".to_owned())
        )]
    );
    let strict = "[tool.setuptools.packages.find]\nnamespaces = false\n";
    assert_eq!(
        lacking(
            strict,
            &["shop/__init__.py", "shop/api/v1.py"],
            &["shop/api/v1.py"]
        ),
        [(
            "shop.api.v1".to_owned(),
            Cause::NoInit,
            Some("pyproject.toml:5".to_owned())
        )]
    );
    assert_eq!(
        lacking(
            "",
            &["shop/__init__.py", "alembic/env.py"],
            &["shop/__init__.py"]
        ),
        [("shop".to_owned(), Cause::BuildFails, None)]
    );
    let moved = "[tool.setuptools]\npackages = ['app']\npackage-dir = {'app' = 'shop'}\n";
    assert_eq!(
        lacking(moved, &["shop/__init__.py", "shop/a.py"], &["shop/a.py"]),
        [(
            "shop.a".to_owned(),
            Cause::OtherName,
            Some("pyproject.toml:6".to_owned())
        )]
    );
}

/// The data that the code below reads and the wheel would not have.
fn data_lacking(backend: &str, settings: &str, code: &str) -> String {
    data_lacking_with(backend, settings, code, &[])
}

fn data_lacking_with(backend: &str, settings: &str, code: &str, more: &[(&str, &str)]) -> String {
    let manifest = format!("{backend}{settings}\n[project]\nname = 'shop-api'\n");
    let tree = SourceTree::from_files(
        [
            ("pyproject.toml", manifest.as_str()),
            ("src/shop_api/__init__.py", ""),
            ("src/shop_api/main.py", code),
            ("src/shop_api/README.md", ""),
            ("src/shop_api/schema.json", ""),
            ("src/shop_api/static/a.js", ""),
            ("src/shop_api/static/css/a.css", ""),
            ("src/shop_api/templates/index.html", ""),
            ("src/shop_api/templates/mail/a.html", ""),
            ("src/shop_api/uploads/.gitkeep", ""),
        ]
        .into_iter()
        .chain(more.iter().copied()),
    );
    let modules = Modules::new(&tree);
    let code = Code::new(&tree, &modules, "", &BTreeSet::new());
    let facts = ManifestFacts::parse(tree.text("pyproject.toml").unwrap());
    let reached = vec!["src/shop_api/main.py".to_owned()];
    let found = check(&code, &facts, &reached);
    assert!(found.iter().all(|one| one.cause == Cause::Data));
    let names = found
        .iter()
        .map(|one| one.name.trim_start_matches("src/shop_api/"));
    names.collect::<Vec<_>>().join(" ")
}

const READS_ALL: &str = "HERE = Path(__file__).parent\na = HERE / 'schema.json'\nb = HERE / 'static'\nc = HERE / 'templates'\n";

#[test]
fn setuptools_takes_the_data_that_it_is_told_to() {
    let lacking = |settings: &str| data_lacking(SETUPTOOLS, settings, READS_ALL);
    assert_eq!(lacking(""), "schema.json static templates");
    let table = "[tool.setuptools.package-data]\n";
    let some = format!("{table}shop_api = ['schema.json', 'templates/**/*', 'static/*']");
    assert_eq!(lacking(&some), "static");
    let everywhere = format!("{table}'*' = ['*.html', '*.json']");
    assert_eq!(lacking(&everywhere), "static");
    // A folder by its bare name is no file: setuptools takes nothing of it.
    let left_out = format!(
        "{table}shop_api = ['templates', 'static/**']\n[tool.setuptools.exclude-package-data]\nshop_api = ['static/css/*']"
    );
    assert_eq!(lacking(&left_out), "schema.json static templates");
    let all = format!("{table}shop_api = ['**/*']");
    assert_eq!(lacking(&all), "");
}

#[test]
fn setuptools_takes_the_data_of_its_manifest_and_of_plugins() {
    let lines = "recursive-include src/shop_api/static *\ninclude src/shop_api/*.json\n";
    let manifest = [("MANIFEST.in", lines)];
    let lacking = |settings: &str, more: &[(&str, &str)]| {
        data_lacking_with(SETUPTOOLS, settings, READS_ALL, more)
    };
    assert_eq!(lacking("", &manifest), "templates");
    let off = "[tool.setuptools]\ninclude-package-data = false";
    assert_eq!(lacking(off, &manifest), "schema.json static templates");
    assert_eq!(lacking("", &[("MANIFEST.in", "graft src\n")]), "");
    // It asks Git, and no repository is there where an image is built.
    assert_eq!(
        lacking("requires = ['setuptools', 'setuptools-scm>=8']", &[]),
        "schema.json static templates"
    );
    assert_eq!(lacking("requires = ['setuptools', 'pbr']", &[]), "");
    assert_eq!(
        lacking("", &[("setup.py", "setup(package_data={'': data()})")]),
        ""
    );
    let ignored = [(".gitignore", "static/\n")];
    assert_eq!(lacking("", &ignored), "schema.json templates");
}

#[test]
fn other_backends_take_data_unless_told_not_to() {
    let maturin = format!("{MATURIN}[tool.maturin]\npython-source = 'src'\n");
    for backend in [HATCHLING, FLIT, POETRY, UV, PDM, &maturin] {
        assert_eq!(data_lacking(backend, "", READS_ALL), "", "{backend}");
    }
    let hatchling = "[tool.hatch.build]\nexclude = ['*.json']";
    assert_eq!(data_lacking(HATCHLING, hatchling, READS_ALL), "schema.json");
    let poetry = "[tool.poetry]\nexclude = ['src/shop_api/static']";
    assert_eq!(data_lacking(POETRY, poetry, READS_ALL), "static");
    let more = format!("{poetry}\ninclude = ['src/shop_api/static/**']");
    assert_eq!(data_lacking(POETRY, &more, READS_ALL), "");
    let pdm = "[tool.pdm.build]\nexcludes = ['src/shop_api/templates']";
    assert_eq!(data_lacking(PDM, pdm, READS_ALL), "templates");
}

#[test]
fn data_counts_where_code_names_it_as_a_path() {
    let lacking = |code: &str| data_lacking(SETUPTOOLS, "", code);
    for code in [
        "x = files('shop_api') / 'templates' / 'index.html'",
        "x = files('shop_api').joinpath('templates', 'index.html')",
        "x = pkgutil.get_data('shop_api', 'templates/index.html')",
        "x = os.path.join(os.path.dirname(__file__), 'templates', 'index.html')",
        "x = open('src/shop_api/templates/index.html')",
        "x = open(f'{HERE}/templates/index.html')\nHERE = dirname(__file__)",
        "def get(r):\n    return render(r, 'index.html')",
        "class View:\n    template_name = 'index.html'",
    ] {
        assert_eq!(lacking(code), "templates/index.html", "{code}");
    }
    assert_eq!(lacking("loader = PackageLoader('shop_api')"), "templates");
    assert_eq!(lacking("app = Flask(__name__)"), "static templates");
    let views = "app = Flask(__name__, static_folder=None, template_folder='../t')";
    assert_eq!(lacking(views), "");
}

#[test]
fn words_that_are_no_paths_of_the_package_raise_no_alarm() {
    for code in [
        "x = row['static'], 'templates', dict(name='schema.json')",
        "x = Path(os.environ['DATA']) / 'schema.json'",
        "x = Path(__file__).parent / 'uploads'",
        "x = Path(__file__).parents[1] / 'shop_api'",
        "x = Jinja2Templates(directory='templates')",
        "x = open('/src/shop_api/schema.json')",
        "x = ','.join(['static']) + __file__",
    ] {
        assert_eq!(data_lacking(SETUPTOOLS, "", code), "", "{code}");
    }
}
