//! The image that dfgen was begun for, 8 GB, rebuilt in small: the same six faults, packages of kilobytes. `dfgen layers` gives
//! the analysis that its owners wrote by hand: where the bytes are, what is to blame, what goes at which effort, what is left.

use std::process::Command;

use serde_json::Value;

use crate::engine::text;
use crate::faults::{built, layers};

const DOCKERFILE: &str = r"FROM python:3.13-slim-trixie AS deps
RUN mkdir -p /usr/local/lib/python3.13/site-packages && cd /usr/local/lib/python3.13/site-packages \
 && for one in torch:2.9.0:1700000 nvidia_cublas_cu12:12.8:4300000 triton:3.5:592000 scipy:1.16:870000 fastapi:0.121:200000 \
    pytest:8.4.0:400000 mypy:1.18:120000 ruff:0.14:150000; do \
      name=${one%%:*}; rest=${one#*:}; info=$name-${rest%%:*}.dist-info; mkdir $name $info; \
      head -c ${rest#*:} /dev/urandom > $name/data.py; \
      printf 'Name: %s\nVersion: %s\n\n' $name ${rest%%:*} > $info/METADATA; \
      printf '%s,,\n' $name/data.py $info/METADATA $info/RECORD > $info/RECORD; \
    done
RUN mkdir -p /root/.local/bin /root/.cache/uv/archive-v0 /usr/local/include/torch \
 && head -c 536000 /dev/urandom > /root/.local/bin/uv \
 && head -c 300000 /dev/urandom > /root/.cache/uv/archive-v0/x \
 && head -c 570000 /dev/urandom > /usr/local/include/torch/all.h
FROM python:3.13-slim-trixie
RUN printf 'Package: gcc-14\nStatus: install ok installed\nVersion: 14.2.0-19\n\n' >> /var/lib/dpkg/status \
 && printf '/usr/bin/x86_64-linux-gnu-gcc-14\n' > /var/lib/dpkg/info/gcc-14.list \
 && head -c 3230000 /dev/urandom > /usr/bin/x86_64-linux-gnu-gcc-14 \
 && mkdir -p /var/lib/apt/lists && head -c 1100000 /dev/urandom > /var/lib/apt/lists/deb.debian.org_dists
COPY --from=deps /usr/local /usr/local
COPY --from=deps /root/.local /root/.local
COPY --from=deps /root/.cache /root/.cache
COPY --from=deps /usr/local/lib/python3.13/site-packages /app/.venv/lib/python3.13/site-packages
RUN mkdir -p /app/tests /app/src && head -c 275000 /dev/urandom > /app/tests/test_all.py \
 && head -c 700000 /dev/urandom > /app/src/main.py
RUN chown -R 10001:10001 /app/src
";

/// What of its own analysis has to be told: how it begins, the effort, and the bytes that were put in.
const ANALYSIS: [(&str, &str, u64); 10] = [
    ("compilers and what they need", "easy", 3_230_000),
    ("package lists of apt", "easy", 1_100_000),
    ("uv itself", "easy", 536_000),
    ("the cache of uv", "easy", 300_000),
    ("tests of the application", "easy", 275_000),
    ("development tools: pytest, mypy", "easy", 520_000),
    ("files that layer ", "easy", 700_000),
    ("C headers that came with a whole folder", "medium", 570_000),
    ("`triton` of GPU wheels", "medium", 592_000),
    (
        "a second environment with the same packages",
        "easy",
        1_700_000 + 4_300_000 + 592_000 + 870_000 + 200_000,
    ),
];

/// Each of the faults is told with its effort and its bytes.
fn holds_the_analysis(areas: &[Value], shown: &str) {
    for (what, effort, bytes) in ANALYSIS {
        let is_it = |area: &&Value| {
            area["what"]
                .as_str()
                .is_some_and(|told| told.starts_with(what))
        };
        let found: Vec<&Value> = areas.iter().filter(is_it).collect();
        let sum: u64 = found
            .iter()
            .filter_map(|area| area["disk"]["bytes"].as_u64())
            .sum();
        println!("{what}: {sum} of {bytes}");
        // Headers and small files of the folders that were copied whole come with some of them.
        assert!(
            sum >= bytes && sum <= bytes + bytes / 4 + 200_000,
            "{what}: {sum}, not {bytes}: {shown}"
        );
        assert!(
            found.iter().all(|area| area["effort"] == effort),
            "{what}: {found:?}"
        );
    }
}

#[test]
fn the_founding_image_gets_the_analysis_that_its_owners_wrote_by_hand() {
    let image = built(DOCKERFILE);
    let report = layers(&image.0);
    let report = &report["image"];
    let areas = report["areas"].as_array().expect("areas");
    let shown = Command::new(env!("CARGO_BIN_EXE_dfgen"))
        .args(["layers", &image.0])
        .output();
    let shown = text(&shown.expect("dfgen can be started").stdout);
    println!("{shown}");
    holds_the_analysis(areas, &shown);
    for owner in ["torch", "nvidia-cublas-cu12", "triton", "scipy"] {
        let owners = report["owners"].as_array().expect("owners");
        assert!(
            owners.iter().any(|one| one["name"] == owner),
            "{owner}: {shown}"
        );
    }
    let plan = report["plan"].as_array().expect("a plan");
    let left: Vec<u64> = plan
        .iter()
        .filter_map(|step| step["leaves"].as_u64())
        .collect();
    assert!(
        left.windows(2).all(|two| two[0] > two[1]) && !left.is_empty(),
        "{plan:?}"
    );
    for words in [
        "whose it is",
        "today: a line",
        "what that comes to",
        "COPY /usr/local /usr/local",
    ] {
        assert!(shown.contains(words), "{words}: {shown}");
    }
}
