//! Pairs of keys, and the texts that tools exchange them in.

use aws_lc_rs::encoding::{AsBigEndian, AsDer, EcPrivateKeyBin, Pkcs8V1Der};
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1_SIGNING, ECDSA_P521_SHA512_ASN1_SIGNING, EcdsaKeyPair,
    EcdsaSigningAlgorithm, Ed25519KeyPair, KeyPair,
};
use md5::Md5;
use rsa::pkcs1::{DecodeRsaPrivateKey, EncodeRsaPrivateKey};
use rsa::pkcs8::der::asn1::{AnyRef, BitStringRef, OctetStringRef, SequenceOf};
use rsa::pkcs8::der::{Decode, Document, Encode, SecretDocument, Tag, TagNumber};
use rsa::pkcs8::spki::SubjectPublicKeyInfoRef;
use rsa::pkcs8::{
    AlgorithmIdentifierRef, DecodePrivateKey, EncodePublicKey, LineEnding, ObjectIdentifier, PrivateKeyInfo,
};
use rsa::{BigUint, RsaPrivateKey};
use sha1::{Digest, Sha1};
use ssh_key::private::{Ed25519Keypair, Ed25519PrivateKey, KeypairData, RsaKeypair};
use ssh_key::public::Ed25519PublicKey;
use ssh_key::{EcdsaCurve, HashAlg};
use terrane_value::Value;

const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");

/// Why a key cannot be made, read or written.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct Malformed(String);

fn malformed(what: &str) -> impl Fn(&dyn std::fmt::Display) -> Malformed + '_ {
    move |error| Malformed(format!("{what}: {error}"))
}

/// How a key is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Algorithm {
    /// With the size in bits.
    Rsa(u32),
    Ecdsa(Curve),
    Ed25519,
}

/// An elliptic curve of NIST's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Curve {
    P256,
    P384,
    P521,
}

impl Curve {
    const ALL: [Curve; 3] = [Curve::P256, Curve::P384, Curve::P521];

    /// The curve of a name such as `P384`, if keys can be made on it.
    pub(super) fn named(name: &str) -> Option<Curve> {
        Curve::ALL.into_iter().find(|curve| format!("{curve:?}") == name)
    }

    fn oid(self) -> ObjectIdentifier {
        match self {
            Curve::P256 => ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7"),
            Curve::P384 => ObjectIdentifier::new_unwrap("1.3.132.0.34"),
            Curve::P521 => ObjectIdentifier::new_unwrap("1.3.132.0.35"),
        }
    }

    fn signing(self) -> &'static EcdsaSigningAlgorithm {
        match self {
            Curve::P256 => &ECDSA_P256_SHA256_ASN1_SIGNING,
            Curve::P384 => &ECDSA_P384_SHA384_ASN1_SIGNING,
            Curve::P521 => &ECDSA_P521_SHA512_ASN1_SIGNING,
        }
    }

    fn ssh(self) -> EcdsaCurve {
        match self {
            Curve::P256 => EcdsaCurve::NistP256,
            Curve::P384 => EcdsaCurve::NistP384,
            Curve::P521 => EcdsaCurve::NistP521,
        }
    }
}

/// A pair of keys.
pub(super) enum Key {
    Rsa(Box<RsaPrivateKey>),
    /// The secret number and the point that is public, uncompressed.
    Ecdsa {
        curve: Curve,
        scalar: Vec<u8>,
        point: Vec<u8>,
    },
    Ed25519 {
        seed: [u8; 32],
        public: [u8; 32],
    },
}

impl Key {
    /// The sizes of RSA keys that can be made.
    pub(super) const RSA_BITS: [u32; 4] = [2048, 3072, 4096, 8192];

