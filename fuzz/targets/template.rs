//! Templates become trees: see [`terrane_fuzz::template`].
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| terrane_fuzz::hold(text, terrane_fuzz::template));
