//! A Procfile says what is run, and a file that just runs is a program.

use crate::harness::{Project, dfgen, requiring as project};

/// Commands, ports and migrations of the images.
fn run(project: &Project) -> String {
    let run = dfgen(&["plan", "--format", "json"]).in_project(project);
    if run.code != Some(0) {
        return run.to_string();
    }
    let plan = run.json();
    let images = plan["images"].as_array().cloned().unwrap_or_default();
    let lines = images.iter().map(|image| {
        let run = &image["run"];
        format!(
            "{}: {} ({}), port {}, migrate {}\n",
            image["name"],
            run["command"]["value"],
            run["command"]["because"],
            run["port"]["value"],
            run["migrate"]["command"]["value"]
        )
    });
    lines.collect()
}

const FLASK: &str = "from flask import Flask\napp = Flask(__name__)\n";

#[test]
fn its_lines_are_what_the_images_run() {
    let told = [
        "web: gunicorn -c gunicorn_conf.py app:app\n",
        "web: gunicorn app:app --bind 0.0.0.0:$PORT --workers 3\n",
        "web: gunicorn app:app\nrelease: flask db upgrade\nworker: celery -A tasks worker\n",
        "web: FLASK_APP=app flask run --port $PORT\n",
        "web: cd shop && gunicorn app:app --threads $THREADS\n",
    ]
    .map(|procfile| {
        let project = project(&["celery", "flask", "flask-migrate", "gunicorn"])
            .with("app.py", FLASK)
            .with("gunicorn_conf.py", "bind = '0.0.0.0:9000'\n")
            .with(
                "tasks.py",
                "from celery import Celery\napp = Celery('tasks')\n",
            )
            .with("Procfile", procfile);
        format!("{procfile}{}", run(&project))
    });
    insta::assert_snapshot!(told.join("\n"), @r#"
    web: gunicorn -c gunicorn_conf.py app:app
    "core-api": ["gunicorn","-c","gunicorn_conf.py","app:app"] ("Procfile:1"), port 9000, migrate null
    "worker": ["celery","--app","tasks:app","worker","--loglevel","INFO"] ("Celery in tasks.py:2: a Celery object at module level"), port null, migrate null

    web: gunicorn app:app --bind 0.0.0.0:$PORT --workers 3
    "core-api": ["gunicorn","app:app","--bind","0.0.0.0:8000","--workers","3"] ("Procfile:1"), port 8000, migrate null
    "worker": ["celery","--app","tasks:app","worker","--loglevel","INFO"] ("Celery in tasks.py:2: a Celery object at module level"), port null, migrate null

    web: gunicorn app:app
    release: flask db upgrade
    worker: celery -A tasks worker
    "core-api": ["gunicorn","app:app","--bind","0.0.0.0:8000"] ("Procfile:1"), port 8000, migrate ["flask","db","upgrade"]
    "worker": ["celery","-A","tasks","worker"] ("Procfile:3"), port null, migrate null

    web: FLASK_APP=app flask run --port $PORT
    "core-api": ["gunicorn","--bind","0.0.0.0:8000","--worker-tmp-dir","/dev/shm","--access-logfile","-","app:app","--graceful-timeout","8"] ("Flask in app.py:2: a Flask object at module level; served by gunicorn"), port 8000, migrate null
    "worker": ["celery","--app","tasks:app","worker","--loglevel","INFO"] ("Celery in tasks.py:2: a Celery object at module level"), port null, migrate null

    web: cd shop && gunicorn app:app --threads $THREADS
    "core-api": ["gunicorn","--bind","0.0.0.0:8000","--worker-tmp-dir","/dev/shm","--access-logfile","-","app:app","--graceful-timeout","8"] ("Flask in app.py:2: a Flask object at module level; served by gunicorn"), port 8000, migrate null
    "worker": ["celery","--app","tasks:app","worker","--loglevel","INFO"] ("Celery in tasks.py:2: a Celery object at module level"), port null, migrate null
    "#);
}

#[test]
fn settings_that_it_names_are_in_the_image() {
    let project = project(&["flask", "gunicorn"])
        .with("app.py", FLASK)
        .with("gunicorn_conf.py", "bind = '0.0.0.0:9000'\n")
        .with("Procfile", "web: gunicorn -c gunicorn_conf.py app:app\n");
    let run = dfgen(&["render", "--stdout"]).in_project(&project);
    let lines = run
        .stdout
        .lines()
        .filter(|line| line.contains("gunicorn_conf"));
    insta::assert_snapshot!(lines.collect::<Vec<_>>().join("\n"), @r#"
    COPY app.py gunicorn_conf.py /app/
    CMD ["gunicorn", "-c", "gunicorn_conf.py", "app:app"]
    !gunicorn_conf.py
    "#);
}

#[test]
fn an_application_that_is_not_there_is_told_with_its_line() {
    let project = project(&["flask", "gunicorn"])
        .with("shop/__init__.py", "")
        .with("shop/app.py", FLASK)
        .with("Procfile", "# ours\nweb: gunicorn shop.web:app\n");
    insta::assert_snapshot!(dfgen(&["render"]).in_project(&project), @r"
    exit code: 2
    ----- stderr -----
    error[unknown-entry]: there is no module `shop.web`
     --> Procfile:2:15
      |
    2 | web: gunicorn shop.web:app
      |               ^^^^^^^^ not in the source
      |
      = help: did you mean `shop.app:app`?
    ");
}

#[test]
fn a_bot_is_run_as_its_line_says() {
    let project = project(&["httpx"])
        .with(
            "bot.py",
            "import httpx\n\nhttpx.get('https://example.com')\n",
        )
        .with("Procfile", "worker: python bot.py\n");
    insta::assert_snapshot!(run(&project), @r#""core-api": ["python","bot.py"] ("Procfile:1"), port null, migrate null"#);
}

#[test]
fn what_just_runs_is_a_program() {
    let told = [
        ("main.py", "import time\nwhile True:\n    time.sleep(60)\n"),
        ("app.py", "print('hello')\n"),
        (
            "bot.py",
            "import httpx\nclient = httpx.Client()\nclient.get('https://example.com')\n",
        ),
        (
            "main.py",
            "import quux\napp = quux.App()\napp.mount('/', None)\n",
        ),
        ("main.py", "def count():\n    return 1\n"),
    ]
    .map(|(file, text)| {
        let told = run(&project(&["httpx"]).with(file, text));
        format!(
            "{file} {text:?}\n{}",
            told.lines().take(3).collect::<Vec<_>>().join("\n")
        )
    });
    insta::assert_snapshot!(told.join("\n\n"), @r#"
    main.py "import time\nwhile True:\n    time.sleep(60)\n"
    "core-api": ["python","-m","main"] ("Python in main.py:3: a program that nothing imports"), port null, migrate null

    app.py "print('hello')\n"
    "core-api": ["python","-m","app"] ("Python in app.py:1: a program that nothing imports"), port null, migrate null

    bot.py "import httpx\nclient = httpx.Client()\nclient.get('https://example.com')\n"
    "core-api": ["python","-m","bot"] ("Python in bot.py:3: a program that nothing imports"), port null, migrate null

    main.py "import quux\napp = quux.App()\napp.mount('/', None)\n"
    exit code: 2
    ----- stderr -----
    error[no-command]: what the image `core-api` should run cannot be known

    main.py "def count():\n    return 1\n"
    exit code: 2
    ----- stderr -----
    error[no-command]: what the image `core-api` should run cannot be known
    "#);
}

#[test]
fn of_several_programs_the_one_that_goes_on_is_run() {
    let program = "def main():\n    print(1)\nif __name__ == '__main__':\n    main()\n";
    let server = "import socketserver\ndef main():\n    socketserver.TCPServer(('', 8000), None).serve_forever()\nif __name__ == '__main__':\n    main()\n";
    let with = |second: &str| {
        let project = project(&["httpx"])
            .with("shop/__init__.py", "")
            .with("shop/__main__.py", program)
            .with("shop_deploy/__init__.py", "")
            .with("shop_deploy/__main__.py", second);
        run(&project).lines().take(3).collect::<Vec<_>>().join("\n")
    };
    insta::assert_snapshot!(with(server), @r#""core-api": ["python","-m","shop_deploy"] ("Python in shop_deploy/__main__.py:1: `python -m shop_deploy` runs it"), port null, migrate null"#);
    insta::assert_snapshot!(with(program), @"
    exit code: 2
    ----- stderr -----
    error[ambiguous-entry]: the image `core-api` could run 2 things, and dfgen does not guess
    ");
}

/// What brings the database up to date, and what is told of the line.
fn released(procfile: &str, manifest: &str) -> String {
    let project = project(&["flask", "flask-migrate", "gunicorn"]);
    let text = format!("{}{manifest}", project.read("pyproject.toml"));
    let project = project
        .with("pyproject.toml", &text)
        .with("app.py", FLASK)
        .with("jobs.py", "def main(): ...\n")
        .with("manage.py", "")
        .with("Procfile", &format!("web: gunicorn app:app\n{procfile}"));
    let told = dfgen(&["render", "--force"]).in_project(&project).stderr;
    let told = told
        .lines()
        .filter(|line| line.contains("before a release") || line.contains("migrate ="));
    let told: Vec<&str> = told.collect();
    format!("{procfile}{}{}", run(&project), told.join("\n"))
}

#[test]
fn a_look_at_migrations_is_none() {
    let told = [
        "release: python manage.py migrate --check || python manage.py migrate\n",
        "release: flask db upgrade --sql && flask db upgrade\n",
        "release: ./manage.py showmigrations; ./manage.py migrate\n",
    ]
    .map(|procfile| released(procfile, ""));
    insta::assert_snapshot!(told.join("\n"), @r#"
    release: python manage.py migrate --check || python manage.py migrate
    "core-api": ["gunicorn","app:app","--bind","0.0.0.0:8000"] ("Procfile:1"), port 8000, migrate ["python","manage.py","migrate"]

    release: flask db upgrade --sql && flask db upgrade
    "core-api": ["gunicorn","app:app","--bind","0.0.0.0:8000"] ("Procfile:1"), port 8000, migrate ["flask","db","upgrade"]

    release: ./manage.py showmigrations; ./manage.py migrate
    "core-api": ["gunicorn","app:app","--bind","0.0.0.0:8000"] ("Procfile:1"), port 8000, migrate ["./manage.py","migrate"]
    "#);
}

#[test]
fn what_is_run_before_a_release_is_run_or_told() {
    let scripts = "\n[project.scripts]\nshop-jobs = \"jobs:main\"\n";
    let told = [
        "release: shop-jobs init_db --index\n",
        "release: python jobs.py\n",
        "release: ./prepare.sh && shop-jobs init_db\n",
        "release: true\n",
    ]
    .map(|procfile| released(procfile, scripts));
    insta::assert_snapshot!(told.join("\n"), @r#"
    release: shop-jobs init_db --index
    "core-api": ["gunicorn","app:app","--bind","0.0.0.0:8000"] ("Procfile:1"), port 8000, migrate ["python","-c","import sys; from jobs import main; sys.exit(main())","init_db","--index"]

    release: python jobs.py
    "core-api": ["gunicorn","app:app","--bind","0.0.0.0:8000"] ("Procfile:1"), port 8000, migrate null
    warning[unrun-command]: `core-api` does not run what Procfile:2 runs before a release
              migrate = ["python", "jobs.py"]
    release: ./prepare.sh && shop-jobs init_db
    "core-api": ["gunicorn","app:app","--bind","0.0.0.0:8000"] ("Procfile:1"), port 8000, migrate null
    warning[unrun-command]: `core-api` does not run what Procfile:2 runs before a release
              migrate = ["shop-jobs", "init_db"]
    release: true
    "core-api": ["gunicorn","app:app","--bind","0.0.0.0:8000"] ("Procfile:1"), port 8000, migrate null
    "#);
}
