//! What has ended well is not started again, and what somebody speaks to waits for them.

use crate::harness::{dfgen, requiring};

/// The lines of the compose file that say how long the service runs.
fn lines(packages: &[&str], main: &str, settings: &str) -> String {
    let project = requiring(packages)
        .with("main.py", main)
        .with("dfgen.toml", settings);
    let run = dfgen(&["render", "--stdout"]).in_project(&project);
    assert_eq!(run.code, Some(0), "{run}");
    let telling = |line: &&str| line.contains("restart:") || line.contains("stdin_open");
    let lines: Vec<&str> = run.stdout.lines().filter(telling).map(str::trim).collect();
    lines.join(" ")
}

#[test]
fn as_long_as_it_is_there_for() {
    let serves = "from fastapi import FastAPI\napp = FastAPI()\n";
    let job = "def main(): ...\nif __name__ == \"__main__\":\n    main()\n";
    let bot = "import discord\nclient = discord.Client()\nclient.run(\"\")\n";
    let tools = "from mcp.server.fastmcp import FastMCP\nmcp = FastMCP(\"shop\")\nif __name__ == \"__main__\":\n    mcp.run()\n";
    let worker = "from celery import Celery\napp = Celery()\n";
    let command = "[profile.core-api]\ncommand = [\"python\", \"main.py\"]\n";
    let queue = "[profile.worker]\n";
    assert_eq!(
        lines(&["fastapi", "uvicorn"], serves, ""),
        "restart: unless-stopped"
    );
    assert_eq!(lines(&["requests"], job, ""), "restart: on-failure");
    assert_eq!(lines(&["requests"], job, command), "restart: on-failure");
    assert_eq!(lines(&["discord-py"], bot, ""), "restart: unless-stopped");
    assert_eq!(
        lines(&["mcp"], tools, ""),
        "stdin_open: true restart: \"no\""
    );
    assert_eq!(lines(&["celery"], worker, queue), "restart: unless-stopped");
}

#[test]
fn what_is_asked_to_listen_listens() {
    for (run, port) in [
        ("mcp.run(transport='streamable-http')", "8000"),
        ("mcp.run('sse')", "8000"),
        ("mcp.run(transport=os.getenv('TRANSPORT', 'http'))", "8000"),
        ("mcp.run(transport='http', port=9000)", "9000"),
    ] {
        let main = format!(
            "import os\nfrom fastmcp import FastMCP\nmcp = FastMCP('shop')\nif __name__ == '__main__':\n    {run}\n"
        );
        assert_eq!(
            lines(&["fastmcp"], &main, ""),
            "restart: unless-stopped",
            "{run}"
        );
        let project = requiring(&["fastmcp"]).with("main.py", &main);
        let ran = dfgen(&["render", "--stdout"]).in_project(&project);
        assert!(ran.stdout.contains(&format!("EXPOSE {port}\n")), "{ran}");
        assert!(ran.stdout.contains("FASTMCP_HOST=0.0.0.0"), "{ran}");
    }
    let stdio = "from fastmcp import FastMCP\nmcp = FastMCP('shop')\nif __name__ == '__main__':\n    mcp.run('stdio')\n";
    let project = requiring(&["fastmcp"]).with("main.py", stdio);
    let ran = dfgen(&["render", "--stdout"]).in_project(&project);
    assert!(!ran.stdout.contains("FASTMCP_HOST"), "{ran}");
}

/// The port that a container exposes is nobody's where it says that the program speaks over standard input.
#[test]
fn a_container_that_speaks_over_standard_input_has_no_port() {
    let program = "import os\nfrom mcp.server.fastmcp import FastMCP\n\nserver = FastMCP('shop')\n\nif __name__ == '__main__':\n    server.run(transport=os.environ.get('TRANSPORT', 'stdio'))\n";
    let listens = |transport: &str| {
        let lines = format!(
            "FROM python:3.13-slim\nWORKDIR /app\nCOPY . .\nENV TRANSPORT={transport}\nEXPOSE 8000\nCMD [\"python\", \"main.py\"]\n"
        );
        let project = requiring(&["mcp"])
            .with("main.py", program)
            .with("Dockerfile", &lines);
        let run = dfgen(&["render", "--stdout"]).in_project(&project);
        assert_eq!(run.code, Some(0), "{run}");
        run.stdout.contains("EXPOSE 8000")
    };
    assert!(listens("streamable-http"));
    assert!(!listens("stdio"));
}
