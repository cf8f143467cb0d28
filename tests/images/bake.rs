//! The bake file, read and built by buildx.

use std::process::Command;

use crate::build::{Log, alone};
use crate::context::Context;
use crate::engine::{Image, text, unique};

/// `docker buildx bake` in a project's folder: what it prints, and its log.
fn bake(context: &Context, tag: &str, arguments: &[&str]) -> (String, String) {
    let mut command = Command::new("docker");
    let command = command
        .args([
            "buildx",
            "bake",
            "--file",
            "docker/docker-bake.hcl",
            "--progress=plain",
        ])
        .args(["--file", "network.hcl", "--allow=network.host"])
        .args(arguments)
        .env("TAG", tag)
        .current_dir(context.path());
    if let Ok(ca) = std::env::var("DFGEN_CA") {
        command
            .arg(format!("--allow=fs.read={ca}"))
            .env("CA_CERTIFICATES", ca);
    }
    let output = command.output().expect("docker can be started");
    let log = text(&output.stderr);
    assert!(output.status.success(), "{arguments:?}:\n{log}");
    (text(&output.stdout), log)
}

#[test]
fn a_bake_file_builds_what_images_share_once() {
    let _alone = alone();
    let context = Context::of("two-images");
    let settings =
        "syntax = false\nbuild-labels = true\nimage = \"{project}-{profile}:{TAG}\"\nbake = true\n";
    context.edit("dfgen.toml", "syntax = false\n", settings);
    context.render();
    let targets = ["core-api", "ml-inference-cpu"];
    // `--set *.network` is not heard.
    let network =
        targets.map(|target| format!("target \"{target}\" {{\n  network = \"host\"\n}}\n"));
    std::fs::write(context.path().join("network.hcl"), network.concat())
        .expect("a file can be written");
    let tag = unique();
    let (printed, _) = bake(&context, &tag, &["--print"]);
    let printed: serde_json::Value = serde_json::from_str(&printed).expect("buildx prints JSON");
    for target in targets {
        let tags = &printed["target"][target]["tags"];
        assert_eq!(
            *tags,
            serde_json::json!([format!("shop-api-{target}:{tag}")])
        );
    }
    let images = targets.map(|target| Image::tagged(format!("shop-api-{target}:{tag}")));
    bake(&context, &tag, &["--load", targets[0]]);
    let (_, log) = bake(&context, &tag, &["--load", targets[1]]);
    let log = Log::new(log);
    let shared = [
        "uv",
        "base",
        "build",
        "skeleton",
        "deps-medium",
        "deps-rest",
    ];
    let again: Vec<String> = shared.iter().flat_map(|stage| log.done_in(stage)).collect();
    // What is fetched is looked up each time, and is there.
    let again: Vec<&String> = again
        .iter()
        .filter(|step| !step.contains("FROM "))
        .collect();
    assert_eq!(again, Vec::<&String>::new());
    let layers = images.each_ref().map(Image::layers);
    let both = layers[0].iter().filter(|layer| layers[1].contains(layer));
    assert!(both.count() >= 4, "{layers:#?}");
    // All of them at once, which nothing is left to do for.
    let (_, log) = bake(&context, &tag, &["--load"]);
    assert_eq!(
        Log::new(log).done_in("ml-inference-cpu deps"),
        Vec::<String>::new()
    );
}
