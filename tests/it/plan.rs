//! `dfgen plan`: every decision with its reason, for people and for machines.

use crate::harness::{Project, dfgen};

#[test]
fn a_light_image_and_one_for_models() {
    let run = dfgen(&["plan"]).in_project(&Project::fixture("small_api"));
    insta::assert_snapshot!(run, @r#"
    exit code: 0
    ----- stdout -----
    core-api: API server without the ML stack
      taken: the project needs no ML stack
      called: shop-api-core-api

      what it is made from
        Python           3.13.14                      dfgen's choice of the Pythons that the project allows; every package has a wheel on 3.13
        base image       python:3.13-slim-trixie      the slim image of Python 3.13
        uv               ghcr.io/astral-sh/uv:0.13.9  the newest that dfgen was tested with; it builds the image, and is not in it
        for linux/amd64  2 packages, 177 kB           compressed; all of it ready-made
        from uv.lock     --no-default-groups          what of the lock is taken, in the flags of `uv export`

      Debian packages
        none

      layers, from the bottom; who has one does not download it again
        base image           Python itself, shared by all images on it
        deps         177 kB  2 packages: fastapi, uvicorn
                     left out: build-files, cython-sources, debug-symbols, headers, static-libraries, type-stubs
        application          as source in /app: the project has no build system
                     to /app as they are: main.py

      how it runs
        command                             uvicorn main:app --host 0.0.0.0 --port 8000
                                              FastAPI in main.py:3: a FastAPI object at module level; served by uvicorn
        port                                8000                    uvicorn's default
        health check                        GET /health, every 30s  main.py:6
        stop signal                         SIGTERM                 on it, uvicorn finishes and stops
        stops                               within 8 s              below the 10 s after which Docker kills
        user                                10001                   default
        $FORWARDED_ALLOW_IPS                not set                 which proxy is believed about the client; without it, one on this host alone
        $WEB_CONCURRENCY                    not set                 how many processes answer; without it, one
        $UVICORN_TIMEOUT_GRACEFUL_SHUTDOWN  8                       uvicorn gives what is under way so many seconds to end
        $HOME                               /tmp                    whoever it runs as can write there
        $PYTHONPATH                         /app                    where the source lies

      what it takes: `dfgen size` has the parts
        linux/amd64  131 MB on disk, 48 MB to pull  estimated from the lock

      not held: a build takes it as it is that day
        base image  python:3.13-slim-trixie  base = "python:3.13-slim-trixie@sha256:..."; `docker buildx imagetools inspect python:3.13-slim-trixie` prints the digest

    ml-inference-gpu: ML inference on GPUs
      taken: extra `ml` brings the ML stack
      called: shop-api-ml-inference-gpu

      what it is made from
        Python           3.13.14                         every package has a wheel; worse on 3.14, 3.12
        base image       python:3.13-slim-trixie         the slim image of Python 3.13
        uv               ghcr.io/astral-sh/uv:0.13.9     the newest that dfgen was tested with; it builds the image, and is not in it
        for linux/amd64  4 packages, 1.1 GB              compressed; all of it ready-made
        runs on          linux/amd64                     not all of its packages can be installed on linux/arm64; there it is emulated
        from uv.lock     --no-default-groups --extra ml  what of the lock is taken, in the flags of `uv export`

      Debian packages
        none
        g++        not in the image  only torch, when `torch.compile` runs on the CPU: add it to `apt.runtime` then
        gcc        not in the image  only triton, when `torch.compile` or a Triton kernel runs: add it to `apt.runtime` then
        libc6-dev  not in the image  only triton, when `torch.compile` or a Triton kernel runs: add it to `apt.runtime` then

      layers, from the bottom; who has one does not download it again
        base image           Python itself, shared by all images on it
        gpu          170 MB  1 package: triton
                     left out: debug-symbols (saves 350 MB on disk), static-libraries (saves 173 MB on disk), build-files, cython-sources, type-stubs
                     changed, as their debug symbols are cut (the label `dfgen.stripped` says so): triton
        frameworks   900 MB  1 package: torch
                     left out: debug-symbols (saves 184 MB on disk), type-stubs (saves 2.8 MB on disk), build-files (saves 279 kB on disk), cython-sources, static-libraries
                     changed, as their debug symbols are cut (the label `dfgen.stripped` says so): torch
        rest         177 kB  2 packages: fastapi, uvicorn
                     left out: build-files, cython-sources, debug-symbols, static-libraries, type-stubs
        application          as source in /app: the project has no build system
                     to /app as they are: main.py

      how it runs
        command                             uvicorn main:app --host 0.0.0.0 --port 8000
                                              FastAPI in main.py:3: a FastAPI object at module level; served by uvicorn
        port                                8000                     uvicorn's default
        health check                        GET /health, every 30s   main.py:6
        stop signal                         SIGTERM                  on it, uvicorn finishes and stops
        stops                               within 8 s               below the 10 s after which Docker kills
        user                                10001                    default
        GPU                                 all of the host's        the profile asks for it
        models                              /var/cache/models        a volume: kept when the container goes
        shared memory                       1gb                      the profile asks for it
        $FORWARDED_ALLOW_IPS                not set                  which proxy is believed about the client; without it, one on this host alone
        $WEB_CONCURRENCY                    not set                  how many processes answer; without it, one
        $UVICORN_TIMEOUT_GRACEFUL_SHUTDOWN  8                        uvicorn gives what is under way so many seconds to end
        $TORCH_HOME                         /var/cache/models/torch  torch keeps models and data there (catalog)
        $TRITON_CACHE_DIR                   /tmp/triton              triton keeps scratch files there (catalog)
        $NVIDIA_REQUIRE_CUDA                cuda>=12.0               what NVIDIA's container toolkit reads
        $NVIDIA_VISIBLE_DEVICES             all                      what NVIDIA's container toolkit reads
        $NVIDIA_DRIVER_CAPABILITIES         compute,utility          what NVIDIA's container toolkit reads
        $HOME                               /tmp                     whoever it runs as can write there
        $PYTHONPATH                         /app                     where the source lies

      what it takes: `dfgen size` has the parts
        linux/amd64  2.2 GB on disk, 1.1 GB to pull  estimated from the lock; up to 1.1 GB could be done without

      not held: a build takes it as it is that day
        base image  python:3.13-slim-trixie  base = "python:3.13-slim-trixie@sha256:..."; `docker buildx imagetools inspect python:3.13-slim-trixie` prints the digest

    compose.yaml: runs them together, as `shop-api`
        core-api          127.0.0.1:8000 ($CORE_API_PORT)  the image core-api; waits until ml-inference-gpu is healthy, if it is started
                          $ML_INFERENCE_URL: http://ml-inference-gpu:8000 unless the host sets it
        ml-inference-gpu  127.0.0.1:8001 ($ML_INFERENCE_GPU_PORT)
                            the image ml-inference-gpu
                          started with `--profile gpu` alone: the others run on a host without a GPU, too
                          volume ml-inference-gpu-models at /var/cache/models

    to download, compressed, beside base images and the project's own files
        core-api          2 packages, 177 kB
        ml-inference-gpu  4 packages, 1.1 GB
        in all            1.1 GB
    `dfgen render` writes all of it to docker/
    ----- stderr -----
    note[unused-requirement]: nothing that `ml-inference-gpu` runs names `torch` (900 MB)
     |
     = note: compressed sizes; what they bring with them is not counted
     = help: if nothing loads it by name as a plugin, move it to an extra or a group, or remove it

    note[same-application]: `core-api` and `ml-inference-gpu` run the same: `uvicorn main:app --host 0.0.0.0 --port 8000`
     |
     = note: found for `ml-inference-gpu`: FastAPI in main.py:3: a FastAPI object at module level; served by uvicorn
     = help: make one image: `profiles = ["core-api"]` at the top of dfgen.toml
     = help: or say what `ml-inference-gpu` runs, with `entry` or `command` in [profile.ml-inference-gpu] of dfgen.toml
    "#);
}

#[test]
fn what_is_built_and_what_the_profile_says() {
    let sdist = "sdist = { url = \"https://files/uvicorn-0.38.0.tar.gz\", hash = \"sha256:00\", size = 60_000 }";
    let project = Project::fixture("small_api");
    let lock = project.read("uv.lock");
    let wheel = lock.lines().find(|line| line.contains("files/uvicorn"));
    let lock = lock.replace(wheel.expect("uvicorn has a wheel"), sdist);
    let settings = r#"
[profile.api]
extends = "core-api"
purpose = "The shop's API"
platforms = ["linux/amd64", "linux/arm64"]
services = ["redis"]
apt.runtime = ["libpq5"]
command = ["sh", "-c", "exec it's $HOME"]
health = false
port = 9000
env.LEVEL = "info"
"#;
    let project = project.with("uv.lock", &lock).with("dfgen.toml", settings);
    insta::assert_snapshot!(dfgen(&["plan"]).in_project(&project), @r#"
    exit code: 0
    ----- stdout -----
    api: The shop's API
      taken: a profile of the project's own
      called: shop-api-api

      what it is made from
        Python           3.13.14                      dfgen's choice of the Pythons that the project allows; fewest packages to build (2) on 3.13
        base image       python:3.13-slim-trixie      the slim image of Python 3.13
        uv               ghcr.io/astral-sh/uv:0.13.9  the newest that dfgen was tested with; it builds the image, and is not in it
        for linux/amd64  2 packages, 169 kB           compressed; no wheel, so built here: uvicorn
        for linux/arm64  2 packages, 169 kB           compressed; no wheel, so built here: uvicorn
        from uv.lock     --no-default-groups          what of the lock is taken, in the flags of `uv export`

      Debian packages
        libpq5     to run                      asked for by dfgen.toml; 1.9 MB unpacked, with what comes with it
        g++        to build, not in the image  asked for by uvicorn, which has no wheel and may need one; 277 MB unpacked, with what comes with it
        gcc        to build, not in the image  asked for by uvicorn, which has no wheel and may need one; 216 MB unpacked, with what comes with it
        libc6-dev  to build, not in the image  asked for by uvicorn, which has no wheel and may need one

      layers, from the bottom; who has one does not download it again
        base image           Python itself, shared by all images on it
        deps         169 kB  2 packages: fastapi, uvicorn
                     left out: build-files, cython-sources, debug-symbols, headers, static-libraries, type-stubs
        application          as source in /app: the project has no build system
                     to /app as they are: main.py

      how it is built
        $CFLAGS  -g0  while it is built

      how it runs
        command       sh -c 'exec it'\''s $HOME'  dfgen.toml:8
        port          9000                        dfgen.toml:10
        health check  none                        dfgen.toml:9
        stop signal   SIGTERM                     what Docker sends by default
        user          10001                       default
        $HOME         /tmp                        whoever it runs as can write there
        $PYTHONPATH   /app                        where the source lies
        $LEVEL        info                        dfgen.toml:11

      what it takes: `dfgen size` has the parts
        linux/amd64  132 MB on disk, 48 MB to pull  estimated from the lock; 1 thing has no size that is known
        linux/arm64  132 MB on disk, 49 MB to pull  estimated from the lock; 1 thing has no size that is known

      not held: a build takes it as it is that day
        base image          python:3.13-slim-trixie      base = "python:3.13-slim-trixie@sha256:..."; `docker buildx imagetools inspect python:3.13-slim-trixie` prints the digest
        Debian packages     g++, gcc, libc6-dev, libpq5  apt.snapshot = "YYYY-MM-DD", a day not before that of the base image
        build requirements  uvicorn                      `exclude-newer = "YYYY-MM-DDT00:00:00Z"` in [tool.uv], then `uv lock`: the build keeps to the day of the lock; or `build-constraint-dependencies = ["NAME==VERSION"]`

    compose.yaml: runs them together, as `shop-api`
        api    127.0.0.1:9000 ($API_PORT)  the image api; waits until redis is healthy
        redis  backing service             the image redis:8.6: dfgen.toml:6
               volume redis-data at /data

    to download, compressed, beside base images and the project's own files
        api  2 packages, 169 kB
    `dfgen render` writes all of it to docker/
    ----- stderr -----
    note[unconnected-service]: nothing tells the image `api` where `redis` is
     |
     = note: no variable was found in the source that holds its address
     = help: set the variable that the application reads it from, in .env: here it is `redis`, port 6379

    note[unpinned-build-requirements]: 1 package is built from source, with whatever build requirements are newest that day
     |
     = note: uvicorn 0.38.0
     = help: hold them to the day of today: `exclude-newer = "YYYY-MM-DD"` in [tool.uv] of pyproject.toml, and run `uv lock`; an earlier day takes earlier releases of everything
     = help: or name them: `build-constraint-dependencies = ["setuptools==80.9.0"]` in [tool.uv]
    "#);
}

#[test]
fn machines_read_the_same() {
    let run = dfgen(&["plan", "--profile", "core-api", "--format", "json"]);
    let run = run.in_project(&Project::fixture("small_api"));
    assert_eq!(run.code, Some(0), "{run}");
    insta::assert_json_snapshot!(run.json(), @r#"
    {
      "version": 1,
      "images": [
        {
          "name": "core-api",
          "tag": "shop-api-core-api",
          "tag-because": "",
          "taken-because": "asked for",
          "purpose": "API server without the ML stack",
          "serves-models": false,
          "project": {
            "name": "shop-api",
            "labels": {
              "org.opencontainers.image.title": "shop-api core-api",
              "org.opencontainers.image.description": "A small shop",
              "dfgen.profile": "core-api",
              "dfgen.stripped": "debug symbols of all packages"
            }
          },
          "said-labels": {},
          "build-labels": [],
          "uv": {
            "value": "ghcr.io/astral-sh/uv:0.13.9",
            "because": "the newest that dfgen was tested with"
          },
          "python": {
            "value": "3.13.14",
            "because": "dfgen's choice of the Pythons that the project allows; every package has a wheel on 3.13"
          },
          "base": {
            "value": "python:3.13-slim-trixie",
            "because": "the slim image of Python 3.13"
          },
          "build-base": null,
          "foreign-base": false,
          "python-source": "image",
          "platforms": {
            "value": [
              {
                "platform": "linux/amd64",
                "packages": 2,
                "download": {
                  "bytes": 177000,
                  "unknown": 0
                },
                "built": []
              }
            ],
            "because": "default"
          },
          "only-platform": null,
          "apt-runtime": [],
          "apt-optional": [],
          "build": {
            "packages": [],
            "unisolated": [],
            "matched": {},
            "apt": [],
            "rust": null,
            "rust-for-dependencies": false,
            "git": false,
            "ssh": false,
            "netrc": false,
            "secrets": [],
            "constraints": [],
            "uv-settings": "",
            "env": {}
          },
          "recipe": {
            "flags": [
              "--no-default-groups"
            ],
            "downloads": false,
            "manifests": [],
            "exclude": []
          },
          "layers": [
            {
              "name": "deps",
              "comment": "The dependencies.",
              "patterns": [
                "*"
              ],
              "contents": [
                {
                  "platform": "linux/amd64",
                  "packages": [
                    {
                      "name": "fastapi",
                      "label": "fastapi==0.121.0",
                      "download": 109000
                    },
                    {
                      "name": "uvicorn",
                      "label": "uvicorn==0.38.0",
                      "download": 68000
                    }
                  ],
                  "download": {
                    "bytes": 177000,
                    "unknown": 0
                  },
                  "built": []
                }
              ],
              "trim": [
                {
                  "rule": "build-files",
                  "kind": "unused",
                  "patterns": [
                    "**/*.cmake"
                  ],
                  "saves": null
                },
                {
                  "rule": "cython-sources",
                  "kind": "unused",
                  "patterns": [
                    "**/*.pxd",
                    "**/*.pyx"
                  ],
                  "saves": null
                },
                {
                  "rule": "debug-symbols",
                  "kind": "unused",
                  "patterns": [],
                  "saves": null
                },
                {
                  "rule": "headers",
                  "kind": "unused",
                  "patterns": [
                    "**/*.cuh",
                    "**/*.h",
                    "**/*.hpp"
                  ],
                  "saves": null
                },
                {
                  "rule": "static-libraries",
                  "kind": "unused",
                  "patterns": [
                    "**/*.a"
                  ],
                  "saves": null
                },
                {
                  "rule": "type-stubs",
                  "kind": "unused",
                  "patterns": [
                    "**/*.pyi"
                  ],
                  "saves": null
                }
              ],
              "as-built": [],
              "stripped": []
            }
          ],
          "app": {
            "form": {
              "value": {
                "source": [
                  "/app"
                ]
              },
              "because": "the project has no build system"
            },
            "members": [],
            "package": null,
            "folder": "",
            "files": [
              {
                "path": "main.py",
                "kind": "file"
              }
            ],
            "left": [],
            "metadata": null,
            "rust": false
          },
          "steps": [],
          "context": {
            "everything": false,
            "copied": [
              "main.py",
              "pyproject.toml",
              "uv.lock"
            ],
            "sections": [],
            "stray": [],
            "kept": {}
          },
          "run": {
            "command": {
              "value": [
                "uvicorn",
                "main:app",
                "--host",
                "0.0.0.0",
                "--port",
                "8000"
              ],
              "because": "FastAPI in main.py:3: a FastAPI object at module level; served by uvicorn"
            },
            "port": {
              "value": 8000,
              "because": "uvicorn's default"
            },
            "port-variable": null,
            "health": {
              "value": {
                "kind": "http",
                "path": "/health",
                "host": null,
                "any-host": false,
                "protected": false,
                "interval": "30s",
                "timeout": "5s",
                "start-period": "30s",
                "retries": 3
              },
              "because": "main.py:6"
            },
            "stop-signal": {
              "value": "SIGTERM",
              "because": "on it, uvicorn finishes and stops"
            },
            "stop-limit": {
              "value": {
                "within": 8
              },
              "because": "below the 10 s after which Docker kills"
            },
            "user": {
              "value": 10001,
              "because": "default"
            },
            "migrate": null,
            "beat": null,
            "processes": [],
            "model-cache": null,
            "volumes": [],
            "links": [],
            "lasts": {
              "value": "always",
              "because": "it serves"
            },
            "connections": [],
            "tuning": [
              {
                "name": "FORWARDED_ALLOW_IPS",
                "example": "*",
                "because": "which proxy is believed about the client; without it, one on this host alone"
              },
              {
                "name": "WEB_CONCURRENCY",
                "example": "2",
                "because": "how many processes answer; without it, one"
              }
            ],
            "services": [],
            "neighbours": [],
            "env-files": [
              ".env"
            ],
            "shm-size": null,
            "gpu": "off",
            "development": false
          },
          "env": {
            "UVICORN_TIMEOUT_GRACEFUL_SHUTDOWN": {
              "value": "8",
              "because": "uvicorn gives what is under way so many seconds to end"
            },
            "HOME": {
              "value": "/tmp",
              "because": "whoever it runs as can write there"
            },
            "PYTHONPATH": {
              "value": "/app",
              "because": "where the source lies"
            }
          },
          "bytecode": true,
          "strip": true,
          "scan": null,
          "instructions": {
            "base": [],
            "build": [],
            "app": [],
            "runtime": []
          },
          "builder": "buildkit",
          "snapshot": null,
          "unpinned": [
            {
              "what": "base image",
              "which": "python:3.13-slim-trixie",
              "hold": "base = \"python:3.13-slim-trixie@sha256:...\"; `docker buildx imagetools inspect python:3.13-slim-trixie` prints the digest"
            }
          ],
          "syntax": true,
          "frontend": {
            "value": "docker/dockerfile:1",
            "because": "the newest of its major version"
          },
          "kept": [],
          "ca-certificates": false
        }
      ],
      "compose": {
        "name": "shop-api",
        "services": [
          {
            "name": "core-api",
            "image": "core-api",
            "role": "main",
            "command": null,
            "folder": "/app",
            "port": {
              "host": 8000,
              "variable": "CORE_API_PORT",
              "container": 8000
            },
            "depends-on": {},
            "env-files": [
              ".env"
            ],
            "env": [],
            "gpu": "off",
            "on-demand": false,
            "platform": null,
            "shm-size": null,
            "volumes": [],
            "stop": null,
            "watch": []
          }
        ],
        "backing": [],
        "neighbours": [],
        "kept": []
      },
      "bake": null,
      "output": "docker",
      "policies": {},
      "findings": [],
      "stages": {
        "core-api": [
          {
            "name": "uv",
            "from": {
              "image": "ghcr.io/astral-sh/uv:0.13.9"
            },
            "makes": "uv"
          },
          {
            "name": "base",
            "from": {
              "image": "python:3.13-slim-trixie"
            },
            "makes": "base"
          },
          {
            "name": "skeleton",
            "from": {
              "stage": "base"
            },
            "makes": "skeleton"
          },
          {
            "name": "build",
            "from": {
              "stage": "base"
            },
            "makes": "build"
          },
          {
            "name": "lock",
            "from": {
              "stage": "build"
            },
            "makes": {
              "lock": [
                {
                  "name": "deps",
                  "patterns": [
                    "*"
                  ],
                  "local": [],
                  "brought": []
                }
              ]
            }
          },
          {
            "name": "deps",
            "from": {
              "stage": "build"
            },
            "makes": {
              "dependencies": {
                "layer": 0,
                "part": "deps",
                "unisolated": [],
                "brought": [],
                "rust": false,
                "versions": [],
                "cuts": []
              }
            }
          },
          {
            "name": "app",
            "from": {
              "stage": "build"
            },
            "makes": {
              "app": {
                "part": null,
                "unisolated": [],
                "brought": [],
                "rust": false,
                "versions": [],
                "cuts": [
                  "deps"
                ]
              }
            }
          },
          {
            "name": "runtime",
            "from": {
              "stage": "base"
            },
            "makes": {
              "runtime": [
                "skeleton",
                "deps",
                "app"
              ]
            }
          }
        ]
      }
    }
    "#);
}

#[test]
fn a_wheel_that_may_not_be_used_is_no_wheel() {
    let files = "https://files/lxml-6.0.2";
    let lock = format!(
        "version = 1\nrevision = 3\nrequires-python = \">=3.12\"\n\n\
         [[package]]\nname = \"lxml\"\nversion = \"6.0.2\"\nsource = {{ registry = \"https://index.example/simple\" }}\n\
         sdist = {{ url = \"{files}.tar.gz\", hash = \"sha256:00\", size = 4000000 }}\n\
         wheels = [{{ url = \"{files}-py3-none-any.whl\", hash = \"sha256:00\", size = 5000000 }}]\n\n\
         [[package]]\nname = \"shop\"\nversion = \"1\"\nsource = {{ virtual = \".\" }}\n\
         dependencies = [{{ name = \"lxml\" }}]\n[package.metadata]\nrequires-dist = [{{ name = \"lxml\" }}]\n"
    );
    let apt = |settings: &str| {
        let manifest = "[project]\nname = \"shop\"\nversion = \"1\"\nrequires-python = \">=3.12\"\ndependencies = [\"lxml\"]\n";
        let project = Project::empty()
            .with("pyproject.toml", &format!("{manifest}{settings}"))
            .with("uv.lock", &lock)
            .with("dfgen.toml", "[profile.worker]\ncommand = [\"shop\"]\n");
        let run = dfgen(&["plan", "--profile", "worker", "--format", "json"]).in_project(&project);
        let image = &run.json()["images"][0];
        format!("{} {}", image["apt-runtime"], image["build"]["apt"])
    };
    insta::assert_snapshot!(apt(""), @"[] []");
    insta::assert_snapshot!(apt("[tool.uv]\nno-binary-package = [\"lxml\"]\n"), @r#"[{"package":"libxml2","because":"lxml","size":null},{"package":"libxslt1.1","because":"lxml","size":null}] [{"package":"gcc","because":"lxml","size":216000000},{"package":"libc6-dev","because":"lxml","size":null},{"package":"libxml2-dev","because":"lxml","size":null},{"package":"libxslt1-dev","because":"lxml","size":null},{"package":"zlib1g-dev","because":"lxml","size":null}]"#);
}

#[test]
fn a_member_that_another_needs_is_built_with_what_its_own_manifest_asks_for() {
    let head = "version = \"1\"\nrequires-python = \">=3.12\"\n";
    let project = Project::empty()
        .with(
            "pyproject.toml",
            &format!(
                "[project]\nname = \"shop\"\n{head}dependencies = [\"fast\"]\n\
                 [tool.uv]\nno-build-isolation-package = [\"fast\"]\n\
                 [tool.uv.sources]\nfast = {{ workspace = true }}\n[tool.uv.workspace]\nmembers = [\"fast\"]\n"
            ),
        )
        .with(
            "fast/pyproject.toml",
            &format!(
                "[project]\nname = \"fast\"\n{head}[build-system]\nrequires = [\"setuptools\", \"cython\"]\n"
            ),
        )
        .with("fast/fast.py", "")
        .with(
            "uv.lock",
            "version = 1\nrevision = 3\nrequires-python = \">=3.12\"\n\n[manifest]\nmembers = [\"fast\", \"shop\"]\n\n\
             [[package]]\nname = \"fast\"\nversion = \"1\"\nsource = { editable = \"fast\" }\n\n\
             [[package]]\nname = \"shop\"\nversion = \"1\"\nsource = { virtual = \".\" }\n\
             dependencies = [{ name = \"fast\" }]\n[package.metadata]\n\
             requires-dist = [{ name = \"fast\", editable = \"fast\" }]\n",
        )
        .with("dfgen.toml", "[profile.worker]\ncommand = [\"shop\"]\n");
    let run = dfgen(&["render", "--profile", "worker", "--stdout"]).in_project(&project);
    let file = &run.stdout;
    assert!(
        file.contains("#   gcc: fast\n"),
        "a compiler:\n{}{file}",
        run.stderr
    );
    assert!(
        file.contains("asks: fast. What builds it"),
        "without isolation:\n{file}"
    );
}

#[test]
fn a_base_image_brings_its_python() {
    let said = |settings: &str| {
        let settings = format!("[profile.core-api]\n{settings}\n");
        let project = Project::fixture("small_api").with("dfgen.toml", &settings);
        let run =
            dfgen(&["plan", "--profile", "core-api", "--format", "json"]).in_project(&project);
        match run.code {
            Some(0) => run.json()["images"][0]["python"].to_string(),
            _ => run.stderr,
        }
    };
    insta::assert_snapshot!(said("base = \"registry.example/python:3.12-slim\""), @r#"{"value":"3.12.13","because":"what the base image has (dfgen.toml:2)"}"#);
    insta::assert_snapshot!(said("base = \"python:3.12-slim\"\npython = \"3.13\""), @r#"
    error[two-pythons]: the profile `core-api` asks for Python 3.13.14, and its base image has 3.12
     --> dfgen.toml:2:9
      |
    2 | base = "python:3.12-slim"
      |         ^^^^^^^^^^^^^^^^ has another Python
      |
      = help: leave `python` out: the base image decides; or leave `base` out
    "#);
    insta::assert_snapshot!(said("base = \"python:3.10-slim\""), @r#"
    error[unfit-python]: the profile `core-api` asks for Python 3.10.20, the project for >=3.12
     --> dfgen.toml:2:9
      |
    2 | base = "python:3.10-slim"
      |         ^^^^^^^^^^^^^^^^ outside of that range
      |
      = note: said in dfgen.toml:2
      = help: take a Python that `requires-python` in pyproject.toml allows
    "#);
    insta::assert_snapshot!(said("base = \"python:3-slim\""), @r#"{"value":"3.13.14","because":"dfgen's choice of the Pythons that the project allows; every package has a wheel on 3.13"}"#);
}

#[test]
fn source_takes_what_is_imported_and_named_and_nothing_that_only_lies_there() {
    let lock = "version = 1\nrevision = 3\nrequires-python = \">=3.12\"\n\n\
         [[package]]\nname = \"shop\"\nversion = \"1\"\nsource = { virtual = \".\" }\n";
    let mut project = Project::empty()
        .with(
            "pyproject.toml",
            "[project]\nname = \"shop\"\nversion = \"1\"\nrequires-python = \">=3.12\"\n",
        )
        .with("uv.lock", lock)
        .with(".gitignore", "/cache/\n")
        .with(
            "dfgen.toml",
            "[profile.worker]\ncommand = [\"python\", \"-m\", \"main\"]\n",
        )
        .with(
            "main.py",
            "import secrets\nfrom tools.answers import answer\nCACHE = open('cache/last')\nWORDS = open('words.json')\nPROMPTS = Path('prompts') / 'first.txt'\nrows = reply['data']\n",
        )
        .with("tools/answers.py", "from samples import first\n")
        .with("samples/__init__.py", "first = 1\n");
    for data in [
        "words.json",
        "other.json",
        "prompts/first.txt",
        "templates/page.html",
        "data/rows.csv",
        "secrets/key.pem",
        "cache/last",
        "terraform/main.tf",
        "scripts/release.py",
        "tests/test_main.py",
    ] {
        project = project.with(data, "x");
    }
    let run = dfgen(&["plan", "--profile", "worker", "--format", "json"]).in_project(&project);
    let plan = run.json();
    let files = plan["images"][0]["app"]["files"].as_array().unwrap();
    let paths: Vec<&str> = files
        .iter()
        .map(|file| file["path"].as_str().unwrap())
        .collect();
    assert_eq!(
        paths,
        [
            "main.py",
            "prompts",
            "samples",
            "templates",
            "tools",
            "words.json"
        ]
    );
    assert_eq!(
        plan["images"][0]["app"]["left"],
        serde_json::json!(["data", "terraform"])
    );
}
