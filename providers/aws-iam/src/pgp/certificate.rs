//! Certificates: a key with its names, other keys, and what it signed about them. They tell which key to encrypt to.

use std::io::Read;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use pgp::armor::Dearmor;
use pgp::composed::{Deserializable, SignedPublicKey, SignedPublicSubKey};
use pgp::crypto::hash::HashAlgorithm;
use pgp::crypto::public_key::PublicKeyAlgorithm;
use pgp::errors::Error;
use pgp::packet::{
    Packet, PacketHeader, PacketParser, PublicKey, PublicSubkey, Signature, SignatureType, SubpacketData,
};
use pgp::ser::Serialize;
use pgp::types::{
    Duration, EcdhPublicParams, EcdsaPublicParams, EddsaLegacyPublicParams, KeyDetails, KeyVersion, PublicParams,
    SignedUser, Tag, Timestamp,
};

use super::Reason;

/// Fewer bits of RSA protect nothing.
const RSA_BITS: u16 = 2048;

/// How far the clocks of others may be ahead, in seconds.
const AHEAD: u64 = 24 * 60 * 60;

const BEGIN: &str = "-----BEGIN PGP PUBLIC KEY BLOCK-----";
const END: &str = "-----END PGP PUBLIC KEY BLOCK-----";
const PRIVATE: &str = "it is a private key, which nobody else should have: write the public one";

/// A key to encrypt to.
#[derive(Clone, Debug, PartialEq)]
pub enum Key {
    /// The first key of the certificate.
    First(PublicKey),
    /// One of the others.
    Other(PublicSubkey),
}

/// The bytes of a key in base64, alone or between the lines that armor has.
pub fn bytes(text: &str) -> Result<Vec<u8>, Reason> {
    if text.contains("-----BEGIN PGP PRIVATE KEY BLOCK-----") {
        return Err(PRIVATE.to_owned());
    }
    let Some((_, armored)) = text.split_once(BEGIN) else {
        let coded: String = text.split_whitespace().collect();
        return STANDARD.decode(coded).map_err(|e| format!("it is not in base64: {e}"));
    };
    let (armored, _) = armored.split_once(END).ok_or_else(|| format!("there is no {END} after {BEGIN}"))?;
    let lines: Vec<&str> = armored.lines().map(str::trim).collect();
    let mut bytes = Vec::new();
    let read = Dearmor::new(format!("{BEGIN}{}\n{END}\n", lines.join("\n")).as_bytes()).read_to_end(&mut bytes);
    read.map(|_| bytes).map_err(|e| format!("what stands after {BEGIN} cannot be read: {e}"))
}

/// The certificate in some bytes; of several, the first.
pub fn read(bytes: &[u8]) -> Result<SignedPublicKey, Reason> {
    if PacketHeader::try_from_reader(&mut &*bytes).is_ok_and(|header| header.tag() == Tag::SecretKey) {
        return Err(PRIVATE.to_owned());
    }
    match PacketParser::new(bytes).next() {
        None => return Err("there is no key in it".to_owned()),
        Some(Ok(Packet::PublicKey(key))) if key.version() != KeyVersion::V4 => {
            let version = u8::from(key.version());
            return Err(format!("it is a key of version {version}, and only version 4 is understood"));
        }
        Some(Ok(Packet::PublicKey(_))) => {}
        Some(Ok(_)) => return Err("it does not begin with a public key".to_owned()),
        Some(Err(e)) => return Err(garbled(&e)),
    }
    if let Some(e @ Error::PacketIncomplete { .. }) = PacketParser::new(bytes).filter_map(Result::err).last() {
        return Err(garbled(&e));
    }
    SignedPublicKey::from_bytes(bytes).map_err(|e| garbled(&e))
}

fn garbled(error: &Error) -> Reason {
    match error {
        Error::InvalidPacketContent { source } => garbled(source),
        Error::PacketIncomplete { .. } => "it is cut short".to_owned(),
        other => format!("it is no OpenPGP key that can be read: {other}"),
    }
}

/// The fingerprint of a certificate in hexadecimal digits.
pub fn fingerprint(certificate: &SignedPublicKey) -> String {
    certificate.fingerprint().to_string()
}

/// The key of a certificate to encrypt to, at a time in seconds since 1970.
///
/// That is the newest of the other keys that may encrypt, or else the first one. What its first key has not signed does
/// not count.
pub fn key(certificate: &SignedPublicKey, now: u64) -> Result<Key, Reason> {
    let own = own(certificate, now)?;
    let first = &certificate.primary_key;
    let others = certificate.public_subkeys.iter().filter(|other| encrypts(first, other, now));
    let newest = others.max_by_key(|other| other.created_at()).map(|other| Key::Other(other.key.clone()));
    let alone = (may_encrypt(own) && can_encrypt(first)).then(|| Key::First(first.clone()));
    newest.or(alone).ok_or_else(|| useless(certificate))
}

