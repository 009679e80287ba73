//! Runs the proxy by itself: `terrane-test-proxy 127.0.0.1:5000 [RULES.json] [--quotas] [--away=MILLISECONDS]`.
//!
//! It prints its URL, then a line for each call once it is answered: when it came, how long it took, what it was called,
//! how it was answered and which fault it met.

use std::env::args;
use std::fs;
use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant};
use terrane_test_proxy::{Proxy, Record, parse_rules};

const USAGE: &str = "usage: terrane-test-proxy EMULATOR_ADDRESS [RULES.json] [--quotas] [--away=MILLISECONDS]";

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
    let (flags, places): (Vec<String>, Vec<String>) = args().skip(1).partition(|argument| argument.starts_with("--"));
    let (upstream, rules) = match places.as_slice() {
        [upstream] => (upstream, Vec::new()),
        [upstream, file] => {
            let json = fs::read_to_string(file).map_err(|error| format!("cannot read {file}: {error}"))?;
            (upstream, parse_rules(&json).map_err(|error| format!("{file}: {error}"))?)
        }
        _ => return Err(USAGE.to_owned()),
    };
    let address = upstream.parse().map_err(|_| format!("`{upstream}` is not an address such as 127.0.0.1:5000"))?;
    let proxy = Proxy::start(address).map_err(|error| format!("cannot listen: {error}"))?;
    proxy.set_rules(rules);
    flags.iter().try_for_each(|flag| set(&proxy, flag))?;
    println!("{}", proxy.endpoint());
    report(&proxy)
}

fn set(proxy: &Proxy, flag: &str) -> Result<(), String> {
    if flag == "--quotas" {
        proxy.enforce_quotas();
        return Ok(());
    }
    let away = flag.strip_prefix("--away=").and_then(|away| away.parse().ok());
    proxy.move_away(Duration::from_millis(away.ok_or(USAGE)?));
    Ok(())
}

/// Prints the calls in the order they came, each once it and all before it are answered.
fn report(proxy: &Proxy) -> ! {
    let (since, mut told) = (Instant::now(), 0);
    loop {
        let calls = proxy.calls();
        let answered = calls.iter().skip(told).take_while(|record| record.took.is_some());
        for record in answered {
            println!("{}", line(record, since));
            told += 1;
        }
        thread::sleep(Duration::from_millis(100));
    }
}

fn line(record: &Record, since: Instant) -> String {
    let Record { call, status, fault, took, .. } = record;
    let came = record.since.saturating_duration_since(since).as_secs_f64();
    let took = took.unwrap_or_default().as_millis();
    let status = status.map_or("-".to_owned(), |status| status.to_string());
    let fault = fault.as_ref().map(|fault| format!(" {fault:?}")).unwrap_or_default();
    format!("{came:.3} {took}ms {}{} {status}{fault}", call.name(), region(&call.region))
}

fn region(region: &str) -> String {
    if region.is_empty() { String::new() } else { format!(" {region}") }
}
