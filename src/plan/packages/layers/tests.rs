use super::*;
use crate::plan::fixture::{Shop, lock, needing, package, sdist, wheel};

fn any(name: &str, size: u64) -> String {
    wheel(name, "1.0", "py3-none-any", Some(size))
}

/// The layers of a project that needs all of these.
fn layers_of(settings: &str, packages: &[String]) -> Vec<LayerPlan> {
    let names: Vec<&str> = packages.iter().map(|one| name_of(one)).collect();
    of(settings, &lock(&names, packages))
}

fn name_of(package: &str) -> &str {
    package.split('"').nth(1).unwrap()
}

fn of(settings: &str, lock: &str) -> Vec<LayerPlan> {
    let shop = Shop::new(settings, lock, &[]);
    let (subject, closures) = (shop.subject(), shop.closures());
    let rules = trim::Rules::new(&subject, &closures[0]).unwrap();
    layers(&subject, &closures, &rules)
}

/// Each as `name: packages`, on the first platform.
fn told(layers: &[LayerPlan]) -> Vec<String> {
    let names = |layer: &LayerPlan| {
        let packages = layer.first().packages.iter();
        packages.map(|one| one.name.to_string()).collect::<Vec<_>>()
    };
    let layers = layers.iter();
    layers
        .map(|layer| format!("{}: {}", layer.name, names(layer).join(" ")))
        .collect()
}

#[test]
fn a_package_goes_where_its_weight_says() {
    for (size, expected) in [
        (1, &["deps: a"][..]),
        (999_999, &["deps: a"]),
        (1_000_000, &["medium: a"]),
        (7_999_999, &["medium: a"]),
        (8_000_000, &["heavy: a"]),
        (900_000_000, &["heavy: a"]),
    ] {
        assert_eq!(told(&layers_of("", &[any("a", size)])), expected, "{size}");
    }
    let mixed = [any("a", 10), any("b", 2_000_000), any("c", 9_000_000)];
    let expected = ["heavy: c", "medium: b", "rest: a"];
    assert_eq!(told(&layers_of("", &mixed)), expected);
}

#[test]
fn the_only_layer_is_not_the_rest_of_anything() {
    let layer = |packages: &[String]| {
        let layers = layers_of("", packages);
        let last = layers.last().unwrap();
        (last.name.clone(), last.comment.clone())
    };
    let said = |name: &str, comment: &str| (name.to_owned(), comment.to_owned());
    assert_eq!(layer(&[]), said("deps", "The dependencies."));
    assert_eq!(layer(&[any("a", 1)]), said("deps", "The dependencies."));
    let two = [any("a", 1), any("b", 8_000_000)];
    assert_eq!(layer(&two), said("rest", "All other dependencies."));
}

#[test]
fn what_extras_add_stays_apart() {
    let packages = [
        any("a", 10),
        any("b", 2_000_000),
        any("c", 9_000_000),
        any("x", 10),
        any("y", 2_000_000),
        any("z", 9_000_000),
    ];
    let extra = "\n[package.optional-dependencies]\nmore = [{ name = \"x\" }, { name = \"y\" }, { name = \"z\" }]\n";
    let lock = lock(&["a", "b", "c"], &packages) + extra;
    let with = [
        "extra-heavy: z",
        "heavy: c",
        "extra-medium: y",
        "medium: b",
        "extra: x",
        "rest: a",
    ];
    assert_eq!(told(&of("extras = [\"more\"]\n", &lock)), with);
    let without = ["heavy: c", "medium: b", "rest: a"];
    assert_eq!(told(&of("", &lock)), without);
}

#[test]
fn the_ml_stack_is_known_by_name_and_kind() {
    let torch = |size| wheel("torch", "2.9.0", "py3-none-any", size);
    for (package, expected) in [
        (torch(Some(900_000_000)), &["frameworks: torch"][..]),
        // An index that tells no size.
        (torch(None), &["frameworks: torch"]),
        (torch(Some(7_999_999)), &["medium: torch"]),
        (wheel("a", "1.0", "py3-none-any", None), &["deps: a"]),
        (any("nvidia-nvtx-cu12", 90_000), &["gpu: nvidia-nvtx-cu12"]),
        // No library, and CUDA's by its version.
        (
            wheel("acme", "1.0+cu128", "py3-none-any", Some(8_000_000)),
            &["gpu: acme"],
        ),
        (
            wheel("acme", "1.0+cu128", "py3-none-any", Some(7_000_000)),
            &["medium: acme"],
        ),
    ] {
        assert_eq!(told(&layers_of("", &[package])), expected);
    }
}

#[test]
fn cuda_comes_in_three_parts_that_names_decide() {
    let cuda = |suffix: &str, size: u64| {
        let names = ["cublas", "cudnn", "cufft", "nccl", "nvtx"];
        told(&layers_of(
            "",
            &names.map(|name| any(&format!("nvidia-{name}-{suffix}"), size)),
        ))
    };
    let expected = [
        "gpu-1: nvidia-cufft-cu12 nvidia-nvtx-cu12",
        "gpu-2: nvidia-cublas-cu12 nvidia-nccl-cu12",
        "gpu-3: nvidia-cudnn-cu12",
    ];
    assert_eq!(cuda("cu12", 500_000_000), expected);
    assert_eq!(cuda("cu12", 1_800_000_000), expected);
    let newer = expected.map(|layer| layer.replace("cu12", "cu13"));
    assert_eq!(cuda("cu13", 500_000_000), newer);
    // More than three parts of 4 GB hold: five, of which these names take two.
    let larger = [
        "gpu-1: nvidia-cublas-cu12 nvidia-cudnn-cu12 nvidia-cufft-cu12 nvidia-nccl-cu12",
        "gpu-2: nvidia-nvtx-cu12",
    ];
    assert_eq!(cuda("cu12", 3_300_000_000), larger);
}

