//! The `dfgen` program from outside: one file per command, each test one situation.

#![expect(
    clippy::too_many_lines,
    reason = "what is expected stands beside what is asked"
)]

mod absent;
mod account;
mod action;
mod all;
mod audit;
mod bad_input;
mod bake;
mod bases;
mod bots;
mod build_steps;
mod builders;
mod caches;
mod check;
mod closure;
mod commands;
mod company;
mod connections;
mod container_files;
mod container_system;
mod container_wants;
mod context;
mod context_kinds;
mod dockerfile;
mod entries;
mod exact;
mod examples;
mod explain;
mod files;
mod findings;
mod forms;
mod harness;
mod health;
mod held;
mod index;
mod init;
mod installed_apps;
mod known;
mod lasting;
mod layers;
mod local_index;
mod migrations;
mod no_lock;
mod not_taken;
mod one_image;
mod orphans;
mod own_commands;
mod own_compose;
mod paths;
mod plan;
mod ports;
mod processes;
mod procfile;
mod profiles;
mod program;
mod pythons;
mod ranks;
mod readme;
mod reads;
mod registry;
mod renovate;
mod required;
mod same_answer;
mod schema;
mod secrets;
mod shared;
mod size;
mod source;
#[path = "../states/mod.rs"]
mod states;
mod talk;
mod terminal;
mod trial;
mod unused;
mod upgrade;
mod values;
mod variants;
mod why;
mod workspaces;
mod writes;
mod writes_followed;
