//! Which packages an image gets, from where, and in which layers.

pub(in crate::plan) mod credentials;
pub(in crate::plan) mod declared;
pub(in crate::plan) mod direct;
pub(in crate::plan) mod forbid;
pub(in crate::plan) mod gpu;
pub(in crate::plan) mod layers;
pub(in crate::plan) mod local_index;
pub(in crate::plan) mod patterns;
pub(in crate::plan) mod pytorch;
pub(in crate::plan) mod settings;
pub(in crate::plan) mod stack;
pub(in crate::plan) mod trim;
