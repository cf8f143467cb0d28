//! What an image takes, for people: a line for each platform.

use dfgen::bytes::Bytes;
use dfgen::plan::ImagePlan;
use dfgen::size::Sizes;

use crate::cli::rows::Rows;
use crate::cli::size::both;

/// The size on each platform, and what of it could be done without.
pub(super) fn rows(image: &ImagePlan, sizes: &Sizes) -> Rows {
    let mut rows = Rows::default();
    let own = sizes
        .images
        .iter()
        .filter(|size| size.profile == image.name);
    for size in own {
        let unknown = match size.unknown.len() {
            0 => String::new(),
            1 => "; 1 thing has no size that is known".to_owned(),
            more => format!("; {more} things have no size that is known"),
        };
        let could: Bytes = size.areas.iter().map(|area| area.saves.disk.bytes()).sum();
        // What is smaller in one way can hardly be in another: the sum may be more than there is.
        let could = match could.min(size.total.disk.bytes()) {
            Bytes(0) => String::new(),
            bytes => format!("; up to {bytes} could be done without"),
        };
        let because = format!("estimated from the lock{could}{unknown}");
        rows.push(size.platform.to_string(), both(&size.total), because);
    }
    rows
}