/// What the first key says of itself, if it can be used.
fn own(certificate: &SignedPublicKey, now: u64) -> Result<&Signature, Reason> {
    let (first, details) = (&certificate.primary_key, &certificate.details);
    if let Some(flaw) = flaw(first) {
        return Err(format!("{flaw} is not supported: make a key of RSA with 4096 bits, or of Curve25519"));
    }
    if details.revocation_signatures.iter().any(|s| s.verify_key(first).is_ok()) {
        return Err("it is revoked".to_owned());
    }
    let direct = details.direct_signatures.iter().filter(|s| holds(s, now) && s.verify_key(first).is_ok());
    let said = details.users.iter().filter_map(|user| vouched(first, user, now)).chain(direct);
    let said = said.max_by_key(|s| s.created()).ok_or("no name of it is signed by itself")?;
    if is_over(Some(first.created_at()), said.key_expiration_time(), now) {
        return Err("it has expired".to_owned());
    }
    Ok(said)
}

/// The newest signature of the first key about a name, unless it takes an older one back.
fn vouched<'a>(first: &PublicKey, user: &'a SignedUser, now: u64) -> Option<&'a Signature> {
    let is_own = |s: &&Signature| holds(s, now) && s.verify_certification(first, Tag::UserId, &user.id).is_ok();
    let is_revocation = |s: &Signature| s.typ() == Some(SignatureType::CertRevocation);
    let newest = user.signatures.iter().filter(is_own).max_by_key(|s| (s.created(), is_revocation(s)))?;
    (!is_revocation(newest)).then_some(newest)
}

/// Whether another key of a certificate is one to encrypt to.
fn encrypts(first: &PublicKey, other: &SignedPublicSubKey, now: u64) -> bool {
    let of = |kind| {
        let of_kind = other.signatures.iter().filter(move |s| s.typ() == Some(kind));
        of_kind.filter(|s| s.verify_subkey_binding(first, &other.key).is_ok())
    };
    let bound = of(SignatureType::SubkeyBinding).filter(|s| holds(s, now)).max_by_key(|s| s.created());
    let is_valid = |s: &Signature| !is_over(Some(other.created_at()), s.key_expiration_time(), now);
    can_encrypt(&other.key)
        && bound.is_some_and(|s| may_encrypt(s) && is_valid(s))
        && of(SignatureType::SubkeyRevocation).next().is_none()
}

/// Whether a signature counts, if it is one: it is in force, and its digest is one that nobody can forge.
fn holds(signature: &Signature, now: u64) -> bool {
    let created = signature.created();
    let is_made = created.is_some_and(|time| u64::from(time.as_secs()) <= now.saturating_add(AHEAD));
    is_made
        && !is_over(created, signature.signature_expiration_time(), now)
        && signature.hash_alg() != Some(HashAlgorithm::Md5)
}

fn is_over(start: Option<Timestamp>, lasts: Option<Duration>, now: u64) -> bool {
    let [start, lasts] = [start.map(Timestamp::as_secs), lasts.map(Duration::as_secs)].map(|s| s.map_or(0, u64::from));
    lasts != 0 && start.saturating_add(lasts) <= now
}

/// Whether a signature lets its key encrypt; one that says nothing of it does.
fn may_encrypt(signature: &Signature) -> bool {
    let mut said = signature.config().into_iter().flat_map(|config| config.hashed_subpackets());
    let flags = said.find_map(|part| match &part.data {
        SubpacketData::KeyFlags(flags) => Some(flags),
        _ => None,
    });
    flags.is_none_or(|flags| flags.encrypt_comms() || flags.encrypt_storage())
}

/// Whether a key is of a kind to encrypt to.
fn can_encrypt(key: &impl KeyDetails) -> bool {
    let kind = key.public_params();
    let is_for_it =
        matches!(kind, PublicParams::RSA(_) | PublicParams::ECDH(_) | PublicParams::X25519(_) | PublicParams::X448(_));
    is_for_it && key.algorithm() != PublicKeyAlgorithm::RSASign && flaw(key).is_none()
}

/// What of a key is not supported: its algorithm, its curve or its size.
fn flaw(key: &impl KeyDetails) -> Option<String> {
    match key.public_params() {
        PublicParams::RSA(params) => {
            // What comes first is the number of bits of the modulus.
            let written = params.to_bytes().unwrap_or_default();
            let bits = written.first_chunk().map_or(0, |bits| u16::from_be_bytes(*bits));
            (bits < RSA_BITS).then(|| format!("RSA with only {bits} bits"))
        }
        PublicParams::ECDH(
            params @ (EcdhPublicParams::Brainpool256 { .. }
            | EcdhPublicParams::Brainpool384 { .. }
            | EcdhPublicParams::Brainpool512 { .. }
            | EcdhPublicParams::Unsupported { .. }),
        ) => Some(format!("the curve {}", params.curve())),
        PublicParams::ECDSA(EcdsaPublicParams::Unsupported { curve, .. })
        | PublicParams::EdDSALegacy(EddsaLegacyPublicParams::Unsupported { curve, .. }) => {
            Some(format!("the curve {curve}"))
        }
        PublicParams::Elgamal(_) => Some("ElGamal".to_owned()),
        PublicParams::Unknown { .. } => Some(format!("the algorithm of number {}", u8::from(key.algorithm()))),
        _ => None,
    }
}

fn useless(certificate: &SignedPublicKey) -> Reason {
    let flaws: Vec<String> = certificate.public_subkeys.iter().filter_map(flaw).collect();
    let flaws = match &*flaws {
        [] => String::new(),
        all => format!(" Not supported: {}.", all.join(", ")),
    };
    format!("none of its keys is valid now, signed by the first one and made for encryption.{flaws}")
}
