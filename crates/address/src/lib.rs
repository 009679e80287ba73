//! Names of modules, resources, instances and providers.
