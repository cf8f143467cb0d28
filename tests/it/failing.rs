//! Migrations that an empty database ends.

use crate::harness::{Project, dfgen, requiring};

/// A service with this chain of revisions: each with its parent and the body of its upgrade.
fn service(revisions: &[(&str, &str, &str)]) -> Project {
    let project = requiring(&["alembic", "asyncpg", "fastapi", "sqlalchemy", "uvicorn"])
        .with("main.py", "from fastapi import FastAPI\napp = FastAPI()\n")
        .with("alembic.ini", "[alembic]\nscript_location = alembic\n")
        .with(
            "alembic/env.py",
            "from alembic import context\nimport os\nurl = os.environ['DATABASE_URL']\n",
        );
    revisions.iter().fold(project, |project, (id, before, body)| {
        let body = body.replace('\n', "\n    ");
        let text = format!(
            "from alembic import op\nimport sqlalchemy as sa\n\nrevision = '{id}'\ndown_revision = {before}\n\n\ndef upgrade() -> None:\n    {body}\n\n\ndef downgrade() -> None:\n    op.drop_table('nothing')\n"
        );
        project.with(&format!("alembic/versions/{id}_x.py"), &text)
    })
}

/// Whether the step is run, and what is told of it.
fn told(project: &Project) -> String {
    let run = dfgen(&["plan", "--format", "json"]).in_project(project);
    assert_eq!(run.code, Some(0), "{run}");
    let plan = run.json();
    let findings = plan["findings"].as_array().cloned().unwrap_or_default();
    let mut ours = findings
        .iter()
        .filter(|one| one["rule"] == "failing-migrations");
    let is_run = !plan["images"][0]["run"]["migrate"].is_null();
    match ours.next() {
        None => format!("run: {is_run}\n"),
        Some(one) => {
            let texts = |key: &str| {
                let all = one[key].as_array().cloned().unwrap_or_default();
                let all: Vec<String> = all
                    .iter()
                    .filter_map(|text| text.as_str().map(str::to_owned))
                    .collect();
                all
            };
            let (notes, helps) = (texts("notes"), texts("helps"));
            let line = one["places"][0]["line"].clone();
            format!(
                "run: {is_run}, line {line}\n  {}\n  {}\n",
                notes.join("\n  "),
                helps[0].split(" and, with").next().unwrap_or_default()
            )
        }
    }
}

const USERS: &str = "op.create_table('users',\n    sa.Column('id', sa.Integer(), nullable=False),\n    sa.PrimaryKeyConstraint('id'))";

fn chain(first: &str, second: &str) -> String {
    told(&service(&[("a1", "None", first), ("b2", "'a1'", second)]))
}

