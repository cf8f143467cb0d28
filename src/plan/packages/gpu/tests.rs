use super::*;
use crate::plan::fixture::{Shop, lock, needing, sdist, wheel};

const ON: &str = "gpu = true\n";

fn any(name: &str, version: &str, size: u64) -> String {
    wheel(name, version, "py3-none-any", Some(size))
}

/// A project that needs the first of these, which may need the others.
fn shop(settings: &str, packages: &[String]) -> Shop {
    let first = packages[0].split('"').nth(1).unwrap();
    Shop::new(settings, &lock(&[first], packages), &[])
}

/// torch as PyPI has it: its libraries come in wheels of NVIDIA's.
fn torch() -> [String; 4] {
    let libraries = needing(&["nvidia-cublas-cu12", "nvidia-cuda-runtime-cu12", "numpy"]);
    [
        any("torch", "2.9.0", 900_000_000) + &libraries,
        any("numpy", "2.3.4", 16_000_000),
        any("nvidia-cublas-cu12", "12.8.4.1", 500_000_000),
        any("nvidia-cuda-runtime-cu12", "12.8.90", 1_000_000),
    ]
}

fn facts_of(shop: &Shop) -> Vec<String> {
    let facts = facts(&shop.subject(), &shop.closures()[0]);
    let env = facts.env.iter();
    let env = env.map(|(name, value)| format!("{}={}", name.as_ref(), value.as_ref()));
    let labels = facts.labels.iter();
    let labels = labels.map(|(name, value)| format!("{name}: {}", value.as_ref()));
    env.chain(labels).collect()
}

#[test]
fn facts_tell_the_driver_and_what_is_locked() {
    let devices = "NVIDIA_VISIBLE_DEVICES=all";
    let uses = "NVIDIA_DRIVER_CAPABILITIES=compute,utility";
    let twelve = "NVIDIA_REQUIRE_CUDA=cuda>=12.0";
    let none: [&str; 0] = [];
    assert_eq!(facts_of(&shop("", &torch())), none);
    let driver = "dfgen.nvidia-driver: >=525.60.13";
    assert_eq!(
        facts_of(&shop(ON, &torch())),
        [twelve, devices, uses, "dfgen.cuda: 12.8", driver]
    );
    // Only the major version is known.
    assert_eq!(
        facts_of(&shop(ON, &[any("cupy-cuda12x", "13.0.0", 9_000_000)])),
        [twelve, devices, uses, "dfgen.cuda: 12", driver]
    );
    let plain = [any("numpy", "2.3.4", 16_000_000)];
    assert_eq!(facts_of(&shop(ON, &plain)), [devices, uses]);
}

/// It opens libraries by name that other wheels bring to a folder of theirs.
#[test]
fn folders_of_libraries_are_named_where_they_are_there() {
    let with = |library: &str| {
        let packages = [
            any("ctranslate2", "4.8.0", 9_000_000) + &needing(&[library]),
            any(library, "12.8.4.1", 500_000_000),
        ];
        let facts = facts_of(&shop(ON, &packages)).into_iter();
        let paths = facts.filter(|fact| fact.starts_with("LD_LIBRARY_PATH"));
        paths.collect::<Vec<_>>()
    };
    let site = "/opt/venv/lib/python3.13/site-packages/nvidia";
    let path = format!("LD_LIBRARY_PATH={site}/cublas/lib:{site}/cudnn/lib");
    assert_eq!(with("nvidia-cublas-cu12"), [path]);
    assert_eq!(with("nvidia-nvtx-cu12"), [""; 0]);
}

#[test]
fn cuda_is_told_by_versions_that_are_locked() {
    for (packages, words, version) in [
        (torch().to_vec(), "12.8", Some(CudaVersion::new(12, 8))),
        (vec![any("numpy", "2.3.4", 1)], "", None),
        (
            vec![any("nvidia-cublas", "13.1.0", 1)],
            "13",
            Some(CudaVersion::new(13, 0)),
        ),
        (
            vec![
                any("nvidia-cuda-runtime-cu12", "12.9.79", 1) + &needing(&["nvidia-cublas"]),
                any("nvidia-cublas", "13.1.0", 1),
            ],
            "13",
            Some(CudaVersion::new(13, 0)),
        ),
    ] {
        let shop = shop("", &packages);
        let (subject, closures) = (shop.subject(), shop.closures());
        let catalog = &subject.inputs.catalog;
        let cuda = Cuda::new(catalog, &closures[0]);
        assert_eq!(cuda.in_words(), words);
        assert_eq!(cuda.version(), version);
        assert_eq!(cuda.is_empty(), version.is_none());
        assert_eq!(has_cuda(catalog, &closures[0]), version.is_some());
    }
}

fn named(closure: &Closure<'_>, ids: &[PackageId]) -> Vec<String> {
    let names = ids.iter();
    let names = names.map(|id| closure.lock().package(*id).name.to_string());
    names.collect()
}

