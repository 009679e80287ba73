//! Functions of IP addresses and networks.

use super::Function;

pub(super) const FUNCTIONS: &[Function] = &[];