#[test]
fn what_no_revision_made_ends_an_upgrade() {
    let all = [
        chain(
            "pass",
            "op.add_column('users', sa.Column('name', sa.String()))",
        ),
        chain(USERS, "op.drop_table('orders')"),
        chain(
            USERS,
            "op.create_table('users', sa.Column('id', sa.Integer()))",
        ),
        chain(
            USERS,
            "op.add_column('users', sa.Column('id', sa.Integer()))",
        ),
        chain(
            USERS,
            "with op.batch_alter_table('users', schema=None) as batch_op:\n    batch_op.drop_column('name')",
        ),
        chain(
            USERS,
            "op.create_table('posts',\n    sa.Column('author', sa.Integer()),\n    sa.ForeignKeyConstraint(['author'], ['authors.id']))",
        ),
        told(&service(&[("a1", "None", USERS), ("c3", "'b2'", "pass")])),
    ];
    insta::assert_snapshot!(all.concat(), @"
    run: false, line 9
      b2_x.py changes the table `users`, which no revision before it makes
      nothing was found that makes the tables otherwise: the application starts without them
      begin anew: move the revisions out of `alembic/versions`
    run: false, line 9
      b2_x.py drops the table `orders`, which no revision before it makes
      nothing was found that makes the tables otherwise: the application starts without them
      begin anew: move the revisions out of `alembic/versions`
    run: false, line 9
      b2_x.py makes the table `users`, which is there already
      nothing was found that makes the tables otherwise: the application starts without them
      begin anew: move the revisions out of `alembic/versions`
    run: false, line 9
      b2_x.py adds the column `id` to `users`, which has it already
      nothing was found that makes the tables otherwise: the application starts without them
      begin anew: move the revisions out of `alembic/versions`
    run: false, line 10
      b2_x.py drops the column `name` of `users`, which no revision before it makes
      nothing was found that makes the tables otherwise: the application starts without them
      begin anew: move the revisions out of `alembic/versions`
    run: false, line 9
      b2_x.py refers to the table `authors`, which no revision before it makes
      nothing was found that makes the tables otherwise: the application starts without them
      begin anew: move the revisions out of `alembic/versions`
    run: false, line 5
      c3_x.py comes after `b2`, and there is no such revision
      nothing was found that makes the tables otherwise: the application starts without them
      begin anew: move the revisions out of `alembic/versions`
    ");
}

#[test]
fn what_may_not_fail_is_run() {
    let all = [
        chain(
            USERS,
            "op.add_column('users', sa.Column('name', sa.String()))\nop.alter_column('users', 'name', nullable=False)\nop.create_index('ix', 'users', ['name'])",
        ),
        chain(
            "op.execute('CREATE TABLE users (id int)')",
            "op.drop_column('users', 'id')",
        ),
        chain("op.execute('CREATE EXTENSION IF NOT EXISTS citext')", USERS),
        chain(USERS, "op.drop_table('orders', if_exists=True)"),
        chain(
            USERS,
            "inspector = sa.inspect(op.get_bind())\nif 'orders' in inspector.get_table_names():\n    op.drop_table('orders')",
        ),
        chain(USERS, "for name in ('a', 'b'):\n    op.drop_table(name)"),
        chain(USERS, "make_more()\nop.drop_table('orders')"),
        chain(
            USERS,
            "if op.get_bind().dialect.name == 'sqlite':\n    return\nop.drop_table('orders')",
        ),
        chain(
            USERS,
            "op.rename_table('users', 'people')\nop.add_column('people', sa.Column('name', sa.String()))\nop.alter_column('people', 'name', new_column_name='label')\nop.drop_column('people', 'label')",
        ),
        chain("op.drop_table('spatial_ref_sys')", "pass"),
    ];
    insta::assert_snapshot!(all.concat(), @"
    run: true
    run: true
    run: true
    run: true
    run: true
    run: true
    run: true
    run: true
    run: true
    run: true
    ");
}

#[test]
fn what_makes_the_tables_elsewhere_is_named() {
    let broken = [("a1", "None", "op.drop_column('users', 'name')")];
    let makes = "from contextlib import asynccontextmanager\nfrom fastapi import FastAPI\nfrom base import Base, engine\n\n@asynccontextmanager\nasync def lifespan(app):\n    async with engine.begin() as connection:\n        await connection.run_sync(Base.metadata.create_all)\n    yield\napp = FastAPI(lifespan=lifespan)\n";
    let program = "from base import Base, engine\ndef main():\n    Base.metadata.create_all(engine)\nif __name__ == '__main__':\n    main()\n";
    let all = [
        told(&service(&broken).with("main.py", makes).with("base.py", "")),
        told(
            &service(&broken)
                .with("make.py", program)
                .with("base.py", ""),
        ),
        told(&service(&broken).with(
            "alembic/env.py",
            "from base import Base\nBase.metadata.create_all()\n",
        )),
        told(&service(&broken).with("dfgen.toml", "[profile.core-api]\nmigrate = true\n")),
        told(&service(&broken).with(
            "alembic/versions/m.py",
            "revision = 'm'\ndown_revision = make()\n",
        )),
    ];
    insta::assert_snapshot!(all.concat(), @r#"
    run: false, line 9
      a1_x.py changes the table `users`, which no revision before it makes
      the application makes its tables itself when it starts: main.py:8
      begin anew: move the revisions out of `alembic/versions`
    run: false, line 9
      a1_x.py changes the table `users`, which no revision before it makes
      make the tables with the program of the project's own: `migrate = ["python", "-m", "make"]` in [profile.core-api] of dfgen.toml
    run: true
    run: true
    run: true
    "#);
}

#[test]
fn branches_have_no_order() {
    let branches = [
        ("a1", "None", USERS),
        (
            "b2",
            "'a1'",
            "op.create_table('orders', sa.Column('id', sa.Integer()))",
        ),
        ("c3", "'a1'", "op.drop_table('orders')"),
        ("d4", "('b2', 'c3')", "op.drop_table('others')"),
    ];
    insta::assert_snapshot!(told(&service(&branches)), @"
    run: false, line 9
      d4_x.py drops the table `others`, which no revision before it makes
      nothing was found that makes the tables otherwise: the application starts without them
      begin anew: move the revisions out of `alembic/versions`
    ");
}

#[test]
fn several_last_revisions_are_all_run() {
    let branches = [
        ("a1", "None", USERS),
        ("b2", "'a1'", "pass"),
        ("c3", "'a1'", "pass"),
    ];
    let command = |project: &Project| {
        let run = dfgen(&["plan", "--format", "json"]).in_project(project);
        let plan = run.json();
        plan["images"][0]["run"]["migrate"]["command"]["value"].to_string()
    };
    let all = [
        command(&service(&branches)),
        command(&service(&branches[..2])),
    ];
    insta::assert_snapshot!(all.join("\n"), @r#"
    ["alembic","upgrade","heads"]
    ["alembic","upgrade","head"]
    "#);
}

/// A site of Django with these migrations: each with those that it comes after.
fn site(migrations: &[(&str, &str)]) -> Project {
    let project = requiring(&["django", "gunicorn"])
        .with("manage.py", "import os\nif __name__ == '__main__':\n    os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'config.settings')\n")
        .with("config/__init__.py", "")
        .with("config/wsgi.py", "import os\nfrom django.core.wsgi import get_wsgi_application\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'config.settings')\napplication = get_wsgi_application()\n")
        .with("config/settings.py", "INSTALLED_APPS = ['django.contrib.auth', 'shop', 'users.apps.UsersConfig']\nDATABASES = {}\n")
        .with("shop/__init__.py", "")
        .with("users/__init__.py", "")
        .with("users/apps.py", "")
        .with("users/migrations/__init__.py", "")
        .with("users/migrations/0001_initial.py", "class Migration(M):\n    dependencies = [('auth', '0012_x')]\n");
    migrations.iter().fold(project, |project, (name, after)| {
        let text = format!(
            "from django.db import migrations\n\nclass Migration(migrations.Migration):\n    dependencies = [{after}]\n    operations = []\n"
        );
        project.with(&format!("shop/migrations/{name}.py"), &text)
    })
}

#[test]
fn migrations_of_django_that_cannot_be_loaded() {
    let first = ("0001_initial", "('users', '0001_initial')");
    let all = [
        told(&site(&[first])),
        told(&site(&[(
            "0001_initial",
            "('users', '0003_name'), ('auth', '0099_x')",
        )])),
        told(
            &site(&[("0001_initial", "('users', '0002_name')")])
                .with(".gitignore", "users/migrations/0002*\n"),
        ),
        told(&site(&[
            first,
            ("0002_a", "('shop', '0001_initial')"),
            ("0002_b", "('shop', '0001_initial')"),
        ])),
        told(&site(&[
            first,
            ("0002_a", "('shop', '__first__'), ('shop', '0001_initial')"),
        ])),
        told(&site(&[("0001_initial", "('users', '0003_name')")]).with(
            "users/migrations/0001_squashed.py",
            "class Migration(M):\n    replaces = [('users', '0003_name')]\n    dependencies = []\n",
        )),
    ];
    insta::assert_snapshot!(all.concat(), @"
    run: true
    run: false, line 4
      0001_initial.py comes after `users.0003_name`, and there is no such migration
      make it and have Git track it: `uv run python manage.py makemigrations users`, `git add users/migrations`
    run: false, line 4
      0001_initial.py comes after `users.0002_name`, and there is no such migration
      make it and have Git track it: `uv run python manage.py makemigrations users`, `git add --force users/migrations`
    run: false, line 4
      0002_b.py and `0002_a` both come last in `shop`
      make it and have Git track it: `uv run python manage.py makemigrations --merge`, `git add shop/migrations`
    run: true
    run: true
    ");
}
