//! `dfgen render`: writes the container files, or says that they are stale.

mod all;
mod check;
mod others;

use std::path::{Path, PathBuf};

use clap::Args;
use dfgen::diagnostic::{Diagnostic, Result};
use dfgen::plan::{ImagePlan, Inputs, Plan, Taken, choose, ended};
use dfgen::profile::{ContextPath, Origin};
use dfgen::render::{self, File, Placement};
use dfgen::rules::{self, Severity};
use dfgen::writer::{self, Marked, Overwrite, State, Written};
use indexmap::IndexSet;
use others::Others;

pub(super) use check::schema;

use super::{Format, Loudness, Outcome, Terminal, print};

/// Write the container files: a Dockerfile and its .dockerignore for each profile, and one compose file.
#[derive(Args)]
pub(super) struct Arguments {
    /// Render this profile; may be given again. Without it: those in dfgen.toml, else those that
    /// make sense for what uv.lock holds.
    #[arg(long, value_name = "NAME")]
    profile: Vec<String>,

    /// Write nothing; exit 1 and show the difference when the files are stale.
    #[arg(long, conflicts_with_all = ["stdout", "force"])]
    check: bool,

    /// How to print what `--check` finds.
    #[arg(long, value_enum, default_value_t = Format::Text, requires = "check")]
    format: Format,

    /// Print the files and write nothing.
    #[arg(long)]
    stdout: bool,

    /// Write to this folder, which need not be below the project's.
    #[arg(long, value_name = "DIR")]
    output: Option<PathBuf>,

    /// Also replace files that dfgen did not write, or that were edited since.
    #[arg(long)]
    force: bool,

    /// Also remove files of profiles that are no more, but for those that somebody edited.
    #[arg(long, conflicts_with_all = ["stdout", "check"])]
    prune: bool,

    /// Every project in the folder of `--project` or below it, side by side: one line each, one exit code for all.
    #[arg(long, conflicts_with_all = ["profile", "stdout", "output", "prune", "format"])]
    all: bool,

    /// Take what somebody should look at (imports that would crash, ...) as errors.
    #[arg(long)]
    strict: bool,
}

pub(super) fn run(terminal: &Terminal, arguments: &Arguments) -> Result<Outcome> {
    if arguments.all {
        return all::all(terminal, arguments);
    }
    let inputs = Inputs::load(&terminal.project)?;
    let inputs = match &arguments.output {
        Some(folder) => inputs.with_written(folder, &folder.to_string_lossy()),
        None => inputs,
    };
    let wanted = Wanted::new(&inputs, &arguments.profile)?;
    let plan = &wanted.plan;
    let place = Place::new(&terminal.project, plan, arguments.output.as_deref())?;
    let files = wanted.files(&place.placement);
    tell_findings(terminal, plan, place.is_current(&files));
    if arguments.strict && refused(terminal, plan) {
        return Ok(Outcome::Found);
    }
    if arguments.stdout {
        return print(&joined(&files));
    }
    let others = Others::find(&inputs, &place, &files)?;
    if arguments.check {
        return check::check(terminal, &place, &files, others, arguments.format);
    }
    terminal.tell_all(&others.stuck);
    let overwrite = if arguments.force {
        Overwrite::Everything
    } else {
        Overwrite::OwnOnly
    };
    let mut all = files;
    // Who names profiles wants these alone.
    if arguments.profile.is_empty() {
        all.extend(others.files);
    }
    let written = writer::write(&terminal.project, &place.folder, &all, overwrite)?;
    for image in &plan.images {
        terminal.say(&format!("{}: {}", image.name, image.taken_because));
        tell_left(terminal, image);
    }
    if arguments.profile.is_empty() {
        tell_ended(terminal, &inputs, plan);
    }
    tell_written(terminal, &written);
    tell_folder(terminal, &inputs);
    tell_credentials(terminal, plan);
    tell_on_demand(terminal, plan);
    let removes = arguments.prune && !others.orphans.is_empty();
    if written.files.is_empty() && !removes {
        terminal.say("nothing to do: the files are as a fresh render has them");
    }
    left(terminal, &others.orphans, arguments.prune)
}

fn tell_written(terminal: &Terminal, written: &Written) {
    for left in &written.swept {
        let left = left.display();
        terminal.say(&format!(
            "removed {left}: a run that was ended while it wrote has left it"
        ));
    }
    for one in &written.files {
        terminal.say(&format!("wrote {}", one.told()));
    }
}

/// Tells of folders of data that an image does not have.
fn tell_left(terminal: &Terminal, image: &ImagePlan) {
    if image.app.left.is_empty() {
        return;
    }
    let left = image.app.left.iter().map(|folder| format!("{folder}/"));
    let left: Vec<String> = left.collect();
    terminal.say(&format!(
        "{}: not in it, as no path in its source leads there: {}; `copy` takes them",
        image.name,
        left.join(", ")
    ));
}

