use super::*;
use crate::diagnostic::Style;
use crate::plan::fixture::{Shop, lock, wheel};

const CUDA: &str = "nvidia-cuda-nvrtc-cu12";

/// A project that needs all of these.
fn shop(settings: &str, names: &[&str]) -> Shop {
    let packages = names.iter();
    let packages: Vec<String> = packages
        .map(|name| wheel(name, "12.8.93", "py3-none-any", Some(1)))
        .collect();
    Shop::new(settings, &lock(names, &packages), &[])
}

/// What is left out of a layer with some of the packages, and whether libraries are stripped.
fn trimmed(shop: &Shop, layer: &[&str]) -> (Vec<TrimPlan>, bool) {
    let (subject, closures) = (shop.subject(), shop.closures());
    let rules = Rules::new(&subject, &closures[0]).unwrap();
    let layer: Vec<PackageName> = layer.iter().map(|name| name.parse().unwrap()).collect();
    (rules.of(&layer.iter().collect()), rules.strip())
}

fn names(settings: &str, packages: &[&str], layer: &[&str]) -> Vec<String> {
    let (trim, _) = trimmed(&shop(settings, packages), layer);
    trim.into_iter().map(|trim| trim.rule).collect()
}

#[test]
fn what_no_program_reads_is_left_out() {
    let all = [
        "build-files",
        "cython-sources",
        "debug-symbols",
        "headers",
        "static-libraries",
        "type-stubs",
    ];
    let without = |left: &[&str]| -> Vec<&str> {
        let all = all.iter().copied();
        all.filter(|name| !left.contains(name)).collect()
    };
    let none: &[&str] = &[];
    for (settings, packages, expected) in [
        ("", &["click"][..], without(none)),
        ("keep = [\"headers\"]\n", &["click"], without(&["headers"])),
        // What reads such files may be in another layer.
        ("", &["click", "cython"], without(&["cython-sources"])),
        ("", &["click", "lazy-loader"], without(&["type-stubs"])),
        ("", &["click", "cupy-cuda12x"], without(&["headers"])),
        ("development = true\n", &["click"], Vec::new()),
    ] {
        assert_eq!(
            names(settings, packages, &["click"]),
            expected,
            "{settings}{packages:?}"
        );
    }
    let (trim, _) = trimmed(&shop("", &["click"]), &["click"]);
    let stubs = trim.last().unwrap();
    assert_eq!(stubs.patterns, ["**/*.pyi"]);
    assert_eq!((stubs.kind, stubs.saves), (TrimKind::Unused, None));
}

#[test]
fn libraries_are_stripped_unless_somebody_wants_their_symbols() {
    let strip = |settings: &str| trimmed(&shop(settings, &["click"]), &["click"]).1;
    assert!(strip(""));
    assert!(strip("keep = [\"headers\"]\n"));
    assert!(!strip("keep = [\"debug-symbols\"]\n"));
    assert!(!strip("development = true\n"));
}

