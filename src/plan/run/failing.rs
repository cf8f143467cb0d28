//! Migrations that end with an error on an empty database: no step that a service waits for.

use crate::application::Candidate;
use crate::application::revisions::{self, Failing, Maker};
use crate::diagnostic::Diagnostic;
use crate::names::PackageName;
use crate::plan::inputs::Subject;
use crate::plan::run::entry::Application;
use crate::rules;

/// The finding, where the step surely fails.
pub(super) fn finding(
    subject: &Subject<'_>,
    application: &Application<'_>,
    step: &Candidate,
    started: Option<&Candidate>,
) -> Option<Diagnostic> {
    let code = application.code();
    let catalog = subject.inputs.catalog.services();
    let keeps_tables = |name: &PackageName| {
        let driver = catalog.driver(name);
        driver.is_some_and(|driver| driver.service().tables().is_some())
    };
    let has_server = application.has_one(keeps_tables) && !application.mentions(&["sqlite"]);
    let failing = revisions::failing(code, step, has_server)?;
    let files = started.map(|one| application.files_of(&[one]));
    let maker = revisions::maker(code, &files.unwrap_or_default());
    let maker = maker.filter(|_| !step.framework.is("django"));
    Some(told(subject, step, &failing, maker.as_ref()))
}

fn told(
    subject: &Subject<'_>,
    step: &Candidate,
    failing: &Failing,
    maker: Option<&Maker>,
) -> Diagnostic {
    let Failing {
        path, why, folder, ..
    } = failing;
    let name = &subject.profile.name;
    let file = path.rsplit('/').next().unwrap_or(path);
    let problem = format!(
        "the migrations of `{name}` are not run: on an empty database they end with an error"
    );
    let finding = Diagnostic::new(rules::FAILING_MIGRATIONS, problem)
        .at(failing.place.clone())
        .with_note(format!("{file} {why}"));
    let profile = format!("[profile.{name}] of dfgen.toml");
    let finding = match maker {
        Some(Maker::Application(place)) => finding.with_note(format!(
            "the application makes its tables itself when it starts: {}",
            place.location()
        )),
        Some(Maker::Program(module)) => finding.with_help(format!(
            "make the tables with the program of the project's own: `migrate = [\"python\", \"-m\", \"{module}\"]` in {profile}"
        )),
        None if step.framework.is("django") => finding,
        None => finding.with_note("nothing was found that makes the tables otherwise: the application starts without them"),
    };
    let finding = if failing.make.is_empty() {
        finding.with_help(anew(step, folder))
    } else {
        let force = if failing.is_ignored { " --force" } else { "" };
        finding.with_help(format!(
            "make it and have Git track it: `uv run {}`, `git add{force} {folder}`",
            failing.make
        ))
    };
    finding.with_help(format!(
        "or run the step all the same, where a database has its tables already: `migrate = true` in {profile}"
    ))
}

/// How a chain begins anew.
fn anew(step: &Candidate, folder: &str) -> String {
    let is_alembic = step.framework.is("alembic");
    let (make, stamp) = if is_alembic {
        ("alembic revision --autogenerate", "alembic stamp")
    } else {
        ("flask db migrate", "flask db stamp")
    };
    format!(
        "begin anew: move the revisions out of `{folder}` and, with an empty database, write one that makes every table, `uv run {make} -m initial`; for databases that have them, `uv run {stamp} --purge head`"
    )
}
