//! Modules to programs: loading, lowering, evaluation, functions.
//!
//! Text becomes a [`Program`], in which names are resolved and bodies decoded once; an [`Evaluator`] answers what its
//! parts are worth. Absent on purpose: state, providers (only their [`Schemas`] are seen), any reading of files, clocks
//! or chance other than through [`World`].

// An error is rare and ends up in a list; boxing each would only make the code longer.
#![allow(clippy::result_large_err)]

mod check;
mod contributors;
mod describe;
pub mod encryption;
mod eval;
mod evaluator;
pub mod functions;
mod ir;
mod load;
mod lookup;
mod lower;
mod metas;
mod names;
mod program;
pub mod provisioners;
mod suggest;
pub mod variables;
mod world;

pub use check::{EphemeralUse, Item, ItemKind, check, cycles, ephemeral_uses, unsupported};
pub use contributors::Made;
pub use evaluator::{
    Answer, CHECK_FAILED, CHECK_UNKNOWN, CheckStatus, Checkable, Checked, CheckedObject, Conditions, Evaluated,
    EvaluatedOutput, Evaluator, ImportBy, ImportTarget, Input, Inputs, Secrets, Stage,
};
pub use ir::{
    Call, CallId, Callee, ExprId, Exprs, For, LocalId, ModuleId, Node, OutputId, Part, Reference, ResourceId,
    VariableId,
};
pub use load::{InstalledModule, Loading, Modules, Wanted, load};
pub use lookup::{Dep, Keys, Lookup, Stop};
pub use metas::metas;
pub use program::{
    Argument, BackendDecl, Block, Body, CallDecl, CallSource, CheckDecl, Condition, Constraint, Contents, Defaults,
    DependsOn, DependsTarget, Dynamic, EncryptedDecl, EncryptionDecl, EncryptionPart, IgnoreChanges, ImportDecl,
    ImportKey, Lifecycle, LocalDecl, MetaDecl, ModuleDecl, MovedDecl, OutputDecl, PassedProvider, Program,
    ProviderDecl, ProviderRef, ProvisionerDecl, RemovedDecl, Repeat, RequiredProvider, ResourceDecl, Settings,
    VariableDecl,
};
pub use suggest::nearest;
pub use world::{Entry, Fault, MemoryWorld, Schemas, Subject, World};
