//! What AWS does and emulators do not: the engine relies on it, so tests must meet it.

mod atomic;
mod buckets;
mod dependencies;
mod descriptions;
mod endings;
mod limits;
mod missing;
mod pages;
mod settings;
mod tokens;

use crate::call::{Call, Protocol};
use crate::http::{Request, Response};
use crate::upstream::Upstream;
use std::io;

/// An emulator with AWS's manners.
pub struct World {
    upstream: Upstream,
    tokens: tokens::Tokens,
    writes: atomic::Gate,
    payers: settings::Payers,
    descriptions: descriptions::Descriptions,
}

/// A call on its way: its name, its request and the emulator to ask.
struct Visit<'v> {
    call: &'v Call,
    request: &'v Request,
    upstream: Upstream,
}

impl World {
    /// Makes a world around an emulator.
    pub fn new(upstream: Upstream) -> Self {
        Self {
            upstream,
            tokens: tokens::Tokens::default(),
            writes: atomic::Gate::default(),
            payers: settings::Payers::default(),
            descriptions: descriptions::Descriptions::default(),
        }
    }

    /// Answers a call as AWS would.
    pub fn answer(&self, call: &Call, request: &Request) -> io::Result<Response> {
        let visit = Visit { call, request, upstream: self.upstream };
        match call.protocol {
            Protocol::Ec2 => self.answer_ec2(&visit),
            Protocol::S3 => self.writes.pass(&visit, || self.payers.answer(&visit, || buckets::answer(&visit))),
            Protocol::Query => dependencies::refuse(&visit).map_or_else(|| visit.send(), Ok),
            Protocol::Json => self.writes.pass(&visit, || visit.send()),
        }
    }

    fn answer_ec2(&self, visit: &Visit<'_>) -> io::Result<Response> {
        if let Some(refusal) = limits::refuse(visit.call).or_else(|| missing::malformed(visit.call)) {
            return Ok(refusal);
        }
        if let Some(refusal) = dependencies::refuse(visit) {
            return Ok(refusal);
        }
        let response = self.tokens.once(visit, || pages::answer(visit))?;
        let response = missing::correct(visit, response);
        let response = self.descriptions.supply(visit, response);
        endings::settle(visit, &response);
        Ok(response)
    }
}

impl Visit<'_> {
    fn send(&self) -> io::Result<Response> {
        self.upstream.send(self.call, self.request)
    }

    fn describe(&self, action: &str, filters: &[(&str, &[&str])]) -> Option<crate::upstream::Answer> {
        self.upstream.describe(self.call, self.request, action, filters)
    }
}
