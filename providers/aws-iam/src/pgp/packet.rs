//! Packets and the numbers in them (RFC 9580, sections 3 and 4).

/// Why a key cannot be used, as the rest of a sentence.
pub type Reason = String;

/// Bytes that are read from front to back.
#[derive(Clone, Copy, Debug)]
pub struct Bytes<'a>(pub &'a [u8]);

impl<'a> Bytes<'a> {
    /// The next bytes.
    pub fn take(&mut self, count: usize) -> Result<&'a [u8], Reason> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or("it is cut short")?;
        self.0 = rest;
        Ok(taken)
    }

    /// The next bytes as a number of up to four bytes, the highest first.
    pub fn number(&mut self, bytes: usize) -> Result<usize, Reason> {
        Ok(self.take(bytes)?.iter().fold(0, |number, byte| number << 8 | usize::from(*byte)))
    }

    /// The next byte.
    pub fn byte(&mut self) -> Result<u8, Reason> {
        Ok(self.take(1)?.iter().fold(0, |_, byte| *byte))
    }

    /// The next large number, its bytes without leading zeros.
    pub fn mpi(&mut self) -> Result<&'a [u8], Reason> {
        let bits = self.number(2)?;
        self.take(bits.div_ceil(8))
    }

    /// A length as subpackets and packets have it; `partial` begins the lengths of parts.
    fn length(&mut self, partial: usize) -> Result<usize, Reason> {
        match self.number(1)? {
            short @ 0..192 => Ok(short),
            255 => self.number(4),
            medium if medium < partial => Ok(((medium - 192) << 8) + self.number(1)? + 192),
            _ => Err("it is in parts, as messages are".to_owned()),
        }
    }
}

/// A packet: what it is, and its content.
#[derive(Clone, Copy, Debug)]
pub struct Packet<'a> {
    /// The number of its kind.
    pub tag: u8,
    /// Its content.
    pub body: &'a [u8],
}

/// The packets of a text of bytes.
pub fn packets(bytes: &[u8]) -> Result<Vec<Packet<'_>>, Reason> {
    let (mut bytes, mut all) = (Bytes(bytes), Vec::new());
    while !bytes.0.is_empty() {
        let head = bytes.byte()?;
        if head & 0x80 == 0 {
            return Err("it is no OpenPGP key".to_owned());
        }
        let (tag, length) = match head & 0x40 {
            0 => (head >> 2 & 0x0f, old_length(&mut bytes, head & 3)?),
            _ => (head & 0x3f, bytes.length(224)?),
        };
        all.push(Packet { tag, body: bytes.take(length)? });
    }
    Ok(all)
}

fn old_length(bytes: &mut Bytes<'_>, kind: u8) -> Result<usize, Reason> {
    match kind {
        0 => bytes.number(1),
        1 => bytes.number(2),
        2 => bytes.number(4),
        _ => Ok(bytes.0.len()),
    }
}

/// The subpackets of a signature: the number of their kind without its mark of importance, and their content.
pub fn subpackets(bytes: &[u8]) -> Result<Vec<(u8, &[u8])>, Reason> {
    let (mut bytes, mut all) = (Bytes(bytes), Vec::new());
    while !bytes.0.is_empty() {
        let length = bytes.length(255)?;
        let mut subpacket = Bytes(bytes.take(length)?);
        all.push((subpacket.byte()? & 0x7f, subpacket.0));
    }
    Ok(all)
}

/// A packet in bytes.
pub fn packet(tag: u8, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len()).unwrap_or(u32::MAX).to_be_bytes();
    [&[0xc0 | tag, 255], length.as_slice(), body].concat()
}

/// A large number in bytes.
pub fn mpi(number: &[u8]) -> Vec<u8> {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    let number = number.get(zeros..).unwrap_or_default();
    let bits = number.len() * 8 - number.first().map_or(0, |first| first.leading_zeros() as usize);
    [&u16::try_from(bits).unwrap_or(u16::MAX).to_be_bytes(), number].concat()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn packets_are_read_as_they_are_written_and_in_the_old_form() {
        for size in [0, 191, 192, 9000] {
            let body = vec![7; size];
            let written = packet(13, &body);
            let read = packets(&written).unwrap();
            assert_eq!((read.len(), read[0].tag, read[0].body), (1, 13, &*body));
        }
        let two = [0x99, 0, 2, 1, 2, 0xcd, 192, 8];
        let whole = [two.as_slice(), &[9; 200]].concat();
        let read = packets(&whole).unwrap();
        assert_eq!(read.iter().map(|p| (p.tag, p.body.len())).collect::<Vec<_>>(), [(6, 2), (13, 200)]);
        for wrong in [&[0x99, 0, 2, 1][..], &[0x19, 0], &[0xc6, 230, 1], &[0xc6]] {
            assert!(packets(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn large_numbers_have_no_leading_zeros() {
        assert_eq!(mpi(&[0, 0, 1, 255]), [0, 9, 1, 255]);
        assert_eq!(mpi(&[0]), [0, 0]);
        assert_eq!(Bytes(&mpi(&[1, 255])).mpi().unwrap(), [1, 255]);
    }
}
