//! Compression to gzip files that are byte for byte those of Go's `compress/gzip` at its usual level.
//!
//! The result of `base64gzip` ends in arguments such as `user_data_base64`, where another encoding of the same text
//! replaces what was made of it before. So all that the format leaves open is decided here as Go's library decides it:
//! which repetitions are found, where blocks end, how they are written.

mod block;
mod huffman;
mod matches;

use flate2::Crc;

use block::Output;
use matches::Matcher;

/// Magic number, method deflate, no flags, no time, no level, no operating system.
const HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];

/// The bytes as a gzip file that was flushed once before it was closed.
pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut output = Output::new(HEADER.to_vec());
    let mut matcher = Matcher::new(bytes);
    while let Some(block) = matcher.next_block() {
        output.block(&block);
    }
    output.empty_block(false);
    output.empty_block(true);
    let mut packed = output.finish();
    let mut sum = Crc::new();
    sum.update(bytes);
    packed.extend(sum.sum().to_le_bytes());
    packed.extend(sum.amount().to_le_bytes());
    packed
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::io::Read;

    use super::*;

    fn unpacked(packed: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        flate2::read::GzDecoder::new(packed).read_to_end(&mut bytes).unwrap();
        bytes
    }

    /// Pseudo-random bytes, `kinds` different ones.
    fn noise(length: usize, kinds: u32) -> Vec<u8> {
        let mut state = 1u32;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state >> 16
        };
        (0..length).map(|_| (next() % kinds) as u8).collect()
    }

    #[test]
    fn what_is_packed_is_what_is_unpacked() {
        for length in [0, 1, 3, 4, 5, 300, 32_767, 32_768, 65_273, 65_274, 65_535, 65_536, 65_537, 98_304, 200_000] {
            for kinds in [1, 2, 20, 256] {
                let bytes = noise(length, kinds);
                assert!(unpacked(&gzip(&bytes)) == bytes, "{length} bytes of {kinds} kinds");
            }
        }
    }

    /// Length and checksum of what Go's library makes of the same bytes.
    #[test]
    fn bytes_are_those_of_go() {
        for (length, kinds, size, checksum) in [
            (0, 1, 28, 0xdf85d7b5),
            (5, 2, 34, 0x7645f9b7),
            (300, 20, 207, 0x64c6eef9),
            (65537, 1, 106, 0x4854d0e7),
            (98304, 2, 15562, 0x6ae46909),
            (200000, 20, 111823, 0x724d8300),
            (200000, 256, 200093, 0xa9d26c3b),
        ] {
            let packed = gzip(&noise(length, kinds));
            let mut sum = Crc::new();
            sum.update(&packed);
            assert_eq!((packed.len(), sum.sum()), (size, checksum), "{length} bytes of {kinds} kinds");
        }
    }
}
