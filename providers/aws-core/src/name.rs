//! Names that users leave to the provider.

use sha2::{Digest, Sha256};
use terrane_provider::sdk::Args;
use terrane_value::Value;

/// Characters that a generated name has behind its prefix.
const SUFFIX: usize = 26;

/// The name for a new object: the one in attribute `name`, else the prefix in attribute `prefix`, or `terraform-`,
/// with 26 hexadecimal digits behind it that follow from `operation`: a retried create asks for the same name.
pub fn name_of(planned: &Value, name: &str, prefix: &str, operation: &str) -> String {
    name_after(planned, (name, prefix, "terraform-"), operation)
}

/// The same with another prefix where none is written: the last of the three.
pub fn name_after(planned: &Value, (name, prefix, default): (&str, &str, &str), operation: &str) -> String {
    let planned = Args(planned);
    match planned.text(name) {
        Some(name) => name.to_owned(),
        None => generated(planned.text(prefix).unwrap_or(default), operation),
    }
}

fn generated(prefix: &str, operation: &str) -> String {
    let digest = Sha256::digest(operation);
    let digits: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{prefix}{}", &digits[..SUFFIX])
}

/// The prefix of a name that ends in 26 hexadecimal digits, as generated names do.
pub fn prefix_of(name: &str) -> Option<&str> {
    let (prefix, suffix) = name.split_at_checked(name.len().checked_sub(SUFFIX)?)?;
    (!prefix.is_empty() && suffix.bytes().all(|b| b.is_ascii_hexdigit())).then_some(prefix)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn planned(pairs: &[(&str, &str)]) -> Value {
        Value::object(pairs.iter().map(|(k, v)| (*k, Value::string(*v))))
    }

    #[test]
    fn a_written_name_is_kept() {
        assert_eq!(name_of(&planned(&[("name", "app"), ("name_prefix", "x-")]), "name", "name_prefix", "op"), "app");
    }

    #[test]
    fn generated_names_follow_from_the_operation() {
        let name = |operation| name_of(&planned(&[("name_prefix", "app-")]), "name", "name_prefix", operation);
        assert_eq!(name("1"), name("1"));
        assert_ne!(name("1"), name("2"));
        assert_eq!(prefix_of(&name("1")), Some("app-"));
        assert_eq!(name_of(&planned(&[]), "name", "name_prefix", "1").len(), "terraform-".len() + 26);
    }

    #[test]
    fn other_names_have_no_prefix() {
        for name in ["app", "app-0123456789abcdef01234567zz", "0123456789abcdef0123456789", "é123456789abcdef012345678"]
        {
            assert_eq!(prefix_of(name), None, "{name}");
        }
    }
}
