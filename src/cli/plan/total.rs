//! What holds for all images of a plan, for people.

use dfgen::closure::Weight;
use dfgen::plan::Plan;

use super::lists::held;
use crate::cli::rows::Rows;

/// What is downloaded, what all images are held to, and where it is written.
pub(super) fn total(plan: &Plan) -> String {
    let mut rows = Rows::default();
    for image in &plan.images {
        let first = &image.platforms.value[0];
        rows.push(image.name.as_ref(), held(first), "");
    }
    let mut sum = Weight::default();
    for image in &plan.images {
        let download = image.platforms.value[0].download;
        sum.bytes += download.bytes;
        sum.unknown += download.unknown;
    }
    if plan.images.len() > 1 {
        rows.push("in all", sum.to_string(), "");
    }
    let bake = plan.bake.iter();
    let bake = bake.map(|bake| format!("docker-bake.hcl builds all of them  {}\n", bake.because));
    let bake: String = bake.collect();
    let policies = plan.policies.iter();
    let policies = policies.map(|(name, said)| format!("held to `{name}`  {said}\n"));
    let policies: String = policies.collect();
    format!(
        "to download, compressed, beside base images and the project's own files\n{}\
         {bake}{policies}`dfgen render` writes all of it to {}/\n",
        rows.text(4),
        plan.output.as_ref()
    )
}
