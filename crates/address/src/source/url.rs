//! As much of URLs as addresses of packages need.

/// The scheme at the start of a text, if it has one.
pub(super) fn scheme(text: &str) -> Option<&str> {
    let (scheme, _) = text.split_once(':')?;
    let inside = |b: u8| b.is_ascii_alphanumeric() || b"+-.".contains(&b);
    (scheme.starts_with(|c: char| c.is_ascii_alphabetic()) && scheme.bytes().all(inside)).then_some(scheme)
}

/// Whether a text is a URL with a scheme.
pub(super) fn is_absolute(text: &str) -> bool {
    let Some(scheme) = scheme(text) else { return false };
    if text.bytes().any(|b| b.is_ascii_control()) {
        return false;
    }
    let rest = &text[scheme.len() + 1..];
    let (rest, fragment) = rest.split_once('#').unwrap_or((rest, ""));
    let rest = rest.split('?').next().unwrap_or(rest);
    let Some(rest) = rest.strip_prefix("//") else { return is_escaped_well(fragment) };
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    is_authority(authority) && is_escaped_well(path) && is_escaped_well(fragment)
}

fn is_authority(text: &str) -> bool {
    let (user, host) = text.rsplit_once('@').unwrap_or(("", text));
    let of_user = |b: u8| b.is_ascii_alphanumeric() || b"-._:~!$&'()*+,;=%@".contains(&b);
    let of_host = |b: u8| !b.is_ascii() || b.is_ascii_alphanumeric() || b"-_.~!$&'()*+,;=:[]<>\"".contains(&b);
    let after = host.rsplit_once(']').map_or(host, |(_, after)| after);
    let port = after.rsplit_once(':').map_or("", |(_, port)| port);
    user.bytes().all(of_user)
        && is_escaped_well(user)
        && host.bytes().all(of_host)
        && port.bytes().all(|b| b.is_ascii_digit())
}

/// Whether every `%` begins an escape.
fn is_escaped_well(text: &str) -> bool {
    text.split('%').skip(1).all(|after| {
        let digits = after.as_bytes();
        digits.len() >= 2 && digits[..2].iter().all(u8::is_ascii_hexdigit)
    })
}

/// A query with its parameters in order of their names, written in one way.
pub(super) fn sorted_query(query: &str) -> String {
    let mut pairs: Vec<(Vec<u8>, Vec<u8>)> = query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (decoded(name), decoded(value)))
        .collect();
    pairs.sort_by(|a, b| a.0.cmp(&b.0));
    let pairs: Vec<String> = pairs.iter().map(|(n, v)| format!("{}={}", encoded(n), encoded(v))).collect();
    pairs.join("&")
}

fn decoded(text: &str) -> Vec<u8> {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let escape = text.get(at + 1..at + 3).filter(|_| bytes[at] == b'%');
        match escape.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => {
                out.push(byte);
                at += 3;
            }
            None => {
                out.push(if bytes[at] == b'+' { b' ' } else { bytes[at] });
                at += 1;
            }
        }
    }
    out
}

fn encoded(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    for byte in bytes {
        match byte {
            b' ' => out.push('+'),
            b if b.is_ascii_alphanumeric() || b"-_.~".contains(b) => out.push(char::from(*b)),
            b => out.push_str(&format!("%{b:02X}")),
        }
    }
    out
}

/// The address without the password in its authority and without keys in its query.
pub(super) fn without_secrets(address: &str) -> String {
    let (base, query) = address.split_once('?').map_or((address, None), |(base, query)| (base, Some(query)));
    let mut out = base.to_owned();
    if let Some((start, rest)) = base.split_once("://") {
        let (authority, path) = rest.split_once('/').map_or((rest, String::new()), |(a, p)| (a, format!("/{p}")));
        if let Some((user, host)) = authority.rsplit_once('@') {
            let user = match user.split_once(':') {
                Some((name, _)) => format!("{name}:xxxxx"),
                // A name without password is a token where git is reached over HTTP.
                None if start.ends_with("http") || start.ends_with("https") => "xxxxx".into(),
                None => user.to_owned(),
            };
            out = format!("{start}://{user}@{host}{path}");
        }
    }
    if let Some(query) = query {
        let hide = |pair: &str| match pair.split_once('=') {
            Some((name, _)) if is_secret(name) => format!("{name}=xxxxx"),
            _ => pair.to_owned(),
        };
        let pairs: Vec<String> = query.split('&').map(hide).collect();
        out = format!("{out}?{}", pairs.join("&"));
    }
    out
}

/// Whether a parameter tells a secret: keys, tokens, signatures.
fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["key", "token", "secret", "password", "signature", "credential"].iter().any(|word| name.contains(word))
}
