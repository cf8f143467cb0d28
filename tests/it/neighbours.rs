//! Services of the project's own compose file whose images dfgen has no row for come along, with what the application is told
//! of them.

use crate::harness::{Project, Ran, dfgen, requiring};

const APP: &str = "import os\nfrom fastapi import FastAPI\n\napp = FastAPI()\nSTORE = os.environ.get(\"STORE_URL\")\nSEARCH = os.environ.get(\"SEARCH_URL\", \"http://localhost:7701\")\n";
const DOCKERFILE: &str = "FROM python:3.13-slim\nWORKDIR /app\nCOPY . .\n\
    CMD [\"uvicorn\", \"main:app\", \"--host\", \"0.0.0.0\"]\n";

fn shop(compose: &str) -> Project {
    // Whoever reads this file takes it for one, too.
    let compose = compose.replace("ghp_TOKEN", &format!("ghp_{}", "a1B2c3D4e5F6".repeat(3)));
    requiring(&["fastapi", "uvicorn"])
        .with("main.py", APP)
        .with("Dockerfile", DOCKERFILE)
        .with("compose.yaml", &compose)
}

fn render(project: &Project) -> Ran {
    let ran = dfgen(&["render"]).in_project(project);
    assert_eq!(ran.code, Some(0), "{ran}");
    ran
}

fn has(text: &str, lines: &[&str]) {
    for line in lines {
        assert!(text.contains(line), "no {line}\n{text}");
    }
}

fn has_not(text: &str, lines: &[&str]) {
    for line in lines {
        assert!(!text.contains(line), "{line}\n{text}");
    }
}

const STORE: &str = "x-health: &health\n  interval: 5s\n  retries: 5\nservices:\n  web:\n    build: .\n    ports: [\"8000:8000\"]\n    environment:\n\
    \x20     STORE_URL: http://store:9000\n      STORE_KEY: ${STORE_USER:-shopper}\n      STORE_SECRET: Tr0ub4dor-77x\n      QUEUE_BROKERS: queue:9092\n\
    \x20   depends_on:\n      store: {condition: service_healthy}\n      prepare: {condition: service_completed_successfully}\n\
    \x20 store:\n    image: minio/minio:latest\n    container_name: shop_store\n    command: server /data --console-address \":9001\"\n\
    \x20   ports: [\"9000:9000\"]\n    environment:\n      - MINIO_ROOT_USER=${STORE_USER:-shopper}\n      - MINIO_ROOT_PASSWORD=Tr0ub4dor-77x\n\
    \x20   volumes: [\"store_data:/data\", \"./conf/store.conf:/etc/store.conf:ro\", \"/var/run/docker.sock:/var/run/docker.sock\"]\n\
    \x20   healthcheck:\n      <<: *health\n      test: [\"CMD\", \"mc\", \"ready\", \"local\"]\n    networks: [back]\n\
    \x20 prepare:\n    image: minio/mc\n    depends_on: {store: {condition: service_healthy}}\n    entrypoint: /bin/sh -c \"mc alias set s http://store:9000 $${USER} Tr0ub4dor-77x; mc mb s/stock\"\n\
    \x20 queue:\n    image: apache/kafka:3.8.0\n    restart: \"no\"\n    ulimits: {nofile: 65536}\n    environment: {KAFKA_LISTENERS: \"PLAINTEXT://queue:9092\", KAFKA_HEAP: , KAFKA_GIT: ghp_TOKEN}\n\
    \x20 search:\n    image: getmeili/meilisearch:v1.10\n    ports: [\"127.0.0.1:7701:7700\"]\n    secrets: [key]\n\
    \x20 panel:\n    image: adminer\n    ports: [\"8080:8080\"]\nvolumes: {store_data: }\nnetworks: {back: }\n";