    /// Makes a pair.
    pub(super) fn generate(algorithm: Algorithm) -> Result<Key, Malformed> {
        let failed = malformed("no key could be made");
        match algorithm {
            Algorithm::Rsa(bits) => {
                let size = match bits {
                    8192 => KeySize::Rsa8192,
                    4096 => KeySize::Rsa4096,
                    3072 => KeySize::Rsa3072,
                    _ => KeySize::Rsa2048,
                };
                let pair = aws_lc_rs::rsa::KeyPair::generate(size).map_err(|e| failed(&e))?;
                let der = AsDer::<Pkcs8V1Der<'_>>::as_der(&pair).map_err(|e| failed(&e))?;
                RsaPrivateKey::from_pkcs8_der(der.as_ref()).map(|key| Key::Rsa(Box::new(key))).map_err(|e| failed(&e))
            }
            Algorithm::Ecdsa(curve) => ecdsa(curve, &EcdsaKeyPair::generate(curve.signing()).map_err(|e| failed(&e))?),
            Algorithm::Ed25519 => ed25519(&Ed25519KeyPair::generate().map_err(|e| failed(&e))?),
        }
    }

    /// Reads a PEM text: PKCS#1, SEC 1, PKCS#8 or OpenSSH's form.
    pub(super) fn parse(pem: &str) -> Result<Key, Malformed> {
        let failed = malformed("the text is no private key");
        if pem.trim_start().starts_with("-----BEGIN OPENSSH PRIVATE KEY-----") {
            let key = ssh_key::PrivateKey::from_openssh(pem.trim()).map_err(|e| failed(&e))?;
            return from_ssh(key.key_data());
        }
        let (label, der) = SecretDocument::from_pem(pem.trim()).map_err(|e| failed(&e))?;
        match label {
            "RSA PRIVATE KEY" => {
                RsaPrivateKey::from_pkcs1_der(der.as_bytes()).map(|key| Key::Rsa(Box::new(key))).map_err(|e| failed(&e))
            }
            "EC PRIVATE KEY" => any_curve(der.as_bytes()),
            "PRIVATE KEY" => from_pkcs8(der.as_bytes()),
            other => Err(failed(&format!("{other:?} is not the name of a form that Terrane reads"))),
        }
    }

