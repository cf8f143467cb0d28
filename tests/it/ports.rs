//! A port that a platform says in a variable.

use crate::harness::{Project, dfgen, requiring};

/// The lines of the Dockerfile and of the compose file that have to do with the port.
fn lines(project: &Project) -> String {
    let run = dfgen(&["render", "--stdout"]).in_project(project);
    if run.code != Some(0) {
        return run.to_string();
    }
    let telling = |line: &&str| {
        let words = ["CMD [", "EXPOSE", "PORT=", "PORT:"];
        words.iter().any(|word| line.contains(word)) || line.contains("127.0.0.1:$")
    };
    let lines = run.stdout.lines().filter(telling);
    lines.map(|line| format!("{}\n", line.trim())).collect()
}

const FASTAPI: &str =
    "from fastapi import FastAPI\napp = FastAPI()\n@app.get(\"/health\")\ndef health(): ...\n";
const GRADIO: &str =
    "import gradio as gr\ndemo = gr.Interface(lambda x: x, \"text\", \"text\")\ndemo.launch()\n";

#[test]
fn the_server_listens_where_the_platform_says() {
    let port = "port = { env = \"PORT\", default = 8080 }\n";
    let served = |packages: &[&str], main: &str, more: &str| {
        let settings = format!("[profile.core-api]\n{port}{more}");
        lines(
            &requiring(packages)
                .with("main.py", main)
                .with("dfgen.toml", &settings),
        )
    };
    insta::assert_snapshot!(served(&["fastapi", "uvicorn"], FASTAPI, ""), @r#"
    PORT: "8080"
    - "127.0.0.1:${CORE_API_PORT:-8080}:8080"
    ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 UVICORN_TIMEOUT_GRACEFUL_SHUTDOWN=8 PORT=8080 HOME=/tmp \
    EXPOSE 8080
    CMD ["python", "-IS", "-c", "import os, sys, http.client as http; c = http.HTTPConnection('127.0.0.1', int(os.environ['PORT']), timeout=4); c.request('GET', \"/health\"); sys.exit(c.getresponse().status >= 400)"]
    CMD ["python", "-IS", "-c", "import os; e = os.environ; os.execvp(\"uvicorn\", [\"uvicorn\", \"main:app\", \"--host\", \"0.0.0.0\", \"--port\", e[\"PORT\"]])"]
    "#);
    insta::assert_snapshot!(served(&["fastapi", "hypercorn"], FASTAPI, "health = false\n"), @r#"
    PORT: "8080"
    - "127.0.0.1:${CORE_API_PORT:-8080}:8080"
    ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PORT=8080 HOME=/tmp PYTHONPATH=/app
    EXPOSE 8080
    CMD ["python", "-IS", "-c", "import os; e = os.environ; os.execvp(\"hypercorn\", [\"hypercorn\", \"--bind\", \"0.0.0.0:\" + e[\"PORT\"], \"main:app\", \"--graceful-timeout\", \"8\"])"]
    "#);
    insta::assert_snapshot!(served(&["gradio"], GRADIO, "health = false\n"), @r#"
    PORT: "8080"
    - "127.0.0.1:${CORE_API_PORT:-8080}:8080"
    ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 GRADIO_ANALYTICS_ENABLED=False GRADIO_SERVER_NAME=0.0.0.0 PORT=8080 \
    EXPOSE 8080
    CMD ["python", "-IS", "-c", "import os; e = os.environ; e[\"GRADIO_SERVER_PORT\"] = e[\"PORT\"]; os.execvp(\"python\", [\"python\", \"main.py\"])"]
    "#);
    let said = "command = [\"uvicorn\", \"main:app\", \"--host=0.0.0.0\", \"--port=${PORT}\"]\nhealth = false\n";
    insta::assert_snapshot!(served(&["fastapi", "uvicorn"], FASTAPI, said), @r#"
    PORT: "8080"
    - "127.0.0.1:${CORE_API_PORT:-8080}:8080"
    ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 UVICORN_TIMEOUT_GRACEFUL_SHUTDOWN=8 PORT=8080 HOME=/tmp \
    EXPOSE 8080
    CMD ["python", "-IS", "-c", "import os; e = os.environ; os.execvp(\"uvicorn\", [\"uvicorn\", \"main:app\", \"--host=0.0.0.0\", \"--port=\" + e[\"PORT\"]])"]
    "#);
    let own = "command = [\"gunicorn\", \"main:app\"]\nhealth = false\n";
    insta::assert_snapshot!(served(&["fastapi", "gunicorn"], FASTAPI, own), @r#"
    PORT: "8080"
    - "127.0.0.1:${CORE_API_PORT:-8080}:8080"
    ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PORT=8080 HOME=/tmp PYTHONPATH=/app
    EXPOSE 8080
    CMD ["gunicorn", "main:app"]
    "#);
}

#[test]
fn a_variable_that_nothing_puts_in_is_refused() {
    let command =
        "[profile.core-api]\ncommand = [\"uvicorn\", \"main:app\", \"--port\", \"$PORT\"]\n";
    let project = requiring(&["fastapi", "uvicorn"]).with("main.py", FASTAPI);
    insta::assert_snapshot!(dfgen(&["render"]).in_project(&project.with("dfgen.toml", command)), @r#"
    exit code: 2
    ----- stderr -----
    error[invalid-value]: nothing puts `$PORT` into the command of `core-api`: it is a list, which no shell reads
     --> dfgen.toml:2:47
      |
    2 | command = ["uvicorn", "main:app", "--port", "$PORT"]
      |                                               ^^^^ the program would be given this name
      |
      = help: say that the port comes from there, in [profile.core-api] of dfgen.toml: `port = { env = "PORT", default = 8000 }`
    "#);
    let wrong = [
        "{ env = \"PORT\" }",
        "{ env = \"A B\", default = 8000 }",
        "{ env = \"PORT\", default = 0 }",
        "\"PORT\"",
    ];
    let told = wrong.map(|port| {
        let settings = format!("[profile.core-api]\nport = {port}\n");
        let project = requiring(&["fastapi", "uvicorn"]).with("dfgen.toml", &settings);
        dfgen(&["render"]).in_project(&project).to_string()
    });
    insta::assert_snapshot!(told.concat(), @r#"
    exit code: 2
    ----- stderr -----
    error[invalid-value]: `dfgen.toml` has a value of another kind
     --> dfgen.toml:2:8
      |
    2 | port = { env = "PORT" }
      |        ^^^^^^^^^^^^^^^^ expected a number, or a table such as { env = "PORT", default = 8000 }
      |
      = help: numbers are written `8000`, text `"text"`, lists `["a", "b"]`
    exit code: 2
    ----- stderr -----
    error[invalid-value]: `port.env` cannot be `A B`
     --> dfgen.toml:2:16
      |
    2 | port = { env = "A B", default = 8000 }
      |                ^^^^^ an environment variable is letters, digits and `_`, and begins with no digit
    exit code: 2
    ----- stderr -----
    error[invalid-value]: `port.default` cannot be `0`
     --> dfgen.toml:2:8
      |
    2 | port = { env = "PORT", default = 0 }
      |        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ a port is 1 to 65535
    exit code: 2
    ----- stderr -----
    error[invalid-value]: `dfgen.toml` has a value of another kind
     --> dfgen.toml:2:8
      |
    2 | port = "PORT"
      |        ^^^^^^ expected a number, or a table such as { env = "PORT", default = 8000 }
      |
      = help: numbers are written `8000`, text `"text"`, lists `["a", "b"]`
    "#);
}

#[test]
fn init_keeps_it() {
    let kept = |dockerfile: &str| {
        let project = requiring(&["fastapi", "uvicorn"])
            .with("main.py", FASTAPI)
            .with("Dockerfile", dockerfile);
        dfgen(&["init", "--stdout"]).in_project(&project).stdout
    };
    let from = "FROM python:3.13-slim\n";
    let all = [
        "ENV PORT=9000\nCMD uvicorn main:app --host 0.0.0.0 --port $PORT\n",
        "CMD exec uvicorn main:app --host 0.0.0.0 --port ${PORT:-8080}\n",
        "EXPOSE 7000\nCMD [\"sh\", \"-c\", \"uvicorn main:app --host 0.0.0.0 --port $PORT --workers 2\"]\n",
    ];
    insta::assert_snapshot!(all.map(|rest| kept(&format!("{from}{rest}"))).concat(), @r#"
    # Settings of dfgen: only what differs from what it does by itself.
    # `dfgen profiles NAME` prints all that can be said, and where each value comes from.

    # the project needs no ML stack
    [profile.core-api]
    port = { env = "PORT", default = 9000 }  # Dockerfile:3
    # Settings of dfgen: only what differs from what it does by itself.
    # `dfgen profiles NAME` prints all that can be said, and where each value comes from.

    # the project needs no ML stack
    [profile.core-api]
    port = { env = "PORT", default = 8080 }  # Dockerfile:2
    # Settings of dfgen: only what differs from what it does by itself.
    # `dfgen profiles NAME` prints all that can be said, and where each value comes from.

    # the project needs no ML stack
    [profile.core-api]
    command = ["uvicorn", "main:app", "--host", "0.0.0.0", "--port", "$PORT", "--workers", "2"]  # Dockerfile:3; without this: uvicorn main:app --host 0.0.0.0 --port 8000
    port = { env = "PORT", default = 7000 }  # Dockerfile:3
    "#);
}

/// Port, address and what is told of a program that serves by itself.
fn listening(source: &str, version: &str) -> String {
    let mut project = requiring(&["mcp"]);
    let lock = project
        .read("uv.lock")
        .replace("version = \"1.0\"", &format!("version = {version:?}"))
        .replace("mcp-1.0-", &format!("mcp-{version}-"));
    project = project.with("uv.lock", &lock).with("server.py", source);
    let run = dfgen(&["render", "--stdout"]).in_project(&project);
    let lines = run.stdout.lines().filter(|line| {
        line.starts_with("EXPOSE") || line.contains("_HOST") || line.contains(" HOST=")
    });
    let told = run
        .stderr
        .lines()
        .filter(|line| line.contains("local-listener]") || line.starts_with("error"));
    lines.chain(told).collect::<Vec<_>>().join("\n")
}

#[test]
fn what_makes_a_server_says_where_it_listens() {
    let of = |made: &str, version: &str| {
        listening(
            &format!(
                "import os\nfrom mcp.server.fastmcp import FastMCP\nmcp = FastMCP({made})\nif __name__ == '__main__':\n    mcp.run(transport='sse')\n"
            ),
            version,
        )
    };
    insta::assert_snapshot!(of("'shop', host=os.getenv('HOST', '0.0.0.0'), port=int(os.getenv('PORT', '8051'))", "1.30.0"), @"
    ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 FASTMCP_HOST=0.0.0.0 HOME=/tmp PYTHONPATH=/app
    EXPOSE 8051
    ");
    insta::assert_snapshot!(of("'shop', host=os.getenv('MCP_BIND', '127.0.0.1'), port=9000", "1.30.0"), @"
    ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 FASTMCP_HOST=0.0.0.0 MCP_BIND=0.0.0.0 HOME=/tmp PYTHONPATH=/app
    EXPOSE 9000
    ");
    insta::assert_snapshot!(of("'shop', port=9000", "1.30.0"), @"
    ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 FASTMCP_HOST=0.0.0.0 HOME=/tmp PYTHONPATH=/app
    EXPOSE 9000
    warning[local-listener]: what `core-api` starts listens on 127.0.0.1: nobody outside of its container reaches it
    ");
    insta::assert_snapshot!(of("'shop', port=9000", "1.12.0"), @"
    ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 FASTMCP_HOST=0.0.0.0 HOME=/tmp PYTHONPATH=/app
    EXPOSE 9000
    ");
    let set = "import os\nfrom mcp.server.fastmcp import FastMCP\nmcp = FastMCP('shop')\nif __name__ == '__main__':\n    mcp.settings.host = '0.0.0.0'\n    mcp.run(transport='sse')\n";
    assert!(!listening(set, "1.30.0").contains("local-listener"));
}

#[test]
fn an_object_that_its_file_does_not_run_is_loaded() {
    let server = "from mcp.server.fastmcp import FastMCP\nmcp = FastMCP('shop')\n";
    let demo = "def main():\n    print(1)\nif __name__ == '__main__':\n    main()\n";
    let command = |packages: &[&str]| {
        let project = requiring(packages)
            .with("api.py", server)
            .with("demo.py", demo);
        let run = dfgen(&["render", "--stdout"]).in_project(&project);
        let line = run.stdout.lines().find(|line| line.starts_with("CMD"));
        line.map_or_else(|| run.to_string(), str::to_owned)
    };
    insta::assert_snapshot!(command(&["mcp", "typer"]), @r#"CMD ["mcp", "run", "api.py"]"#);
    insta::assert_snapshot!(command(&["mcp", "fastmcp"]), @r#"CMD ["fastmcp", "run", "api.py"]"#);
}