#[test]
fn what_the_application_names_comes_along_as_it_is_said() {
    let project = shop(STORE).with("conf/store.conf", "a=1\n");
    let told = render(&project).stderr;
    let text = project.read("docker/compose.yaml");
    has(
        &text,
        &[
            "      QUEUE_BROKERS: \"queue:9092\"\n",
            "      STORE_KEY: \"${STORE_USER:-shopper}\"\n",
            "      STORE_SECRET: \"Tr0ub4dor-77x\"\n",
            "      STORE_URL: \"http://store:9000\"\n",
            "      SEARCH_URL: \"http://search:7700\"\n",
            "      store:\n        condition: service_healthy\n      prepare:\n        condition: service_completed_successfully\n",
            "  store:\n    image: \"minio/minio:latest\"\n",
            "      MINIO_ROOT_USER: \"${STORE_USER:-shopper}\"\n",
            "      MINIO_ROOT_PASSWORD: \"Tr0ub4dor-77x\"\n",
            "      interval: \"5s\"\n",
            "      - \"store_data:/data\"\n      - \"../conf/store.conf:/etc/store.conf:ro\"\n",
            "$${USER} Tr0ub4dor-77x; mc mb s/stock",
            "    ulimits:\n      nofile: 65536\n",
            "      KAFKA_HEAP: \"${KAFKA_HEAP-}\"\n      KAFKA_GIT: \"${KAFKA_GIT}\"\n",
            "\nvolumes:\n  store_data:\n",
        ],
    );
    has_not(
        &text,
        &[
            "9000:9000",
            "shop_store",
            "docker.sock",
            "adminer",
            "networks",
        ],
    );
    has_not(
        &project.read("docker/core-api.Dockerfile"),
        &["QUEUE_BROKERS"],
    );
    has(
        &told,
        &[
            "the new compose file runs `store`, `prepare`, `queue`, `search`",
            "[service.store]",
            "`store: volumes` (a path of the host's",
            "`search: secrets` (no key",
            "their passwords are those that stand there",
            "`queue: environment` (holds a token",
            "the new compose file does not run `panel` (adminer)",
        ],
    );
    has_not(&told, &["Tr0ub4dor"]);
}

/// What `init` writes holds without the files.
#[test]
fn what_init_writes_of_them_gives_the_same_bytes() {
    let project = shop(STORE).with("conf/store.conf", "a=1\n");
    render(&project);
    let before = project.read("docker/compose.yaml");
    let ran = dfgen(&["init", "--yes"]).in_project(&project);
    assert_eq!(ran.code, Some(0), "{ran}");
    has_not(
        &ran.to_string(),
        &[
            "Tr0ub4dor",
            "dfgen knows no such service: keep it in compose.yaml, or in a compose file of your own: store",
        ],
    );
    has(
        &project.read("dfgen.toml"),
        &["[service.store]", "wait-for = \"completed\""],
    );
    let project = project.without("compose.yaml").without("Dockerfile");
    let told = render(&project).stderr;
    let after = project.read("docker/compose.yaml");
    let lines = |text: &str| -> Vec<String> {
        let lines = text.lines().filter(|line| !line.starts_with("# dfgen:"));
        lines.map(str::to_owned).collect()
    };
    assert_eq!(lines(&before), lines(&after));
    has_not(&told, &["container-file"]);
}

/// One that only they need comes as it is, and so does what the application is told of it.
#[test]
fn a_database_of_theirs_comes_along() {
    let compose = "services:\n  web:\n    build: .\n    environment:\n      SHOP_HOSTS: '{\"a\": \"postgresql://u:p@db:5432/a\"}'\n      SHOP_STORE_SECRET: keeper-of-all\n      SHOP_RULES: /app/rules\n\
        \x20     STORE: http://shop-store:9\n    depends_on: [shop-store]\n  db:\n    image: postgres:16\n  shop-store:\n    image: acme/store\n    depends_on: [db]\n    environment: {KEEPER: keeper-of-all}\n";
    let project = shop(compose);
    render(&project);
    let text = project.read("docker/compose.yaml");
    has(
        &text,
        &[
            "  db:\n    image: \"postgres:16\"\n",
            "SHOP_HOSTS: \"{\\\"a\\\": \\\"postgresql://u:p@db:5432/a\\\"}\"",
            "SHOP_STORE_SECRET: \"keeper-of-all\"",
        ],
    );
    let env = text.split("depends_on").next().unwrap_or_default();
    has_not(env, &["SHOP_RULES"]);
}

