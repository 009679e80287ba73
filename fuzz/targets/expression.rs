//! Expressions are parsed, lowered and evaluated: see [`terrane_fuzz::evaluation`].
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| terrane_fuzz::evaluation(text));
