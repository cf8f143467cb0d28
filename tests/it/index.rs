//! A server of wheels on this machine, which behaves as badly as a test wants it to; and wheels for it.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use flate2::Compression;
use flate2::write::DeflateEncoder;
use rawzip::{CompressionMethod, ZipArchiveWriter};

use crate::harness::{Project, requiring};

/// What the server does when it is asked for a file.
#[derive(Clone)]
pub(crate) enum Answer {
    /// It sends the parts that are asked for.
    Parts(Vec<u8>),
    /// It sends all of it, whatever is asked for.
    Whole(Vec<u8>),
    /// It sends this status, and a header.
    Status(u16, &'static str),
    /// It says nothing.
    Silence,
    /// It sends half of what it promises.
    Half(Vec<u8>),
    /// It sends whoever asks elsewhere.
    Redirect(String),
}

/// A server, gone when the test ends.
pub(crate) struct Index {
    port: u16,
    answers: Arc<Mutex<BTreeMap<String, Answer>>>,
    heads: Arc<Mutex<Vec<String>>>,
}

impl Index {
    pub(crate) fn new(answers: &[(&str, Answer)]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let port = listener.local_addr().expect("it is bound").port();
        let index = Self {
            port,
            answers: Arc::default(),
            heads: Arc::default(),
        };
        for (name, answer) in answers {
            index.set(name, answer.clone());
        }
        let (answers, heads) = (index.answers.clone(), index.heads.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (answers, heads) = (answers.clone(), heads.clone());
                std::thread::spawn(move || serve(stream, &answers, &heads));
            }
        });
        index
    }

    pub(crate) fn set(&self, name: &str, answer: Answer) {
        let mut answers = self.answers.lock().expect("no test panics here");
        answers.insert(format!("/{name}"), answer);
    }

    /// The URL of a file.
    pub(crate) fn url(&self, name: &str) -> String {
        format!("http://127.0.0.1:{}/{name}", self.port)
    }

    /// The same place under another name.
    pub(crate) fn other_url(&self, name: &str) -> String {
        format!("http://localhost:{}/{name}", self.port)
    }

    /// What was asked for, each with its headers.
    pub(crate) fn heads(&self) -> Vec<String> {
        self.heads.lock().expect("no test panics here").clone()
    }
}

fn serve(
    stream: TcpStream,
    answers: &Mutex<BTreeMap<String, Answer>>,
    heads: &Mutex<Vec<String>>,
) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let mut stream = stream;
    loop {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if reader.read_line(&mut head).ok()? == 0 {
                return None;
            }
        }
        heads.lock().ok()?.push(head.to_lowercase());
        let path = head.split(' ').nth(1)?.to_owned();
        let path = path.find("//").map_or(path.clone(), |at| {
            let rest = &path[at + 2..];
            rest[rest.find('/').unwrap_or(0)..].to_owned()
        });
        let answer = answers.lock().ok()?.get(&path).cloned();
        let range = head.to_lowercase();
        let range = range
            .split("range: bytes=")
            .nth(1)
            .and_then(|text| text.lines().next());
        answered(
            &mut stream,
            answer.unwrap_or(Answer::Status(404, "")),
            range,
        )?;
    }
}

/// Before the bytes from `start` to before `end` of so many in all.
fn head_of_part(start: usize, end: usize, all: usize) -> String {
    let (length, last) = (end - start, end - 1);
    format!(
        "HTTP/1.1 206 Partial Content\r\nContent-Length: {length}\r\nContent-Range: bytes {start}-{last}/{all}\r\n\r\n"
    )
}

fn answered(stream: &mut TcpStream, answer: Answer, range: Option<&str>) -> Option<()> {
    match answer {
        Answer::Parts(bytes) => {
            let (start, end) = part(range?, bytes.len())?;
            stream
                .write_all(head_of_part(start, end, bytes.len()).as_bytes())
                .ok()?;
            stream.write_all(&bytes[start..end]).ok()
        }
        Answer::Whole(bytes) => {
            let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", bytes.len());
            stream.write_all(head.as_bytes()).ok()?;
            stream.write_all(&bytes).ok()
        }
        Answer::Status(status, header) => {
            let head = format!("HTTP/1.1 {status} No\r\n{header}Content-Length: 0\r\n\r\n");
            stream.write_all(head.as_bytes()).ok()
        }
        Answer::Silence => {
            // Until the other side has had enough.
            let _ = stream.read(&mut [0]);
            None
        }
        Answer::Half(bytes) => {
            let (start, end) = part(range?, bytes.len())?;
            stream
                .write_all(head_of_part(start, end, bytes.len()).as_bytes())
                .ok()?;
            stream
                .write_all(&bytes[start..usize::midpoint(start, end)])
                .ok()?;
            None
        }
        Answer::Redirect(to) => {
            let head = format!("HTTP/1.1 302 Found\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n");
            stream.write_all(head.as_bytes()).ok()
        }
    }
}

fn part(range: &str, length: usize) -> Option<(usize, usize)> {
    let (start, end) = range.trim().split_once('-')?;
    if start.is_empty() {
        return Some((length.saturating_sub(end.parse().ok()?), length));
    }
    let end: usize = end.parse().ok()?;
    Some((start.parse().ok()?, (end + 1).min(length)))
}

/// A wheel of these files, each of so many equal bytes.
pub(crate) fn wheel(files: &[(&str, usize)]) -> Vec<u8> {
    let texts: Vec<(String, Vec<u8>)> = files
        .iter()
        .map(|(path, size)| ((*path).to_owned(), vec![b'#'; *size]))
        .collect();
    packed(&texts)
}

/// A wheel of these files.
pub(crate) fn packed(files: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut output = Vec::new();
    let mut archive = ZipArchiveWriter::new(&mut output);
    for (path, bytes) in files {
        let file = archive
            .new_file(path)
            .compression_method(CompressionMethod::DEFLATE);
        let (mut entry, config) = file.start().expect("a file can be started");
        let mut writer = config.wrap(DeflateEncoder::new(&mut entry, Compression::default()));
        writer.write_all(bytes).expect("a file can be written");
        let (encoder, descriptor) = writer.finish().expect("a file can be ended");
        encoder.finish().expect("a file can be packed");
        entry.finish(descriptor).expect("an entry can be ended");
    }
    archive.finish().expect("an archive can be ended");
    output
}

/// A project that requires `a`, whose wheel is at this place, of so many bytes where that is said.
pub(crate) fn needing(place: &str, size: Option<usize>) -> Project {
    let project = requiring(&["a"]);
    let size = size.map_or(String::new(), |size| format!(", size = {size}"));
    let lock = project.read("uv.lock").replace(
        "{ url = \"https://files.example/a-1.0-py3-none-any.whl\", hash = \"sha256:00\", size = 1000 }",
        &format!("{{ {place}, hash = \"sha256:{}\"{size} }}", "5e".repeat(32)),
    );
    project.with("uv.lock", &lock).with("main.py", "").with(
        "dfgen.toml",
        "[profile.core-api]\ncommand = [\"python\", \"main.py\"]\nport = 8000\n",
    )
}
