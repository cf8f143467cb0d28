//! The text of `dfgen.toml`, written by `toml_edit`: values are data, whatever they hold.

use indexmap::IndexMap;
use toml_edit::{Array, DocumentMut, Item, RawString, Table, Value};

use super::service::Service;
use super::service_proposal::{Kept, ServiceProposal};
use crate::plan;
use crate::profile::{Neighbour, ProfileName, ServiceName};
use crate::unseen::is_unseen;

/// The whole file.
pub(super) fn text(
    services: &[Service<'_>],
    proposals: &[ServiceProposal],
    beside: &IndexMap<ServiceName, Neighbour>,
) -> String {
    let written: Vec<&ServiceProposal> = proposals
        .iter()
        .filter(|proposal| !proposal.kept.is_empty())
        .collect();
    let mut document = DocumentMut::new();
    if written.is_empty() && beside.is_empty() {
        let names: Vec<&str> = proposals
            .iter()
            .map(|proposal| proposal.name.as_ref())
            .collect();
        return format!(
            "# Settings of dfgen: nothing needs saying here.\n# `dfgen render` takes {} by itself; `dfgen profiles NAME` prints all that can be said.\n",
            comment(&names.join(" and "))
        );
    }
    let all = written.len() == proposals.len();
    if !all && !written.is_empty() {
        let names: Array = proposals
            .iter()
            .map(|proposal| proposal.name.as_ref())
            .collect();
        document.insert("profiles", Item::Value(Value::from(names)));
        if let Some(mut key) = document.key_mut("profiles") {
            key.leaf_decor_mut()
                .set_prefix("# The images that `dfgen render` writes files for.\n");
        }
    }
    let mut profiles = Table::new();
    profiles.set_implicit(true);
    for (index, proposal) in written.iter().enumerate() {
        let service = services
            .iter()
            .find(|service| service.profile.name == proposal.name);
        let mut table = filled(&proposal.kept, 0);
        let purpose = service.map_or_else(String::new, |service| service.because.clone());
        let blank = if index == 0 && all { "" } else { "\n" };
        table
            .decor_mut()
            .set_prefix(format!("{blank}# {}\n", comment(&purpose)));
        profiles.insert(proposal.name.as_ref(), Item::Table(table));
    }
    document.insert("profile", Item::Table(profiles));
    let before = !written.is_empty();
    add_services(&mut document, beside, before);
    let head = "# Settings of dfgen: only what differs from what it does by itself.\n\
                # `dfgen profiles NAME` prints all that can be said, and where each value comes from.\n\n";
    format!("{head}{document}")
}

/// Adds the services beside the images.
fn add_services(
    document: &mut DocumentMut,
    beside: &IndexMap<ServiceName, Neighbour>,
    is_behind: bool,
) {
    if beside.is_empty() {
        return;
    }
    let mut tables = plan::service_tables(beside);
    let first = tables.iter_mut().next();
    if let Some(first) = first.and_then(|(_, first)| first.as_table_mut()) {
        let blank = if is_behind { "\n" } else { "" };
        let about = "# Services beside the images, in the words of compose.\n";
        first.decor_mut().set_prefix(format!("{blank}{about}"));
    }
    document.insert("service", Item::Table(tables));
}

/// A file with one profile, without comments.
pub(super) fn table(name: &ProfileName, kept: &[Kept]) -> String {
    let mut profiles = Table::new();
    profiles.set_implicit(true);
    profiles.insert(name.as_ref(), Item::Table(filled(kept, 0)));
    let mut document = DocumentMut::new();
    document.insert("profile", Item::Table(profiles));
    document.to_string()
}

/// The settings whose path goes on below `depth`, as a table: values first, then tables.
fn filled(kept: &[Kept], depth: usize) -> Table {
    let mut table = Table::new();
    for one in kept.iter().filter(|one| one.path.len() == depth + 1) {
        let key = &one.path[depth];
        table.insert(key, Item::Value(one.value.clone()));
        if let (Some(value), false) = (
            table.get_mut(key).and_then(Item::as_value_mut),
            one.because.is_empty(),
        ) {
            value
                .decor_mut()
                .set_suffix(RawString::from(format!("  # {}", comment(&one.because))));
        }
    }
    for one in kept.iter().filter(|one| one.path.len() > depth + 1) {
        let key = &one.path[depth];
        if !table.contains_key(key) {
            let below: Vec<Kept> = kept
                .iter()
                .filter(|other| other.path.len() > depth + 1 && other.path[depth] == *key)
                .cloned()
                .collect();
            table.insert(key, Item::Table(filled(&below, depth + 1)));
        }
    }
    table
}

/// Text that stays in its comment.
fn comment(text: &str) -> String {
    text.chars()
        .map(|c| if is_unseen(c) { ' ' } else { c })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_data_whatever_they_hold() {
        let odd = "a\"b\\c\n[profile.x]\n# $HOME 'q'";
        let kept = [
            Kept::new(&["env", "A.B"], Value::from(odd), "here\n[profile.y]"),
            Kept::new(
                &["apt", "runtime"],
                Value::from(Array::from_iter(["libpq5"])),
                "",
            ),
            Kept::new(&["port"], Value::from(80), "Dockerfile:3"),
        ];
        let text = table(&"core-api".parse().unwrap(), &kept);
        let read: toml::Table = text.parse().unwrap();
        let profile = &read["profile"]["core-api"];
        assert_eq!(profile["env"]["A.B"].as_str(), Some(odd));
        assert_eq!(profile["port"].as_integer(), Some(80));
        assert_eq!(profile["apt"]["runtime"][0].as_str(), Some("libpq5"));
        assert_eq!(read["profile"].as_table().unwrap().len(), 1);
    }
}
