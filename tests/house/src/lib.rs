//! Checks of the repository as a whole, all of them tests.

#[cfg(test)]
mod arrows;
#[cfg(test)]
mod features;
#[cfg(test)]
mod manifests;
#[cfg(test)]
mod purity;
#[cfg(test)]
mod workspace;
