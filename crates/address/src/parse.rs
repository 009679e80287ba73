//! Addresses from text, as users write them on the command line and state files hold them.

use std::sync::Arc;

use crate::{AbsResource, Instance, Key, Mode, ModuleInstance, Provider, ProviderConfig, Resource};

/// Why a text is no address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseError {
    /// A full sentence.
    pub message: String,
    /// Offset in bytes at which it was noticed.
    pub at: usize,
}

impl std::fmt::Display for ParseError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for ParseError {}

/// What an address on the command line may select.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// A module instance and all in it.
    Module(ModuleInstance),
    /// All instances of a resource.
    Resource(AbsResource),
    /// One instance.
    Instance(Instance),
}

impl std::fmt::Display for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Target::Module(module) => module.fmt(f),
            Target::Resource(resource) => resource.fmt(f),
            Target::Instance(instance) => instance.fmt(f),
        }
    }
}

/// Parses `module.a["x"].module.b`.
pub fn parse_module(text: &str) -> Result<ModuleInstance, ParseError> {
    let mut steps = Steps::read(text)?;
    let module = steps.modules()?;
    steps.end()?;
    Ok(module)
}

/// Parses `module.a.aws_vpc.main[0]`; without a key the instance has [`Key::None`].
pub fn parse_instance(text: &str) -> Result<Instance, ParseError> {
    match parse_target(text)? {
        Target::Instance(instance) => Ok(instance),
        Target::Resource(resource) => Ok(resource.instance(Key::None)),
        Target::Module(_) => Err(error("A resource type and name must follow the module path.", text.len())),
    }
}

/// Parses the address of a module instance, a resource or an instance.
pub fn parse_target(text: &str) -> Result<Target, ParseError> {
    let mut steps = Steps::read(text)?;
    let module = steps.modules()?;
    if steps.rest.is_empty() && !module.is_root() {
        return Ok(Target::Module(module));
    }
    let mode = match steps.peek_name() {
        Some("data") => Mode::Data,
        Some("ephemeral") => Mode::Ephemeral,
        _ => Mode::Managed,
    };
    if mode != Mode::Managed {
        steps.name("a resource type")?;
    }
    let ty = steps.name("a resource type")?;
    let name = steps.name("a resource name")?;
    let resource = AbsResource::new(module, Resource { mode, ty, name });
    let key = steps.key();
    steps.end()?;
    Ok(match key {
        Some(key) => Target::Instance(resource.instance(key)),
        None => Target::Resource(resource),
    })
}

impl ProviderConfig {
    /// Parses the form that state files hold.
    pub fn parse(text: &str) -> Result<ProviderConfig, ParseError> {
        let mut steps = Steps::read(text)?;
        let module = steps.modules()?.module();
        let at = steps.at();
        if &*steps.name("\"provider\"")? != "provider" {
            return Err(error("A provider configuration address contains provider[\"...\"].", at));
        }
        let source = match steps.key() {
            Some(Key::String(source)) => source,
            _ => return Err(error("A provider source address in brackets must follow \"provider\".", at)),
        };
        let provider = Provider::parse(&source)
            .ok_or_else(|| error(&format!("{source:?} is not a provider source address."), at))?;
        let alias = if steps.rest.is_empty() { None } else { Some(steps.name("an alias")?) };
        let key = if alias.is_some() { steps.key() } else { None };
        steps.end()?;
        Ok(ProviderConfig { module, provider, alias, key: key.unwrap_or(Key::None) })
    }
}

fn error(message: &str, at: usize) -> ParseError {
    ParseError { message: message.into(), at }
}

enum Step {
    Name(Arc<str>),
    Key(Key),
}

/// The steps of a text that have not been used yet, last first.
struct Steps {
    rest: Vec<(usize, Step)>,
    end: usize,
}

impl Steps {
    fn read(text: &str) -> Result<Steps, ParseError> {
        let mut rest = Vec::new();
        let mut at = 0;
        while at < text.len() {
            let step = match text.as_bytes()[at] {
                b'[' => {
                    let (key, end) = read_key(text, at)?;
                    let start = std::mem::replace(&mut at, end);
                    (start, Step::Key(key))
                }
                b'.' if at > 0 => {
                    at += 1;
                    read_name(text, &mut at)?
                }
                _ if at == 0 => read_name(text, &mut at)?,
                _ => return Err(error("A dot or an instance key in brackets is expected here.", at)),
            };
            rest.push(step);
        }
        rest.reverse();
        Ok(Steps { rest, end: text.len() })
    }

