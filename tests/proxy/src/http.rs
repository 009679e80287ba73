//! HTTP/1.1 messages on a blocking stream: just what a loopback proxy needs.

use std::io::{self, BufRead, Read, Write};

const MAX_HEAD: usize = 1 << 20;
const MAX_FIELDS: usize = 128;

/// Header fields in the order received; names compare without case.
#[derive(Clone, Debug, Default)]
pub struct Headers(Vec<(String, String)>);

impl Headers {
    /// Returns the first value of `name`.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(field, _)| field.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// Replaces every field called `name` by one.
    pub fn set(&mut self, name: &str, value: impl Into<String>) {
        self.remove(name);
        self.0.push((name.to_owned(), value.into()));
    }

    /// Removes every field called `name`.
    pub fn remove(&mut self, name: &str) {
        self.0.retain(|(field, _)| !field.eq_ignore_ascii_case(name));
    }

    fn has_token(&self, name: &str, token: &str) -> bool {
        self.get(name).is_some_and(|value| value.split(',').any(|part| part.trim().eq_ignore_ascii_case(token)))
    }

    fn number(&self, name: &str) -> io::Result<Option<usize>> {
        let parse =
            |value: &str| value.trim().parse().map_err(|_| invalid(format!("{name} is `{value}`, not a number")));
        self.get(name).map(parse).transpose()
    }
}

/// A request with its whole body.
#[derive(Clone, Debug)]
pub struct Request {
    /// Method, upper case.
    pub method: String,
    /// Path and query as sent.
    pub target: String,
    /// Header fields.
    pub headers: Headers,
    /// Body with any transfer coding removed.
    pub body: Vec<u8>,
}

/// A response with its whole body.
#[derive(Clone, Debug)]
pub struct Response {
    /// Status code.
    pub status: u16,
    /// Header fields.
    pub headers: Headers,
    /// Body with any transfer coding removed.
    pub body: Vec<u8>,
}

impl Response {
    /// Makes a response of `status` with a body of `content_type`.
    pub fn new(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        let mut headers = Headers::default();
        headers.set("Content-Type", content_type);
        Self { status, headers, body: body.into() }
    }

    /// Says whether the status is 2xx.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// Returns the body as text, empty when it is not UTF-8.
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap_or_default()
    }
}

/// Reads the next request; `None` when the peer closed between requests.
pub fn read_request(stream: &mut (impl BufRead + Write)) -> io::Result<Option<Request>> {
    let Some(head) = read_head(stream)? else { return Ok(None) };
    let mut fields = [httparse::EMPTY_HEADER; MAX_FIELDS];
    let mut parsed = httparse::Request::new(&mut fields);
    parsed.parse(&head).map_err(|error| invalid(format!("request head: {error}")))?;
    let (method, target) = (parsed.method.unwrap_or_default().to_owned(), parsed.path.unwrap_or_default().to_owned());
    let mut headers = headers(parsed.headers);
    if headers.has_token("Expect", "100-continue") {
        stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
        headers.remove("Expect");
    }
    let body = read_body(stream, &mut headers, Unframed::Empty)?;
    Ok(Some(Request { method, target, headers, body }))
}

/// Writes a request that asks for the connection to be closed after its answer.
pub fn write_request(stream: &mut impl Write, request: &Request) -> io::Result<()> {
    let mut bytes = format!("{} {} HTTP/1.1\r\n", request.method, request.target).into_bytes();
    write_fields(&mut bytes, &request.headers);
    bytes.extend(format!("Connection: close\r\nContent-Length: {}\r\n\r\n", request.body.len()).bytes());
    bytes.extend(&request.body);
    stream.write_all(&bytes)
}

/// Reads the response to a request of `method`.
pub fn read_response(stream: &mut impl BufRead, method: &str) -> io::Result<Response> {
    loop {
        let head = read_head(stream)?.ok_or_else(|| invalid("the emulator closed the connection".to_owned()))?;
        let mut fields = [httparse::EMPTY_HEADER; MAX_FIELDS];
        let mut parsed = httparse::Response::new(&mut fields);
        parsed.parse(&head).map_err(|error| invalid(format!("response head: {error}")))?;
        let (status, mut headers) = (parsed.code.unwrap_or_default(), headers(parsed.headers));
        if (100..200).contains(&status) {
            continue;
        }
        let bodiless = method == "HEAD" || status == 204 || status == 304;
        let body = if bodiless { Vec::new() } else { read_body(stream, &mut headers, Unframed::ToEnd)? };
        return Ok(Response { status, headers, body });
    }
}

