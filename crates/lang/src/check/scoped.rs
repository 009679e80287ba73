//! References from elsewhere to the data sources of `check` blocks.

use std::collections::HashSet;

use terrane_source::{Diagnostic, Diagnostics};

use crate::Program;
use crate::eval::parts;
use crate::ir::{ExprId, Exprs, Node, Reference};
use crate::program::{CheckDecl, Contents};

/// Reports them: outside of its block there is no such data source.
pub(super) fn check(program: &Program, diags: &mut Diagnostics) {
    for module in &program.modules {
        let contents = &module.contents;
        if contents.resources.iter().any(|decl| decl.in_check.is_some()) {
            references(contents, diags);
        }
    }
}

fn references(contents: &Contents, diags: &mut Diagnostics) {
    let own: Vec<HashSet<ExprId>> = contents.checks.iter().map(|check| within(&contents.exprs, check)).collect();
    for id in contents.exprs.ids() {
        let Node::Reference(Reference::Resource { resource, .. }) = contents.exprs.node(id) else { continue };
        let Some(decl) = contents.resources.get(resource.index()) else { continue };
        let Some(place) = decl.in_check.filter(|place| !own.get(*place).is_some_and(|own| own.contains(&id))) else {
            continue;
        };
        let check = contents.checks.get(place).map_or("", |check| &check.name);
        let detail =
            format!("{} belongs to the check block \"{check}\", so only its assertions can use it.", decl.resource);
        let error = Diagnostic::error("Reference to scoped resource", detail).at(contents.exprs.span(id));
        diags.error(error.hint("Move the data block out of the check block to use it elsewhere."));
    }
}

/// The expressions of the assertions of a block.
fn within(exprs: &Exprs, check: &CheckDecl) -> HashSet<ExprId> {
    let mut rest: Vec<ExprId> = check.asserts.iter().flat_map(|c| [c.condition, c.error_message]).collect();
    let mut found = HashSet::new();
    while let Some(id) = rest.pop() {
        found.insert(id);
        parts(exprs.node(id), &mut |part| rest.push(part));
    }
    found
}