    fn at(&self) -> usize {
        self.rest.last().map_or(self.end, |(at, _)| *at)
    }

    fn peek_name(&self) -> Option<&str> {
        match self.rest.last() {
            Some((_, Step::Name(name))) => Some(name),
            _ => None,
        }
    }

    fn name(&mut self, what: &str) -> Result<Arc<str>, ParseError> {
        let at = self.at();
        match self.rest.pop() {
            Some((_, Step::Name(name))) => Ok(name),
            _ => Err(error(&format!("The address must go on with {what} here."), at)),
        }
    }

    fn key(&mut self) -> Option<Key> {
        if !matches!(self.rest.last(), Some((_, Step::Key(_)))) {
            return None;
        }
        match self.rest.pop() {
            Some((_, Step::Key(key))) => Some(key),
            _ => None,
        }
    }

    fn modules(&mut self) -> Result<ModuleInstance, ParseError> {
        let mut path = ModuleInstance::root();
        while self.peek_name() == Some("module") {
            self.rest.pop();
            let name = self.name("a module name")?;
            path.0.push((name, self.key().unwrap_or_default()));
        }
        Ok(path)
    }

    fn end(&self) -> Result<(), ParseError> {
        match self.rest.last() {
            None => Ok(()),
            Some((at, _)) => Err(error("The address should end here.", *at)),
        }
    }
}

fn read_name(text: &str, at: &mut usize) -> Result<(usize, Step), ParseError> {
    let start = *at;
    let rest = &text[start..];
    let len = rest.find(['.', '[', ']', '"', ' ']).unwrap_or(rest.len());
    if len == 0 || !rest.starts_with(|c: char| c.is_alphabetic() || c == '_') {
        return Err(error("A name is expected here; names start with a letter or an underscore.", start));
    }
    *at = start + len;
    Ok((start, Step::Name(rest[..len].into())))
}

fn read_key(text: &str, start: usize) -> Result<(Key, usize), ParseError> {
    let unclosed = || error("The instance key lacks its closing bracket.", start);
    let inner = &text[start + 1..];
    if let Some(quoted) = inner.strip_prefix('"') {
        let (key, used) = unquote(quoted).ok_or_else(unclosed)?;
        let end = start + 2 + used;
        return match text[end..].starts_with(']') {
            true => Ok((Key::String(key.into()), end + 1)),
            false => Err(unclosed()),
        };
    }
    let len = inner.find(']').ok_or_else(unclosed)?;
    let index = inner[..len].parse().map_err(|_| {
        error("An instance key is a whole number, or a text in double quotes (mind your shell's quoting).", start + 1)
    })?;
    Ok((Key::Int(index), start + len + 2))
}

/// The text up to the closing quote with its escapes undone, and the bytes used with that quote.
fn unquote(text: &str) -> Option<(String, usize)> {
    let mut out = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Some((out, at + 1)),
            '\\' => out.push(match chars.next()?.1 {
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                other => other,
            }),
            '$' | '%' if text[at + 1..].starts_with([c]) && text[at + 2..].starts_with('{') => {
                chars.next();
                out.push(c);
            }
            c => out.push(c),
        }
    }
    None
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn addresses_round_trip() {
        for text in [
            "aws_vpc.main",
            "data.aws_region.here",
            "module.a.module.b[\"x.y\"].aws_vpc.main[3]",
            "module.a[0].data.aws_ami.x[\"q\\\"uote\"]",
            "aws_vpc.main[\"$${x}\"]",
        ] {
            assert_eq!(parse_instance(text).unwrap().to_string(), text);
        }
        let config = "module.a.provider[\"registry.terraform.io/hashicorp/aws\"].west";
        assert_eq!(ProviderConfig::parse(config).unwrap().to_string(), config);
    }

    #[test]
    fn targets_tell_modules_resources_and_instances_apart() {
        assert!(matches!(parse_target("module.a").unwrap(), Target::Module(_)));
        assert!(matches!(parse_target("aws_vpc.a").unwrap(), Target::Resource(_)));
        assert!(matches!(parse_target("aws_vpc.a[0]").unwrap(), Target::Instance(_)));
    }

    #[test]
    fn errors_say_where() {
        for (text, at) in [
            ("", 0),
            ("aws_vpc", 7),
            ("aws_vpc.", 8),
            ("aws_vpc.a[x]", 10),
            ("aws_vpc.a[\"x\"", 9),
            ("a.b.c", 4),
            ("9x.b", 0),
        ] {
            assert_eq!(parse_instance(text).unwrap_err().at, at, "{text}");
        }
    }
}