/// Serialises the response to a request of `method`; a HEAD answer keeps the length it announces.
pub fn encode_response(response: &Response, method: &str) -> Vec<u8> {
    let mut bytes = format!("HTTP/1.1 {} {}\r\n", response.status, reason(response.status)).into_bytes();
    write_fields(&mut bytes, &response.headers);
    let announced = response.headers.get("Content-Length").filter(|_| method == "HEAD");
    match announced {
        Some(length) => bytes.extend(format!("Content-Length: {length}\r\n").bytes()),
        None if response.status != 204 => bytes.extend(format!("Content-Length: {}\r\n", response.body.len()).bytes()),
        None => {}
    }
    bytes.extend(b"\r\n");
    bytes.extend(&response.body);
    bytes
}

/// Says whether the peer wants the connection closed after this request.
pub fn wants_close(request: &Request) -> bool {
    request.headers.has_token("Connection", "close")
}

enum Unframed {
    Empty,
    ToEnd,
}

fn read_head(stream: &mut impl BufRead) -> io::Result<Option<Vec<u8>>> {
    let mut head = Vec::new();
    loop {
        let read = stream.take((MAX_HEAD - head.len()) as u64).read_until(b'\n', &mut head)?;
        match read {
            0 if head.is_empty() => return Ok(None),
            0 => return Err(invalid("the head ends early or is too long".to_owned())),
            _ if head.ends_with(b"\r\n\r\n") => return Ok(Some(head)),
            _ => {}
        }
    }
}

fn headers(fields: &[httparse::Header<'_>]) -> Headers {
    let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
    Headers(fields.iter().map(|field| (field.name.to_owned(), text(field.value))).collect())
}

fn read_body(stream: &mut impl BufRead, headers: &mut Headers, unframed: Unframed) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    if headers.has_token("Transfer-Encoding", "chunked") {
        headers.remove("Transfer-Encoding");
        read_chunks(stream, &mut body)?;
    } else if let Some(length) = headers.number("Content-Length")? {
        body.resize(length, 0);
        stream.read_exact(&mut body)?;
    } else if let Unframed::ToEnd = unframed {
        stream.read_to_end(&mut body)?;
    }
    Ok(body)
}

fn read_chunks(stream: &mut impl BufRead, body: &mut Vec<u8>) -> io::Result<()> {
    loop {
        let line = read_line(stream)?;
        let size = line.split(';').next().unwrap_or_default().trim();
        let size = usize::from_str_radix(size, 16).map_err(|_| invalid(format!("chunk size `{size}`")))?;
        if size == 0 {
            while !read_line(stream)?.is_empty() {}
            return Ok(());
        }
        let start = body.len();
        body.resize(start + size, 0);
        stream.read_exact(&mut body[start..])?;
        read_line(stream)?;
    }
}

fn read_line(stream: &mut impl BufRead) -> io::Result<String> {
    let mut line = String::new();
    if stream.read_line(&mut line)? == 0 {
        return Err(invalid("the body ends early".to_owned()));
    }
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

fn write_fields(bytes: &mut Vec<u8>, headers: &Headers) {
    const OURS: [&str; 3] = ["Connection", "Content-Length", "Transfer-Encoding"];
    for (name, value) in &headers.0 {
        if !OURS.iter().any(|ours| ours.eq_ignore_ascii_case(name)) {
            bytes.extend(format!("{name}: {value}\r\n").bytes());
        }
    }
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        204 => "No Content",
        400 => "Bad Request",
        404 => "Not Found",
        409 => "Conflict",
        412 => "Precondition Failed",
        500 => "Internal Server Error",
        503 => "Service Unavailable",
        _ => "Status",
    }
}

fn invalid(message: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, message)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use std::io::Cursor;

    #[test]
    fn chunked_response_is_joined() {
        let mut wire =
            Cursor::new(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n");
        let response = read_response(&mut wire, "GET").unwrap();
        assert_eq!(response.body, b"abcde");
        assert!(encode_response(&response, "GET").ends_with(b"Content-Length: 5\r\n\r\nabcde"));
    }

    #[test]
    fn head_response_keeps_the_announced_length() {
        let mut wire = Cursor::new(b"HTTP/1.1 200 OK\r\nContent-Length: 77\r\n\r\n");
        let response = read_response(&mut wire, "HEAD").unwrap();
        assert!(encode_response(&response, "HEAD").ends_with(b"Content-Length: 77\r\n\r\n"));
    }

    #[test]
    fn a_closed_connection_is_no_request() {
        assert!(read_request(&mut Cursor::new(Vec::new())).unwrap().is_none());
        assert!(read_request(&mut Cursor::new(b"GET / HT".to_vec())).is_err());
    }
}
