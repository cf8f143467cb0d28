//! Whether an image keeps to its budget, and the cheapest ways down where it does not.

use super::budget::{Measure, Over, Way};
use super::image::ImageSize;
use crate::bytes::Bytes;
use crate::profile::Budget;
use crate::rules::Effort;

/// How many ways down are told.
const WAYS: usize = 3;

impl ImageSize {
    /// The cheapest ways to make it smaller: what takes least effort first, then what the project itself asks for, most
    /// bytes first.
    pub fn ways_down(&self) -> Vec<Way> {
        let areas = self.areas.iter().map(|area| Way {
            what: area.what.clone(),
            saves: area.saves,
            effort: area.effort,
            write: area.write.clone(),
            because: area.because.clone(),
        });
        let alone = self
            .requirements
            .iter()
            .filter(|one| one.size.disk.bytes() > Bytes(0));
        let requirements = alone.map(|one| Way {
            what: match one.leaving.len() {
                0 | 1 => format!("`{}`", one.name),
                more => format!("`{}`, with {} that only it needs", one.name, more - 1),
            },
            saves: one.size,
            effort: Effort::Architectural,
            write: format!(
                "do without it, or move it to an extra of another image: `dfgen why {}`",
                one.name
            ),
            because: one.chain.clone(),
        });
        areas.chain(requirements).take(WAYS).collect()
    }

    /// What of a budget it is over.
    pub(crate) fn over(&self, budget: &Budget) -> Vec<Over> {
        let limits = [(Measure::Disk, &budget.disk), (Measure::Pull, &budget.pull)];
        let over = limits.into_iter().filter_map(|(of, limit)| {
            let budget = limit.as_ref()?.bytes();
            let is = of.of(self.total);
            (is.bytes() > budget).then(|| Over {
                of,
                budget,
                is,
                ways: self.ways_down(),
            })
        });
        over.collect()
    }
}
