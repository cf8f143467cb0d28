//! Libraries that keep a cache on disk are led to the model cache, or to /tmp.

use crate::dockerfile::Dockerfile;
use crate::harness::{Project, dfgen, requiring};

/// A program that uses these packages, each locked with a wheel.
fn project(packages: &[&str], profile: &str, main: &str) -> Project {
    let start =
        "[profile.reader]\nextends = \"worker\"\ncommand = [\"python\", \"-m\", \"main\"]\n";
    requiring(packages)
        .with("main.py", main)
        .with("dfgen.toml", &format!("{start}{profile}"))
}

const MODELS: &str = "model-cache = \"/var/cache/models\"\n";

/// The variables of the rendered image that are neither Python's own nor its path, nor in every image.
fn env(project: &Project) -> Vec<String> {
    let run = dfgen(&["render", "--profile", "reader"]).in_project(project);
    assert_eq!(run.code, Some(0), "{run}");
    let file = Dockerfile::parse(&project.read("docker/reader.Dockerfile"));
    let env = file.env.iter();
    let usual =
        |name: &str, value: &str| name.starts_with("PYTHON") || (name, value) == ("HOME", "/tmp");
    env.filter(|(name, value)| !usual(name, value))
        .map(|(name, value)| format!("{name}={value}"))
        .collect()
}

#[test]
fn models_go_to_the_volume_and_scratch_to_tmp() {
    let packages = ["huggingface-hub", "matplotlib", "nltk", "transformers"];
    let project = project(&packages, MODELS, "import transformers\n");
    assert_eq!(
        env(&project),
        [
            "HF_HOME=/var/cache/models/huggingface",
            "MPLCONFIGDIR=/tmp/matplotlib",
            "NLTK_DATA=/var/cache/models",
        ]
    );
    let run = dfgen(&["plan", "--profile", "reader"]).in_project(&project);
    let lines = run.stdout.lines().map(str::trim);
    let lines: Vec<&str> = lines.filter(|line| line.starts_with('$')).collect();
    insta::assert_snapshot!(lines.join("\n"), @"
    $HF_HOME       /var/cache/models/huggingface  huggingface-hub, transformers keep models and data there (catalog)
    $MPLCONFIGDIR  /tmp/matplotlib                matplotlib keeps scratch files there (catalog)
    $NLTK_DATA     /var/cache/models              nltk keeps models and data there (catalog)
    $HOME          /tmp                           whoever it runs as can write there
    $PYTHONPATH    /app                           where the source lies
    ");
    let run = dfgen(&["plan", "--profile", "reader", "--format", "json"]).in_project(&project);
    let env = &run.json()["images"][0]["env"];
    insta::assert_snapshot!(env["HF_HOME"], @r#"{"value":"/var/cache/models/huggingface","because":"huggingface-hub, transformers keep models and data there (catalog)"}"#);
}

#[test]
fn without_a_volume_home_is_as_good_as_tmp() {
    let packages = ["gradio", "matplotlib", "transformers"];
    // Its default is in the working folder, which a container cannot write.
    assert_eq!(
        env(&project(&packages, "", "import gradio\n")),
        ["GRADIO_EXAMPLES_CACHE=/tmp/gradio-examples"]
    );
}

#[test]
fn what_knows_no_other_variable_has_the_volume_as_its_home() {
    let project = project(&["chromadb", "tldextract"], MODELS, "import chromadb\n");
    assert_eq!(
        env(&project),
        ["HOME=/var/cache/models", "TLDEXTRACT_CACHE=/tmp/tldextract"]
    );
}

#[test]
fn what_a_package_brings_is_not_downloaded() {
    let packages = ["llama-index-core", "nltk", "tiktoken"];
    assert_eq!(
        env(&project(&packages, MODELS, "import llama_index\n")),
        ["LLAMA_INDEX_CACHE_DIR=/var/cache/models/llama-index"]
    );
}

#[test]
fn the_application_and_the_profile_decide_first() {
    let packages = ["chromadb", "torch", "transformers"];
    let main = "import os\n\nos.environ['HF_HOME'] = '/data'\nHOME = os.environ['HOME']\n";
    let profile = format!("{MODELS}env = {{ TORCH_HOME = \"/opt/torch\" }}\n");
    assert_eq!(
        env(&project(&packages, &profile, main)),
        ["TORCH_HOME=/opt/torch"]
    );
    // A constant of that name says nothing about the variable.
    assert_eq!(
        env(&project(&["chromadb"], MODELS, "HOME = '/'\n")),
        ["HOME=/var/cache/models"]
    );
}

#[test]
fn what_the_source_takes_from_the_environment_is_led_there() {
    for main in [
        "os.environ.setdefault('HF_HOME', '/data')",
        "HUB = os.environ.get('HF_HOME', os.path.expanduser('~/hub'))",
        "os.environ['HF_HOME'] = os.environ.get('HF_HOME', '/data')",
        "if 'HF_HOME' not in os.environ:\n    os.environ['HF_HOME'] = '/data'",
        "class Settings:\n    HF_HOME: str = '/data'",
    ] {
        let main = format!("import os\n\n{main}\n");
        assert_eq!(
            env(&project(&["huggingface-hub"], MODELS, &main)),
            ["HF_HOME=/var/cache/models/huggingface"],
            "{main}"
        );
    }
}
