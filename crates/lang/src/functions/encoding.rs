//! Functions of JSON, YAML, CSV and Base64.

use super::Function;

pub(super) const FUNCTIONS: &[Function] = &[];
