//! User data: AWS takes it in base64, and users write it so or plain.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// The text as AWS takes it. What is base64 already stays as it is.
pub(super) fn encoded(written: &str) -> String {
    match STANDARD.decode(written) {
        Ok(_) => written.to_owned(),
        Err(_) => STANDARD.encode(written),
    }
}

/// The bytes of a text that may be base64.
pub(super) fn bytes(written: &str) -> Vec<u8> {
    STANDARD.decode(written).unwrap_or_else(|_| written.as_bytes().to_vec())
}

/// Whether two texts give an instance the same data.
pub(super) fn same(a: &str, b: &str) -> bool {
    a == b || bytes(a) == bytes(b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_is_encoded_once() {
        assert_eq!(encoded("#!/bin/sh\n"), "IyEvYmluL3NoCg==");
        assert_eq!(encoded("IyEvYmluL3NoCg=="), "IyEvYmluL3NoCg==");
        assert!(same("#!/bin/sh\n", "IyEvYmluL3NoCg=="));
        assert!(!same("#!/bin/sh\n", "#!/bin/sh"));
    }
}