/// Registries refuse layers of 10 GB.
#[test]
fn sizes_decide_only_near_the_limit_of_registries() {
    const GB: u64 = 1_000_000_000;
    let three = |a: u64, b: u64, c: u64| {
        let packages = [any("pandas", a), any("pyarrow", b), any("rasterio", c)];
        told(&layers_of("", &packages))
    };
    let whole = ["heavy: pandas pyarrow rasterio"];
    assert_eq!(three(4 * GB, 2 * GB, 2 * GB), whole);
    let parted = ["heavy-1: pandas", "heavy-2: pyarrow", "heavy-3: rasterio"];
    assert_eq!(three(4 * GB, 2 * GB, 2 * GB + 1), parted);
    assert_eq!(three(2 * GB + 1, 2 * GB, 4 * GB), parted);
}

#[test]
fn a_profile_names_layers_of_its_own() {
    let packages = [
        any("acme-api", 10),
        any("acme-core", 9_000_000),
        any("boto3", 10),
        wheel("torch", "2.9.0", "py3-none-any", Some(900_000_000)),
    ];
    let patterns = |layers: &[LayerPlan]| -> Vec<String> {
        let layers = layers.iter();
        let patterns = layers.flat_map(|layer| &layer.patterns);
        patterns.map(ToString::to_string).collect()
    };
    let settings = "layers = { models = [\"@ml\"], core = [\"acme-core\"], acme = [\"acme-*\"] }\n";
    let layers = layers_of(settings, &packages);
    let expected = [
        "models: torch",
        "core: acme-core",
        "acme: acme-api",
        "rest: boto3",
    ];
    assert_eq!(told(&layers), expected);
    assert_eq!(patterns(&layers), ["torch", "acme-core", "acme-*", "*"]);
    let comments: Vec<&str> = layers.iter().map(|layer| &*layer.comment).collect();
    let named = "Named in dfgen.toml.";
    assert_eq!(comments, [named, named, named, "All other dependencies."]);
}

#[test]
fn what_only_another_platform_has_is_in_the_last_layer() {
    let settings = "platforms = [\"linux/amd64\", \"linux/arm64\"]\n";
    let packages = [
        wheel(
            "a",
            "1.0",
            "py3-none-manylinux_2_28_x86_64",
            Some(9_000_000),
        ),
        any("arm", 9_000_000),
    ];
    let lock = lock(&["a"], &packages).replace(
        "{ name = \"a\" }",
        "{ name = \"a\", marker = \"platform_machine == 'x86_64'\" }, { name = \"arm\", marker = \"platform_machine == 'aarch64'\" }",
    );
    let layers = of(settings, &lock);
    assert_eq!(told(&layers), ["heavy: a", "deps: "]);
    let second: Vec<Vec<&str>> = layers
        .iter()
        .map(|layer| {
            let packages = layer.contents[1].packages.iter();
            packages.map(|one| &*one.label).collect()
        })
        .collect();
    assert_eq!(second, [vec![], vec!["arm==1.0"]]);
    let platforms: Vec<Platform> = layers[0].contents.iter().map(|one| one.platform).collect();
    assert_eq!(platforms, [Platform::LinuxAmd64, Platform::LinuxArm64]);
    let has = |layer: &LayerPlan, name: &str| layer.has(&name.parse().unwrap());
    assert!(has(&layers[1], "arm") && !has(&layers[1], "a") && !has(&layers[0], "arm"));
    let names: Vec<&str> = layers[1]
        .names()
        .into_iter()
        .map(|name| name.as_ref())
        .collect();
    assert_eq!(names, ["arm"]);
}

#[test]
fn a_layer_knows_its_bytes_and_what_is_built() {
    let packages = [any("a", 10), sdist("b", "1.0"), any("c", 9_000_000)];
    let layers = layers_of("compile = true\n", &packages);
    assert_eq!(told(&layers), ["heavy: c", "rest: a b"]);
    let built: Vec<&str> = layers[1]
        .first()
        .built
        .iter()
        .map(|name| name.as_ref())
        .collect();
    assert_eq!(built, ["b"]);
    assert!(layers[1].builds() && !layers[0].builds());
    assert_eq!(layers[1].first().download.bytes, Bytes(400_010));
    assert_eq!(layers[1].first().packages[0].download, Some(Bytes(10)));
}

/// They come with the application, however they are locked.
#[test]
fn the_projects_own_files_are_in_no_layer() {
    let own = "source = { directory = \"libs/own\" }";
    let index = "source = { registry = \"https://index.example/simple\" }";
    let local = package("own", "1.0").replace(index, own) + &needing(&["a"]);
    let layers = of("", &lock(&["own"], &[any("a", 10), local]));
    assert_eq!(told(&layers), ["deps: a"]);
    let wheels = "source = { registry = \"wheels\" }";
    let local = any("own", 9_000_000).replace(index, wheels);
    let layers = of("", &lock(&["a", "own"], &[any("a", 10), local]));
    assert_eq!(told(&layers), ["deps: a"]);
}

#[test]
fn a_part_is_told_by_the_name_of_the_library() {
    let part = |name: &str| dealt(&name.parse().unwrap(), GPU_PARTS);
    assert_eq!(part("nvidia-cublas-cu12"), part("nvidia-cublas"));
    assert_eq!(part("nvidia-cudnn-cu12"), part("nvidia-cudnn-cu13"));
    assert_ne!(part("nvidia-cublas"), part("nvidia-cudnn"));
}
