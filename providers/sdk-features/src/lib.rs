//! Nothing but dependencies: every crate that uses the AWS SDK depends on this one.
//!
//! Cargo compiles a crate anew for each set of features that its dependencies have, and one member built alone asks for
//! fewer than the whole workspace. Naming the union here makes all builds ask for the same, so that `aws-sdk-ec2`, minutes
//! long, is compiled once.