/// Tells what somebody should look at. Notes that every render before this one has told take a line each.
fn tell_findings(terminal: &Terminal, plan: &Plan, is_known: bool) {
    let short = is_known && terminal.loudness != Loudness::Verbose;
    let is_short = |finding: &&Diagnostic| short && finding.severity() == Severity::Note;
    let (notes, others): (Vec<_>, Vec<_>) = plan.findings.iter().partition(is_short);
    for finding in others {
        terminal.tell_all(std::slice::from_ref(finding));
    }
    for note in &notes {
        terminal.say(&note.line());
    }
    let rules: IndexSet<String> = plan
        .findings
        .iter()
        .map(|one| one.rule().to_string())
        .collect();
    let pages: Vec<String> = rules
        .iter()
        .map(|rule| format!("`dfgen explain {rule}`"))
        .collect();
    if let Some((last, before)) = pages.split_last() {
        let (all, say) = match before {
            [] => (last.clone(), "says"),
            _ => (format!("{} and {last}", before.join(", ")), "say"),
        };
        let whole = if notes.is_empty() {
            ""
        } else {
            "; `--verbose` has notes in full"
        };
        terminal.say(&format!("{all} {say} more about it{whole}\n"));
    }
}

/// Whether there are warnings, which `--strict` takes as errors; then it is told that nothing is done.
fn refused(terminal: &Terminal, plan: &Plan) -> bool {
    let heavy = plan
        .findings
        .iter()
        .filter(|one| one.severity() > Severity::Note);
    let heavy = heavy.count();
    if heavy > 0 {
        let warnings = if heavy == 1 {
            "warning is an error"
        } else {
            "warnings are errors"
        };
        terminal.say(&format!(
            "nothing was written: {heavy} {warnings} with `--strict`; mend what is told, or silence it in dfgen.toml: `silence = [\"RULE\"]`"
        ));
    }
    heavy > 0
}

/// What is rendered.
struct Wanted {
    /// The images that were asked for.
    plan: Plan,
    /// All that are rendered where nobody names one, where those that were asked for are some of them: the compose file
    /// is theirs.
    whole: Option<Plan>,
}

impl Wanted {
    fn new(inputs: &Inputs, named: &[String]) -> Result<Self> {
        let taken = choose(inputs, named)?;
        let is_one = |one: &Taken, all: &[Taken]| {
            let mut all = all.iter();
            all.any(|other| other.profile.name == one.profile.name)
        };
        let all = choose(inputs, &[]).ok().filter(|_| !named.is_empty());
        let all = all.filter(|all| taken.len() < all.len());
        let all = all.filter(|all| taken.iter().all(|one| is_one(one, all)));
        Ok(Self {
            plan: Plan::new(inputs, &taken)?,
            whole: all.and_then(|all| Plan::new(inputs, &all).ok()),
        })
    }

    fn files(&self, placement: &Placement) -> Vec<File> {
        let Some(whole) = &self.whole else {
            return render::render(&self.plan, placement);
        };
        let others = whole.images.iter().map(|image| &image.name);
        let others = others.filter(|name| !self.plan.images.iter().any(|own| own.name == **name));
        let others: Vec<String> = others.map(|name| format!("{name}.Dockerfile")).collect();
        let mut files = render::render(whole, placement);
        files.retain(|file| {
            !others
                .iter()
                .any(|other| file.name.starts_with(other.as_str()))
        });
        files
    }
}

/// Profiles of the project's own end the built-in ones, which somebody may still want.
fn tell_ended(terminal: &Terminal, inputs: &Inputs, plan: &Plan) {
    let ended = ended(inputs);
    if ended.is_empty() {
        return;
    }
    let taken = plan.images.iter().map(|image| &image.name);
    let all: Vec<String> = taken
        .chain(&ended)
        .map(|name| format!("\"{name}\""))
        .collect();
    let ended: Vec<String> = ended.iter().map(ToString::to_string).collect();
    terminal.say(&format!(
        "not rendered, as dfgen.toml has profiles of its own: {}; to have them too, at its top: profiles = [{}]",
        ended.join(", "),
        all.join(", ")
    ));
}

/// Tells of files that no profile writes, or removes them.
fn left(terminal: &Terminal, orphans: &[Marked], prune: bool) -> Result<Outcome> {
    let removed = if prune {
        writer::prune(orphans)?
    } else {
        Vec::new()
    };
    for path in &removed {
        terminal.say(&format!("removed {}", path.display()));
    }
    let left = orphans
        .iter()
        .filter(|orphan| !removed.contains(&orphan.path.as_path()));
    let left: Vec<Diagnostic> = left.map(others::told).collect();
    terminal.tell_all(&left);
    Ok(if prune && !left.is_empty() {
        Outcome::Found
    } else {
        Outcome::Done
    })
}

