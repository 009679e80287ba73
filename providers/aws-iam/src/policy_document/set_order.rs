//! The order in which the plugin SDK of Terraform lists the elements of a set.
//!
//! The SDK serialises an element, takes its CRC-32 and sorts the checksums as decimal texts. Repeated principals and
//! conditions of a statement are merged in that order, so a document can only be the same byte for byte if it is kept.

/// Sorts elements by the checksum of their serialised form; equal elements are left once.
pub fn sorted<T>(elements: Vec<T>, serialise: impl Fn(&T) -> String) -> Vec<T> {
    let mut keyed: Vec<(String, T)> = elements.into_iter().map(|e| (checksum(&serialise(&e)).to_string(), e)).collect();
    keyed.sort_by(|a, b| a.0.cmp(&b.0));
    keyed.dedup_by(|a, b| a.0 == b.0);
    keyed.into_iter().map(|(_, element)| element).collect()
}

/// A string as an element of a list, set or block is serialised.
pub fn string(text: &str) -> String {
    format!("{text};")
}

/// A list of strings, serialised.
pub fn list(values: &[String]) -> String {
    format!("({});", values.iter().map(|v| string(v)).collect::<String>())
}

/// A set of strings, serialised.
pub fn set(values: &[String]) -> String {
    let values = sorted(values.to_vec(), |v| string(v));
    format!("{{{}}};", values.iter().map(|v| string(v)).collect::<String>())
}

/// The CRC-32 of a text (IEEE polynomial), which the SDK also makes ids of.
pub fn checksum(text: &str) -> u32 {
    !text.bytes().fold(!0, |crc, byte| (0..8).fold(crc ^ u32::from(byte), |crc, _| shift(crc)))
}

fn shift(crc: u32) -> u32 {
    if crc & 1 == 1 { (crc >> 1) ^ 0xEDB8_8320 } else { crc >> 1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_crc32() {
        assert_eq!(checksum("123456789"), 0xCBF4_3926);
        assert_eq!(checksum(""), 0);
    }

    #[test]
    fn elements_are_sorted_by_checksum_and_each_once() {
        let words = ["b", "a", "c", "a"].map(str::to_owned).to_vec();
        let sorted = sorted(words, |w| string(w));
        let keys: Vec<String> = sorted.iter().map(|w| checksum(&string(w)).to_string()).collect();
        assert_eq!(sorted.len(), 3);
        assert!(keys.is_sorted(), "{keys:?}");
    }

    #[test]
    fn collections_serialise_in_brackets() {
        assert_eq!(list(&["x".into(), "y".into()]), "(x;y;);");
        assert_eq!(set(&["x".into()]), "{x;};");
    }
}
