//! What is going to happen, instance by instance.

use terrane_address::{Instance, ProviderConfig};
use terrane_provider::{ImportBy, Private};
use terrane_state::{Dependencies, DeposedKey};
use terrane_value::{Path, Value};

use crate::Legs;

/// What is going to happen to one object.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// The instance it belongs to.
    pub instance: Instance,
    /// Which of its deposed objects; `None` for the object in use.
    pub deposed: Option<DeposedKey>,
    /// The provider configuration that does it.
    pub provider: ProviderConfig,
    /// The change.
    pub change: Change,
    /// Whether its new object has to exist before the old one is deleted.
    pub create_before_destroy: bool,
    /// All resources its configuration is made of, directly and through others, for the state to remember.
    pub dependencies: Dependencies,
    /// The address the object had before a `moved` block renamed it.
    pub moved_from: Option<Instance>,
    /// What names the object that is imported.
    pub import: Option<ImportBy>,
    /// Whether something that is named in `replace_triggered_by` changes, though there is nothing to replace.
    pub triggered: bool,
}

/// The change of one object. Values carry marks.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// The object stays as it is.
    NoOp {
        /// The object.
        value: Value,
    },
    /// An object is made.
    Create {
        /// What it will be.
        planned: Planned,
    },
    /// The object is changed in place.
    Update {
        /// What it is.
        prior: Value,
        /// What it will be.
        planned: Planned,
    },
    /// The object is deleted and another made in its place.
    Replace {
        /// What it is.
        prior: Value,
        /// What the new one will be.
        planned: Planned,
        /// Which comes first.
        order: ReplaceOrder,
        /// Why an update will not do; at least one.
        reasons: Vec<ReplaceReason>,
    },
    /// The object is deleted.
    Delete {
        /// What it is.
        prior: Value,
        /// Why.
        reason: DeleteReason,
    },
    /// The object is no longer tracked, but goes on to exist.
    Forget {
        /// What it is.
        prior: Value,
        /// Why.
        reason: ForgetReason,
    },
    /// A data source is read during apply.
    Read {
        /// What is known of the result.
        planned: Value,
        /// Why it is not read during planning.
        reason: ReadReason,
    },
}

/// An object as it will be.
#[derive(Clone, Debug, PartialEq)]
pub struct Planned {
    /// The object; unknown where only apply will tell.
    pub value: Value,
    /// Whether the configuration was wholly known, so that planning again cannot tell more.
    pub settled: bool,
    /// What the provider wants back at apply.
    pub private: Option<Private>,
}

/// Which leg of a replacement comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReplaceOrder {
    /// The old object is deleted first.
    DeleteThenCreate,
    /// The new object is made first.
    CreateThenDelete,
    /// The old object is forgotten first: `lifecycle` does not let it be deleted.
    ForgetThenCreate,
    /// The new object is made first, and the old one is forgotten.
    CreateThenForget,
    /// The new object is made first; the old one is deposed, and its end is left for a later plan, since something that is
    /// deferred needs it.
    CreateThenKeep,
}

impl ReplaceOrder {
    /// Whether the new object is made first.
    pub fn creates_first(self) -> bool {
        !matches!(self, ReplaceOrder::DeleteThenCreate | ReplaceOrder::ForgetThenCreate)
    }

    /// Whether the old object is forgotten rather than deleted.
    pub fn forgets(self) -> bool {
        matches!(self, ReplaceOrder::ForgetThenCreate | ReplaceOrder::CreateThenForget)
    }

    /// Whether the old object is left for a later plan.
    pub fn keeps(self) -> bool {
        self == ReplaceOrder::CreateThenKeep
    }

    /// The order by its two properties, if the old object goes.
    pub fn of(creates_first: bool, forgets: bool) -> ReplaceOrder {
        match (creates_first, forgets) {
            (false, false) => ReplaceOrder::DeleteThenCreate,
            (true, false) => ReplaceOrder::CreateThenDelete,
            (false, true) => ReplaceOrder::ForgetThenCreate,
            (true, true) => ReplaceOrder::CreateThenForget,
        }
    }
}

/// Why an object is replaced.
#[derive(Clone, Debug, PartialEq)]
pub enum ReplaceReason {
    /// These attributes cannot be changed in place.
    CannotUpdate(Vec<Path>),
    /// The object is half made.
    Tainted,
    /// The user asked for it.
    Requested,
    /// Something named in `replace_triggered_by` changes; as written.
    Triggered(Vec<String>),
}

/// Why an object is deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeleteReason {
    /// Everything is to be destroyed.
    Destroy,
    /// Its resource is no longer declared.
    NoResource,
    /// Its module is no longer declared, or no longer has that instance.
    NoModule,
    /// Its resource gained or lost `count` or `for_each`.
    WrongRepetition,
    /// Its index is beyond `count`.
    CountIndex,
    /// Its key is no longer in `for_each`.
    EachKey,
    /// Its resource is disabled.
    Disabled,
    /// It was replaced earlier, and deleting it then did not succeed.
    Deposed,
}

