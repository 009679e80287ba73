//! Whole programs: from texts to resolved declarations, on one thread.
#![allow(clippy::unwrap_used, missing_docs)]

#[path = "../../syntax/benches/corpus/mod.rs"]
mod corpus;
#[path = "../../syntax/benches/cpu/mod.rs"]
mod cpu;

use std::time::Duration;

use cpu::CpuTime;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use terrane_lang::{MemoryWorld, Modules, Program, load};
use terrane_source::{Diagnostics, Files};

const MB: usize = 1_000_000;

/// All in one file.
fn one_file(bytes: usize) -> MemoryWorld {
    MemoryWorld::new([("main.tf", corpus::units("unit_", bytes))])
}

/// A root that calls `count` modules of equal size.
fn many_modules(bytes: usize, count: usize) -> MemoryWorld {
    let calls: String = (0..count).map(|i| format!("module \"m{i}\" {{\n  source = \"./m{i}\"\n}}\n")).collect();
    let modules = (0..count).map(|i| (format!("m{i}/main.tf"), corpus::units(&format!("m{i}_"), bytes / count)));
    MemoryWorld::new(modules.chain([("main.tf".to_string(), calls)]))
}

fn program(world: &MemoryWorld) -> (Program, Files) {
    let (mut files, mut diags) = (Files::new(), Diagnostics::new());
    let program = load(world, ".", &Modules::default(), &mut files, &mut diags);
    assert!(diags.is_empty(), "{:?}", diags.iter().next());
    (program, files)
}

fn loading(c: &mut Criterion<CpuTime>) {
    let mut group = c.benchmark_group("load");
    group.sample_size(10).warm_up_time(Duration::from_secs(1));
    for size in [10, 100] {
        group.throughput(Throughput::Bytes((size * MB) as u64));
        for (shape, world) in [("one file", one_file(size * MB)), ("1000 modules", many_modules(size * MB, 1000))] {
            let id = BenchmarkId::new(shape, format!("{size} MB"));
            group.bench_with_input(id, &world, |b, world| b.iter_with_large_drop(|| program(world)));
        }
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().with_measurement(CpuTime);
    targets = loading
}
criterion_main!(benches);
