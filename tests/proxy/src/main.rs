//! Runs the proxy by itself: `terrane-test-proxy 127.0.0.1:5000 [RULES.json]`.

use std::env::args;
use std::fs;
use std::process::ExitCode;
use terrane_test_proxy::{Proxy, parse_rules};

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("terrane-test-proxy: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), String> {
    let arguments: Vec<String> = args().skip(1).collect();
    let (upstream, rules) = match arguments.as_slice() {
        [upstream] => (upstream, Vec::new()),
        [upstream, file] => {
            let json = fs::read_to_string(file).map_err(|error| format!("cannot read {file}: {error}"))?;
            (upstream, parse_rules(&json).map_err(|error| format!("{file}: {error}"))?)
        }
        _ => return Err("usage: terrane-test-proxy EMULATOR_ADDRESS [RULES.json]".to_owned()),
    };
    let address = upstream.parse().map_err(|_| format!("`{upstream}` is not an address such as 127.0.0.1:5000"))?;
    let proxy = Proxy::start(address).map_err(|error| format!("cannot listen: {error}"))?;
    proxy.set_rules(rules);
    println!("{}", proxy.endpoint());
    loop {
        std::thread::park();
    }
}
