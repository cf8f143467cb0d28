use super::*;
use crate::plan::base::python;
use crate::plan::fixture::{Shop, package, wheel};
use crate::plan::variants::selection as selected;

const PYPI: &str = "https://pypi.org/simple";
const WEB: &str = "from fastapi import FastAPI\napp = FastAPI()\n";

/// A lock of `shop`, which needs FastAPI and these, with these lists of its own and these packages.
fn locked(needs: &[&str], conflicts: &str, lists: &str, packages: &[String]) -> String {
    let needs = needs
        .iter()
        .map(|name| format!("{{ name = \"{name}\" }}, "));
    let needs: String = needs.collect();
    format!(
        "version = 1\nrequires-python = \">=3.11\"\n{conflicts}\n{}\n{}\n\
         [[package]]\nname = \"shop\"\nversion = \"1.0.0\"\nsource = {{ virtual = \".\" }}\n\
         dependencies = [{needs}{{ name = \"fastapi\" }}, {{ name = \"uvicorn\" }}]\n{lists}",
        any("fastapi", "0.120.0", 100_000) + "\n" + &any("uvicorn", "0.38.0", 60_000),
        packages.join("\n"),
    )
}

fn any(name: &str, version: &str, size: u64) -> String {
    wheel(name, version, "py3-none-any", Some(size))
}

/// A version of PyTorch from one of its indexes, or from PyPI.
fn torch(version: &str, index: &str) -> String {
    any("torch", version, 900_000_000).replace("https://index.example/simple", index)
}

/// What an image with these settings takes, in words, and what is said about the rest.
fn taken(settings: &str, lock: &str, source: &str) -> (Vec<String>, Vec<String>) {
    let shop = Shop::new(settings, lock, &[("main.py", source)]);
    let subject = shop.subject();
    let target = python::reference(&subject).unwrap();
    let chosen = chosen(&subject, &target).unwrap();
    let left = chosen.left_out.iter().map(|one| one.message().to_owned());
    let left = left.collect();
    (
        chosen.models.into_iter().chain(chosen.others).collect(),
        left,
    )
}

fn names(settings: &str, lock: &str, source: &str) -> Vec<String> {
    taken(settings, lock, source).0
}

const GPU: &str = "extends = \"ml-inference-gpu\"\n";
const CPU: &str = "extends = \"ml-inference-cpu\"\n";
const API: &str = "extends = \"core-api\"\n";

fn conflicting(names: &[&str]) -> String {
    let items = names
        .iter()
        .map(|name| format!("{{ package = \"shop\", extra = \"{name}\" }}"));
    format!("conflicts = [[{}]]\n", items.collect::<Vec<_>>().join(", "))
}

/// Builds of PyTorch from its own indexes, of which each extra names one.
fn builds() -> String {
    let source = |index: &str| format!("https://download.pytorch.org/whl/{index}");
    let entry = |extra: &str, version: &str, index: &str| {
        format!(
            "{extra} = [{{ name = \"torch\", version = \"{version}\", source = {{ registry = \"{}\" }} }}]\n",
            source(index)
        )
    };
    let lists = [
        "\n[package.optional-dependencies]\n".to_owned(),
        entry("plain", "2.9.0+cpu", "cpu"),
        entry("older", "2.9.0+cu126", "cu126"),
        entry("newer", "2.9.0+cu130", "cu130"),
        entry("amd-cards", "2.9.0+rocm6.4", "rocm6.4"),
    ];
    locked(
        &[],
        &conflicting(&["plain", "older", "newer", "amd-cards"]),
        &lists.concat(),
        &[
            torch("2.9.0+cpu", &source("cpu")),
            torch("2.9.0+cu126", &source("cu126")),
            torch("2.9.0+cu130", &source("cu130")),
            torch("2.9.0+rocm6.4", &source("rocm6.4")),
        ],
    )
}

#[test]
fn an_image_gets_the_build_for_its_hardware_and_the_rest_is_told() {
    let source = format!("import torch\n{WEB}");
    let (taken_gpu, left) = taken(GPU, &builds(), &source);
    assert_eq!(taken_gpu, ["extra `newer`"]);
    assert_eq!(
        left,
        [
            "the extra `older` (CUDA 12.6) is not taken: the extra `newer` has CUDA 13.0",
            "the extra `amd-cards` is for `rocm`, and no image takes it by itself",
        ]
    );
    assert_eq!(names(CPU, &builds(), &source), ["extra `plain`"]);
    let rocm = format!("{CPU}accelerator = \"rocm\"\n");
    assert_eq!(names(&rocm, &builds(), &source), ["extra `amd-cards`"]);
    let said = format!("{GPU}extras = [\"older\", \"@app\"]\n");
    assert_eq!(names(&said, &builds(), &source), ["extra `older`"]);
}