/// Why an object is forgotten rather than deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ForgetReason {
    /// A `removed` block says so.
    Removed,
    /// Its `lifecycle` says so.
    Configuration,
    /// Its `lifecycle` said so when the object was made.
    State,
}

/// Why a data source is not read during planning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadReason {
    /// Parts of its configuration are known only after apply.
    ConfigUnknown,
    /// Something it explicitly depends on changes.
    DependencyPending,
    /// It was read, but its `check` block wants to see it after everything else.
    CheckNested,
}

/// An object that was changed outside.
#[derive(Clone, Debug, PartialEq)]
pub struct Drift {
    /// The instance.
    pub instance: Instance,
    /// Which of its deposed objects; `None` for the object in use.
    pub deposed: Option<DeposedKey>,
    /// The object as it was last known.
    pub before: Value,
    /// The object as it is; `None` if it is gone.
    pub after: Option<Value>,
    /// The attributes that differ, or are gone, and that the changes of the plan come from.
    pub relevant: Vec<Path>,
}

/// What becomes of a root output.
#[derive(Clone, Debug, PartialEq)]
pub struct OutputChange {
    /// The value before; `None` if there was none.
    pub before: Option<Value>,
    /// The value after, parts of which may be unknown; `None` if it is removed.
    pub after: Option<Value>,
    /// Whether it is sensitive from now on.
    pub sensitive: bool,
    /// Whether it is made of something that is deferred, so that it stays as it is for now.
    pub deferred: bool,
    /// Whether it was sensitive before.
    pub was_sensitive: bool,
}

impl OutputChange {
    /// Whether the value stays as it is. A null output is not stored, so it is as if there were none.
    pub fn is_no_op(&self) -> bool {
        let present = |side: &Option<Value>| side.clone().filter(|value| !value.is_null());
        present(&self.before) == present(&self.after) && self.sensitive == self.was_sensitive
    }

    /// Whether its values must not be shown.
    pub fn is_secret(&self) -> bool {
        self.sensitive || self.was_sensitive
    }
}

impl Change {
    /// Whether an object is no longer tracked afterwards, but goes on to exist.
    pub fn forgets(&self) -> bool {
        match self {
            Change::Forget { .. } => true,
            Change::Replace { order, .. } => order.forgets(),
            _ => false,
        }
    }

    /// The object before; `None` if there is none.
    pub fn before(&self) -> Option<&Value> {
        match self {
            Change::NoOp { value } => Some(value),
            Change::Update { prior, .. }
            | Change::Replace { prior, .. }
            | Change::Delete { prior, .. }
            | Change::Forget { prior, .. } => Some(prior),
            Change::Create { .. } | Change::Read { .. } => None,
        }
    }

    /// The object after; `None` if there is none.
    pub fn after(&self) -> Option<&Value> {
        match self {
            Change::NoOp { value } => Some(value),
            Change::Create { planned } | Change::Update { planned, .. } | Change::Replace { planned, .. } => {
                Some(&planned.value)
            }
            Change::Read { planned, .. } => Some(planned),
            Change::Delete { .. } | Change::Forget { .. } => None,
        }
    }

    /// Whether the object stays as it is.
    pub fn is_no_op(&self) -> bool {
        matches!(self, Change::NoOp { .. })
    }

    /// The legs the change has for the order rule. Forgetting goes where deleting would.
    pub fn legs(&self) -> Legs {
        match self {
            Change::NoOp { .. } => Legs::None,
            Change::Create { .. } | Change::Update { .. } | Change::Read { .. } => Legs::Up,
            Change::Replace { order, .. } if order.keeps() => Legs::Up,
            Change::Replace { .. } => Legs::Both,
            Change::Delete { .. } | Change::Forget { .. } => Legs::Down,
        }
    }

    /// What has been done when it is carried out, as a participle: `created`.
    pub fn done(&self) -> &'static str {
        match self {
            Change::NoOp { .. } => "applied",
            Change::Create { .. } => "created",
            Change::Update { .. } => "updated",
            Change::Replace { .. } => "replaced",
            Change::Delete { .. } => "deleted",
            Change::Forget { .. } => "forgotten",
            Change::Read { .. } => "read",
        }
    }

    /// The verb for people: `create`, `update`, `replace`, `delete`, `forget`, `read`, `no-op`.
    pub fn verb(&self) -> &'static str {
        match self {
            Change::NoOp { .. } => "no-op",
            Change::Create { .. } => "create",
            Change::Update { .. } => "update",
            Change::Replace { .. } => "replace",
            Change::Delete { .. } => "delete",
            Change::Forget { .. } => "forget",
            Change::Read { .. } => "read",
        }
    }
}

impl Step {
    /// The address for people, with the deposed key if it is about a deposed object.
    pub fn address(&self) -> String {
        match &self.deposed {
            Some(key) => format!("{} (deposed object {key})", self.instance),
            None => self.instance.to_string(),
        }
    }
}
