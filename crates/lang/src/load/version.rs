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
    all(version, None, constraint)
}

/// Whether a constraint accepts a version; one that is no version is taken as it is.
pub(super) fn accepts(constraint: &str, version: &str) -> bool {
    parse(version).map_or(true, |(version, _, pre)| all(version, pre, constraint).unwrap_or(true))
}

fn all(version: [u64; 3], pre: Option<&str>, constraint: &str) -> Result<bool, String> {
    let mut all = true;
    for part in constraint.split(',') {
        all &= term(version, pre, part.trim())?;
    }
    Ok(all)
}

fn term(version: [u64; 3], pre: Option<&str>, text: &str) -> Result<bool, String> {
    let split =
        text.find(|c: char| c.is_ascii_digit() || c == 'v').ok_or_else(|| format!("\"{text}\" has no version"))?;
    let (operator, rest) = text.split_at(split);
    let (wanted, given, wanted_pre) = parse(rest.trim())?;
    let order = version.cmp(&wanted).then_with(|| prereleases(pre, wanted_pre));
    // A range takes in a prerelease only if it names one of the same release.
    let comparable = pre.is_none() || wanted_pre.is_some() && version == wanted;
    Ok(match operator.trim() {
        "" | "=" => order == Ordering::Equal,
        "!=" => order != Ordering::Equal,
        ">" => comparable && order == Ordering::Greater,
        ">=" => comparable && order != Ordering::Less,
        "<" => comparable && order == Ordering::Less,
        "<=" => comparable && order != Ordering::Greater,
        "~>" => {
            let fixed = given.clamp(2, 3) - 1;
            comparable && order != Ordering::Less && version.iter().zip(&wanted).take(fixed).all(|(v, w)| v == w)
        }
        other => return Err(format!("\"{other}\" is not a comparison operator; use =, !=, >, >=, <, <= or ~>")),
    })
}

/// The order of what stands behind two equal releases: none comes last, and numbers come before words.
fn prereleases(one: Option<&str>, other: Option<&str>) -> Ordering {
    let (Some(one), Some(other)) = (one, other) else { return one.is_none().cmp(&other.is_none()) };
    let key =
        |part: &str| part.parse::<u64>().map_or_else(|_| (true, 0, part.to_owned()), |n| (false, n, String::new()));
    one.split('.').map(key).cmp(other.split('.').map(key))
}

/// The numbers of a version, how many were given, and its prerelease.
fn parse(text: &str) -> Result<([u64; 3], usize, Option<&str>), String> {
    let wrong = || format!("\"{text}\" is not a version");
    let core = text.strip_prefix('v').unwrap_or(text);
    let core = core.split('+').next().unwrap_or(core);
    let (core, pre) = core.split_once('-').map_or((core, None), |(core, pre)| (core, Some(pre)));
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
        for (text, version, expect) in [
            ("2.0.0-rc1", "2.0.0-rc1", true),
            ("2.0.0-rc1", "2.0.0", false),
            ("2.0.0", "2.0.0-rc1", false),
            (">= 2.0.0-rc1", "2.0.0-rc2", true),
            (">= 2.0.0-rc.1", "2.0.0-beta", false),
            ("~> 2.0.0-rc1", "2.0.0-rc1", true),
            (">= 1.0", "2.0.0-rc1", false),
            ("> 2.0.0-rc.2", "2.0.0-rc.10", true),
            (">= 2.0.0-rc1", "2.0.0", true),
            ("!= 2.0.0", "2.0.0-rc1", true),
        ] {
            assert_eq!(accepts(text, version), expect, "{text} {version}");
        }
        assert!(satisfies(v, "=> 1").is_err());
        assert!(satisfies(v, "latest").is_err());
    }
}