#[test]
fn a_name_decides_where_packages_do_not() {
    let lists = "\n[package.optional-dependencies]\n\
        cpu = [{ name = \"torch\", version = \"2.7.1\", source = { registry = \"https://pypi.org/simple\" } }]\n\
        gpu = [{ name = \"torch\", version = \"2.8.0\", source = { registry = \"https://pypi.org/simple\" } }]\n";
    let builds = [torch("2.7.1", PYPI), torch("2.8.0", PYPI)];
    let lock = locked(&[], &conflicting(&["cpu", "gpu"]), lists, &builds);
    let source = format!("import torch\n{WEB}");
    assert_eq!(names(GPU, &lock, &source), ["extra `gpu`"]);
    assert_eq!(names(CPU, &lock, &source), ["extra `cpu`"]);
}

/// They would lie over one another's files, whether the project says that they conflict or not.
#[test]
fn flavours_of_one_distribution_exclude_each_other() {
    let lists = "\n[package.optional-dependencies]\n\
        card = [{ name = \"onnxruntime-gpu\" }]\nslow = [{ name = \"onnxruntime\" }]\n\
        vino = [{ name = \"onnxruntime-openvino\" }]\n";
    let flavours = [
        any("onnxruntime", "1.23.0", 17_000_000),
        any("onnxruntime-gpu", "1.23.0", 300_000_000),
        any("onnxruntime-openvino", "1.23.0", 60_000_000),
    ];
    let lock = locked(&[], "", lists, &flavours);
    let source = format!("import onnxruntime\n{WEB}");
    assert_eq!(names(GPU, &lock, &source), ["extra `card`"]);
    assert_eq!(names(CPU, &lock, &source), ["extra `slow`"]);
    let vino = format!("{CPU}accelerator = \"openvino\"\n");
    assert_eq!(names(&vino, &lock, &source), ["extra `vino`"]);
}

#[test]
fn an_application_gets_what_it_imports_and_no_more() {
    let lists = "\n[package.dev-dependencies]\n\
        dev = [{ name = \"pytest\" }]\nserver = [{ name = \"sqlalchemy\" }]\n\
        models = [{ name = \"torch\", marker = \"sys_platform == 'linux'\" }]\n\
        training = [{ name = \"deepspeed\" }]\n";
    let packages = [
        any("deepspeed", "0.18.0", 2_000_000),
        any("pytest", "9.0.0", 300_000),
        any("sqlalchemy", "2.0.44", 3_000_000),
        torch("2.9.0", PYPI),
    ];
    let lock = locked(&[], "", lists, &packages);
    let database = format!("import sqlalchemy\n{WEB}");
    assert_eq!(names(API, &lock, &database), ["group `server`"]);
    let tests = format!("import pytest\n{WEB}");
    assert_eq!(names(API, &lock, &tests), [""; 0]);
    let model = format!("import torch\n{WEB}");
    assert_eq!(names(GPU, &lock, &model), ["group `models`"]);
    assert_eq!(names(API, &lock, &model), [""; 0]);
    // Nothing tells which is used: then all of it is.
    assert_eq!(
        names(GPU, &lock, WEB),
        ["group `models`", "group `training`"]
    );
}

/// What uv installs by default is there already, and what excludes it is not taken.
#[test]
fn default_groups_come_first_where_they_are_asked_for() {
    let group = |name: &str, tag: &str| {
        let index = format!("https://download.pytorch.org/whl/{tag}");
        format!(
            "{name} = [{{ name = \"torch\", version = \"2.9.0+{tag}\", source = {{ registry = \"{index}\" }} }}]\n"
        )
    };
    let lists = format!(
        "\n[package.dev-dependencies]\n{}{}",
        group("slow", "cpu"),
        group("dev", "cu128")
    );
    let builds = ["cpu", "cu128"].map(|tag| {
        let index = format!("https://download.pytorch.org/whl/{tag}");
        torch(&format!("2.9.0+{tag}"), &index)
    });
    let conflicts = "conflicts = [[{ package = \"shop\", group = \"slow\" }, { package = \"shop\", group = \"dev\" }]]\n";
    let lock = locked(&[], conflicts, &lists, &builds);
    let source = format!("import torch\n{WEB}");
    assert_eq!(names(CPU, &lock, &source), ["group `slow`"]);
    let with_defaults = format!("{CPU}groups = [\"@default\", \"@app\"]\n");
    assert_eq!(names(&with_defaults, &lock, &source), ["group `dev`"]);
}

