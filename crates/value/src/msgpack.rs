//! Values as MessagePack, in the form of Terraform's provider protocol.
//!
//! Unknown values are extensions: one byte of nought if nothing is known of them, otherwise of type 12 with a map of
//! what is known. Where the type is `Any`, a value is an array of its type as JSON and itself.

mod decode;
mod encode;

pub use decode::from_msgpack;
pub use encode::to_msgpack;

/// The extension type of unknown values of which something is known.
const REFINED: i8 = 0x0c;

/// What may be known of an unknown value: the keys of the map in the extension.
mod known {
    pub const NULLNESS: u64 = 1;
    pub const PREFIX: u64 = 2;
    pub const NUMBER_LEAST: u64 = 3;
    pub const NUMBER_MOST: u64 = 4;
    pub const LENGTH_LEAST: u64 = 5;
    pub const LENGTH_MOST: u64 = 6;
}

#[cfg(test)]
mod tests;
