//! Words of commands, and what they are read as.

use super::*;

fn read(line: &str) -> StartCommand {
    let words: Vec<&str> = line.split_whitespace().collect();
    StartCommand::read(&words)
}

fn port(line: &str) -> Option<u16> {
    read(line).port(|_| None, |_| None).map(|(port, _)| port)
}

#[test]
fn where_a_command_listens() {
    for (line, expected) in [
        ("uvicorn a:app --port 9000", Some(9000)),
        ("uvicorn a:app", Some(8000)),
        ("python -m uvicorn a:app --port=81", Some(81)),
        ("gunicorn -b 0.0.0.0:8060 a:app", Some(8060)),
        ("gunicorn -p /run/pid a:app", Some(8000)),
        ("gunicorn --bind unix:/run/a.sock a:app", None),
        ("hypercorn --bind 0.0.0.0:81 a:app", Some(81)),
        ("daphne -b 0.0.0.0 -p 8001 a:app", Some(8001)),
        ("waitress-serve --listen=*:8041 a:app", Some(8041)),
        ("waitress-serve a:app", Some(8080)),
        ("streamlit run app.py --server.port 81", Some(81)),
        ("streamlit run app.py", Some(8501)),
        ("fastapi run app.py --port 81", Some(81)),
        ("litestar run -p 81", Some(81)),
        ("uwsgi --ini uwsgi.ini", None),
        ("opentelemetry-instrument uvicorn a:app --port 81", Some(81)),
        ("python main.py", None),
        ("shop --port 81", Some(81)),
        ("shop -p 4", None),
        ("python -m shop -b config.yaml", None),
    ] {
        assert_eq!(port(line), expected, "{line}");
    }
}

#[test]
fn which_application_a_command_serves() {
    for (line, expected) in [
        (
            "uvicorn shop.main:app --host 0.0.0.0",
            Some("shop.main:app"),
        ),
        (
            "gunicorn -w 2 -k uvicorn.workers:X shop:app",
            Some("shop:app"),
        ),
        (
            "gunicorn -b localhost:8000 shop:create_app()",
            Some("shop:create_app()"),
        ),
        ("hypercorn wsgi:shop:app", Some("shop:app")),
        ("litestar --app=shop:app run", Some("shop:app")),
        ("granian --interface asgi shop:app", Some("shop:app")),
        ("python main.py", None),
    ] {
        assert_eq!(read(line).application.as_deref(), expected, "{line}");
    }
    assert_eq!(
        read("gunicorn shop.wsgi -w 2").module.as_deref(),
        Some("shop.wsgi")
    );
    assert_eq!(read("python -u -m shop").module.as_deref(), Some("shop"));
    assert_eq!(read("python -m gunicorn shop:app").module, None);
}

#[test]
fn a_word_is_an_application_only_in_its_form() {
    let application = |word: &str| StartCommand::read(&["gunicorn", word]).application;
    for word in ["shop:app", "shop.web:make(a, b)", "shop:web.app"] {
        assert_eq!(application(word).as_deref(), Some(word));
    }
    for word in [
        "shop:make app",
        "shop:8000",
        "2shop:app",
        "shop.:app",
        "shop",
    ] {
        assert_eq!(application(word), None, "{word}");
    }
    let module = |line: &str| read(line).module;
    assert_eq!(module("gunicorn shop").as_deref(), Some("shop"));
    assert_eq!(module("gunicorn -b=:80 shop").as_deref(), Some("shop"));
    assert_eq!(module("gunicorn -w 2 shop").as_deref(), Some("shop"));
    assert_eq!(module("gunicorn --chdir shop"), None);
}

#[test]
fn what_a_command_is_called_and_names() {
    assert_eq!(read("/opt/venv/bin/gunicorn a:app").word(), "gunicorn");
    assert_eq!(read("").word(), "");
    let whole = read("python /app/shop/main.py");
    for (name, expected) in [
        ("shop/main.py", true),
        ("main.py", true),
        ("in.py", false),
        ("main", false),
    ] {
        assert_eq!(whole.names(name), expected, "{name}");
    }
    let celery = read("celery --app=./shop.py worker");
    for (name, expected) in [("shop.py", true), ("worker", true), ("shop", false)] {
        assert_eq!(celery.names(name), expected, "{name}");
    }
    let server = |line: &str| read(line).development_server();
    assert_eq!(server("fastapi dev a.py").as_deref(), Some("fastapi dev"));
    let django = server("python src/manage.py runserver");
    assert_eq!(django.as_deref(), Some("runserver"));
    assert_eq!(server("fastapi run a.py"), None);
}

