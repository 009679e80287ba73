//! Certificates: a key with its names, other keys, and what it signed about them. They tell which key to encrypt to.

use super::key::{Material, PublicKey};
use super::packet::{Packet, Reason, packets};
use super::signature::{ENCRYPTS, Signature};

/// What a certificate says of its first key, or of another.
struct Part<'a> {
    /// What the signatures of the part are about, after the first key.
    about: Vec<u8>,
    /// The key, if the part is another key.
    key: Option<PublicKey>,
    signatures: Vec<Signature<'a>>,
}

/// The fingerprint of a certificate, and the key of it to encrypt to at a time in seconds since 1970.
///
/// That is the newest of the other keys that may encrypt, or else the first one. What its first key has not signed does
/// not count.
pub fn recipient(bytes: &[u8], now: u64) -> Result<(String, PublicKey), Reason> {
    let all = packets(bytes)?;
    let (first, rest) = all.split_first().ok_or("it is empty")?;
    let primary = match first.tag {
        6 => PublicKey::read(first.body)?,
        5 => return Err("it is a private key, which nobody else should have: write the public one".to_owned()),
        _ => return Err("it does not begin with a public key".to_owned()),
    };
    let end = rest.iter().position(|p| [5, 6].contains(&p.tag)).unwrap_or(rest.len());
    let parts = parts(rest.get(..end).unwrap_or_default())?;
    let own = own(&primary, &parts, now)?;
    let others = parts.iter().filter_map(|part| subkey(&primary, part, now));
    let newest = others.max_by_key(|key| key.created).cloned();
    let own = Some(&primary).filter(|key| key.encrypts() && own.flags.is_none_or(|flags| flags & ENCRYPTS != 0));
    let chosen = newest.or(own.cloned()).ok_or_else(|| useless(&primary, &parts))?;
    Ok((primary.fingerprint.iter().map(|byte| format!("{byte:02x}")).collect(), chosen))
}

fn parts<'a>(packets: &[Packet<'a>]) -> Result<Vec<Part<'a>>, Reason> {
    let mut parts = vec![Part { about: Vec::new(), key: None, signatures: Vec::new() }];
    for packet in packets {
        let named = |mark: u8| {
            let length = u32::try_from(packet.body.len()).unwrap_or(u32::MAX).to_be_bytes();
            [&[mark], length.as_slice(), packet.body].concat()
        };
        let (about, key) = match packet.tag {
            2 => {
                let signature = Signature::read(packet.body)?;
                parts.last_mut().into_iter().for_each(|part| part.signatures.extend(signature.clone()));
                continue;
            }
            13 => (named(0xb4), None),
            17 => (named(0xd1), None),
            14 => match PublicKey::read(packet.body) {
                Ok(key) => (key.framed(), Some(key)),
                Err(_) => (Vec::new(), None),
            },
            _ => continue,
        };
        parts.push(Part { about, key, signatures: Vec::new() });
    }
    Ok(parts)
}

impl<'a> Part<'a> {
    /// The newest signature of one of some kinds that the first key made about this part.
    fn signed(&self, primary: &PublicKey, kinds: &[u8]) -> Option<&Signature<'a>> {
        let about = [primary.framed(), self.about.clone()].concat();
        let of_kind = self.signatures.iter().filter(|s| kinds.contains(&s.kind));
        of_kind.filter(|s| s.is_of(primary, &about)).max_by_key(|s| s.created)
    }
}

/// What the first key says of itself, if it can be used.
fn own<'a, 'p>(primary: &PublicKey, parts: &'p [Part<'a>], now: u64) -> Result<&'p Signature<'a>, Reason> {
    if let Material::Other(algorithm) = primary.material {
        return Err(format!("its algorithm, number {algorithm}, is not supported: make a key of RSA, ECC or Ed25519"));
    }
    if parts.first().is_some_and(|part| part.signed(primary, &[0x20]).is_some()) {
        return Err("it is revoked".to_owned());
    }
    let names = parts.iter().filter(|part| part.key.is_none() && part.signed(primary, &[0x30]).is_none());
    let said = names.filter_map(|part| part.signed(primary, &[0x10, 0x11, 0x12, 0x13, 0x1f]));
    let said = said.filter(|s| !is_over(s.created, s.holds_for, now)).max_by_key(|s| s.created);
    let said = said.ok_or("no name of it is signed by itself")?;
    if is_over(primary.created, said.key_lives, now) {
        return Err("it has expired".to_owned());
    }
    Ok(said)
}

/// The key of a part, if it is one to encrypt to.
fn subkey<'p>(primary: &PublicKey, part: &'p Part<'_>, now: u64) -> Option<&'p PublicKey> {
    let key = part.key.as_ref().filter(|key| key.encrypts())?;
    let bound = part.signed(primary, &[0x18])?;
    let over = is_over(bound.created, bound.holds_for, now) || is_over(key.created, bound.key_lives, now);
    let may = bound.flags.is_none_or(|flags| flags & ENCRYPTS != 0);
    (may && !over && part.signed(primary, &[0x28]).is_none()).then_some(key)
}

fn is_over(start: u64, lasts: u64, now: u64) -> bool {
    lasts != 0 && start.saturating_add(lasts) <= now
}

fn useless(primary: &PublicKey, parts: &[Part<'_>]) -> Reason {
    let keys = parts.iter().filter_map(|part| part.key.as_ref()).chain([primary]);
    let other = keys.filter_map(|key| match key.material {
        Material::Other(algorithm) => Some(algorithm.to_string()),
        _ => None,
    });
    let other: Vec<String> = other.collect();
    let unknown = match &*other {
        [] => String::new(),
        all => format!(" Algorithms of number {} are not supported.", all.join(", ")),
    };
    format!("none of its keys is valid now, signed by the first one and made for encryption.{unknown}")
}
