//! Signatures (RFC 9580, section 5.2), with which a key vouches for its names and for its other keys.

use aws_lc_rs::digest::{self, digest};
use aws_lc_rs::signature::{self, RsaParameters, RsaPublicKeyComponents, UnparsedPublicKey};

use super::key::{Curve, Material, PublicKey};
use super::packet::{Bytes, Reason, subpackets};

/// A signature.
#[derive(Clone, Debug)]
pub struct Signature<'a> {
    /// What it says.
    pub kind: u8,
    /// When it was made, in seconds since 1970.
    pub created: u64,
    /// How long it holds, in seconds; always if zero.
    pub holds_for: u64,
    /// How long the key that it is about is valid after it was made, in seconds; always if zero.
    pub key_lives: u64,
    /// What the key that it is about may be used for, if that is said.
    pub flags: Option<u8>,
    algorithm: u8,
    hash: u8,
    hashed: &'a [u8],
    value: Bytes<'a>,
}

/// A flag of keys that may encrypt what is sent or kept.
pub const ENCRYPTS: u8 = 0x04 | 0x08;

impl<'a> Signature<'a> {
    /// A signature from the content of its packet; `None` for those of other versions.
    pub fn read(body: &'a [u8]) -> Result<Option<Signature<'a>>, Reason> {
        let mut bytes = Bytes(body);
        if bytes.byte()? != 4 {
            return Ok(None);
        }
        let (kind, algorithm, hash) = (bytes.byte()?, bytes.byte()?, bytes.byte()?);
        let length = bytes.number(2)?;
        let said = bytes.take(length)?;
        let hashed = body.get(..6 + length).unwrap_or_default();
        let length = bytes.number(2)?;
        bytes.take(length + 2)?;
        let new = Signature {
            kind,
            created: 0,
            holds_for: 0,
            key_lives: 0,
            flags: None,
            algorithm,
            hash,
            hashed,
            value: bytes,
        };
        Ok(Some(new.with(said)?))
    }

    fn with(mut self, said: &[u8]) -> Result<Signature<'a>, Reason> {
        for (kind, content) in subpackets(said)? {
            let number = || Bytes(content).number(4).map(|n| n as u64);
            match kind {
                2 => self.created = number()?,
                3 => self.holds_for = number()?,
                9 => self.key_lives = number()?,
                27 => self.flags = Some(content.first().copied().unwrap_or_default()),
                _ => {}
            }
        }
        Ok(self)
    }

    /// Whether a key has signed this about something.
    pub fn is_of(&self, signer: &PublicKey, about: &[u8]) -> bool {
        let length = u32::try_from(self.hashed.len()).unwrap_or(u32::MAX).to_be_bytes();
        let message = [about, self.hashed, &[4, 0xff], &length].concat();
        self.verified(signer, &message).unwrap_or_default()
    }

    fn verified(&self, signer: &PublicKey, message: &[u8]) -> Result<bool, Reason> {
        let mut value = self.value;
        Ok(match (&signer.material, self.algorithm) {
            (Material::Rsa(n, e), 1 | 3) => {
                let (Some(hash), signed) = (rsa(self.hash), value.mpi()?) else { return Ok(false) };
                RsaPublicKeyComponents { n, e }.verify(hash, message, &wide(signed, n.len())).is_ok()
            }
            (Material::Ed25519(point), 22 | 27) => {
                let signed = match self.algorithm {
                    22 => [wide(value.mpi()?, 32), wide(value.mpi()?, 32)].concat(),
                    _ => value.take(64)?.to_vec(),
                };
                let Some(hash) = hash(self.hash) else { return Ok(false) };
                let key = UnparsedPublicKey::new(&signature::ED25519, point);
                key.verify(digest(hash, message).as_ref(), &signed).is_ok()
            }
            (Material::Ecdsa(curve, point), 19) => {
                let (algorithm, size) = match (curve, self.hash) {
                    (Curve::P256, 8) => (&signature::ECDSA_P256_SHA256_FIXED, 32),
                    (Curve::P384, 9) => (&signature::ECDSA_P384_SHA384_FIXED, 48),
                    (Curve::P521, 10) => (&signature::ECDSA_P521_SHA512_FIXED, 66),
                    _ => return Ok(false),
                };
                let signed = [wide(value.mpi()?, size), wide(value.mpi()?, size)].concat();
                UnparsedPublicKey::new(algorithm, point).verify(message, &signed).is_ok()
            }
            _ => false,
        })
    }
}

/// The digest of a number.
pub fn hash(number: u8) -> Option<&'static digest::Algorithm> {
    match number {
        8 => Some(&digest::SHA256),
        9 => Some(&digest::SHA384),
        10 => Some(&digest::SHA512),
        _ => None,
    }
}

/// How RSA signs with the digest of a number. Keys that are old signed themselves with SHA-1.
fn rsa(hash: u8) -> Option<&'static RsaParameters> {
    match hash {
        2 => Some(&signature::RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY),
        8 => Some(&signature::RSA_PKCS1_2048_8192_SHA256),
        9 => Some(&signature::RSA_PKCS1_2048_8192_SHA384),
        10 => Some(&signature::RSA_PKCS1_2048_8192_SHA512),
        _ => None,
    }
}

/// A number with as many bytes as it should have.
fn wide(number: &[u8], size: usize) -> Vec<u8> {
    [vec![0; size.saturating_sub(number.len())].as_slice(), number].concat()
}
