//! Public keys (RFC 9580, section 5.5): those that a secret can be encrypted to, and those that vouch for them.

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};

use super::packet::{Bytes, Reason};

/// A public key.
#[derive(Clone, Debug, PartialEq)]
pub struct PublicKey {
    /// Its SHA-1 digest, by which it is known.
    pub fingerprint: [u8; 20],
    /// When it was made, in seconds since 1970.
    pub created: u64,
    /// What it is made of.
    pub material: Material,
    body: Vec<u8>,
}

/// What a key is made of, by its algorithm.
#[derive(Clone, Debug, PartialEq)]
pub enum Material {
    /// RSA: modulus and exponent.
    Rsa(Vec<u8>, Vec<u8>),
    /// Diffie-Hellman on a curve: encrypts.
    Ecdh(Ecdh),
    /// ECDSA on a curve: signs.
    Ecdsa(Curve, Vec<u8>),
    /// EdDSA on Ed25519: signs.
    Ed25519(Vec<u8>),
    /// Another algorithm, by its number.
    Other(u8),
}

/// A key to agree with on a curve, and how a key for encryption follows from that.
#[derive(Clone, Debug, PartialEq)]
pub struct Ecdh {
    /// The curve.
    pub curve: Curve,
    /// The point, as the curve writes it.
    pub point: Vec<u8>,
    /// The number of the digest.
    pub hash: u8,
    /// The number of the cipher that wraps.
    pub cipher: u8,
}

/// A curve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Curve {
    /// Curve25519.
    Curve25519,
    /// Ed25519.
    Ed25519,
    /// NIST P-256.
    P256,
    /// NIST P-384.
    P384,
    /// NIST P-521.
    P521,
}

const CURVES: [(Curve, &[u8]); 5] = [
    (Curve::Curve25519, &[0x2b, 6, 1, 4, 1, 0x97, 0x55, 1, 5, 1]),
    (Curve::Ed25519, &[0x2b, 6, 1, 4, 1, 0xda, 0x47, 0x0f, 1]),
    (Curve::P256, &[0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7]),
    (Curve::P384, &[0x2b, 0x81, 4, 0, 0x22]),
    (Curve::P521, &[0x2b, 0x81, 4, 0, 0x23]),
];

impl Curve {
    /// The object identifier of the curve.
    pub fn oid(self) -> &'static [u8] {
        CURVES.iter().find(|(curve, _)| *curve == self).map(|(_, oid)| *oid).unwrap_or_default()
    }

    fn read(bytes: &mut Bytes<'_>) -> Result<Option<Curve>, Reason> {
        let length = bytes.number(1)?;
        let oid = bytes.take(length)?;
        Ok(CURVES.iter().find(|(_, known)| *known == oid).map(|(curve, _)| *curve))
    }
}

impl PublicKey {
    /// A key from the content of its packet.
    pub fn read(body: &[u8]) -> Result<PublicKey, Reason> {
        let mut bytes = Bytes(body);
        let version = bytes.byte()?;
        if version != 4 {
            return Err(format!("it is a key of version {version}, and only version 4 is understood"));
        }
        let created = bytes.number(4)? as u64;
        let material = Material::read(&mut bytes)?;
        let mut fingerprint = [0; 20];
        fingerprint.copy_from_slice(digest(&SHA1_FOR_LEGACY_USE_ONLY, &framed(body)).as_ref());
        Ok(PublicKey { fingerprint, created, material, body: body.to_vec() })
    }

    /// The key as signatures of it take it in.
    pub fn framed(&self) -> Vec<u8> {
        framed(&self.body)
    }

    /// The end of the fingerprint, which messages name.
    pub fn id(&self) -> &[u8] {
        self.fingerprint.get(12..).unwrap_or_default()
    }

    /// Whether something can be encrypted to it.
    pub fn encrypts(&self) -> bool {
        matches!(self.material, Material::Rsa(..) | Material::Ecdh(_))
    }
}

fn framed(body: &[u8]) -> Vec<u8> {
    [&[0x99], u16::try_from(body.len()).unwrap_or(u16::MAX).to_be_bytes().as_slice(), body].concat()
}

impl Material {
    fn read(bytes: &mut Bytes<'_>) -> Result<Material, Reason> {
        let algorithm = bytes.byte()?;
        Ok(match algorithm {
            1..=3 => Material::Rsa(bytes.mpi()?.to_vec(), bytes.mpi()?.to_vec()),
            18 => match (Curve::read(bytes)?, bytes.mpi()?.to_vec()) {
                (None | Some(Curve::Ed25519), _) => Material::Other(algorithm),
                (Some(curve), point) => Ecdh::read(curve, point, bytes).map(Material::Ecdh)?,
            },
            19 => match (Curve::read(bytes)?, bytes.mpi()?.to_vec()) {
                (Some(curve @ (Curve::P256 | Curve::P384 | Curve::P521)), point) => Material::Ecdsa(curve, point),
                _ => Material::Other(algorithm),
            },
            22 => match (Curve::read(bytes)?, bytes.mpi()?) {
                (Some(Curve::Ed25519), [0x40, point @ ..]) => Material::Ed25519(point.to_vec()),
                _ => Material::Other(algorithm),
            },
            27 => Material::Ed25519(bytes.take(32)?.to_vec()),
            other => Material::Other(other),
        })
    }
}

impl Ecdh {
    fn read(curve: Curve, point: Vec<u8>, bytes: &mut Bytes<'_>) -> Result<Ecdh, Reason> {
        let length = bytes.number(1)?;
        match bytes.take(length)? {
            [1, hash, cipher, ..] => Ok(Ecdh { curve, point, hash: *hash, cipher: *cipher }),
            _ => Err("its derivation of keys is not understood".to_owned()),
        }
    }
}
