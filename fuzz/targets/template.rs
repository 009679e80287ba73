//! Templates become trees: see [`terrane_fuzz::template`].
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| {
    terrane_fuzz::template(text);
    if terrane_fuzz::is_chosen(text) {
        terrane_fuzz::template(&terrane_fuzz::repeated(text));
    }
});
