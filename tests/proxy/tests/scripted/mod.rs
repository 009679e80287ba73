//! A scripted emulator and a bare HTTP client.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use terrane_test_proxy::Proxy;

/// Status and body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply(pub u16, pub String);

type Log = Arc<Mutex<Vec<String>>>;

/// Answers every request by a function of its text and remembers it.
pub struct Emulator {
    pub address: SocketAddr,
    log: Log,
}

impl Emulator {
    pub fn start(answer: impl Fn(&str) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let (address, log, answer) = (listener.local_addr().unwrap(), Log::default(), Arc::new(answer));
        let shared = Arc::clone(&log);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (log, answer) = (Arc::clone(&shared), Arc::clone(&answer));
                std::thread::spawn(move || serve(stream, &log, &*answer));
            }
        });
        Self { address, log }
    }

    pub fn requests(&self) -> Vec<String> {
        self.log.lock().unwrap().clone()
    }

    pub fn log(&self) -> Log {
        Arc::clone(&self.log)
    }
}

fn serve(mut stream: TcpStream, log: &Log, answer: &dyn Fn(&str) -> Reply) {
    let text = read_message(&mut stream).unwrap();
    log.lock().unwrap().push(text.clone());
    let Reply(status, body) = answer(&text);
    let head = format!("HTTP/1.1 {status} S\r\nContent-Type: text/xml\r\nContent-Length: {}\r\n\r\n", body.len());
    stream.write_all(format!("{head}{}", if text.starts_with("HEAD") { "" } else { &body }).as_bytes()).unwrap();
}

/// Sends signed-looking requests, each on a connection of its own.
#[derive(Clone)]
pub struct Client {
    address: String,
    service: String,
    key: String,
    patience: Duration,
}

impl Client {
    pub fn new(proxy: &Proxy, service: &str) -> Self {
        let address = proxy.endpoint().trim_start_matches("http://").to_owned();
        Self { address, service: service.to_owned(), key: "AKIA".to_owned(), patience: Duration::from_secs(10) }
    }

    pub fn key(&self, key: &str) -> Self {
        Self { key: key.to_owned(), ..self.clone() }
    }

    pub fn patience(&self, patience: Duration) -> Self {
        Self { patience, ..self.clone() }
    }

    pub fn form(&self, form: &str) -> io::Result<Reply> {
        self.send("POST", "/", "Content-Type: application/x-www-form-urlencoded\r\n", form)
    }

    pub fn send(&self, method: &str, target: &str, fields: &str, body: &str) -> io::Result<Reply> {
        let mut stream = TcpStream::connect(&self.address)?;
        stream.set_read_timeout(Some(self.patience))?;
        let scope = format!("{}/20260101/us-east-1/{}/aws4_request", self.key, self.service);
        let head = format!(
            "{method} {target} HTTP/1.1\r\nHost: aws\r\nAuthorization: AWS4-HMAC-SHA256 Credential={scope}, Signature=0"
        );
        stream.write_all(format!("{head}\r\n{fields}Content-Length: {}\r\n\r\n{body}", body.len()).as_bytes())?;
        let text = read_message(&mut stream)?;
        let status = text.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap();
        Ok(Reply(status, text.split_once("\r\n\r\n").unwrap().1.to_owned()))
    }
}

fn read_message(stream: &mut TcpStream) -> io::Result<String> {
    let mut text = String::new();
    let mut buffer = [0; 4096];
    loop {
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let field = head
                .lines()
                .find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ").map(str::to_owned));
            let length: usize = field.map_or(0, |length| length.parse().unwrap());
            if body.len() >= length {
                return Ok(text);
            }
        }
        match stream.read(&mut buffer)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            read => text.push_str(std::str::from_utf8(&buffer[..read]).unwrap()),
        }
    }
}
