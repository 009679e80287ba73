//! Files become trees: see [`terrane_fuzz::file`].
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| {
    terrane_fuzz::file(text);
    if terrane_fuzz::is_chosen(text) {
        terrane_fuzz::file(&terrane_fuzz::repeated(text));
    }
});
