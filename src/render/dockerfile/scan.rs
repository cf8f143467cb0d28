//! The stage that looks for missing libraries.

use serde::Serialize;

use super::{FromView, names, option};
use crate::plan::{ImagePlan, ScanPlan, StageName};
use crate::render::filters::word;

#[derive(Serialize)]
pub(super) struct ScanView {
    #[serde(flatten)]
    from: FromView,
    layers: Vec<String>,
    absent: Vec<AbsentView>,
    optional: Vec<AbsentView>,
    options: Vec<String>,
    ca_certificates: bool,
    /// Whether another image runs than the one that this runs in.
    elsewhere: bool,
    snapshot: bool,
}

/// What may be missing, and why.
#[derive(Serialize)]
struct AbsentView {
    pattern: String,
    because: String,
}

fn absent<T: ToString>((pattern, because): &(T, String)) -> AbsentView {
    AbsentView {
        pattern: pattern.to_string(),
        because: because.clone(),
    }
}

impl ScanView {
    pub(super) fn new(
        image: &ImagePlan,
        from: FromView,
        scan: &ScanPlan,
        layers: &[StageName],
    ) -> Self {
        let absent: Vec<AbsentView> = scan.libraries.iter().map(self::absent).collect();
        let optional: Vec<AbsentView> = scan.files.iter().map(self::absent).collect();
        let patterns = |views: &[AbsentView]| -> Vec<String> {
            views.iter().map(|view| view.pattern.clone()).collect()
        };
        let said = &scan.said;
        let options = [
            Some(format!("--profile {}", word(image.name.as_ref()))),
            Some(format!("--release {}", scan.release)),
            option("--absent", &patterns(&absent)),
            option("--optional", &patterns(&optional)),
            option("--apt-build", &said.apt_build),
            option("--apt-runtime", &said.apt_runtime),
            option("--ignore", &said.ignore),
        ];
        Self {
            from,
            layers: names(layers),
            absent,
            optional,
            options: options.into_iter().flatten().collect(),
            ca_certificates: image.ca_certificates,
            elsewhere: image.is_tried_elsewhere(),
            snapshot: image.snapshot.is_some(),
        }
    }
}
