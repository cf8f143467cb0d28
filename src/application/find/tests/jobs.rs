//! Workers, beats and migrations.

use super::found;

#[test]
fn celery_with_beat_through_the_flask_extension_and_by_factory() {
    let files = [(
        "shop/worker.py",
        "from celery import Celery\ncelery_app = Celery('shop')\ncelery_app.conf.beat_schedule = {'x': {}}\n",
    )];
    assert_eq!(
        found("celery", &files),
        [
            "worker Celery shop.worker:celery_app likely",
            "beat Celery shop.worker:celery_app likely"
        ]
    );
    let flask = "from shop import create_app\nflask_app = create_app()\ncelery_app = flask_app.extensions['celery']\n";
    assert_eq!(
        found(
            "celery",
            &[
                ("make_celery.py", flask),
                (
                    "shop/__init__.py",
                    "def create_app(): ...\nfrom celery import Celery\n"
                )
            ]
        ),
        ["worker Celery make_celery:celery_app likely"]
    );
}

#[test]
fn a_module_named_like_the_library_is_not_the_library() {
    let files = [
        (
            "proj/celery.py",
            "from celery import Celery\napp = Celery('proj')\n",
        ),
        (
            "proj/tasks.py",
            "from proj.celery import app\n@app.task\ndef t(): ...\n",
        ),
    ];
    assert_eq!(
        found("celery", &files),
        ["worker Celery proj.tasks:app likely"]
    );
}

#[test]
fn settings_of_workers_and_tasks_that_no_module_imports() {
    let rq = "from redis import Redis\nfrom rq import Queue\nqueue = Queue('high', connection=Redis())\n";
    let settings = "import os\nREDIS_URL = os.environ['REDIS_URL']\nQUEUES = ['high', 'low']\n";
    assert_eq!(
        found("rq", &[("shop/jobs.py", rq), ("shop/worker.py", settings)]),
        ["worker RQ rq worker likely extra=-c,shop.worker"]
    );
    let saq = "from saq import Queue\nqueue = Queue.from_url('redis://localhost')\nsettings = {'queue': queue, 'functions': []}\n";
    assert_eq!(
        found("saq", &[("shop/jobs.py", saq)]),
        ["worker SAQ shop.jobs.settings likely"]
    );
    let app = "from celery import Celery\napp = Celery('shop')\n";
    let task = "from celery import shared_task\n@shared_task\ndef send(): ...\n";
    assert_eq!(
        found(
            "celery",
            &[
                ("shop/jobs.py", app),
                ("shop/mail.py", task),
                ("shop/news.py", task)
            ]
        ),
        ["worker Celery shop.jobs:app likely extra=--include,shop.mail,shop.news"]
    );
}

#[test]
fn rq_dramatiq_arq_taskiq_and_huey_workers() {
    let rq = "from redis import Redis\nfrom rq import Queue\nhigh = Queue('high', connection=Redis())\nrest = Queue(connection=Redis())\n";
    assert_eq!(
        found("rq", &[("shop/jobs.py", rq)]),
        ["worker RQ rq worker likely extra=default,high"]
    );
    let actor = "import dramatiq\n@dramatiq.actor\ndef send(): ...\n";
    assert_eq!(
        found("dramatiq", &[("shop/a.py", actor), ("shop/b.py", actor)]),
        ["worker Dramatiq shop.a likely extra=shop.b"]
    );
    let arq = "from arq.connections import RedisSettings\nasync def job(ctx): ...\nclass WorkerSettings:\n    functions = [job]\n    redis_settings = RedisSettings()\n";
    assert_eq!(
        found("arq", &[("shop/worker.py", arq)]),
        ["worker arq shop.worker.WorkerSettings likely"]
    );
    let taskiq = "from taskiq_redis import ListQueueBroker\nfrom taskiq import TaskiqScheduler\nbroker = ListQueueBroker('x')\nscheduler = TaskiqScheduler(broker, [])\n";
    assert_eq!(
        found("taskiq taskiq-redis", &[("shop/tkq.py", taskiq)]),
        [
            "worker Taskiq shop.tkq:broker likely",
            "beat Taskiq shop.tkq:scheduler likely"
        ]
    );
    let huey = "from huey import RedisHuey\nhuey = RedisHuey()\n";
    assert_eq!(
        found("huey", &[("jobs.py", huey)]),
        ["worker Huey jobs.huey likely"]
    );
}

#[test]
fn alembic_flask_migrate_and_aerich_migrations() {
    let ini = "[alembic]\n# where\nscript_location = %(here)s/migrations\n";
    let files = [("db/alembic.ini", ini), ("db/migrations/env.py", "")];
    assert_eq!(
        found("alembic", &files),
        ["migration Alembic db/alembic.ini likely root=db files=db/alembic.ini,db/migrations"]
    );
    // Relative to the folder that it is run in, wherever the file lies.
    let ini = "[alembic]\nscript_location = shop/api/alembic\n";
    let files = [
        ("shop/api/alembic.ini", ini),
        ("shop/api/alembic/env.py", ""),
    ];
    assert_eq!(
        found("alembic", &files),
        [
            "migration Alembic shop/api/alembic.ini likely files=shop/api/alembic.ini,shop/api/alembic"
        ]
    );
    let ini = "[alembic]\nscript_location = %(here)s/../alembic\n";
    let files = [("shop/api/alembic.ini", ini), ("shop/alembic/env.py", "")];
    assert_eq!(
        found("alembic", &files),
        [
            "migration Alembic shop/api/alembic.ini likely root=shop/api files=shop/api/alembic.ini,shop/alembic"
        ]
    );
    let ini = "[alembic]\nscript_location = %(here)s/migrations\n";
    let manifest = "[tool.alembic]\nscript_location = 'shop:alembic'\n[tool.aerich]\ntortoise_orm = 'shop.settings.TORTOISE'\n";
    let files = [
        ("pyproject.toml", manifest),
        ("shop/__init__.py", ""),
        ("shop/alembic/env.py", ""),
    ];
    assert_eq!(
        found("alembic aerich", &files),
        [
            "migration Alembic pyproject.toml likely files=pyproject.toml,shop/alembic",
            "migration Aerich pyproject.toml likely settings=shop.settings.TORTOISE files=pyproject.toml,migrations",
        ]
    );
    let files = [("migrations/alembic.ini", ini), ("migrations/env.py", "")];
    assert_eq!(
        found("alembic flask-migrate", &files),
        ["migration Flask-Migrate migrations/alembic.ini likely files=migrations"]
    );
}
