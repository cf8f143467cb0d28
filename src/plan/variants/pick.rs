//! Which parts an image takes: what its application needs, for what the image computes on, the smallest that do.

use std::cmp::Reverse;

use super::needs::{Models, Need};
use super::part::{Fit, Part};
use crate::catalog::Accelerator;
use crate::closure::Via;
use crate::plan::inputs::Subject;

/// What is picked for an image.
pub(super) struct Pick<'a, 'p> {
    pub(super) subject: &'a Subject<'p>,
    pub(super) parts: &'a [Part],
    pub(super) wanted: Accelerator,
    pub(super) models: Models,
    /// Whether the project itself has the ML stack.
    pub(super) has_models: bool,
    /// What of the extras and of the groups is left to dfgen.
    pub(super) extras: Asked,
    pub(super) groups: Asked,
    /// The parts that the profile names.
    pub(super) said: Vec<usize>,
}

/// What a profile asks of its extras, or of its groups.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked {
    /// Those that the application needs (`@app`).
    pub(super) follows: bool,
    /// Those that bring the ML stack (`@ml`).
    pub(super) models: bool,
}

/// The numbers of the parts that are taken, and of pairs that a person has to choose from.
#[derive(Debug, Default)]
pub(super) struct Picked {
    pub(super) taken: Vec<usize>,
    pub(super) equal: Option<(usize, usize)>,
}

impl Pick<'_, '_> {
    pub(super) fn pick(&self, needs: &[Need]) -> Picked {
        let order = self.order();
        let mut picked = Picked {
            taken: self.said.clone(),
            equal: None,
        };
        for need in needs {
            let asks = |part: &Part| need.asks_for(part, self.subject, self.wanted);
            self.meet(need, &order, asks, &mut picked);
        }
        let is_wanted = self.models == Models::Wanted;
        if is_wanted && !self.has_models(&picked) {
            for need in needs {
                let asks = |part: &Part| part.brings_models_for(self.wanted);
                self.meet(need, &order, asks, &mut picked);
            }
        }
        self.add_variants(&order, &mut picked);
        if is_wanted && !self.has_models(&picked) {
            self.add_all(&order, &mut picked);
        }
        picked
    }

    fn has_models(&self, picked: &Picked) -> bool {
        let mut taken = picked.taken.iter();
        self.has_models || taken.any(|part| self.parts[*part].ml.is_some())
    }

    /// Takes the best part that has what is needed, where nothing that is taken has it.
    fn meet(
        &self,
        need: &Need,
        order: &[usize],
        asks: impl Fn(&Part) -> bool,
        picked: &mut Picked,
    ) {
        if need.parts.iter().any(|part| picked.taken.contains(part)) {
            return;
        }
        let mut fitting = order.iter().copied().filter(|part| {
            need.parts.contains(part)
                && asks(&self.parts[*part])
                && self.is_free(*part, &picked.taken)
        });
        let found = fitting.next();
        picked.taken.extend(found);
    }

    /// The parts that may be taken, the best first.
    fn order(&self) -> Vec<usize> {
        let may = |(_, part): &(usize, &Part)| {
            let is_kept = part.ml.is_none() || self.models != Models::Forbidden;
            let asked = match part.via {
                Via::Group(_) => self.groups,
                Via::Extra(_) | Via::Project => self.extras,
            };
            let is_of_models = part.ml.is_some() || part.is_variant;
            let is_asked = asked.follows || (asked.models && is_of_models);
            is_kept && is_asked && !part.is_development
        };
        let parts = self.parts.iter().enumerate().filter(may);
        let mut order: Vec<_> = parts
            .filter_map(|(number, part)| {
                let newest = (self.wanted == Accelerator::Cuda).then_some(part.cuda);
                let key = (part.uncompiled.is_some(), part.fit(self.wanted)?);
                Some((key, Reverse(newest.flatten()), part.names.len(), number))
            })
            .collect();
        order.sort();
        order.into_iter().map(|(_, _, _, number)| number).collect()
    }

    pub(super) fn is_free(&self, part: usize, taken: &[usize]) -> bool {
        let part = &self.parts[part];
        let mut taken = taken.iter().map(|taken| &self.parts[*taken]);
        !taken.any(|taken| taken.excludes(part, self.subject))
    }

    /// What makes the image's packages those for its hardware: another build of PyTorch, CUDA's libraries beside a
    /// runtime that loads them.
    fn add_variants(&self, order: &[usize], picked: &mut Picked) {
        if !self.has_models(picked) || self.models == Models::Forbidden {
            return;
        }
        for number in order {
            let part = &self.parts[*number];
            let is_for_it = part.fit(self.wanted).is_some_and(|fit| fit <= Fit::Named);
            let changes = part.is_variant || part.hint == Some(self.wanted);
            let adds = part.is_addition(self.subject);
            let is_new = !picked.taken.contains(number) && self.is_free(*number, &picked.taken);
            let is_built = part.uncompiled.is_none();
            if is_for_it && is_new && is_built && (changes || adds) {
                picked.taken.push(*number);
            }
        }
    }

    /// Everything that brings the ML stack, where nothing tells which of it is used.
    fn add_all(&self, order: &[usize], picked: &mut Picked) {
        let models = order.iter().filter(|part| self.parts[**part].ml.is_some());
        let models: Vec<usize> = models.copied().collect();
        // Those that nothing here was made for, or could compile, where there are no others.
        let is_last = |part: usize| !self.parts[part].brings_models_for(self.wanted);
        let has_better = models.iter().any(|part| !is_last(*part));
        for number in models {
            if picked.taken.contains(&number) || (has_better && is_last(number)) {
                continue;
            }
            let part = &self.parts[number];
            let mut taken = picked.taken.iter();
            let rival = taken.find(|taken| self.parts[**taken].excludes(part, self.subject));
            match rival {
                None => picked.taken.push(number),
                Some(rival) if self.is_equal(*rival, number) => {
                    picked.equal.get_or_insert((*rival, number));
                }
                Some(_) => {}
            }
        }
    }

    /// Whether nothing but a person tells which of two is meant.
    fn is_equal(&self, one: usize, other: usize) -> bool {
        let key = |part: usize| {
            let part = &self.parts[part];
            (part.fit(self.wanted), part.cuda)
        };
        key(one) == key(other)
    }
}