#[test]
fn an_address_is_added_where_none_is_said() {
    let more = |line: &str| {
        read(line)
            .listen_everywhere(8000, |_| None, |_| None)
            .join(" ")
    };
    assert_eq!(more("uvicorn a:app"), "--host 0.0.0.0");
    assert_eq!(more("gunicorn a:app"), "--bind 0.0.0.0:8000");
    assert_eq!(more("uvicorn a:app --host 127.0.0.1"), "");
    assert_eq!(more("uvicorn a:app --uds /run/a"), "");
    assert_eq!(more("waitress-serve a:app"), "");
    assert_eq!(more("python main.py"), "");
}

#[test]
fn what_a_command_is_there_for() {
    for (line, expected) in [
        ("uvicorn a:app", Some(Purpose::Serve)),
        ("uv run --no-sync uvicorn a:app", Some(Purpose::Serve)),
        (
            "opentelemetry-instrument --traces_exporter console gunicorn a",
            Some(Purpose::Serve),
        ),
        ("fastapi dev", Some(Purpose::Develop)),
        ("python src/manage.py runserver", Some(Purpose::Develop)),
        ("python -m django migrate --noinput", Some(Purpose::Migrate)),
        ("flask --app shop db upgrade", Some(Purpose::Migrate)),
        ("python -m alembic upgrade head", Some(Purpose::Migrate)),
        ("./tasks migrate", Some(Purpose::Migrate)),
        ("python manage.py migrate --check", None),
        ("python manage.py showmigrations", None),
        ("alembic upgrade head --sql", None),
        ("./tasks migrate --plan", None),
        ("celery -A a worker", Some(Purpose::Work)),
        ("celery -A a beat", Some(Purpose::Schedule)),
        ("huey_consumer.py a.huey", Some(Purpose::Work)),
        ("alembic stamp head", None),
        ("python main.py", None),
    ] {
        assert_eq!(read(line).purpose, expected, "{line}");
    }
    assert!(read("celery -A a $ROLE").may_last());
    assert!(!read("alembic stamp head").may_last());
    assert!(!read("python main.py").may_last());
}

#[test]
fn commands_that_only_listen_elsewhere_start_the_same() {
    let same = |ours: &str, theirs: &str| read(ours).starts_same(&read(theirs));
    assert!(same(
        "uvicorn a:app --port 80 --host=0.0.0.0",
        "uvicorn a:app --host 0.0.0.0 --port 8000"
    ));
    assert!(same(
        "python -m uvicorn a:app",
        "uvicorn a:app --host 0.0.0.0 --port 8000"
    ));
    assert!(same(
        "gunicorn -b :80 a:app",
        "gunicorn a:app --bind 0.0.0.0:8000"
    ));
    assert!(!same("uvicorn a:app --workers 4", "uvicorn a:app"));
    assert!(!same("gunicorn a:app", "uvicorn a:app"));
    assert!(!same("shop -p 4", "shop"));
    assert!(!same("shop --port 9000", "shop"));
}

#[test]
fn where_it_listens_is_asked_in_the_order_of_the_program() {
    let said = read("gunicorn a:app");
    let settings =
        |path: &str| (path == "gunicorn.conf.py").then(|| "bind = '0.0.0.0:8060'\n".to_owned());
    let port = |variable: Option<&'static str>| said.port(|_| variable, settings);
    assert_eq!(port(None), Some((8060, "gunicorn.conf.py".to_owned())));
    assert_eq!(
        port(Some("81")),
        Some((81, "`PORT` of its environment".to_owned()))
    );
    assert!(said.listen_everywhere(1, |_| None, settings).is_empty());
}