    /// The name of its algorithm.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Key::Rsa(_) => "RSA",
            Key::Ecdsa { .. } => "ECDSA",
            Key::Ed25519 { .. } => "ED25519",
        }
    }

    /// The attributes that are not to be shown.
    pub(super) fn secrets(&self, comment: &str) -> Result<Vec<(&'static str, Value)>, Malformed> {
        let failed = malformed("the key cannot be written");
        let pkcs8 = self.pkcs8()?;
        let pem = |label, der: &[u8]| {
            let document = SecretDocument::try_from(der).map_err(|e| failed(&e))?;
            document.to_pem(label, LineEnding::LF).map(|text| Value::string(text.as_str())).map_err(|e| failed(&e))
        };
        let own = match self {
            Key::Rsa(key) => pem("RSA PRIVATE KEY", key.to_pkcs1_der().map_err(|e| failed(&e))?.as_bytes())?,
            Key::Ecdsa { curve, scalar, point } => pem("EC PRIVATE KEY", &sec1(Some(*curve), scalar, point)?)?,
            Key::Ed25519 { .. } => pem("PRIVATE KEY", &pkcs8)?,
        };
        let ssh = self.ssh(comment)?.to_openssh(LineEnding::LF).map_err(|e| failed(&e))?;
        Ok(vec![
            ("private_key_openssh", Value::string(ssh.as_str())),
            ("private_key_pem", own),
            ("private_key_pem_pkcs8", pem("PRIVATE KEY", &pkcs8)?),
        ])
    }

    /// The attributes that anybody may see, with `id`.
    pub(super) fn public(&self, comment: &str) -> Result<Vec<(&'static str, Value)>, Malformed> {
        let failed = malformed("the public key cannot be written");
        let der = self.spki()?;
        let pem = der.to_pem("PUBLIC KEY", LineEnding::LF).map_err(|e| failed(&e))?;
        let ssh = self.ssh(comment)?.public_key().clone();
        let md5: Vec<String> = Md5::digest(ssh.to_bytes().map_err(|e| failed(&e))?).iter().map(hex).collect();
        let line = ssh.to_openssh().map_err(|e| failed(&e))?;
        Ok(vec![
            ("id", Value::string(Sha1::digest(der.as_bytes()).iter().map(hex).collect::<String>())),
            ("public_key_fingerprint_md5", Value::string(md5.join(":"))),
            ("public_key_fingerprint_sha256", Value::string(ssh.fingerprint(HashAlg::Sha256).to_string())),
            ("public_key_openssh", Value::string(format!("{}\n", line.trim_end()))),
            ("public_key_pem", Value::string(pem)),
        ])
    }

    fn pkcs8(&self) -> Result<Vec<u8>, Malformed> {
        let failed = malformed("the key cannot be written");
        let (oid, curve, inner) = match self {
            Key::Rsa(key) => (RSA, None, key.to_pkcs1_der().map_err(|e| failed(&e))?.as_bytes().to_vec()),
            Key::Ecdsa { curve, scalar, point } => (EC, Some(curve.oid()), sec1(None, scalar, point)?),
            Key::Ed25519 { seed, .. } => {
                let seed = OctetStringRef::new(seed).and_then(|seed| seed.to_der()).map_err(|e| failed(&e))?;
                (ED25519, None, seed)
            }
        };
        let parameters = match (&curve, oid) {
            (Some(curve), _) => Some(AnyRef::from(curve)),
            (None, RSA) => Some(AnyRef::NULL),
            (None, _) => None,
        };
        let info = PrivateKeyInfo::new(AlgorithmIdentifierRef { oid, parameters }, &inner);
        info.to_der().map_err(|e| failed(&e))
    }

    fn spki(&self) -> Result<Document, Malformed> {
        let failed = malformed("the public key cannot be written");
        let (oid, curve, bytes): (_, _, &[u8]) = match self {
            Key::Rsa(key) => return key.to_public_key().to_public_key_der().map_err(|e| failed(&e)),
            Key::Ecdsa { curve, point, .. } => (EC, Some(curve.oid()), point),
            Key::Ed25519 { public, .. } => (ED25519, None, public),
        };
        let algorithm = AlgorithmIdentifierRef { oid, parameters: curve.as_ref().map(AnyRef::from) };
        let subject_public_key = BitStringRef::from_bytes(bytes).map_err(|e| failed(&e))?;
        Document::encode_msg(&SubjectPublicKeyInfoRef { algorithm, subject_public_key }).map_err(|e| failed(&e))
    }

    fn ssh(&self, comment: &str) -> Result<ssh_key::PrivateKey, Malformed> {
        let failed = malformed("the key has no form for OpenSSH");
        let data = match self {
            Key::Rsa(key) => KeypairData::Rsa(RsaKeypair::try_from(&**key).map_err(|e| failed(&e))?),
            Key::Ecdsa { curve, scalar, point } => {
                let curve = curve.ssh();
                let wire: Vec<u8> = [curve.as_str().as_bytes(), point, scalar].into_iter().flat_map(prefixed).collect();
                let algorithm = ssh_key::Algorithm::Ecdsa { curve };
                KeypairData::decode_as(&mut wire.as_slice(), algorithm).map_err(|e| failed(&e))?
            }
            Key::Ed25519 { seed, public } => KeypairData::Ed25519(Ed25519Keypair {
                public: Ed25519PublicKey(*public),
                private: Ed25519PrivateKey::from_bytes(seed),
            }),
        };
        ssh_key::PrivateKey::new(data, comment).map_err(|e| failed(&e))
    }
}

fn hex(byte: &u8) -> String {
    format!("{byte:02x}")
}

/// Bytes after their number, as the SSH protocol has them.
fn prefixed(bytes: &[u8]) -> Vec<u8> {
    let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    [&length.to_be_bytes(), bytes].concat()
}

fn ecdsa(curve: Curve, pair: &EcdsaKeyPair) -> Result<Key, Malformed> {
    let secret = AsBigEndian::<EcPrivateKeyBin<'_>>::as_be_bytes(&pair.private_key());
    let secret = secret.map_err(|e| malformed("the key cannot be written")(&e))?;
    Ok(Key::Ecdsa { curve, scalar: secret.as_ref().to_vec(), point: pair.public_key().as_ref().to_vec() })
}

fn ed25519(pair: &Ed25519KeyPair) -> Result<Key, Malformed> {
    let failed = malformed("the key cannot be written");
    let seed = pair.seed().and_then(|seed| seed.as_be_bytes()).map_err(|e| failed(&e))?;
    let seed: [u8; 32] = seed.as_ref().try_into().map_err(|e| failed(&e))?;
    let public: [u8; 32] = pair.public_key().as_ref().try_into().map_err(|e| failed(&e))?;
    Ok(Key::Ed25519 { seed, public })
}