/// Why the files are not where they usually are.
fn tell_folder(terminal: &Terminal, inputs: &Inputs) {
    let output = &inputs.config().output;
    if output.origin == Origin::Default && output.value.as_ref() != "docker" {
        terminal.say(&format!(
            "in {}/, as setuptools takes a folder docker/ for a package of the project; `output` in dfgen.toml says otherwise",
            output.value.as_ref()
        ));
    }
}

/// What the builds ask their environment for.
fn tell_credentials(terminal: &Terminal, plan: &Plan) {
    let builds = || plan.images.iter().map(|image| &image.build);
    let names: IndexSet<&str> = builds()
        .flat_map(|build| &build.secrets)
        .map(AsRef::as_ref)
        .collect();
    if !names.is_empty() {
        let exports: Vec<String> = names.iter().map(|name| format!("{name}=...")).collect();
        terminal
            .say("the build logs in to package indexes: none of this ends in an image or a file");
        terminal.say(&format!("    export {}", exports.join(" ")));
    }
    if builds().any(|build| build.netrc) {
        terminal.say("what comes from Git or by URL may ask for a login: then build with a file of logins, as each Dockerfile says at its top");
        terminal.say(
            "    --secret id=netrc,src=$HOME/.netrc, or for compose: export NETRC=$HOME/.netrc",
        );
    }
    if builds().any(|build| build.ssh) {
        terminal
            .say("the build fetches from Git with your SSH agent: `ssh-add` your key before it");
    }
}

/// What a plain `docker compose up` leaves out.
fn tell_on_demand(terminal: &Terminal, plan: &Plan) {
    let services = plan.compose.services.iter();
    let names: Vec<&str> = services
        .filter(|service| service.on_demand)
        .map(|service| service.name.as_str())
        .collect();
    if !names.is_empty() {
        terminal.say(&format!(
            "`docker compose up` starts all but {}, which a host with a GPU starts with `docker compose --profile gpu up`",
            names.join(" and ")
        ));
    }
}

/// Where the files go.
struct Place {
    folder: PathBuf,
    placement: Placement,
}

impl Place {
    /// Whether a render has nothing to do there: what it says it has said before.
    fn is_current(&self, files: &[File]) -> bool {
        let checked = writer::check(&self.folder, files).unwrap_or_default();
        !checked.is_empty() && checked.iter().all(|one| one.state == State::Current)
    }

    /// The folder of the settings, or the one that was asked for. One outside the project says where
    /// the project is in full.
    fn new(root: &Path, plan: &Plan, asked: Option<&Path>) -> Result<Self> {
        let Some(asked) = asked else {
            return Ok(Self {
                folder: below(root, plan.output.as_ref()),
                placement: Placement::Below(plan.output.clone()),
            });
        };
        let absolute = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        let (root, folder) = (absolute(root), absolute(asked));
        for path in [asked, &root] {
            refuse_line_breaks(path)?;
        }
        let placement = match folder.strip_prefix(&root) {
            Ok(below) => Placement::Below(in_project(asked, &below.to_string_lossy())?),
            Err(_) => Placement::Outside {
                folder: folder.display().to_string(),
                context: root.display().to_string(),
            },
        };
        Ok(Self {
            folder: asked.to_owned(),
            placement,
        })
    }
}

/// Without a `./` that nobody typed.
fn below(root: &Path, folder: &str) -> PathBuf {
    if root == Path::new(".") {
        PathBuf::from(folder)
    } else {
        root.join(folder)
    }
}

/// Paths are written to comments of the files.
/// A folder of the project, which files name from its root.
fn in_project(asked: &Path, below: &str) -> Result<ContextPath> {
    let refused = |why| {
        let problem = format!("`--output` cannot be `{}`", asked.display());
        Diagnostic::new(rules::INVALID_VALUE, problem).with_help(why)
    };
    let below = if below.is_empty() { "." } else { below };
    below.parse().map_err(|why| refused(why).into())
}

fn refuse_line_breaks(path: &Path) -> Result<()> {
    let text = path.to_string_lossy();
    if text.contains(char::is_control) {
        let problem = format!(
            "the folder `{}` cannot be named in a file",
            text.escape_debug()
        );
        return Err(Diagnostic::new(rules::INVALID_VALUE, problem)
            .with_help("take a folder without line breaks in its path")
            .into());
    }
    Ok(())
}

/// Every file behind a line with its name.
fn joined(files: &[File]) -> String {
    let parts: Vec<String> = files
        .iter()
        .map(|file| format!("# ---- {}\n{}", file.name, file.text))
        .collect();
    parts.join("\n")
}
