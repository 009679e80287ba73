//! `~/.netrc`: names and passwords for hosts.

/// A name and a password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Login {
    pub name: String,
    pub password: String,
}

/// What the file that `NETRC` names, or else `~/.netrc`, says about a host.
pub(super) fn login(host: &str) -> Option<Login> {
    let named = std::env::var_os("NETRC").filter(|n| !n.is_empty()).map(std::path::PathBuf::from);
    let path = named.or_else(|| Some(std::path::PathBuf::from(std::env::var_os("HOME")?).join(".netrc")))?;
    find(&std::fs::read_to_string(path).ok()?, host)
}

/// The entry of a host, or else the default one.
fn find(text: &str, host: &str) -> Option<Login> {
    let mut words = text.lines().flat_map(|line| {
        let line = if line.trim_start().starts_with('#') { "" } else { line };
        line.split_whitespace()
    });
    let mut all: Vec<(Option<&str>, Login)> = Vec::new();
    let empty = || Login { name: String::new(), password: String::new() };
    while let Some(word) = words.next() {
        match word {
            "default" => all.push((None, empty())),
            "machine" => all.push((words.next(), empty())),
            "login" | "password" | "account" => {
                let value = words.next().unwrap_or_default().to_owned();
                match (word, all.last_mut()) {
                    ("login", Some((_, login))) => login.name = value,
                    ("password", Some((_, login))) => login.password = value,
                    _ => {}
                }
            }
            _ => {}
        }
    }
    let own = all.iter().find(|(machine, _)| *machine == Some(host));
    own.or_else(|| all.iter().find(|(machine, _)| machine.is_none())).map(|(_, login)| login.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_comes_before_the_default() {
        let text =
            "# comment\ndefault login d password e\nmachine a.example\n  login u\n  password p\nmachine b login x";
        let found = |host| find(text, host).map(|l| (l.name, l.password));
        let pair = |a: &str, b: &str| Some((a.to_owned(), b.to_owned()));
        assert_eq!(found("a.example"), pair("u", "p"));
        assert_eq!(found("b"), pair("x", ""));
        assert_eq!(found("c"), pair("d", "e"));
        assert_eq!(find("machine a login b", "c"), None);
    }
}
