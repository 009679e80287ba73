//! `<meta name="terraform-get" content="…">`

/// The content of the first such element in the head of a page.
pub(super) fn source(page: &str) -> Option<String> {
    let mut rest = page;
    while let Some(at) = rest.find('<') {
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix("!--") {
            rest = after.split_once("-->").map_or("", |(_, after)| after);
            continue;
        }
        let name: String = rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '/').collect();
        match name.to_ascii_lowercase().as_str() {
            "body" | "/head" => return None,
            "meta" => {
                let attributes = attributes(&rest[name.len()..]);
                let value = |name: &str| attributes.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str());
                if value("name") == Some("terraform-get")
                    && let Some(content) = value("content").filter(|c| !c.is_empty())
                {
                    return Some(content.to_owned());
                }
            }
            _ => {}
        }
    }
    None
}

/// The attributes of an element, up to its end.
fn attributes(mut rest: &str) -> Vec<(String, String)> {
    let mut all = Vec::new();
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '/');
        if rest.is_empty() || rest.starts_with('>') {
            return all;
        }
        let end = rest.find(|c: char| c.is_whitespace() || "=>/".contains(c)).unwrap_or(rest.len()).max(1);
        let end = (end..=rest.len()).find(|i| rest.is_char_boundary(*i)).unwrap_or(rest.len());
        let name = rest[..end].to_ascii_lowercase();
        rest = rest[end..].trim_start();
        let Some(value) = rest.strip_prefix('=') else {
            all.push((name, String::new()));
            continue;
        };
        let value = value.trim_start();
        let (text, after) = match value.chars().next() {
            Some(quote @ ('"' | '\'')) => value[1..].split_once(quote).unwrap_or((&value[1..], "")),
            _ => value.split_at(value.find(|c: char| c.is_whitespace() || c == '>').unwrap_or(value.len())),
        };
        all.push((name, unescaped(text)));
        rest = after;
    }
}

fn unescaped(text: &str) -> String {
    let text = text.replace("&quot;", "\"").replace("&#39;", "'").replace("&apos;", "'");
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::source;

    #[test]
    fn only_the_head_counts() {
        let found = |page| source(page).unwrap_or_default();
        assert_eq!(found(r#"<html><head><meta name="terraform-get" content="x?a=1&amp;b=2"></head>"#), "x?a=1&b=2");
        assert_eq!(found("<META Name=terraform-get\n CONTENT='git::https://h/r' />"), "git::https://h/r");
        assert_eq!(
            found(r#"<!-- <meta name="terraform-get" content="no"> --><meta content=yes name=terraform-get>"#),
            "yes"
        );
        assert_eq!(found(r#"<head></head><meta name="terraform-get" content="no">"#), "");
        assert_eq!(found(r#"<body><meta name="terraform-get" content="no">"#), "");
        assert_eq!(found("<meta é=ü ="), "");
    }
}
