#!/usr/bin/env python3
"""Holds what `dfgen size` predicts against what is installed: README's errors of the prediction.

Usage: predicted.py DFGEN UV DFGEN_PY PROJECT[:PROFILE]...

Run it with the Python that the images have, on x86-64. Each dependency layer of the first image is installed by UV, trimmed
and compiled by DFGEN_PY, the program beside rendered Dockerfiles, and packed; packages whose size is unknown are left out.
"""
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from sizes import TRIM, UNUSED, packed, program, size


def said(dfgen, project):
    project, _, profile = project.partition(":")
    command = [dfgen, "--project", project, "size", "--format", "json", *(["--profile", profile] if profile else [])]
    image = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)["images"][0]
    layers = [part["packages"] for part in image["parts"] if part["kind"] == "dependencies"]
    return [[package for package in layer if package["size"]] for layer in layers]


def seen(uv, path, layer):
    """What a layer comes to, on disk and packed."""
    with tempfile.TemporaryDirectory() as folder:
        functions = program(path, Path(folder).resolve())
        site = functions.SITE
        command = [uv, "pip", "install", "--quiet", "--no-cache", "--no-deps", "--only-binary", ":all:", "--target", site]
        command += ["--python", sys.executable, "--python-platform", "x86_64-manylinux_2_40"]
        command += [f"{package['name']}=={package['version']}" for package in layer]
        subprocess.run(command, check=True, env={**os.environ, "UV_NO_INSTALLER_METADATA": "1"})
        tests = [path for one in layer for path in TRIM["tests"].get(one["name"], {}).get("folders", [])]
        functions.leave_out(UNUSED + tests)
        functions.mend_records(functions.strip_all())
        functions.compile_all(os.scandir(str(site)), "/", "/")
        return size(site), packed(site)


def main(dfgen, uv, path, *projects):
    errors = {"disk": [], "pull": []}
    for project in projects:
        layers = [layer for layer in said(dfgen, project) if layer]
        truth = [sum(sizes) for sizes in zip(*(seen(uv, path, layer) for layer in layers))]
        words = []
        for kind, true in zip(errors, truth):
            expected = sum(package["size"][kind]["bytes"] for layer in layers for package in layer)
            errors[kind].append(abs(expected / true - 1))
            words.append(f"{kind} {true / 1e6:.1f} MB, predicted {expected / 1e6:.1f} ({expected / true - 1:+.1%})")
        print(f"{project}: {sum(map(len, layers))} packages, {'; '.join(words)}", flush=True)
    for kind, wrong in errors.items():
        print(f"{kind}: off by {statistics.median(wrong):.1%} in the middle, {max(wrong):.1%} at worst")


if __name__ == "__main__":
    main(*sys.argv[1:])
