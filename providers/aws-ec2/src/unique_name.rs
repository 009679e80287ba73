//! Names that are made up when none is written.

/// Beginning of names when not even that is written.
const PREFIX: &str = "terraform-";
const SUFFIX_LENGTH: usize = 26;

/// The name that is written, or one that begins with the prefix and that no other operation makes.
///
/// The same operation always makes the same name.
pub(crate) fn unique_name(name: Option<&str>, prefix: Option<&str>, operation: &str) -> String {
    match name {
        Some(name) => name.to_owned(),
        None => format!("{}{}", prefix.unwrap_or(PREFIX), suffix(operation)),
    }
}

/// The prefix that a name was made from; empty if it does not look made up.
pub(crate) fn prefix_of(name: &str) -> &str {
    let at = name.len().saturating_sub(SUFFIX_LENGTH);
    match name.split_at_checked(at) {
        Some((prefix, end)) if end.len() == SUFFIX_LENGTH && end.bytes().all(|b| b.is_ascii_hexdigit()) => prefix,
        _ => "",
    }
}

/// 26 hexadecimal digits: the FNV-1a hash of the operation.
fn suffix(operation: &str) -> String {
    const OFFSET: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;
    let hash = operation.bytes().fold(OFFSET, |hash, byte| (hash ^ u128::from(byte)).wrapping_mul(PRIME));
    let digits = format!("{hash:032x}");
    digits[..SUFFIX_LENGTH].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn made_up_names_depend_on_the_operation_and_tell_their_prefix() {
        let (a, b) = (unique_name(None, Some("web-"), "op1"), unique_name(None, Some("web-"), "op2"));
        assert_ne!(a, b);
        assert_eq!(a, unique_name(None, Some("web-"), "op1"));
        assert_eq!((prefix_of(&a), a.len()), ("web-", 30));
        assert!(unique_name(None, None, "op1").starts_with("terraform-"));
        assert_eq!(unique_name(Some("x"), None, "op1"), "x");
        assert_eq!((prefix_of("web"), prefix_of("a-name-that-is-long-enough-but-no-number")), ("", ""));
    }

    #[test]
    fn the_hash_is_fnv_1a() {
        assert!(suffix("").starts_with("6c62272e07bb014262b8217562"));
        assert!("d228cb696f1a8caf78912b704e4a8964".starts_with(&suffix("a")));
    }
}
