//! Snapshots of every template.
