//! Version constraints.

use std::cmp::Ordering;

/// The versions this tool answers as: configuration that accepts any of them is accepted.
pub(super) const SPOKEN: &[(&str, [u64; 3])] = &[("Terraform", [1, 15, 0]), ("OpenTofu", [1, 12, 6])];

/// The place of OpenTofu among them.
pub(super) const OPENTOFU: usize = 1;

/// Whether any part of a constraint names a prerelease.
pub(super) fn names_prerelease(constraint: &str) -> bool {
    constraint.split(',').any(|part| part.trim().trim_start_matches(|c: char| !c.is_ascii_digit()).contains('-'))
}

/// Whether a version satisfies a constraint such as `~> 1.2, != 1.2.5`; an error says what is wrong with the text.
pub(super) fn satisfies(version: [u64; 3], constraint: &str) -> Result<bool, String> {
    let mut all = true;
    for part in constraint.split(',') {
        all &= term(version, part.trim())?;
    }
    Ok(all)
}

/// Whether a constraint accepts a version; one that is no version is taken as it is.
pub(super) fn accepts(constraint: &str, version: &str) -> bool {
    parse(version).map_or(true, |(version, _, _)| satisfies(version, constraint).unwrap_or(true))
}

fn term(version: [u64; 3], text: &str) -> Result<bool, String> {
    let split =
        text.find(|c: char| c.is_ascii_digit() || c == 'v').ok_or_else(|| format!("\"{text}\" has no version"))?;
    let (operator, rest) = text.split_at(split);
    let (wanted, given, pre) = parse(rest.trim())?;
    let order = version.cmp(&wanted);
    // A prerelease comes before its release; only `=` and `!=` name it exactly, and the versions spoken are releases.
    let order = if pre && order == Ordering::Equal { Ordering::Greater } else { order };
    Ok(match operator.trim() {
        "" | "=" => order == Ordering::Equal,
        "!=" => order != Ordering::Equal,
        ">" => order == Ordering::Greater,
        ">=" => order != Ordering::Less,
        "<" => order == Ordering::Less,
        "<=" => order != Ordering::Greater,
        "~>" => order != Ordering::Less && version[..given.clamp(2, 3) - 1] == wanted[..given.clamp(2, 3) - 1],
        other => return Err(format!("\"{other}\" is not a comparison operator; use =, !=, >, >=, <, <= or ~>")),
    })
}

/// The numbers of a version, how many were given, and whether it is a prerelease.
fn parse(text: &str) -> Result<([u64; 3], usize, bool), String> {
    let wrong = || format!("\"{text}\" is not a version");
    let core = text.strip_prefix('v').unwrap_or(text);
    let core = core.split('+').next().unwrap_or(core);
    let (core, pre) = core.split_once('-').map_or((core, false), |(core, _)| (core, true));
    let mut version = [0; 3];
    let mut given = 0;
    for part in core.split('.') {
        let number = part.parse().map_err(|_| wrong())?;
        // Further numbers tell apart what the versions spoken do not have.
        if let Some(slot) = version.get_mut(given) {
            *slot = number;
        }
        given += 1;
    }
    Ok((version, given, pre))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn constraints() {
        let v = [1, 15, 2];
        for (text, expect) in [
            ("1.15.2", true),
            (">= 1.0, < 2.0.0", true),
            ("~> 1.15", true),
            ("~> 1.15.0", true),
            ("~> 1.14.0", false),
            ("~> 1", true),
            ("~> 1.16", false),
            ("!= 1.15.2", false),
            ("> v1.15.1", true),
            (">= 1.15.2-beta1", true),
        ] {
            assert_eq!(satisfies(v, text).unwrap(), expect, "{text}");
        }
        assert!(satisfies(v, "=> 1").is_err());
        assert!(satisfies(v, "latest").is_err());
    }
}
