//! Conditions of a resource see its object as `self`, never by its name.

use terrane_source::{Diagnostic, Diagnostics};

use crate::ir::{Node, Reference};
use crate::program::{Condition, Contents, ResourceDecl};

/// Reports the conditions that refer to the resource they belong to by its name.
pub(super) fn check(contents: &Contents, diags: &mut Diagnostics) {
    for (place, decl) in contents.resources.iter().enumerate() {
        let lifecycle = &decl.lifecycle;
        lifecycle.preconditions.iter().for_each(|c| condition(contents, place, decl, c, "precondition", diags));
        lifecycle.postconditions.iter().for_each(|c| condition(contents, place, decl, c, "postcondition", diags));
    }
}

fn condition(
    contents: &Contents,
    place: usize,
    decl: &ResourceDecl,
    condition: &Condition,
    kind: &str,
    diags: &mut Diagnostics,
) {
    for expr in [condition.condition, condition.error_message] {
        let mut found = false;
        contents.visit(expr, &mut |node| {
            found |= matches!(node, Node::Reference(Reference::Resource { resource, .. }) if resource.index() == place);
        });
        if found {
            let detail = format!("The configuration of {} may not refer to itself.", decl.resource);
            let error = Diagnostic::error(format!("Invalid reference in {kind}"), detail);
            let hint = match kind {
                "postcondition" => "Write self in place of the address.",
                _ => "What holds of the object itself belongs into a postcondition, where it is called self.",
            };
            diags.error(error.at(contents.exprs.span(expr)).hint(hint));
        }
    }
}
