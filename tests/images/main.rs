//! The images of the examples, really built and really run.
//!
//! Runs when asked for by name, with a container engine that answers: `cargo test --test images`
//! (`.ci/engine` brings one up). Every test builds what it needs from `examples/*/docker`, in a copy
//! of the example, and removes what it made. Containers get no network but their own loopback: no
//! test can take another's port, and no image can need something from outside.
//!
//! | variable | meaning |
//! |---|---|
//! | `DFGEN_CA` | a bundle of certificate authorities that builds trust, where the network needs one |
//! | `DFGEN_CATALOG` | `all` for every build of `catalog`, not only the short ones |
//! | `DFGEN_HADOLINT` | the hadolint program |
//! | `DFGEN_UV` | the uv program |

mod bake;
mod bases;
mod build;
mod buildah;
mod catalog;
mod clean;
mod contents;
mod context;
mod development;
mod engine;
mod examples;
mod faults;
#[path = "../it/forms.rs"]
mod forms;
mod founding;
mod gallery;
mod held;
mod layers;
mod licences;
mod lint;
mod scan;
mod second_day;
mod secrets;
mod server;
mod sources;
mod together;
mod trial;
