//! Messages: a text for the holder of a key (RFC 9580, sections 5.1, 5.9 and 5.13; RFC 6637, section 8).

use aws_lc_rs::agreement::{self, EphemeralPrivateKey, UnparsedPublicKey, agree_ephemeral};
use aws_lc_rs::cipher::{AES_128, AES_192, AES_256, EncryptingKey, EncryptionContext, UnboundCipherKey};
use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use aws_lc_rs::error::Unspecified;
use aws_lc_rs::iv::FixedLength;
use aws_lc_rs::rand::{SystemRandom, fill};
use aws_lc_rs::rsa::{Pkcs1PublicEncryptingKey, PublicEncryptingKey, PublicKeyComponents};

use super::key::{Curve, Ecdh, Material, PublicKey};
use super::packet::{Reason, mpi, packet};
use super::signature::hash;

/// The number of AES with 256 bits.
const AES256: u8 = 9;

/// A message with a text that only the holder of a key can read.
pub fn encrypt(key: &PublicKey, text: &[u8]) -> Result<Vec<u8>, Reason> {
    let mut session = [0; 32];
    fill(&mut session).map_err(|_| failed())?;
    let wrapped = wrapped(key, &session)?;
    let head = [&[3], key.id(), &wrapped].concat();
    let literal = packet(11, &[b"b\0\0\0\0\0", text].concat());
    let sealed = sealed(&session, &literal).map_err(|_| failed())?;
    Ok([packet(1, &head), packet(18, &sealed)].concat())
}

fn failed() -> Reason {
    "encrypting to it failed".to_owned()
}

/// The number of a key's algorithm, and the session key encrypted to it.
fn wrapped(key: &PublicKey, session: &[u8]) -> Result<Vec<u8>, Reason> {
    let sum = session.iter().fold(0u16, |sum, byte| sum.wrapping_add(u16::from(*byte)));
    let secret = [&[AES256], session, &sum.to_be_bytes()].concat();
    match &key.material {
        Material::Rsa(n, e) => Ok([vec![1], mpi(&rsa(n, e, &secret)?)].concat()),
        Material::Ecdh(to) => Ok([vec![18], ecdh(to, &key.fingerprint, &secret)?].concat()),
        _ => Err("it is not made for encryption".to_owned()),
    }
}

fn rsa(n: &[u8], e: &[u8], secret: &[u8]) -> Result<Vec<u8>, Reason> {
    let refused = |_| format!("RSA with {} bits is refused: it takes at least 2048", n.len() * 8);
    let key: PublicEncryptingKey = PublicKeyComponents { n, e }.try_into().map_err(refused)?;
    let key = Pkcs1PublicEncryptingKey::new(key).map_err(|_| failed())?;
    let mut encrypted = vec![0; key.ciphertext_size()];
    Ok(key.encrypt(secret, &mut encrypted).map_err(|_| failed())?.to_vec())
}

/// A point that was made for this, and the secret wrapped with what follows from it and the key's point.
fn ecdh(to: &Ecdh, fingerprint: &[u8], secret: &[u8]) -> Result<Vec<u8>, Reason> {
    let (algorithm, point) = match (to.curve, &*to.point) {
        (Curve::Curve25519, [0x40, point @ ..]) => (&agreement::X25519, point),
        (Curve::P256, point) => (&agreement::ECDH_P256, point),
        (Curve::P384, point) => (&agreement::ECDH_P384, point),
        (Curve::P521, point) => (&agreement::ECDH_P521, point),
        _ => return Err("its curve is not supported".to_owned()),
    };
    let own = EphemeralPrivateKey::generate(algorithm, &SystemRandom::new()).map_err(|_| failed())?;
    let public = own.compute_public_key().map_err(|_| failed())?;
    let mark: &[u8] = if to.curve == Curve::Curve25519 { &[0x40] } else { &[] };
    let padding = 40usize.saturating_sub(secret.len());
    let padded = [secret, &vec![u8::try_from(padding).unwrap_or_default(); padding]].concat();
    let wrap = |shared: &[u8]| wrap(to, fingerprint, shared, &padded);
    let wrapped = agree_ephemeral(own, UnparsedPublicKey::new(algorithm, point), failed(), wrap)?;
    let length = u8::try_from(wrapped.len()).unwrap_or_default();
    Ok([mpi(&[mark, public.as_ref()].concat()), vec![length], wrapped].concat())
}

fn wrap(to: &Ecdh, fingerprint: &[u8], shared: &[u8], secret: &[u8]) -> Result<Vec<u8>, Reason> {
    let unsupported = || format!("its derivation of keys, {} and {}, is not supported", to.hash, to.cipher);
    let (cipher, size) = match to.cipher {
        7 => (&AES_128, 16),
        8 => (&AES_192, 24),
        9 => (&AES_256, 32),
        _ => return Err(unsupported()),
    };
    let derived = derived(to, fingerprint, shared).ok_or_else(unsupported)?;
    let key = derived.get(..size).ok_or_else(unsupported)?;
    UnboundCipherKey::new(cipher, key).and_then(|key| wrapped_with(key, secret)).map_err(|_| failed())
}

/// AES Key Wrap (RFC 3394), which the cryptography has for two of the three sizes only.
fn wrapped_with(key: UnboundCipherKey, secret: &[u8]) -> Result<Vec<u8>, Unspecified> {
    let cipher = EncryptingKey::ecb(key)?;
    let (mut check, mut blocks) = (vec![0xa6; 8], secret.chunks(8).map(<[u8]>::to_vec).collect::<Vec<_>>());
    let mut step = 0u64;
    for _ in 0..6 {
        for block in &mut blocks {
            let mut both = [&*check, block].concat();
            cipher.encrypt(&mut both)?;
            let (first, second) = both.split_at_checked(8).ok_or(Unspecified)?;
            step += 1;
            check = first.iter().zip(step.to_be_bytes()).map(|(a, b)| a ^ b).collect();
            *block = second.to_vec();
        }
    }
    Ok([check, blocks.concat()].concat())
}

/// The key that follows from what two points share, for the holder of a key with this fingerprint.
pub(super) fn derived(to: &Ecdh, fingerprint: &[u8], shared: &[u8]) -> Option<Vec<u8>> {
    let oid = to.curve.oid();
    let named = [&[u8::try_from(oid.len()).ok()?], oid, &[18, 3, 1, to.hash, to.cipher]].concat();
    let all = [&[0, 0, 0, 1], shared, &named, b"Anonymous Sender    ", fingerprint].concat();
    Some(digest(hash(to.hash)?, &all).as_ref().to_vec())
}

/// A packet, with the digest that shows later changes, encrypted with a session key.
fn sealed(session: &[u8], literal: &[u8]) -> Result<Vec<u8>, Unspecified> {
    let mut prefix = [0; 18];
    fill(&mut prefix)?;
    prefix.copy_within(14..16, 16);
    let signed = [&prefix, literal, &[0xd3, 20]].concat();
    let check = digest(&SHA1_FOR_LEGACY_USE_ONLY, &signed);
    let mut sealed = [&signed, check.as_ref()].concat();
    let cipher = EncryptingKey::cfb128(UnboundCipherKey::new(&AES_256, session)?)?;
    cipher.less_safe_encrypt(&mut sealed, EncryptionContext::Iv128(FixedLength::from([0; 16])))?;
    Ok([vec![1], sealed].concat())
}
