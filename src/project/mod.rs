//! What is on disk.
pub mod source_tree;
