//! Repositories, archives and a server.
#![allow(dead_code, clippy::unwrap_used)]

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex};

use sha2::Digest;
use terrane_address::RemoteSource;
use terrane_registry::{FetchError, Fetcher};

/// A package that was fetched.
pub struct Fetched {
    _dir: tempfile::TempDir,
    path: PathBuf,
}

impl Fetched {
    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn is_link(&self) -> bool {
        std::fs::symlink_metadata(&self.path).unwrap().is_symlink()
    }
}

pub async fn fetch(source: &str) -> Result<Fetched, FetchError> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("package");
    Fetcher::new().fetch(&RemoteSource::parse(source).unwrap(), &path).await?;
    let left: Vec<_> = std::fs::read_dir(dir.path()).unwrap().flatten().map(|e| e.file_name()).collect();
    assert_eq!(left, ["package"], "something is left over");
    Ok(Fetched { path, _dir: dir })
}

/// Runs a shell command and returns what it wrote.
pub fn run(dir: &Path, line: &str) -> String {
    let output = Command::new("sh").args(["-ec", line]).current_dir(dir).env("GIT_CONFIG_GLOBAL", "/dev/null").output();
    let output = output.unwrap();
    assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// A repository with a tag `v1`, a branch `side`, and a later commit on its first branch; and its first commit.
pub fn git_repository(dir: &Path) -> (PathBuf, String) {
    let path = dir.join("repository");
    std::fs::create_dir(&path).unwrap();
    let commit = "git add -A && git -c user.name=t -c user.email=t@example.com commit -qm";
    run(&path, &format!("git init -q -b trunk . && printf first > main.tf && {commit} 1 && git tag v1"));
    run(&path, &format!("git checkout -q -b side && printf side > main.tf && {commit} 2"));
    run(&path, &format!("git checkout -q trunk && printf second > main.tf && {commit} 3"));
    let first = run(&path, "git rev-parse v1").trim().to_owned();
    (path, first)
}

pub fn zip_of(path: &Path, files: &[(&str, &str)]) {
    let mut zip = zip::ZipWriter::new(std::fs::File::create(path).unwrap());
    for (name, text) in files {
        zip.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    zip.finish().unwrap();
}

pub fn tar_of(path: &Path, files: &[(&str, &str)]) {
    let mut tar = tar::Builder::new(std::fs::File::create(path).unwrap());
    for (name, text) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(text.len() as u64);
        header.set_mode(0o755);
        tar.append_data(&mut header, name, text.as_bytes()).unwrap();
    }
    tar.finish().unwrap();
}

pub fn sha256(path: &Path) -> String {
    sha2::Sha256::digest(std::fs::read(path).unwrap()).iter().map(|b| format!("{b:02x}")).collect()
}

/// A server of the files of a folder, and of answers set for paths.
pub struct Server {
    address: String,
    state: Arc<State>,
}

struct State {
    dir: PathBuf,
    answers: Mutex<HashMap<String, String>>,
    asked: Mutex<Vec<String>>,
}

impl Server {
    pub fn of(dir: &Path) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let state = Arc::new(State { dir: dir.to_owned(), answers: Mutex::default(), asked: Mutex::default() });
        let own = state.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let state = own.clone();
                std::thread::spawn(move || state.serve(stream));
            }
        });
        Server { address, state }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}/{path}", self.address)
    }

    /// Sets the answer to a path: status, header lines, body.
    pub fn answer(&self, path: &str, status: &str, headers: &str, body: &str) {
        let length = body.len();
        let text = format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {length}\r\nConnection: close\r\n\r\n{body}");
        self.state.answers.lock().unwrap().insert(path.into(), text);
    }

    /// The first lines of all requests.
    pub fn asked(&self) -> Vec<String> {
        self.state.asked.lock().unwrap().clone()
    }
}

impl State {
    fn serve(&self, mut stream: TcpStream) {
        let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
        let first = lines.next().and_then(Result::ok).unwrap_or_default();
        for line in lines.map_while(Result::ok) {
            if line.is_empty() {
                break;
            }
        }
        self.asked.lock().unwrap().push(first.clone());
        let target = first.split(' ').nth(1).unwrap_or("/");
        let path = target.split('?').next().unwrap_or(target);
        let set = self.answers.lock().unwrap().get(path).cloned();
        let _ = match set {
            Some(answer) => stream.write_all(answer.as_bytes()),
            None => match std::fs::read(self.dir.join(path.trim_start_matches('/'))) {
                Ok(body) => {
                    let head =
                        format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
                    stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&body))
                }
                Err(_) => stream.write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"),
            },
        };
    }
}
