//! Modules to programs: loading, lowering, evaluation, functions.
