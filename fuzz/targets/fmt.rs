//! The canonical layout is stable and keeps the program: see [`terrane_fuzz::layout`].
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| terrane_fuzz::hold(text, terrane_fuzz::layout));
