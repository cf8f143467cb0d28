//! The compose file, and what the build context leaves out.

use super::*;

#[test]
fn bake() {
    insta::assert_snapshot!(of("docker-bake.jinja", &image()), @r#"
    # Made by dfgen. Change pyproject.toml or dfgen.toml, then run `dfgen render`.
    #
    #     docker buildx bake --file docker/docker-bake.hcl
    #
    # in the project's folder builds all images; the name of a target behind it builds one, `--push` sends them to their
    # registry, and `--print` says what would be done. A stage that several images have is built once.

    group "default" {
      targets = ["api", "api_gzip"]
    }

    target "api" {
      context = "."
      dockerfile = "docker/api.Dockerfile"
      tags = ["shop-api"]
      # What the images of the project share, each finds in what the others kept.
      cache-from = ["type=gha,scope=shop-api"]
      cache-to = ["type=gha,scope=shop-api,mode=max"]
      attest = ["type=sbom"]
      output = ["type=image,oci-mediatypes=true,compression=zstd,force-compression=true"]
    }

    # For what reads no zstd: the same layers, compressed otherwise.
    target "api_gzip" {
      inherits = ["api"]
      tags = ["shop-api:gzip"]
      cache-to = []
      output = ["type=image,oci-mediatypes=true,compression=gzip,force-compression=true"]
    }
    "#);
    let change = |image: &mut ImagePlan| {
        image.ca_certificates = true;
        image.build.netrc = true;
        image.build.ssh = true;
        image.build.secrets = vec!["UV_INDEX_A_PASSWORD".parse().unwrap()];
    };
    insta::assert_snapshot!(changed("docker-bake.jinja", change), @r#"
    -#     docker buildx bake --file docker/docker-bake.hcl
    +#     docker buildx bake ${CA_CERTIFICATES:+--allow=fs.read=$CA_CERTIFICATES} ${NETRC:+--allow=fs.read=$NETRC} --allow=ssh --file docker/docker-bake.hcl
    +variable "CA_CERTIFICATES" {
    +  default = ""
    +}
    +
    +variable "NETRC" {
    +  default = ""
    +}
    +
    +  secret = concat(["id=UV_INDEX_A_PASSWORD,env=UV_INDEX_A_PASSWORD"], CA_CERTIFICATES == "" ? [] : ["id=ca-certificates,src=${CA_CERTIFICATES}"], NETRC == "" ? [] : ["id=netrc,src=${NETRC}"])
    +  ssh = ["default"]
    "#);
}

#[test]
fn ignored_files() {
    const IGNORED: &str = "dockerignore.jinja";
    insta::assert_snapshot!(of(IGNORED, &image()), @"
    # Made by dfgen. Sent to Docker is what the build needs, less what the project's own files ignore, secrets and rubbish.
    *
    !README.md
    !docker/dfgen.py
    !pyproject.toml
    !src
    !uv.lock

    # Secrets, by name.
    **/.env*
    ");
    let mut other = image();
    other.context.everything = true;
    other.context.sections[0]
        .lines
        .push(ContextLine::In("src/[a].env".to_owned()));
    insta::assert_snapshot!(of(IGNORED, &other), @r"
    # Made by dfgen. Sent to Docker is what the build needs, less what the project's own files ignore, secrets and rubbish.

    # Secrets, by name.
    **/.env*
    !src/\[a\].env
    ");
}

fn composed(change: impl Fn(&mut Plan)) -> String {
    let mut other = plan();
    change(&mut other);
    let text = |plan: &Plan| compose::render(plan, &placement());
    difference(&text(&plan()), &text(&other))
}

fn variable(name: &str, value: EnvValue) -> ServiceEnv {
    ServiceEnv {
        name: name.parse().unwrap(),
        value,
    }
}

#[test]
fn services() {
    insta::assert_snapshot!(of("compose.jinja", &image()), @r#"
    # Made by dfgen. Change pyproject.toml or dfgen.toml, then run `dfgen render`.
    #
    #     docker compose --file docker/compose.yaml up --build
    #
    # Settings and secrets of the application come from a file .env in the project's folder, if there is one. What this
    # file itself asks for, as ${NAME}, comes from the environment: add `--env-file .env` where it is in that file.
    name: "shop"

    services:
      api:
        image: "shop-api"
        build:
          context: ".."
          dockerfile: "docker/api.Dockerfile"
        env_file:
          - path: "../.env"
            required: false
        read_only: true
        tmpfs: [/tmp, /var/tmp]
        cap_drop: [ALL]
        security_opt: ["no-new-privileges:true"]
        restart: unless-stopped
        # More than the program takes to end what is under way: nothing is killed.
        stop_grace_period: 15s
    "#);
    let more = composed(|plan| {
        let service = &mut plan.compose.services[0];
        service.port = Some(PortPlan {
            host: 8001,
            variable: "API_PORT".parse().unwrap(),
            container: 8000,
        });
        service.gpu = Gpu::Count(2);
        service.on_demand = true;
        service.platform = Some(Platform::LinuxArm64);
        service.shm_size = Some("1gb".parse().unwrap());
        service.volumes = vec![volume("api-models", "/models"), volume("data", "/app/data")];
    });
    insta::assert_snapshot!(more, @r#"
    +#     docker compose --file docker/compose.yaml --profile gpu up --build    on a host with a GPU: with what needs one
    +    # Started with `--profile gpu` alone: the others run on a host without a GPU, too.
    +    profiles: [gpu]
    +    platform: "linux/arm64"
    +    ports:
    +      - "127.0.0.1:${API_PORT:-8001}:8000"
    +    shm_size: "1gb"
    +    volumes:
    +      - api-models:/models
    +      - data:/app/data
    +    # Needs the NVIDIA Container Toolkit on the host.
    +    deploy:
    +      resources:
    +        reservations:
    +          devices:
    +            - driver: nvidia
    +              count: 2
    +              capabilities: [gpu]
    +
    +volumes:
    +  api-models:
    +  data:
    "#);
    let program = composed(|plan| plan.images[0].run.lasts = because(Lasting::UntilDone));
    insta::assert_snapshot!(program, @"
    -    restart: unless-stopped
    +    restart: on-failure
    ");
    let session = composed(|plan| plan.images[0].run.lasts = because(Lasting::Session));
    insta::assert_snapshot!(session, @r#"
    -    restart: unless-stopped
    +    # It speaks over standard input: a client starts it with `docker compose run --rm -T api`.
    +    stdin_open: true
    +    restart: "no"
    "#);
    let platforms = composed(|plan| {
        let other = PlatformPlan {
            platform: Platform::LinuxArm64,
            ..plan.images[0].platforms.value[0].clone()
        };
        plan.images[0].platforms.value.push(other);
    });
    insta::assert_snapshot!(platforms, @r#"+      platforms: ["linux/amd64", "linux/arm64"]"#);
    let development = composed(|plan| {
        plan.images[0].run.development = true;
        plan.compose.services[0].watch = vec!["src".parse().unwrap(), ".".parse().unwrap()];
    });
    insta::assert_snapshot!(development, @r#"
    +#     docker compose --file docker/compose.yaml up --build --watch    in development: each edit is taken over
    -    read_only: true
    +    # The folder itself, in the place of `--watch`: what is written in the container is here, too.
    +    # volumes:
    +    #   - "../src:/app/src"
    +    #   - "..:/app"
    +    develop:
    +      watch:
    +        - action: sync+restart
    +          path: "../src"
    +          target: "/app/src"
    +        - action: sync+restart
    +          path: ".."
    +          target: "/app"
    "#);
    let secret = composed(|plan| {
        plan.images[0].ca_certificates = true;
        plan.images[0].build.ssh = true;
        plan.images[0].build.secrets = vec!["UV_INDEX_A_PASSWORD".parse().unwrap()];
        plan.images[0].build.netrc = true;
    });
    insta::assert_snapshot!(secret, @r#"
    +      secrets: ["ca-certificates", "netrc", "UV_INDEX_A_PASSWORD"]
    +      ssh: [default]
    +
    +secrets:
    +  ca-certificates:
    +    file: "${CA_CERTIFICATES:-/dev/null}"
    +  netrc:
    +    file: "${NETRC:-/dev/null}"
    +  UV_INDEX_A_PASSWORD:
    +    environment: "UV_INDEX_A_PASSWORD"
    "#);
}

#[test]
fn services_that_wait_for_others() {
    let more = composed(|plan| {
        let mut migration = service("api-migrate");
        migration.role = ServiceRole::Migration;
        migration.folder = "/app/backend".parse().unwrap();
        migration.command = Some(lines(&["alembic", "upgrade", "$head"]));
        let mut beat = service("api-beat");
        beat.role = ServiceRole::Beat;
        beat.command = Some(lines(&["celery", "beat"]));
        let service = &mut plan.compose.services[0];
        service.depends_on = [
            (
                "api-migrate".to_owned(),
                Dependency::on(Condition::Completed),
            ),
            ("postgresql".to_owned(), Dependency::on(Condition::Healthy)),
            (
                "on".to_owned(),
                Dependency {
                    condition: Condition::Started,
                    required: false,
                },
            ),
        ]
        .into();
        let url = "http://models:8000".parse().unwrap();
        let dollars = "a$b".parse().unwrap();
        service.env = vec![
            variable("MODELS_URL", EnvValue::Default(url)),
            variable("DOLLARS", EnvValue::Default(dollars)),
            variable(
                "URL",
                EnvValue::Connection("db://${USER:-app}@db".parse().unwrap()),
            ),
        ];
        plan.compose.services.insert(0, migration);
        plan.compose.services.push(beat);
        let keys = serde_json::json!({
            "image": "minio/minio",
            "environment": { "USER": "$${A}", "ON": "1" },
            "volumes": ["store:/data", "./conf:/conf:ro", { "type": "bind", "source": "./a", "target": "/a" }],
        });
        plan.compose.neighbours = vec![NeighbourPlan {
            name: "store".parse().unwrap(),
            keys: serde_json::from_value(keys).unwrap(),
            because: "compose.yaml".to_owned(),
        }];
        plan.compose.backing = vec![
            BackingPlan {
                name: "postgresql".to_owned(),
                image: because("postgres:18".parse().unwrap()),
                env: vec![variable(
                    "POSTGRES_PASSWORD",
                    EnvValue::Default("change-me".parse().unwrap()),
                )],
                health: lines(&["CMD", "pg_isready"]),
                data: Some(volume("postgresql-data", "/var/lib/postgresql")),
                port: Some(PortPlan {
                    host: 5432,
                    variable: "DEV_POSTGRESQL_PORT".parse().unwrap(),
                    container: 5432,
                }),
            },
            BackingPlan {
                name: "redis".to_owned(),
                image: because("redis:8".parse().unwrap()),
                env: Vec::new(),
                health: Vec::new(),
                data: None,
                port: None,
            },
        ];
    });
    insta::assert_snapshot!(more, @r#"
    +  api-migrate:
    +    image: "shop-api"
    +    command: ["alembic", "upgrade", "$$head"]
    +    working_dir: "/app/backend"
    +    env_file:
    +      - path: "../.env"
    +        required: false
    +    read_only: true
    +    tmpfs: [/tmp, /var/tmp]
    +    cap_drop: [ALL]
    +    security_opt: ["no-new-privileges:true"]
    +    # Runs once: others wait until it has ended well.
    +    restart: "no"
    +    healthcheck:
    +      disable: true
    +    environment:
    +      MODELS_URL: "${MODELS_URL:-http://models:8000}"
    +      DOLLARS: "a$$b"
    +      URL: "${URL:-db://${USER:-app}@db}"
    +    depends_on:
    +      api-migrate:
    +        condition: service_completed_successfully
    +      postgresql:
    +        condition: service_healthy
    +      "on":
    +        condition: service_started
    +        required: false
    +  api-beat:
    +    image: "shop-api"
    +    command: ["celery", "beat"]
    +    env_file:
    +      - path: "../.env"
    +        required: false
    +    read_only: true
    +    tmpfs: [/tmp, /var/tmp]
    +    cap_drop: [ALL]
    +    security_opt: ["no-new-privileges:true"]
    +    # Never more than one: two would put every periodic task on the queue twice.
    +    scale: 1
    +    restart: unless-stopped
    +  postgresql:
    +    image: "postgres:18"
    +    # Reached from this machine alone, and from services of this file.
    +    environment:
    +      POSTGRES_PASSWORD: "${POSTGRES_PASSWORD:-change-me}"
    +    ports:
    +      - "127.0.0.1:${DEV_POSTGRESQL_PORT:-5432}:5432"
    +    volumes:
    +      - postgresql-data:/var/lib/postgresql
    +    healthcheck:
    +      test: ["CMD", "pg_isready"]
    +      interval: 5s
    +      timeout: 5s
    +      retries: 20
    +    restart: unless-stopped
    +  redis:
    +    image: "redis:8"
    +    restart: unless-stopped
    +  # As the project's own files have them; no port is published: services of this file reach each other by their names.
    +  store:
    +    image: "minio/minio"
    +    environment:
    +      USER: "$${A}"
    +      "ON": "1"
    +    volumes:
    +      - "store:/data"
    +      - "../conf:/conf:ro"
    +      - {"type":"bind","source":"../a","target":"/a"}
    +
    +volumes:
    +  postgresql-data:
    +  store:
    "#);
}
