//! Functions of lists, sets, maps and objects.

use super::Function;

pub(super) const FUNCTIONS: &[Function] = &[];
