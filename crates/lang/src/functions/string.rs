//! Functions of texts.

use super::Function;

pub(super) const FUNCTIONS: &[Function] = &[];
