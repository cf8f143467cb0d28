//! Every image of the examples does its work: it becomes healthy, answers, and stops when told to.

use std::time::Duration;

use serde_json::json;

use crate::engine::{Container, Image, Volume};
use crate::gallery::image;

/// Servers get SIGTERM when a node is drained; what has not stopped soon is killed in the middle of its work.
const SOON: Duration = Duration::from_secs(3);

fn stops_at_once(container: &Container) {
    let stopped = container.stop();
    assert!(
        stopped.after < SOON && stopped.exit_code == "0",
        "{stopped:?}"
    );
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
    let run = || {
        let run = image
            .container()
            .env("SECRET_KEY", "for tests")
            .env("DATABASE_URL", "sqlite:////data/site.db");
        run.volume(&database, "/data")
    };
    run().command(&["python", "manage.py", "migrate"]).finish();
    let site = run().start();
    site.becomes_healthy();
    let added = site.post(
        image.port(),
        "/entries",
        &json!({"author": "Ada", "message": "I was here"}),
    );
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
fn the_django_worker_waits_for_tasks() {
    let image = image("django-site", "worker");
    let worker = image.container().env("SECRET_KEY", "for tests").start();
    worker.says("ready.");
    stops_at_once(&worker);
}