/// A database that dfgen runs itself has the name that it has there.
#[test]
fn one_that_needs_a_database_of_dfgens_waits_for_it() {
    let compose = "services:\n  web:\n    build: .\n    environment: {DATABASE_URL: \"postgresql://db/shop\", AUTH_URL: \"http://auth:8080\"}\n    depends_on: [db, auth]\n\
        \x20 db:\n    image: postgres:17\n  auth:\n    image: quay.io/keycloak/keycloak:26.0\n    command: [start]\n    depends_on: [db]\n    environment: {KC_DB_URL: \"jdbc:postgresql://db:5432/keycloak\"}\n";
    let project = requiring(&["fastapi", "uvicorn", "psycopg"])
        .with("main.py", "import os\nfrom fastapi import FastAPI\napp = FastAPI()\nURL = os.environ[\"DATABASE_URL\"]\n")
        .with("Dockerfile", DOCKERFILE)
        .with("compose.yaml", compose);
    render(&project);
    has(
        &project.read("docker/compose.yaml"),
        &[
            "  auth:\n    image: \"quay.io/keycloak/keycloak:26.0\"\n",
            "    depends_on:\n      postgresql:\n        condition: \"service_healthy\"\n",
            "KC_DB_URL: \"jdbc:postgresql://postgresql:5432/keycloak\"",
            "AUTH_URL: \"http://auth:8080\"",
        ],
    );
}

#[test]
fn settings_say_them_and_none() {
    let said = "[service.queue]\nimage = \"nats:2.10\"\ncommand = [\"-js\"]\ntell = { QUEUE_URL = \"nats://queue:4222\" }\nneeded-by = [\"core-api\"]\n";
    let project = shop(STORE).with("dfgen.toml", said);
    let told = render(&project).stderr;
    let text = project.read("docker/compose.yaml");
    has(
        &text,
        &[
            "  queue:\n    image: \"nats:2.10\"\n    command: [\"-js\"]\n",
            "QUEUE_URL: \"nats://queue:4222\"",
        ],
    );
    has_not(&text, &["minio"]);
    has_not(&told, &["[service."]);
    let project = project.with("dfgen.toml", "service = {}\n");
    render(&project);
    has_not(&project.read("docker/compose.yaml"), &["nats", "minio"]);
    for (said, why) in [
        (
            "[service.queue]\nimage = \"nats\"\nport = 1\n",
            "`service.queue` has no key `port`",
        ),
        (
            "[service.queue]\ncommand = [\"-js\"]\n",
            "`service.queue` names no image",
        ),
        (
            "[service.queue]\nimage = \"nats\"\nwait-for = \"ever\"\n",
            "`started`, `healthy` or `completed`",
        ),
        (
            "[service.\"a b\"]\nimage = \"nats\"\n",
            "a service's name is letters",
        ),
    ] {
        let ran = dfgen(&["render"]).in_project(&shop(STORE).with("dfgen.toml", said));
        assert_eq!(ran.code, Some(2), "{ran}");
        has(&ran.stderr, &[why]);
    }
}

/// `restart: "no"` at every service is how developers want it: what serves never ends, and nobody waits for that.
#[test]
fn a_server_that_is_not_started_again_is_no_job() {
    let compose = "services:\n  web:\n    build: .\n    restart: \"no\"\n    depends_on: [identity, queue]\n  identity:\n    image: quay.io/keycloak/keycloak:26.2.4\n    command: start-dev\n    ports: [\"8080:8080\"]\n    restart: \"no\"\n  queue:\n    image: apache/kafka:3.8.0\n    restart: \"no\"\n";
    let project = shop(compose);
    render(&project);
    let text = project.read("docker/compose.yaml");
    has(
        &text,
        &[
            "      identity:\n        condition: service_started\n",
            "      queue:\n        condition: service_started\n",
        ],
    );
    has_not(&text, &["service_completed_successfully"]);
}
