//! Throughput of the parser and the formatter, with hcl-edit as the yardstick.
#![allow(clippy::unwrap_used, missing_docs)]

mod corpus;
mod cpu;

use std::hint::black_box;
use std::time::Duration;

use cpu::CpuTime;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use terrane_source::{Diagnostics, FileId};
use terrane_syntax::{Arena, Strings, format, parse, parse_json};

/// The allocator of the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const MB: usize = 1_000_000;

fn tree(text: &str) -> Arena {
    let (arena, mut diags) = (Arena::new(), Diagnostics::new());
    black_box(parse(FileId(0), text, &arena, &mut diags));
    assert!(diags.is_empty(), "{diags:?}");
    arena
}

fn native(c: &mut Criterion<CpuTime>) {
    let text = corpus::units("unit_", 10 * MB);
    let mut group = c.benchmark_group("10 MB of native syntax");
    group.throughput(Throughput::Bytes(text.len() as u64)).sample_size(10).warm_up_time(Duration::from_secs(1));
    group.bench_function("terrane, lex and parse", |b| b.iter_with_large_drop(|| tree(black_box(&text))));
    group.bench_function("terrane, format", |b| b.iter_with_large_drop(|| format(black_box(&text))));
    group.bench_function("hcl-edit, parse", |b| {
        b.iter_with_large_drop(|| hcl_edit::parser::parse_body(black_box(&text)).unwrap());
    });
    group.finish();
}

fn json(c: &mut Criterion<CpuTime>) {
    let text = corpus::json(10 * MB);
    let mut group = c.benchmark_group("10 MB of JSON");
    group.throughput(Throughput::Bytes(text.len() as u64)).sample_size(10).warm_up_time(Duration::from_secs(1));
    group.bench_function("terrane, values", |b| {
        b.iter_with_large_drop(|| {
            let arena = Arena::new();
            black_box(parse_json(FileId(0), black_box(&text), &arena, &mut Diagnostics::new()).unwrap());
            arena
        });
    });
    group.bench_function("terrane, values and templates", |b| {
        b.iter_with_large_drop(|| {
            let (arena, mut diags) = (Arena::new(), Diagnostics::new());
            let value = parse_json(FileId(0), black_box(&text), &arena, &mut diags).unwrap();
            black_box(value.expression(Strings::Templates, &arena, &mut diags).unwrap());
            arena
        });
    });
    group.bench_function("serde_json, values", |b| {
        b.iter_with_large_drop(|| serde_json::from_str::<serde_json::Value>(black_box(&text)).unwrap());
    });
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().with_measurement(CpuTime);
    targets = native, json
}
criterion_main!(benches);
