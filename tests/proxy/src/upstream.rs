//! The emulator behind the proxy: passing calls on and asking it questions of our own.

use crate::call::{Call, encode_form};
use crate::http::{Request, Response, read_response, write_request};
use crate::xml::{self, Element};
use std::io::{self, BufReader};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(120);

/// An emulator's address.
#[derive(Clone, Copy, Debug)]
pub struct Upstream(pub SocketAddr);

/// An XML answer with its tree.
pub struct Answer {
    source: String,
    root: Element,
}

impl Answer {
    /// Returns the texts of every element called `name`.
    pub fn texts(&self, name: &str) -> Vec<&str> {
        self.root.texts(&self.source, name)
    }

    /// Returns the texts of the elements called `name` that stand directly in a listed item.
    pub fn fields(&self, name: &str) -> Vec<&str> {
        self.root.fields(&self.source, name)
    }
}

impl Upstream {
    /// Passes `request` on in the account of `call`.
    pub fn send(&self, call: &Call, request: &Request) -> io::Result<Response> {
        let mut request = request.clone();
        if !call.account.is_empty() {
            request.headers.set("x-moto-account-id", call.account.as_str());
        }
        let mut stream = TcpStream::connect(self.0)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        write_request(&mut stream, &request)?;
        read_response(&mut BufReader::new(stream), &request.method)
    }

    /// Passes a form call on with other parameters.
    pub fn send_form(
        &self,
        call: &Call,
        request: &Request,
        action: &str,
        fields: &[(&str, &str)],
    ) -> io::Result<Response> {
        let version = call.param("Version").unwrap_or_default();
        let fields = [("Action", action), ("Version", version)].into_iter().chain(fields.iter().copied());
        let mut request = request.clone();
        request.method = "POST".to_owned();
        request.target = "/".to_owned();
        request.headers.set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8");
        request.body = encode_form(fields).into_bytes();
        self.send(call, &request)
    }

    /// Asks a question in the account and region of `call`; `None` when the emulator does not answer it.
    pub fn ask(&self, call: &Call, request: &Request, action: &str, fields: &[(&str, &str)]) -> Option<Answer> {
        let response = self.send_form(call, request, action, fields).ok().filter(Response::is_success)?;
        let source = response.text().to_owned();
        Some(Answer { root: xml::parse(&source)?, source })
    }

    /// Asks an EC2 describe call with filters.
    pub fn describe(
        &self,
        call: &Call,
        request: &Request,
        action: &str,
        filters: &[(&str, &[&str])],
    ) -> Option<Answer> {
        let mut fields = Vec::new();
        for (index, (name, values)) in filters.iter().enumerate() {
            fields.push((format!("Filter.{}.Name", index + 1), *name));
            let numbered = values.iter().enumerate();
            fields.extend(numbered.map(|(place, value)| (format!("Filter.{}.Value.{}", index + 1, place + 1), *value)));
        }
        let fields: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), *value)).collect();
        self.ask(call, request, action, &fields)
    }
}