#[test]
fn who_brings_cuda_is_who_the_libraries_are_for() {
    let xgboost = [
        any("xgboost", "3.1.0", 9_000_000) + &needing(&["nvidia-nccl-cu12"]),
        any("nvidia-nccl-cu12", "2.28.0", 300_000_000),
    ];
    let bare = [any("nvidia-nccl-cu12", "2.28.0", 300_000_000)];
    for (packages, bringers, libraries) in [
        (
            &torch()[..],
            &["torch"][..],
            &["nvidia-cublas-cu12", "nvidia-cuda-runtime-cu12"][..],
        ),
        (&xgboost, &["xgboost"], &["nvidia-nccl-cu12"]),
        (&bare, &["nvidia-nccl-cu12"], &["nvidia-nccl-cu12"]),
    ] {
        let shop = shop("", packages);
        let (subject, closures) = (shop.subject(), shop.closures());
        let closure = &closures[0];
        let cuda = Cuda::new(&subject.inputs.catalog, closure);
        let brought = cuda.bringers();
        assert_eq!(named(closure, &brought), bringers);
        assert_eq!(named(closure, &cuda.libraries_of(&brought)), libraries);
    }
}

#[test]
fn packages_are_listed_with_the_largest_first() {
    let others: Vec<String> = (1..=5).map(|n| any(&format!("p{n}"), "1.0", n)).collect();
    let names = ["p1", "p2", "p3", "p4", "p5"];
    let shop = Shop::new("", &lock(&names, &others), &[]);
    let closures = shop.closures();
    let packages = closures[0].packages();
    let packages = packages.filter(|(_, package, _)| package.name.as_ref() != "shop");
    let ids: Vec<PackageId> = packages.map(|(id, _, _)| id).collect();
    let told = [0, 1, 2, 4, 5].map(|count| listed(&closures[0], &ids[..count]));
    assert_eq!(
        told,
        [
            "nothing",
            "p1",
            "p2 and p1",
            "p4, p3, p2 and p1",
            "p5, p4, p3 and 2 more"
        ]
    );
}

fn image(settings: &str, packages: &[String]) -> Option<(String, String)> {
    let shop = shop(settings, packages);
    let (subject, closures) = (shop.subject(), shop.closures());
    let image = cuda_image(&subject, &closures[0]).unwrap()?;
    Some((image.value.to_string(), image.because))
}

#[test]
fn an_image_with_cuda_is_for_what_brings_none() {
    let onnx = |version: &str| [any("onnxruntime-gpu", version, 300_000_000)];
    let cudnn = |cuda: &str, ubuntu| format!("nvidia/cuda:{cuda}-cudnn-runtime-ubuntu{ubuntu}");
    let loads = |label: &str, cuda: &str| format!("{label} loads CUDA {cuda} and brings none");
    // torch brings its own, and so does what needs no CUDA.
    assert_eq!(image(ON, &torch()), None);
    assert_eq!(image(ON, &[any("numpy", "2.3.4", 1)]), None);
    // Without a GPU, or on an image of the user's, nothing is decided.
    assert_eq!(image("", &onnx("1.26.0")), None);
    let base = "base = \"python:3.13-slim\"\n";
    assert_eq!(image(&format!("{ON}{base}"), &onnx("1.26.0")), None);
    let (found, because) = image(ON, &onnx("1.26.0")).unwrap();
    assert_eq!(found, cudnn("12.4.1", "22.04"));
    assert_eq!(because, loads("onnxruntime-gpu 1.26.0", "12.0"));
    let (found, _) = image(ON, &onnx("1.30.0")).unwrap();
    assert_eq!(found, cudnn("13.0.3", "24.04"));
    // The flavour that has most, and the newest version of those that are asked for.
    let two = [
        any("cupy-cuda13x", "14.0.0", 90_000_000) + &needing(&["onnxruntime-gpu"]),
        any("onnxruntime-gpu", "1.26.0", 300_000_000),
    ];
    let (found, because) = image(ON, &two).unwrap();
    assert_eq!(found, cudnn("13.0.3", "24.04"));
    let both = "cupy-cuda13x 14.0.0, onnxruntime-gpu 1.26.0";
    assert_eq!(because, loads(both, "13.0"));
    // What is compiled with nvcc is no matter of the image that runs.
    let compile = format!("{ON}compile = true\n");
    assert_eq!(image(&compile, &[sdist("llama-cpp-python", "0.3.0")]), None);
}

#[test]
fn what_has_to_be_compiled_wants_nvcc() {
    let wants = |package: String| {
        let shop = shop("compile = true\n", &[package]);
        let (subject, closures) = (shop.subject(), shop.closures());
        let needs = needs(&subject.inputs.catalog, &closures[0]);
        let wants = needs.iter();
        wants.map(|need| need.wants_nvcc).collect::<Vec<_>>()
    };
    assert_eq!(wants(sdist("flash-attn", "2.8.0")), [true]);
    assert_eq!(wants(any("flash-attn", "2.8.0", 1)), [false]);
    assert_eq!(wants(sdist("tensorrt", "10.0")), [false]);
    assert_eq!(wants(sdist("psycopg2", "2.9.10")), [false; 0]);
}
