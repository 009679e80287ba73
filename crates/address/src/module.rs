//! Module paths, with and without instance keys.

use std::fmt;
use std::sync::Arc;

/// Tells the expansions of one resource or module call apart.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Key {
    /// The only expansion, without `count` and `for_each`.
    #[default]
    None,
    /// A place of `count`.
    Int(u64),
    /// A key of `for_each`.
    String(Arc<str>),
}

impl fmt::Display for Key {
    /// Writes nothing, `[0]` or `["key"]`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Key::None => Ok(()),
            Key::Int(i) => write!(f, "[{i}]"),
            Key::String(s) => write!(f, "[{}]", quoted(s)),
        }
    }
}

/// A text in quotes with the escapes of the language.
pub(crate) fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '$' | '%' if rest.peek() == Some(&'{') => out.extend([c, c]),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// The static path of a module: the names of the calls from the root; empty for the root module.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Module(pub Vec<Arc<str>>);

impl Module {
    /// The root module.
    pub fn root() -> Module {
        Module::default()
    }

    /// Whether it is the root module.
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// The module called from this one under `name`.
    pub fn child(&self, name: impl Into<Arc<str>>) -> Module {
        Module(self.0.iter().cloned().chain([name.into()]).collect())
    }

    /// The calling module; `None` for the root.
    pub fn parent(&self) -> Option<Module> {
        self.0.split_last().map(|(_, rest)| Module(rest.to_vec()))
    }
}

impl fmt::Display for Module {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, name) in self.0.iter().enumerate() {
            write!(f, "{}module.{name}", if i > 0 { "." } else { "" })?;
        }
        Ok(())
    }
}

/// The path of one expansion of a module; empty for the root module.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ModuleInstance(pub Vec<(Arc<str>, Key)>);

impl ModuleInstance {
    /// The root module.
    pub fn root() -> ModuleInstance {
        ModuleInstance::default()
    }

    /// Whether it is the root module.
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// The expansion `key` of the module called from this one under `name`.
    pub fn child(&self, name: impl Into<Arc<str>>, key: Key) -> ModuleInstance {
        ModuleInstance(self.0.iter().cloned().chain([(name.into(), key)]).collect())
    }

    /// The calling module instance; `None` for the root.
    pub fn parent(&self) -> Option<ModuleInstance> {
        self.0.split_last().map(|(_, rest)| ModuleInstance(rest.to_vec()))
    }

    /// The static path, without keys.
    pub fn module(&self) -> Module {
        Module(self.0.iter().map(|(name, _)| name.clone()).collect())
    }
}

impl fmt::Display for ModuleInstance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, (name, key)) in self.0.iter().enumerate() {
            write!(f, "{}module.{name}{key}", if i > 0 { "." } else { "" })?;
        }
        Ok(())
    }
}
