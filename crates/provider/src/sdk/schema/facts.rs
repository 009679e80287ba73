//! What is known of a type beyond the shape of its values.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;
use terrane_value::{Schema, Value};

/// The shape of a type and the facts for planning and validating it.
#[derive(Clone, Debug, Default)]
pub struct TypeSchema {
    /// The name of the type: `aws_vpc`.
    pub name: Arc<str>,
    /// The shape, as the engine needs it.
    pub schema: Arc<Schema>,
    /// The facts by attribute and block.
    pub facts: BlockFacts,
    /// Which rules of planning apply.
    pub family: Family,
    /// Whether objects can be changed in place at all.
    pub in_place: bool,
    /// Whether objects live in a region that the `region` attribute can choose.
    pub regional: bool,
    /// Whether the tags of the provider are put on its objects.
    pub tagged: bool,
    /// Rules over several attributes.
    pub rules: Vec<Rule>,
    /// Attributes that become unknown when others change.
    pub recomputed: Vec<Recomputed>,
    /// Attributes, as dotted paths, whose change replaces only under conditions that the type itself knows.
    pub replaced_if: Vec<Arc<str>>,
    /// How objects are imported.
    pub import: Import,
    /// The attributes that name an object, if its type has an identity apart from the id.
    pub identity: Option<Arc<Schema>>,
    /// Whether an object may come to have another identity.
    pub identity_may_change: bool,
    /// How long operations may take, in seconds, where the configuration says nothing.
    pub timeouts: BTreeMap<Arc<str>, u64>,
}

/// Which rules of planning apply to a type.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Family {
    /// Null and the zero value of a type are the same; computed attributes keep their value through an update.
    #[default]
    Legacy,
    /// Null differs from the zero value; computed attributes become unknown in an update unless they are said to stay.
    Strict,
}

/// The facts of the attributes and nested blocks of a body.
#[derive(Clone, Debug, Default)]
pub struct BlockFacts {
    /// Facts by attribute.
    pub attributes: BTreeMap<Arc<str>, AttributeFacts>,
    /// Facts by block type.
    pub blocks: BTreeMap<Arc<str>, NestedFacts>,
}

/// The facts of one attribute.
#[derive(Clone, Debug, Default)]
pub struct AttributeFacts {
    /// The value where nothing is written.
    pub default: Option<Value>,
    /// Whether a change replaces the object.
    pub replace: Replace,
    /// When two values mean the same.
    pub same: Option<Same>,
    /// A computed attribute that no update changes.
    pub stays: bool,
    /// What a computed attribute gets at a create, if that is known.
    pub blank: Option<Blank>,
    /// What a value must be.
    pub checks: Option<Box<Checks>>,
    /// What every element of a value must be.
    pub element_checks: Option<Box<Checks>>,
    /// The least and greatest number of elements.
    pub items: (Option<u64>, Option<u64>),
    /// Which other attributes may or must be written.
    pub relations: Option<Box<Relations>>,
    /// Whether it must be a whole number.
    pub whole: bool,
    /// The facts of the elements of an attribute that is written as blocks.
    pub element: Option<Box<BlockFacts>>,
}

/// The facts of one kind of nested block.
#[derive(Clone, Debug, Default)]
pub struct NestedFacts {
    /// Whether absent blocks keep what the object has.
    pub computed: bool,
    /// Whether absent blocks keep what the object has, though a create makes none.
    pub sticky: bool,
    /// Whether a change in the number of blocks replaces the object.
    pub replace: Replace,
    /// Whether an update leaves absent blocks as they are.
    pub stays: bool,
    /// At least one must be written.
    pub required: bool,
    /// The least and greatest number that the provider accepts, beyond what the shape says.
    pub items: (Option<u64>, Option<u64>),
    /// Which other attributes may or must be written.
    pub relations: Option<Box<Relations>>,
    /// Names of attributes of the block of which exactly one must be written.
    pub one_child: Vec<Arc<str>>,
    /// The facts of its body.
    pub body: BlockFacts,
}

