//! The named forms of texts.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use regex::Regex;

use crate::sdk::rules::Rules;

/// Whether a text has a named form. Names that are not known here are the provider's.
pub(super) fn check(form: &str, rules: &dyn Rules, text: &str) -> Result<(), String> {
    let (holds, what) = match form {
        "json" => return json(text),
        "iam_policy_json" => return policy(text),
        "ipv4_cidr" => return network(text, true, false),
        "ipv6_cidr" => return network(text, false, true),
        "cidr_network" | "ipv4_or_ipv6_cidr" => return network(text, true, true),
        "cidr" => (block(text).is_some(), "is no CIDR block"),
        "ipv4" => (text.parse::<Ipv4Addr>().is_ok(), "is no IPv4 address"),
        "ipv6" => (text.parse::<Ipv6Addr>().is_ok(), "is no IPv6 address"),
        "ip" => (text.parse::<IpAddr>().is_ok(), "is no IP address"),
        "nonempty" => (!text.is_empty(), "must not be empty"),
        "not_whitespace" => (!text.trim().is_empty(), "must not be blank"),
        "nullable_bool" => (["", "0", "1", "true", "false"].contains(&text), "is neither \"true\" nor \"false\""),
        "nullable_float" => (text.is_empty() || text.parse::<f64>().is_ok(), "is no number"),
        "rfc3339" => (rfc3339(text), "is no time such as \"2030-01-02T15:04:05Z\""),
        "utc_timestamp" => (rfc3339(text) && text.ends_with('Z'), "is no time in UTC such as \"2030-01-02T15:04:05Z\""),
        "https_url" => (url(text), "is no URL that begins with https://"),
        "regex" => (Regex::new(text).is_ok(), "is no regular expression"),
        "base64" => (base64(text), "is not base64"),
        "port" => (text.parse::<u16>().is_ok(), "is no port number"),
        "asn_4byte" => (text.parse::<u32>().is_ok_and(|n| n > 0), "is no autonomous system number"),
        other => return rules.form(other, text),
    };
    if holds { Ok(()) } else { Err(what.to_owned()) }
}

/// An empty text stands for none.
fn json(text: &str) -> Result<(), String> {
    if text.is_empty() {
        return Ok(());
    }
    let parsed = serde_json::from_str::<serde::de::IgnoredAny>(text);
    parsed.map(drop).map_err(|e| format!("is not valid JSON: {e}"))
}

fn policy(text: &str) -> Result<(), String> {
    match text.chars().next() {
        None => Err("is no policy: it is empty".into()),
        Some('{') => json(text),
        Some(c) if c.is_whitespace() => Err("is no policy: it begins with a blank".into()),
        Some(_) => Err("is no policy: it does not begin with {".into()),
    }
}

/// Address and prefix length of an address block.
fn block(text: &str) -> Option<(IpAddr, u8)> {
    let (address, bits) = text.split_once('/')?;
    let address: IpAddr = address.parse().ok()?;
    let most = if address.is_ipv4() { 32 } else { 128 };
    let plain = !bits.is_empty() && bits.bytes().all(|b| b.is_ascii_digit());
    bits.parse().ok().filter(|b| plain && *b <= most).map(|bits| (address, bits))
}

/// The first address of a block.
fn first((address, bits): (IpAddr, u8)) -> IpAddr {
    match address {
        IpAddr::V4(a) => {
            let mask = u32::MAX.checked_shl(32 - u32::from(bits)).unwrap_or(0);
            IpAddr::V4((u32::from(a) & mask).into())
        }
        IpAddr::V6(a) => {
            let mask = u128::MAX.checked_shl(128 - u32::from(bits)).unwrap_or(0);
            IpAddr::V6((u128::from(a) & mask).into())
        }
    }
}

fn network(text: &str, v4: bool, v6: bool) -> Result<(), String> {
    let kind = if v4 && v6 {
        ""
    } else if v4 {
        "IPv4 "
    } else {
        "IPv6 "
    };
    let found = block(text).filter(|(a, _)| if a.is_ipv4() { v4 } else { v6 });
    let Some(found) = found else { return Err(format!("is no {kind}CIDR block")) };
    if first(found) == found.0 {
        return Ok(());
    }
    Err(format!("has address bits behind its prefix; did you mean \"{}/{}\"?", first(found), found.1))
}

/// Whether the prefix of an address block has a length within limits.
pub(super) fn prefix_length(text: &str, least: Option<u64>, most: Option<u64>) -> Result<(), String> {
    let Some((_, bits)) = block(text) else { return Ok(()) };
    let bits = u64::from(bits);
    if least.is_some_and(|l| bits < l) || most.is_some_and(|m| bits > m) {
        let wanted = super::check::between(least.map(|l| l as f64), most.map(|m| m as f64));
        return Err(format!("has a prefix of {bits} bits; {wanted} are allowed"));
    }
    Ok(())
}

fn rfc3339(text: &str) -> bool {
    const FORM: &str = r"^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])[Tt]([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d+)?([Zz]|[+-]([01]\d|2[0-3]):[0-5]\d)$";
    Regex::new(FORM).is_ok_and(|form| form.is_match(text))
}

fn url(text: &str) -> bool {
    let host = text.strip_prefix("https://").map(|rest| rest.split(['/', '?', '#']).next().unwrap_or_default());
    host.is_some_and(|h| !h.is_empty() && !h.contains(char::is_whitespace))
}

fn base64(text: &str) -> bool {
    let body = text.trim_end_matches('=');
    let padding = text.len() - body.len();
    let plain = body.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'+' || b == b'/');
    plain && padding <= 2 && text.len().is_multiple_of(4)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_text_is_json_but_no_policy() {
        assert_eq!((json(""), policy("").is_ok()), (Ok(()), false));
        assert!(json("{").is_err() && json("[1]").is_ok());
    }
}
