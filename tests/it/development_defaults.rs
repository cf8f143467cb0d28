//! Values of variables that are for who works on a source.

use crate::harness::{Project, dfgen, requiring};

fn shop(packages: &[&str], settings: &str) -> Project {
    requiring(&[&["fastapi", "uvicorn"], packages].concat())
        .with("shop/__init__.py", "")
        .with("shop/settings.py", settings)
        .with(
            "shop/main.py",
            "from fastapi import FastAPI\nfrom shop import settings\napp = FastAPI()\n",
        )
}

/// What is told, with the lines to type.
fn told(project: &Project) -> String {
    let run = dfgen(&["plan", "--format", "json"]).in_project(project);
    assert_eq!(run.code, Some(0), "{run}");
    let plan = run.json();
    let findings = plan["findings"].as_array().cloned().unwrap_or_default();
    let mut ours = findings
        .iter()
        .filter(|one| one["rule"] == "development-default");
    ours.next().map_or_else(
        || "nothing\n".to_owned(),
        |one| {
            let help = one["helps"][0].as_str().unwrap_or_default();
            let lines: Vec<&str> = help.lines().skip(1).collect();
            let note = one["notes"][0].as_str().unwrap_or_default();
            format!("{note}\n  {}\n", lines.join("\n  "))
        },
    )
}

#[test]
fn fields_of_settings() {
    let settings = "import secrets\nfrom pydantic import Field\nfrom pydantic_settings import BaseSettings\n\
                    class Settings(BaseSettings):\n    SECRET_KEY: str = 'change-me'\n    JWT_SECRET: str = Field(default_factory=lambda: secrets.token_hex(32))\n\
                    \x20   SESSION_SECRET: str = ''\n    DEBUG: bool = True\n    ENVIRONMENT: str = 'local'\n    ALLOWED_HOSTS: list[str] = []\n\
                    \x20   CORS_ORIGINS: list[str] = ['http://localhost:3000']\n    OPENAI_API_KEY: str = ''\n    OLLAMA_URL: str = 'http://localhost:11434'\n\
                    \x20   ACCESS_TOKEN_COOKIE_NAME: str = 'access_token'\n    AUTH_TOKEN: str = 'auth_token'\n    RATE_LIMIT_PASSWORD_RESET: str = '5/minute'\n\
                    \x20   API_KEY: str = ''\n    PRIVATE_KEY_PATH: str = '/run/secrets/key'\n\
                    class TestSettings(Settings):\n    ADMIN_PASSWORD: str = 'test'\nsettings = Settings()\nif settings.ENVIRONMENT == 'production':\n    pass\n";
    insta::assert_snapshot!(told(&shop(&["openai", "pydantic-settings"], settings)), @r#"
    known to who has the source: `SECRET_KEY` (shop/settings.py:5); empty, so that anybody can sign: `SESSION_SECRET` (shop/settings.py:7); another at each start and in each process: `JWT_SECRET` (shop/settings.py:6); debugging is on: `DEBUG` (shop/settings.py:8); a developer's environment: `ENVIRONMENT` (shop/settings.py:9); no host is answered: `ALLOWED_HOSTS` (shop/settings.py:10); only the container itself: `CORS_ORIGINS` (shop/settings.py:11); empty, and a locked library asks for it: `OPENAI_API_KEY` (shop/settings.py:12)
      echo "SECRET_KEY=$(openssl rand -hex 32)" >> .env
      echo "SESSION_SECRET=$(openssl rand -hex 32)" >> .env
      echo "JWT_SECRET=$(openssl rand -hex 32)" >> .env
      echo 'DEBUG=false' >> .env
      echo 'ENVIRONMENT=production' >> .env
      echo 'ALLOWED_HOSTS=["shop.example.org"]' >> .env
      echo 'CORS_ORIGINS=["https://shop.example.org"]' >> .env
      echo 'OPENAI_API_KEY=...' >> .env
    "#);
}

#[test]
fn calls_that_read_the_environment() {
    let settings = "import os\nimport secrets\nA = os.getenv('SECRET_KEY') or secrets.token_hex()\nB = os.environ.get('ADMIN_PASSWORD', 'admin')\n\
                    C = os.getenv('DEBUG', 'true').lower() == 'true'\nD = os.getenv('ALLOWED_HOSTS', 'localhost,127.0.0.1').split(',')\n\
                    E = os.getenv('APP_ENV', 'development')\nF = os.getenv('KAFKA_URL', 'localhost:9092')\nG = os.getenv('BIND', '127.0.0.1:8000')\n\
                    H = os.environ.get('GOOGLE_API_KEY') or os.environ.get('GEMINI_API_KEY')\nI = os.getenv('CREDENTIALS', '{}')\nJ = os.getenv('MODE', 'prod')\n";
    insta::assert_snapshot!(told(&shop(&["google-genai"], settings)), @r#"
    known to who has the source: `ADMIN_PASSWORD` (shop/settings.py:4); another at each start and in each process: `SECRET_KEY` (shop/settings.py:3); debugging is on: `DEBUG` (shop/settings.py:5); a developer's environment: `APP_ENV` (shop/settings.py:7); only the container itself: `ALLOWED_HOSTS` (shop/settings.py:6)
      echo "ADMIN_PASSWORD=$(openssl rand -hex 32)" >> .env
      echo "SECRET_KEY=$(openssl rand -hex 32)" >> .env
      echo 'DEBUG=false' >> .env
      echo 'APP_ENV=prod' >> .env
      echo 'ALLOWED_HOSTS=shop.example.org' >> .env
    "#);
}

#[test]
fn what_is_set_or_fit_is_not_told() {
    let settings = "import os\nA = os.getenv('APP_ENV', 'local')\nE = 'production'\nB = os.getenv('DEBUG', 'false')\nD = os.getenv('CORS_ORIGINS', 'https://shop.example')\n";
    let set = shop(&[], settings).with(
        "dfgen.toml",
        "[profile.core-api.env]\nAPP_ENV = \"production\"\n",
    );
    let silent = shop(&[], settings).with(
        "dfgen.toml",
        "[profile.core-api]\nsilence = [\"development-default\"]\n",
    );
    insta::assert_snapshot!([told(&set), told(&silent)].concat(), @"
    nothing
    nothing
    ");
}

#[test]
fn no_value_is_printed() {
    let settings = "import os\nA = os.getenv('SECRET_KEY', 'hunter2hunter2')\n";
    let run = dfgen(&["render", "--stdout"]).in_project(&shop(&[], settings));
    assert!(run.stderr.contains("development-default"), "{run}");
    assert!(!run.to_string().contains("hunter2"), "{run}");
}