/// Whether a change replaces the object.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Replace {
    /// It is made in place.
    #[default]
    Never,
    /// It replaces.
    Always,
    /// It replaces if the attribute is written.
    IfConfigured,
    /// The type knows.
    Elsewhere,
}

/// When two texts mean the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Same {
    /// Equal as JSON.
    Json,
    /// Equal as policy documents.
    Policy,
    /// Equal but for upper and lower case.
    AnyCase,
    /// Equal but for blanks around.
    Trimmed,
    /// By a rule of the provider.
    Rule(Arc<str>),
}

/// What a computed attribute gets where nothing is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blank {
    /// Null.
    Null,
    /// The zero value of its type.
    Zero,
}

/// Attributes that become unknown in an update.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recomputed {
    /// When one of these changes.
    pub when: Vec<Arc<str>>,
    /// These.
    pub what: Vec<Arc<str>>,
}

/// A rule over attributes named by dotted paths.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// What must hold.
    pub kind: RuleKind,
    /// For these.
    pub paths: Vec<Arc<str>>,
}

/// What must hold for several attributes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RuleKind {
    /// Exactly one is written.
    ExactlyOne,
    /// At least one is written.
    AtLeastOne,
    /// Not more than one is written.
    AtMostOne,
}

/// Which other attributes may or must be written with one, as dotted paths from the root.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Relations {
    /// None of these.
    pub conflicts_with: Vec<Arc<str>>,
    /// Exactly one of these, itself among them.
    pub exactly_one_of: Vec<Arc<str>>,
    /// At least one of these, itself among them.
    pub at_least_one_of: Vec<Arc<str>>,
    /// All of these.
    pub required_with: Vec<Arc<str>>,
}

/// How objects of a type are imported.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Import {
    /// The form of the id for people; `None` if objects cannot be imported.
    pub format: Option<Arc<str>>,
    /// What separates the parts of the id.
    pub separator: Option<Arc<str>>,
    /// The attributes that the parts are, in order.
    pub parts: Vec<Arc<str>>,
}

/// What a value must be. All that is present must hold.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Checks {
    /// One of these.
    pub r#enum: Option<Vec<serde_json::Value>>,
    /// The name of the list that `enum` is to be filled from.
    pub enum_ref: Option<String>,
    /// Whether upper and lower case do not matter for `enum`.
    pub enum_ci: bool,
    /// None of these.
    pub none_of: Vec<String>,
    /// Between these, both included.
    pub range: Option<(Option<Bound>, Option<Bound>)>,
    /// More than this.
    pub greater_than: Option<Bound>,
    /// A multiple of this.
    pub multiple_of: Option<i64>,
    /// A text of so many bytes.
    pub len: Option<(Option<u64>, Option<u64>)>,
    /// A collection of so many elements.
    pub items: Option<(Option<u64>, Option<u64>)>,
    /// Matches all of these.
    pub pattern: Vec<String>,
    /// Matches none of these.
    pub not_pattern: Vec<String>,
    /// A text in the form of that name.
    pub format: Option<String>,
    /// An address block with a prefix of so many bits.
    pub prefix_len: Option<(Option<u64>, Option<u64>)>,
    /// Without any of these characters.
    pub excludes_chars: Option<String>,
    /// Not the zero value.
    pub nonzero: bool,
    /// Without null elements.
    pub no_null_elements: bool,
    /// At least one of these holds.
    pub any_of: Vec<Checks>,
    /// Names of checks that are not described here.
    pub r#fn: Vec<String>,
}

/// A limit of a range.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(try_from = "serde_json::Number")]
pub struct Bound(pub f64);

impl TryFrom<serde_json::Number> for Bound {
    type Error = &'static str;

    fn try_from(number: serde_json::Number) -> Result<Bound, &'static str> {
        number.as_f64().map(Bound).ok_or("a limit is out of range")
    }
}
