//! Every image of the examples does its work: it becomes healthy, answers, and stops when told to.

use std::time::Duration;

use serde_json::json;

use crate::build::build_text;
use crate::engine::{Container, Image, Run, Stopped, Volume};
use crate::gallery::image;

/// A server gets SIGTERM when its node is drained; what ignores it is killed after ten seconds, in the
/// middle of its work. These take half a second, and longer where other builds keep the machine busy.
const SERVER: Duration = Duration::from_secs(5);

/// Celery first lets its processes finish: three seconds.
const WORKER: Duration = Duration::from_secs(9);

fn stops_within(limit: Duration, container: &Container) {
    let Stopped {
        after,
        exit_code,
        log,
    } = container.stop();
    assert!(
        after < limit && exit_code == "0",
        "stopped after {after:?} with exit code {exit_code}: {log}"
    );
}

fn stops_at_once(container: &Container) {
    stops_within(SERVER, container);
}

#[test]
fn the_api_asks_the_ml_service() {
    let api = image("two-images", "core-api");
    let ml = image("two-images", "ml-inference-cpu");
    let database = Volume::new(&api);
    let api_run = || {
        api.container()
            .volume(&database, "/data")
            .env("DATABASE_URL", "sqlite+aiosqlite:////data/shop.db")
    };

    api_run().command(&["alembic", "upgrade", "head"]).finish();
    let ml_port = ml.port();
    let ml = ml.container().start();
    ml.becomes_healthy();
    let api_port = ml_port + 1;
    let ml_url = format!("http://127.0.0.1:{ml_port}");
    let api = api_run()
        .beside(&ml)
        .env("ML_INFERENCE_URL", &ml_url)
        .command(&on_port(&api, api_port))
        .start();
    api.says("Uvicorn running");

    let tea = json!({"name": "tea", "price_cents": 450, "rating": 4.5, "stock": 12});
    let added = api.post(api_port, "/products", &tea);
    assert_eq!(
        (added.status, &added.body["id"]),
        (201, &json!(1)),
        "{added:?}"
    );
    let answer = api.get(api_port, "/products/1/score");
    let score = answer.body["score"].as_f64();
    assert!(
        score.is_some_and(|score| (0.0..=1.0).contains(&score)),
        "{answer:?}"
    );
    stops_at_once(&api);
    stops_at_once(&ml);
}

/// An image's own command, on another port: two servers share one loopback here.
fn on_port(image: &Image, port: u16) -> Vec<String> {
    let own = image.port().to_string();
    let port = port.to_string();
    image
        .command()
        .into_iter()
        .map(|word| word.replace(&own, &port))
        .collect()
}

#[test]
fn the_api_says_what_to_do_without_its_tables() {
    let image = image("two-images", "core-api");
    let api = image.container().start();
    api.becomes_healthy();
    let answer = api.get(image.port(), "/products");
    assert_eq!(answer.status, 503, "{answer:?}");
    stops_at_once(&api);
}

#[test]
fn the_orders_service_adds_up() {
    let image = image("workspace", "orders");
    let orders = image.container().start();
    orders.becomes_healthy();
    let products = orders.get(image.port(), "/products");
    let code = products
        .body
        .as_object()
        .and_then(|products| products.keys().next());
    let code = code.unwrap_or_else(|| panic!("{products:?}"));
    let order = json!({"lines": [{"product": code, "quantity": 2}]});
    let price = orders.post(image.port(), "/orders/price", &order);
    assert!(
        price.status == 200 && price.body["total"].is_string(),
        "{price:?}"
    );
    stops_at_once(&orders);
}

#[test]
fn the_quotes_service_splits_an_amount() {
    let image = image("workspace", "quotes");
    let quotes = image.container().start();
    quotes.becomes_healthy();
    let quote = quotes.post(
        image.port(),
        "/quotes",
        &json!({"amount": "100.00", "months": 3}),
    );
    assert_eq!(
        quote.body["instalments"].as_array().map(Vec::len),
        Some(3),
        "{quote:?}"
    );
    stops_at_once(&quotes);
}

#[test]
fn the_rust_extension_finds_places() {
    let image = image("rust-extension", "core-api");
    let nearby = image.container().start();
    nearby.becomes_healthy();
    let places = nearby.get(image.port(), "/nearby?latitude=52.5&longitude=13.4&limit=2");
    assert_eq!(places.body.as_array().map(Vec::len), Some(2), "{places:?}");
    stops_at_once(&nearby);
}

#[test]
fn the_django_site_keeps_entries() {
    let image = image("django-site", "core-api");
    let database = Volume::new(&image);
    let run = || on_database(&image, &database);
    run().command(&["python", "manage.py", "migrate"]).finish();
    let site = run().start();
    site.becomes_healthy();
    let entry = json!({"author": "Ada", "message": "I was here"});
    let added = site.post(image.port(), "/entries", &entry);
    assert_eq!(added.status, 201, "{added:?}");
    let entries = site.get(image.port(), "/entries");
    assert_eq!(
        entries.body["entries"][0]["word_count"],
        json!(3),
        "{entries:?}"
    );
    stops_at_once(&site);
}

#[test]
fn the_django_worker_does_what_the_site_leaves_to_it() {
    let [site, worker] = ["core-api", "worker"].map(|profile| image("django-site", profile));
    let redis = build_text(include_str!("redis.Dockerfile"));
    let redis = redis.container().start();
    redis.says("Ready to accept connections");
    let (database, port) = (Volume::new(&site), site.port());
    on_database(&site, &database)
        .command(&["python", "manage.py", "migrate"])
        .finish();
    let [site, worker] = [&site, &worker].map(|image| {
        let run = on_database(image, &database).beside(&redis);
        run.env("CELERY_BROKER_URL", "redis://127.0.0.1").start()
    });
    site.becomes_healthy();
    site.post(
        port,
        "/entries",
        &json!({"author": "Ada", "message": "I was here"}),
    );
    worker.says("succeeded in");
    let entries = site.get(port, "/entries");
    assert_eq!(
        entries.body["entries"][0]["word_count"],
        json!(3),
        "{entries:?}"
    );
    stops_within(WORKER, &worker);
    stops_at_once(&site);
}

fn on_database<'i>(image: &'i Image, database: &Volume) -> Run<'i> {
    let run = image.container().env("SECRET_KEY", "for tests");
    run.env("DATABASE_URL", "sqlite:////data/site.db")
        .volume(database, "/data")
}
