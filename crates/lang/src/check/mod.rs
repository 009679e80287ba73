//! What can be said of a program without values and without objects.

use terrane_source::Diagnostics;

use crate::{Program, Schemas, World};

/// Reports everything that is wrong whatever the values of variables and objects are.
pub fn check(program: &Program, schemas: &dyn Schemas, world: &dyn World, diags: &mut Diagnostics) {
    let _ = (program, schemas, world, diags);
}
