//! The provisioners the language knows, and what can be written in them.

use terrane_value::{Attribute, Block, Schema, Type, Value};

/// The kinds of provisioners.
pub const KINDS: [&str; 3] = ["file", "local-exec", "remote-exec"];

/// Kinds that former versions of the language had.
pub(crate) const REMOVED: [&str; 4] = ["chef", "habitat", "puppet", "salt-masterless"];

/// The arguments of a kind of provisioner; `None` if there is no such kind.
pub fn schema(kind: &str) -> Option<Schema> {
    let text = || Type::String;
    let attributes = match kind {
        "file" => vec![
            attribute("content", text(), false),
            attribute("destination", text(), true),
            attribute("source", text(), false),
        ],
        "local-exec" => vec![
            attribute("command", text(), true),
            attribute("environment", Type::map(Type::String), false),
            attribute("interpreter", Type::list(Type::String), false),
            attribute("quiet", Type::Bool, false),
            attribute("working_dir", text(), false),
        ],
        "remote-exec" => vec![
            attribute("inline", Type::list(Type::String), false),
            attribute("script", text(), false),
            attribute("scripts", Type::list(Type::String), false),
        ],
        _ => return None,
    };
    Some(of(attributes))
}

/// All arguments that any kind of `connection` has.
pub fn connection_schema() -> Schema {
    const TEXTS: [&str; 26] = [
        "agent_identity",
        "bastion_certificate",
        "bastion_host",
        "bastion_host_key",
        "bastion_password",
        "bastion_private_key",
        "bastion_user",
        "cacert",
        "certificate",
        "host",
        "host_key",
        "password",
        "private_key",
        "proxy_host",
        "proxy_scheme",
        "proxy_user_name",
        "proxy_user_password",
        "script_path",
        "target_platform",
        "timeout",
        "type",
        "user",
        "port",
        "bastion_port",
        "proxy_port",
        "agent",
    ];
    let texts = TEXTS.iter().map(|name| match *name {
        "port" | "bastion_port" | "proxy_port" => attribute(name, Type::Number, false),
        "agent" => attribute(name, Type::Bool, false),
        name => attribute(name, Type::String, false),
    });
    let flags = ["https", "insecure", "use_ntlm"].map(|name| attribute(name, Type::Bool, false));
    of(texts.chain(flags).collect())
}

fn attribute(name: &str, ty: Type, required: bool) -> (std::sync::Arc<str>, Attribute) {
    (name.into(), if required { Attribute::required(ty) } else { Attribute::optional(ty) })
}

fn of(attributes: Vec<(std::sync::Arc<str>, Attribute)>) -> Schema {
    Schema { version: 0, block: Block { attributes: attributes.into_iter().collect(), ..Block::default() } }
}

/// What is wrong with the arguments of a provisioner, in a full sentence; they have no marks.
pub fn wrong(kind: &str, arguments: &Value) -> Option<&'static str> {
    let is_set = |name: &str| arguments.get(name).is_some_and(|v| !v.is_known() || !v.is_null());
    let count = |names: &[&str]| names.iter().filter(|name| is_set(name)).count();
    match kind {
        "local-exec" => {
            let command = arguments.get("command")?;
            let empty = command.is_null() || command.as_str() == Some("");
            (command.is_known() && empty).then_some("The command must be a text that is not empty.")
        }
        "file" => match count(&["content", "source"]) {
            0 => Some("One of \"content\" and \"source\" must be set."),
            1 => None,
            _ => Some("Only one of \"content\" and \"source\" can be set."),
        },
        "remote-exec" => match count(&["inline", "script", "scripts"]) {
            0 => Some("One of \"inline\", \"script\" and \"scripts\" must be set."),
            1 => None,
            _ => Some("Only one of \"inline\", \"script\" and \"scripts\" can be set."),
        },
        _ => None,
    }
}
