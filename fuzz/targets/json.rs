//! JSON texts become values and expressions: see [`terrane_fuzz::json`].
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| terrane_fuzz::hold(text, terrane_fuzz::json));
