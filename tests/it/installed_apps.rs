//! What the settings of Django name must be importable in every image that runs them.

use crate::harness::{Project, dfgen, requiring};

/// A project whose settings name an application that only a group of developers has.
fn site(manage: &str) -> Project {
    let base = requiring(&["django", "django-q2", "gunicorn"]);
    let lock = base.read("uv.lock");
    let toolbar = "[[package]]\nname = \"django-debug-toolbar\"\nversion = \"6.0.0\"\nsource = { registry = \"https://pypi.org/simple\" }\nwheels = [{ url = \"https://files.example/django_debug_toolbar-6.0.0-py3-none-any.whl\", hash = \"sha256:00\" }]\n\n";
    let lock = lock.replacen(
        "[[package]]\nname = \"shop\"",
        &format!("{toolbar}[[package]]\nname = \"shop\""),
        1,
    );
    let lock = format!(
        "{lock}\n[package.dev-dependencies]\ndev = [{{ name = \"django-debug-toolbar\" }}]\n\n[package.metadata.requires-dev]\ndev = [{{ name = \"django-debug-toolbar\" }}]\n"
    );
    let manifest = base.read("pyproject.toml");
    let manifest = format!("{manifest}\n[dependency-groups]\ndev = [\"django-debug-toolbar\"]\n");
    base.with("uv.lock", &lock)
        .with("pyproject.toml", &manifest)
        .with("manage.py", manage)
        .with("config/__init__.py", "")
        .with("config/wsgi.py", "import os\nfrom django.core.wsgi import get_wsgi_application\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'config.settings')\napplication = get_wsgi_application()\n")
        .with("config/settings.py", "INSTALLED_APPS = ['debug_toolbar', 'django_q']\nQ_CLUSTER = {}\n")
}

#[test]
fn a_group_that_has_an_installed_application_is_taken_by_every_image() {
    let manages = [
        "import os\ndef main():\n    os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'config.settings')\n    from django.core.management import execute_from_command_line\nif __name__ == '__main__':\n    main()\n",
        "import os\nif __name__ == '__main__':\n    os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'config.settings')\n    from django.core.management import execute_from_command_line\n",
    ];
    for manage in manages {
        let run = dfgen(&["render"]).in_project(&site(manage));
        let lines = run.stderr.lines();
        let said: Vec<&str> = lines.filter(|line| line.contains("group `dev`")).collect();
        insta::allow_duplicates! {
            insta::assert_snapshot!(said.join("\n"), @"
            core-api: the project needs no ML stack; group `dev` as it imports django-debug-toolbar
            worker: Django Q in manage.py:3; group `dev` as it imports django-debug-toolbar
            ");
        }
    }
}