#[test]
fn a_small_runtime_that_comes_along_makes_nothing_ml() {
    let detector = any("filetype-model", "1.0.0", 3_000_000);
    let with = |name: &str, size: u64| {
        let lists = "\n[package.dev-dependencies]\nserver = [{ name = \"filetype-model\" }]\n";
        let runtime = any(name, "1.23.0", size);
        let detector = format!("{detector}dependencies = [{{ name = \"{name}\" }}]\n");
        locked(&[], "", lists, &[detector, runtime])
    };
    let source = format!("import filetype_model\n{WEB}");
    let light = with("onnxruntime", 17_000_000);
    assert_eq!(names(API, &light, &source), ["group `server`"]);
    let heavy = with("torch", 180_000_000);
    assert_eq!(names(API, &heavy, &source), [""; 0]);
    assert_eq!(names(GPU, &heavy, &source), ["group `server`"]);
}

/// Its source has to be compiled by CUDA's compiler, which no stage has.
#[test]
fn what_nothing_could_compile_is_not_taken_by_itself() {
    let lists = "\n[package.optional-dependencies]\nfast = [{ name = \"flash-attn\" }]\n";
    let source = "url = \"https://files.example/flash_attn-2.8.3.tar.gz\", hash = \"sha256:00\", size = 8_000_000";
    let flash = format!("{}sdist = {{ {source} }}\n", package("flash-attn", "2.8.3"));
    let lock = locked(&["torch"], "", lists, &[flash, torch("2.9.0", PYPI)]);
    let (taken, left) = taken(GPU, &lock, &format!("import torch\n{WEB}"));
    assert_eq!(taken, [""; 0]);
    assert_eq!(left.len(), 1);
    assert!(left[0].starts_with("the extra `fast` is not taken: flash-attn 2.8.3 has no wheel"));
}

/// Then the image is made, and the warning about it says what to do.
#[test]
fn what_nothing_could_compile_is_taken_where_nothing_else_has_what_is_imported() {
    let lists = "\n[package.optional-dependencies]\nfast = [{ name = \"flash-attn\" }, { name = \"torch\" }]\n";
    let source = "url = \"https://files.example/flash_attn-2.8.3.tar.gz\", hash = \"sha256:00\", size = 8_000_000";
    let flash = format!("{}sdist = {{ {source} }}\n", package("flash-attn", "2.8.3"));
    let lock = locked(&[], "", lists, &[flash, torch("2.9.0", PYPI)]);
    assert_eq!(
        names(GPU, &lock, &format!("import torch\n{WEB}")),
        ["extra `fast`"]
    );
    assert_eq!(names(GPU, &lock, WEB), ["extra `fast`"]);
}

#[test]
fn what_is_for_other_hardware_alone_is_told_by_the_api() {
    let lists = "\n[package.optional-dependencies]\nrocm = [{ name = \"torch\" }]\n";
    let lock = locked(&[], "", lists, &[torch("2.9.0+rocm6.4", PYPI)]);
    let (taken, left) = taken(API, &lock, WEB);
    assert_eq!(taken, [""; 0]);
    assert_eq!(
        left,
        ["the extra `rocm` is for `rocm`, and no image takes it by itself"]
    );
}

#[test]
fn two_stacks_that_exclude_each_other_are_asked_about() {
    let lists = "\n[package.optional-dependencies]\n\
        one = [{ name = \"torch\" }]\ntwo = [{ name = \"tensorflow\" }]\n";
    let packages = [
        any("tensorflow", "2.21.0", 500_000_000),
        torch("1.13.1", PYPI),
    ];
    let lock = locked(&[], &conflicting(&["one", "two"]), lists, &packages);
    let shop = Shop::new(CPU, &lock, &[("main.py", WEB)]);
    let subject = shop.subject();
    let target = python::reference(&subject).unwrap();
    let problems = selected(&subject, &target).unwrap_err().to_string();
    insta::assert_snapshot!(problems, @r#"
    error[ambiguous-ml]: the profile `api` takes what brings the ML stack, and extra `one` and extra `two` cannot be installed together
     |
     = note: fitting together: extra `one`
     = help: say which to take, in dfgen.toml, for example:
             [profile.api]
             extras = ["one"]
    "#);
    let source = format!("import tensorflow\n{WEB}");
    assert_eq!(names(CPU, &lock, &source), ["extra `two`"]);
}
