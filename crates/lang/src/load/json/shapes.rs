//! Which properties of a JSON object are blocks, with how many labels, and what the strings of the others stand for.

use terrane_syntax::Strings;

/// What the properties of an object that stands for a body are.
pub(super) struct Shape {
    /// Blocks: the type, the number of labels, and what the properties of their bodies are.
    pub blocks: &'static [(&'static str, usize, &'static Shape)],
    /// Arguments whose strings are texts.
    pub texts: &'static [&'static str],
    /// Arguments whose strings are references, types or keywords.
    pub expressions: &'static [&'static str],
    /// Arguments whose strings are templates.
    pub values: &'static [&'static str],
    /// All others.
    pub rest: Rest,
    /// Whether the body is one object, where elsewhere it may be spread over an array of them.
    pub one_object: bool,
}

/// What the properties are that a shape does not name.
#[derive(Clone, Copy)]
pub(super) enum Rest {
    /// Arguments.
    Arguments(Strings),
    /// Arguments or blocks, as a schema says.
    Schema,
}

const VALUES: Shape = Shape {
    blocks: &[],
    texts: &[],
    expressions: &[],
    values: &[],
    rest: Rest::Arguments(Strings::Templates),
    one_object: false,
};

const TEXTS: Shape = Shape { rest: Rest::Arguments(Strings::Texts), ..VALUES };

/// A body that a schema describes.
static BODY: Shape = Shape { blocks: &[("dynamic", 1, &DYNAMIC)], rest: Rest::Schema, ..VALUES };

pub(super) static DYNAMIC: Shape = Shape { blocks: &[("content", 0, &BODY)], expressions: &["iterator"], ..VALUES };

static ARGUMENTS: Shape = VALUES;

static STRINGS: Shape = TEXTS;

static LOCALS: Shape = Shape { one_object: true, ..VALUES };

static REQUIRED_PROVIDERS: Shape = Shape { one_object: true, ..TEXTS };

/// A file.
pub(super) static FILE: Shape = Shape {
    blocks: &[
        ("action", 2, &BODY),
        ("check", 1, &CHECK),
        ("data", 2, &RESOURCE),
        ("ephemeral", 2, &RESOURCE),
        ("import", 0, &IMPORT),
        ("language", 0, &LANGUAGE),
        ("list", 2, &BODY),
        ("locals", 0, &LOCALS),
        ("module", 1, &MODULE),
        ("moved", 0, &MOVED),
        ("output", 1, &OUTPUT),
        ("provider", 1, &PROVIDER),
        ("removed", 0, &REMOVED),
        ("resource", 2, &RESOURCE),
        ("terraform", 0, &SETTINGS),
        ("variable", 1, &VARIABLE),
    ],
    ..VALUES
};

static CHECK: Shape = Shape { blocks: &[("assert", 0, &ARGUMENTS), ("data", 2, &RESOURCE)], ..VALUES };

static RESOURCE: Shape = Shape {
    blocks: &[
        ("_", 0, &BODY),
        ("connection", 0, &ARGUMENTS),
        ("dynamic", 1, &DYNAMIC),
        ("lifecycle", 0, &LIFECYCLE),
        ("provisioner", 1, &PROVISIONER),
    ],
    expressions: &["depends_on", "provider"],
    values: &["count", "for_each"],
    rest: Rest::Schema,
    ..VALUES
};

static LIFECYCLE: Shape = Shape {
    blocks: &[("postcondition", 0, &ARGUMENTS), ("precondition", 0, &ARGUMENTS)],
    expressions: &["ignore_changes", "replace_triggered_by"],
    ..VALUES
};

static PROVISIONER: Shape =
    Shape { blocks: &[("connection", 0, &ARGUMENTS)], expressions: &["on_failure", "when"], ..VALUES };

static IMPORT: Shape = Shape { expressions: &["provider", "to"], ..VALUES };

static LANGUAGE: Shape = Shape { blocks: &[("compatible_with", 0, &STRINGS)], ..TEXTS };

static MODULE: Shape = Shape {
    blocks: &[("_", 0, &ARGUMENTS), ("lifecycle", 0, &LIFECYCLE)],
    expressions: &["depends_on", "providers"],
    ..VALUES
};

static MOVED: Shape = Shape { expressions: &["from", "to"], ..VALUES };

static OUTPUT: Shape = Shape {
    blocks: &[("precondition", 0, &ARGUMENTS)],
    texts: &["deprecated", "description", "ephemeral", "sensitive"],
    expressions: &["depends_on", "type"],
    ..VALUES
};

static PROVIDER: Shape = Shape {
    blocks: &[("_", 0, &BODY), ("dynamic", 1, &DYNAMIC)],
    texts: &["alias", "version"],
    values: &["for_each"],
    rest: Rest::Schema,
    ..VALUES
};

static REMOVED: Shape = Shape {
    blocks: &[("connection", 0, &ARGUMENTS), ("lifecycle", 0, &STRINGS), ("provisioner", 1, &PROVISIONER)],
    expressions: &["from"],
    ..VALUES
};

static SETTINGS: Shape = Shape {
    blocks: &[
        ("backend", 1, &ARGUMENTS),
        ("cloud", 0, &CLOUD),
        ("encryption", 0, &ENCRYPTION),
        ("provider_meta", 1, &BODY),
        ("required_providers", 0, &REQUIRED_PROVIDERS),
    ],
    expressions: &["experiments", "language"],
    texts: &["required_version"],
    ..VALUES
};

static CLOUD: Shape = Shape { blocks: &[("workspaces", 0, &ARGUMENTS)], ..VALUES };

pub(super) static ENCRYPTION: Shape = Shape {
    blocks: &[
        ("key_provider", 2, &ARGUMENTS),
        ("method", 2, &ARGUMENTS),
        ("plan", 0, &ENCRYPTED),
        ("remote_state_data_sources", 0, &ENCRYPTED_REMOTES),
        ("state", 0, &ENCRYPTED),
    ],
    ..VALUES
};

static ENCRYPTED: Shape = Shape { blocks: &[("fallback", 0, &ENCRYPTED)], expressions: &["method"], ..VALUES };

static ENCRYPTED_REMOTES: Shape =
    Shape { blocks: &[("default", 0, &ENCRYPTED), ("remote_state_data_source", 1, &ENCRYPTED)], ..VALUES };

static VARIABLE: Shape = Shape { blocks: &[("validation", 0, &ARGUMENTS)], expressions: &["type"], ..TEXTS };
