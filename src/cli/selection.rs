//! uv's selection words as arguments, so that what works with `uv export` works with dfgen.

use clap::Args;
use dfgen::closure::{Choice, DefaultGroupsUse, Include, Members, ProjectUse, Selection};
use dfgen::names::{ExtraName, GroupName, PackageName};

/// What of the project to take, in uv's words.
#[derive(Args, Default)]
#[command(next_help_heading = "Selection (uv's words)")]
pub(super) struct SelectionArguments {
    /// Take this extra too; may be given again.
    #[arg(long, value_name = "NAME")]
    extra: Vec<ExtraName>,

    /// Take every extra.
    #[arg(long, conflicts_with = "extra")]
    all_extras: bool,

    /// Leave this extra out, also with --all-extras.
    #[arg(long, value_name = "NAME")]
    no_extra: Vec<ExtraName>,

    /// Take this dependency group too; may be given again.
    #[arg(long, value_name = "NAME")]
    group: Vec<GroupName>,

    /// Leave this dependency group out.
    #[arg(long, value_name = "NAME")]
    no_group: Vec<GroupName>,

    /// Take this dependency group and not the project's own requirements.
    #[arg(long, value_name = "NAME", conflicts_with_all = ["group", "all_groups", "extra", "all_extras"])]
    only_group: Vec<GroupName>,

    /// Take every dependency group.
    #[arg(long, conflicts_with_all = ["group", "no_dev", "only_dev"])]
    all_groups: bool,

    /// Leave the group `dev` out.
    #[arg(long, conflicts_with = "only_dev")]
    no_dev: bool,

    /// Take the group `dev` and not the project's own requirements.
    #[arg(long, conflicts_with_all = ["group", "extra", "all_extras"])]
    only_dev: bool,

    /// Leave out the groups that uv installs by default.
    #[arg(long)]
    no_default_groups: bool,

    /// Take this member of the workspace; may be given again.
    #[arg(long, value_name = "NAME", conflicts_with = "all_packages")]
    package: Vec<PackageName>,

    /// Take every member of the workspace.
    #[arg(long)]
    all_packages: bool,
}

impl SelectionArguments {
    /// Whether anything was said.
    pub(super) fn is_empty(&self) -> bool {
        self.selection() == Selection::default()
    }

    /// The selection that was asked for.
    pub(super) fn selection(&self) -> Selection {
        let only = self.only_dev || !self.only_group.is_empty();
        let mut groups = self.group.clone();
        groups.extend(self.only_group.iter().cloned());
        groups.extend(self.only_dev.then(GroupName::dev));
        let mut no_groups = self.no_group.clone();
        no_groups.extend(self.no_dev.then(GroupName::dev));
        Selection {
            members: self.members(),
            extras: choice(self.all_extras, &self.extra, &self.no_extra),
            groups: choice(self.all_groups, &groups, &no_groups),
            default_groups: if only || self.no_default_groups {
                DefaultGroupsUse::Leave
            } else {
                DefaultGroupsUse::Include
            },
            project: if only {
                ProjectUse::Leave
            } else {
                ProjectUse::Include
            },
            exclude: Vec::new(),
        }
    }

    fn members(&self) -> Members {
        match (self.all_packages, self.package.as_slice()) {
            (true, _) => Members::All,
            (false, []) => Members::Root,
            (false, names) => Members::Named(names.to_vec()),
        }
    }
}

fn choice<T: Clone>(all: bool, names: &[T], without: &[T]) -> Choice<T> {
    Choice {
        include: if all {
            Include::All
        } else {
            Include::Some(names.to_vec())
        },
        exclude: without.to_vec(),
    }
}
