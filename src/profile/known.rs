//! Names that dfgen knows, for the JSON Schema: an editor completes them and marks the others.

use schemars::Schema;
use serde_json::json;

use crate::catalog::{Catalog, ServiceKind};
use crate::rules;

/// The rule that stands for all parts of GPU packages.
pub(crate) const ALL_GPU_PARTS: &str = "@gpu";

pub(super) fn services(schema: &mut Schema) {
    let names = ServiceKind::ALL.map(ServiceKind::as_str);
    let image = r"^.+:[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}(@sha256:[0-9A-Fa-f]{64})?$";
    let items = json!({ "anyOf": [{ "enum": names }, { "type": "string", "pattern": image }] });
    schema.insert("items".to_owned(), items);
}

pub(super) fn trimming(schema: &mut Schema) {
    let rules = Catalog::embedded().trim().rules();
    one_of(schema, rules.map(|(name, _)| name));
}

pub(super) fn trimming_on_demand(schema: &mut Schema) {
    let parts = Catalog::embedded().trim().all_parts();
    let all = std::iter::once(ALL_GPU_PARTS);
    one_of(schema, all.chain(parts.map(|(name, _)| name)));
}

pub(super) fn findings(schema: &mut Schema) {
    one_of(schema, rules::findings());
}

pub(super) fn findings_and_faults(schema: &mut Schema) {
    one_of(schema, rules::findings_and_faults());
}

/// The items of a list are of these names.
fn one_of(schema: &mut Schema, names: impl IntoIterator<Item = &'static str>) {
    let names: Vec<&str> = names.into_iter().collect();
    schema.insert("items".to_owned(), json!({ "enum": names }));
}