#[test]
fn files_that_others_built_and_that_are_changed_are_known_by_name() {
    let stripped = |settings: &str| {
        let wheels = [
            wheel(CUDA, "12.8.93", "py3-none-manylinux_2_28_x86_64", Some(1)),
            wheel("click", "1.0", "py3-none-any", Some(1)),
            wheel("numpy", "1.0", "cp313-cp313-manylinux_2_28_x86_64", Some(1)),
        ];
        let shop = Shop::new(settings, &lock(&[CUDA, "click", "numpy"], &wheels), &[]);
        let (subject, closures) = (shop.subject(), shop.closures());
        let rules = Rules::new(&subject, &closures[0]).unwrap();
        let layers = crate::plan::packages::layers::layers(&subject, &closures, &rules);
        let names = layers.into_iter().flat_map(|layer| layer.stripped);
        names.map(|name| name.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(stripped(""), ["numpy"]);
    assert_eq!(
        stripped("keep = [\"debug-symbols\"]\n"),
        Vec::<String>::new()
    );
}

#[test]
fn tests_are_left_out_of_the_layer_that_has_them() {
    let shop = shop("", &["click", "numpy", "pandas"]);
    let tests = |layer: &[&str]| {
        let (trim, _) = trimmed(&shop, layer);
        trim.into_iter().find(|trim| trim.rule == "tests")
    };
    assert_eq!(tests(&["click"]), None);
    let [numpy, pandas, both] =
        [&["numpy"][..], &["pandas"], &["numpy", "pandas"]].map(|layer| tests(layer).unwrap());
    assert_eq!(numpy.kind, TrimKind::Tests);
    assert_eq!(numpy.patterns, ["numpy/**/tests"]);
    assert_eq!(both.patterns, ["numpy/**/tests", "pandas/tests"]);
    let [numpy, pandas, both] = [numpy, pandas, both].map(|trim| trim.saves.unwrap().0);
    assert!(numpy > 1_000_000 && pandas > 1_000_000);
    assert_eq!(both, numpy + pandas);
}

#[test]
fn what_a_rule_saves_is_the_sum_of_what_was_measured() {
    let shop = shop("", &["aiohttp", "bcrypt", "click"]);
    let saves = |layer: &[&str]| {
        let (trim, _) = trimmed(&shop, layer);
        let symbols = trim.iter().find(|trim| trim.rule == "debug-symbols");
        symbols.unwrap().saves.map(|bytes| bytes.0)
    };
    assert_eq!(saves(&["click"]), None);
    let (aiohttp, bcrypt) = (saves(&["aiohttp"]).unwrap(), saves(&["bcrypt"]).unwrap());
    assert!(aiohttp > 0 && bcrypt > 0);
    assert_eq!(
        saves(&["aiohttp", "bcrypt", "click"]),
        Some(aiohttp + bcrypt)
    );
}

#[test]
fn parts_of_gpu_wheels_are_left_out_when_asked() {
    let asked = |trim: &str, layer: &[&str]| {
        let shop = shop(trim, &["click", CUDA]);
        let (trim, _) = trimmed(&shop, layer);
        let asked = trim.into_iter();
        let asked = asked.filter(|trim| trim.kind == TrimKind::Asked);
        asked.map(|trim| trim.rule).collect::<Vec<_>>()
    };
    let one = "trim = [\"nvrtc-alternative\"]\n";
    let all = ["gpu-headers", "gpu-static-libraries", "nvrtc-alternative"];
    assert_eq!(asked("", &[CUDA]), [""; 0]);
    assert_eq!(asked(one, &[CUDA]), ["nvrtc-alternative"]);
    assert_eq!(asked(one, &["click"]), [""; 0]);
    assert_eq!(asked("trim = [\"@gpu\"]\n", &[CUDA]), all);
    assert_eq!(asked("trim = [\"triton\"]\n", &[CUDA]), [""; 0]);
    assert_eq!(
        asked(&format!("{one}development = true\n"), &[CUDA]),
        [""; 0]
    );
    let (trim, _) = trimmed(&shop(one, &[CUDA]), &[CUDA]);
    let part = trim.last().unwrap();
    assert_eq!(part.patterns, ["nvidia/**/libnvrtc*.alt.so*"]);
    assert!(part.saves.unwrap().0 > 10_000_000);
}

#[test]
fn rules_that_are_none_are_told_all_at_once() {
    let shop = shop("keep = [\"header\"]\ntrim = [\"headers\"]\n", &["click"]);
    let (subject, closures) = (shop.subject(), shop.closures());
    let problems = Rules::new(&subject, &closures[0]).err().unwrap();
    insta::assert_snapshot!(problems.draw(Style::PLAIN), @r##"
    error[unknown-rule]: `keep` names `header`, which is no rule for it
     --> dfgen.toml:2:10
      |
    2 | keep = ["header"]
      |          ^^^^^^ no such rule
      |
      = note: in the profile `api` (dfgen.toml:2)
      = help: did you mean `headers`?

    error[unknown-rule]: `trim` names `headers`, which is no rule for it
     --> dfgen.toml:3:10
      |
    3 | trim = ["headers"]
      |          ^^^^^^^ no such rule
      |
      = note: in the profile `api` (dfgen.toml:3)
      = help: did you mean `gpu-headers`?
    "##);
}