/// An elliptic key in SEC 1's or PKCS#8's form, whichever its curve is.
fn any_curve(der: &[u8]) -> Result<Key, Malformed> {
    let pairs = Curve::ALL.into_iter().map(|curve| (curve, EcdsaKeyPair::from_private_key_der(curve.signing(), der)));
    let (curve, pair) = pairs
        .filter_map(|(curve, pair)| Some((curve, pair.ok()?)))
        .next()
        .ok_or_else(|| Malformed("the text is no private key on the curves P256, P384 and P521".to_owned()))?;
    ecdsa(curve, &pair)
}

fn from_pkcs8(der: &[u8]) -> Result<Key, Malformed> {
    let failed = malformed("the text is no private key");
    let info = PrivateKeyInfo::from_der(der).map_err(|e| failed(&e))?;
    match info.algorithm.oid {
        RSA => RsaPrivateKey::from_pkcs8_der(der).map(|key| Key::Rsa(Box::new(key))).map_err(|e| failed(&e)),
        EC => any_curve(der),
        ED25519 => ed25519(&Ed25519KeyPair::from_pkcs8_maybe_unchecked(der).map_err(|e| failed(&e))?),
        other => Err(failed(&format!("its algorithm, {other}, is none of RSA, ECDSA and ED25519"))),
    }
}

fn from_ssh(data: &KeypairData) -> Result<Key, Malformed> {
    let failed = malformed("the text is no private key");
    match data {
        KeypairData::Rsa(pair) => {
            // The library's own conversion takes one prime twice.
            let (public, private) = (&pair.public, &pair.private);
            let numbers = [&public.n, &public.e, &private.d, &private.p, &private.q];
            let [n, e, d, p, q] = numbers.map(|n| BigUint::from_bytes_be(n.as_positive_bytes().unwrap_or_default()));
            let key = RsaPrivateKey::from_components(n, e, d, vec![p, q]).map_err(|e| failed(&e))?;
            Ok(Key::Rsa(Box::new(key)))
        }
        KeypairData::Ed25519(pair) => Ok(Key::Ed25519 { seed: pair.private.to_bytes(), public: pair.public.0 }),
        KeypairData::Ecdsa(pair) => {
            let curve = Curve::ALL.into_iter().find(|curve| curve.ssh() == pair.curve());
            let curve = curve.ok_or_else(|| failed(&"its curve is none of P256, P384 and P521"))?;
            Ok(Key::Ecdsa { curve, scalar: pair.private_key_bytes().to_vec(), point: pair.public_key_bytes().to_vec() })
        }
        KeypairData::Encrypted(_) => Err(failed(&"it is encrypted with a passphrase")),
        _ => Err(failed(&"its algorithm is none of RSA, ECDSA and ED25519")),
    }
}

/// An `ECPrivateKey` (RFC 5915); the curve is left out where PKCS#8 tells it.
fn sec1(curve: Option<Curve>, scalar: &[u8], point: &[u8]) -> Result<Vec<u8>, Malformed> {
    let failed = malformed("the key cannot be written");
    let inner = |number, bytes| {
        let tag = Tag::ContextSpecific { constructed: true, number };
        AnyRef::new(tag, bytes).map_err(|e| failed(&e))
    };
    let oid = curve.map(|curve| curve.oid().to_der()).transpose().map_err(|e| failed(&e))?;
    let bits = BitStringRef::from_bytes(point).and_then(|bits| bits.to_der()).map_err(|e| failed(&e))?;
    let mut parts: SequenceOf<AnyRef<'_>, 4> = SequenceOf::new();
    let mut add = |part| parts.add(part).map_err(|e| failed(&e));
    add(AnyRef::new(Tag::Integer, &[1]).map_err(|e| failed(&e))?)?;
    add(AnyRef::new(Tag::OctetString, scalar).map_err(|e| failed(&e))?)?;
    if let Some(oid) = &oid {
        add(inner(TagNumber::N0, oid)?)?;
    }
    add(inner(TagNumber::N1, &bits)?)?;
    parts.to_der().map_err(|e| failed(&e))
}
