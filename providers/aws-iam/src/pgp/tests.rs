#![allow(clippy::unwrap_used)]

use std::sync::LazyLock;

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rsa::{KeyPair, KeySize};
use pgp::composed::{
    ArmorOptions, KeyType, Message, SignedKeyDetails, SignedPublicKey, SignedPublicSubKey, SignedSecretKey,
    SignedSecretSubKey,
};
use pgp::crypto::ecc_curve::ECCCurve;
use pgp::crypto::hash::HashAlgorithm;
use pgp::packet::{
    KeyFlags, PubKeyInner, PublicKey, PublicSubkey, SecretKey, SecretSubkey, Signature, SignatureConfig, SignatureType,
    Subpacket, SubpacketData, UserId,
};
use pgp::ser::Serialize;
use pgp::types::{
    Duration, KeyVersion, PacketHeaderVersion, Password, PlainSecretParams, PublicParams, SecretParams, SignedUser,
    Tag, Timestamp,
};
use rsa::pkcs8::DecodePrivateKey;

use super::*;

/// The start of 2024.
const MADE: u32 = 1_704_067_200;

/// Two days later.
const LATER: u32 = MADE + 2 * 86_400;

const CURVE25519: KeyType = KeyType::ECDH(ECCCurve::Curve25519Legacy);

/// A key that vouches.
struct Signer {
    key: SecretKey,
    public: PublicKey,
    name: UserId,
}

/// A key that decrypts.
struct Holder {
    key: SecretSubkey,
    public: PublicSubkey,
}

fn made(ty: &KeyType) -> (PubKeyInner, SecretParams) {
    static RSA: LazyLock<rsa::RsaPrivateKey> = LazyLock::new(|| {
        let key = KeyPair::generate(KeySize::Rsa2048).unwrap();
        rsa::RsaPrivateKey::from_pkcs8_der(AsDer::<Pkcs8V1Der<'_>>::as_der(&key).unwrap().as_ref()).unwrap()
    });
    let (public, secret) = match ty {
        // The crate itself is slow at it where it is not optimised.
        KeyType::Rsa(2048) => {
            let key = pgp::crypto::rsa::SecretKey::from(RSA.clone());
            (PublicParams::RSA((&key).into()), SecretParams::Plain(PlainSecretParams::RSA(key)))
        }
        ty => ty.generate(OsRng).unwrap(),
    };
    (PubKeyInner::new(KeyVersion::V4, ty.to_alg(), Timestamp::from_secs(MADE), None, public).unwrap(), secret)
}

impl Signer {
    fn new(ty: KeyType) -> Signer {
        let (inner, secret) = made(&ty);
        let public = PublicKey::from_inner(inner).unwrap();
        let name = UserId::from_str(PacketHeaderVersion::New, "Nobody <nobody@example.com>").unwrap();
        Signer { key: SecretKey::new(public.clone(), secret).unwrap(), public, name }
    }

    /// A signature of a kind that is still to be made, with further parts.
    fn says(&self, kind: SignatureType, at: u32, more: &[SubpacketData]) -> SignatureConfig {
        let mut config = SignatureConfig::from_key(OsRng, &self.key, kind).unwrap();
        let time = SubpacketData::SignatureCreationTime(Timestamp::from_secs(at));
        let parts = [&[time], more].concat().into_iter().map(|part| Subpacket::regular(part).unwrap());
        config.hashed_subpackets = parts.collect();
        config
    }

    fn of_name(&self, kind: SignatureType, at: u32, more: &[SubpacketData]) -> Signature {
        let config = self.says(kind, at, more);
        config.sign_certification(&self.key, &self.public, &Password::empty(), Tag::UserId, &self.name).unwrap()
    }

    fn of_other(&self, kind: SignatureType, of: (&PublicKey, &Holder), more: &[SubpacketData]) -> Signature {
        self.says(kind, MADE, more).sign_subkey_binding(&self.key, of.0, &Password::empty(), &of.1.public).unwrap()
    }

    fn of_itself(&self, kind: SignatureType) -> Signature {
        self.says(kind, MADE, &[]).sign_key(&self.key, &Password::empty(), &self.public).unwrap()
    }

    /// A certificate of this key alone.
    fn alone(&self, own: &[SubpacketData]) -> SignedPublicKey {
        let user = SignedUser::new(self.name.clone(), vec![self.of_name(SignatureType::CertPositive, MADE, own)]);
        let details = SignedKeyDetails::new(Vec::new(), Vec::new(), vec![user], Vec::new());
        SignedPublicKey::new(self.public.clone(), details, Vec::new())
    }

    /// A certificate of this key and another one, each signed with further parts.
    fn with(&self, own: &[SubpacketData], holder: &Holder, said: &[SubpacketData]) -> SignedPublicKey {
        let bound = self.of_other(SignatureType::SubkeyBinding, (&self.public, holder), said);
        let mut certificate = self.alone(own);
        certificate.public_subkeys.push(SignedPublicSubKey::new(holder.public.clone(), vec![bound]));
        certificate
    }

    /// The text of a message, as whoever has this key, and maybe another one, reads it.
    fn read(&self, holder: Option<&Holder>, message: &str) -> String {
        let others = holder.map(|holder| {
            let bound = self.of_other(SignatureType::SubkeyBinding, (&self.public, holder), &[]);
            SignedSecretSubKey::new(holder.key.clone(), vec![bound])
        });
        let details = self.alone(&[]).details;
        let key = SignedSecretKey::new(self.key.clone(), details, Vec::new(), others.into_iter().collect());
        let bytes = STANDARD.decode(message).unwrap();
        Message::from_bytes(&*bytes).unwrap().decrypt(&Password::empty(), &key).unwrap().as_data_string().unwrap()
    }
}

impl Holder {
    fn new(ty: KeyType) -> Holder {
        let (inner, secret) = made(&ty);
        let public = PublicSubkey::from_inner(inner).unwrap();
        Holder { key: SecretSubkey::new(public.clone(), secret).unwrap(), public }
    }
}

fn encrypts() -> SubpacketData {
    let mut flags = KeyFlags::default();
    flags.set_encrypt_comms(true);
    flags.set_encrypt_storage(true);
    SubpacketData::KeyFlags(flags)
}

fn signs() -> SubpacketData {
    let mut flags = KeyFlags::default();
    flags.set_sign(true);
    SubpacketData::KeyFlags(flags)
}

fn for_a_minute() -> SubpacketData {
    SubpacketData::KeyExpirationTime(Duration::from_secs(60))
}

fn written(bytes: &[u8]) -> Result<Recipient, Problem> {
    Recipient::read(&STANDARD.encode(bytes))
}

fn of(certificate: &SignedPublicKey) -> Result<Recipient, Problem> {
    written(&certificate.to_bytes().unwrap())
}

#[track_caller]
fn refused(certificate: &SignedPublicKey, reason: &str) {
    let said = of(certificate).unwrap_err().detail;
    assert!(said.contains(reason), "{said}");
}

/// What a certificate says that has no key to encrypt to.
const NONE: &str = "none of its keys is valid now, signed by the first one and made for encryption.\n";

#[test]
fn secrets_are_read_by_the_holder_of_the_key_alone() {
    for (signer, holder) in [
        (KeyType::Ed25519Legacy, CURVE25519),
        (KeyType::Ed25519, KeyType::X25519),
        (KeyType::Ed25519Legacy, KeyType::Rsa(2048)),
        (KeyType::ECDSA(ECCCurve::P256), KeyType::ECDH(ECCCurve::P256)),
        (KeyType::ECDSA(ECCCurve::P384), KeyType::ECDH(ECCCurve::P521)),
        (KeyType::Rsa(2048), CURVE25519),
    ] {
        let (signer, holder) = (Signer::new(signer), Holder::new(holder));
        let recipient = of(&signer.with(&[signs()], &holder, &[encrypts()])).unwrap();
        assert_eq!(recipient.fingerprint.len(), 40);
        let secret = "wJalrXUtnFEMI/K7MDENG".repeat(20);
        let messages = [recipient.encrypted(&secret).unwrap(), recipient.encrypted(&secret).unwrap()];
        assert_ne!(messages[0], messages[1], "every message has a key of its own");
        for message in messages {
            assert_eq!(signer.read(Some(&holder), &message), secret);
        }
    }
}

#[test]
fn the_first_key_is_used_where_it_may_encrypt_and_no_other_does() {
    let signer = Signer::new(KeyType::Rsa(2048));
    for flags in [vec![], vec![encrypts()]] {
        let found = of(&signer.alone(&flags)).unwrap();
        assert_eq!(signer.read(None, &found.encrypted("secret").unwrap()), "secret");
    }
    refused(&signer.alone(&[signs()]), NONE);
    refused(&Signer::new(KeyType::Ed25519Legacy).alone(&[encrypts()]), NONE);
    let direct = SignedKeyDetails::new(Vec::new(), vec![signer.of_itself(SignatureType::Key)], Vec::new(), Vec::new());
    assert!(of(&SignedPublicKey::new(signer.public.clone(), direct, Vec::new())).is_ok(), "it needs no name");
}

#[test]
fn the_newest_key_that_encrypts_is_chosen() {
    let (signer, old) = (Signer::new(KeyType::Ed25519Legacy), Holder::new(CURVE25519));
    let (inner, secret) = CURVE25519.generate(OsRng).unwrap();
    let inner = PubKeyInner::new(KeyVersion::V4, CURVE25519.to_alg(), Timestamp::from_secs(LATER), None, inner);
    let public = PublicSubkey::from_inner(inner.unwrap()).unwrap();
    let new = Holder { key: SecretSubkey::new(public.clone(), secret).unwrap(), public };
    let mut certificate = signer.with(&[], &new, &[encrypts()]);
    certificate.public_subkeys.extend(signer.with(&[], &old, &[encrypts()]).public_subkeys);
    let found = of(&certificate).unwrap();
    assert_eq!(found.key, Key::Other(new.public.clone()));
    certificate.public_subkeys[0].signatures =
        vec![signer.of_other(SignatureType::SubkeyBinding, (&signer.public, &new), &[signs()])];
    assert_eq!(of(&certificate).unwrap().key, Key::Other(old.public), "the newest is not for encryption");
}

#[test]
fn keys_that_are_not_vouched_for_are_refused() {
    let (signer, other) = (Signer::new(KeyType::Ed25519Legacy), Signer::new(KeyType::Ed25519Legacy));
    let holder = Holder::new(CURVE25519);
    let good = signer.with(&[], &holder, &[encrypts()]);
    assert!(of(&good).is_ok());
    // The other key comes with the signature of somebody else.
    let mut foreign = good.clone();
    foreign.public_subkeys[0].signatures =
        vec![other.of_other(SignatureType::SubkeyBinding, (&signer.public, &holder), &[encrypts()])];
    refused(&foreign, NONE);
    let mut unnamed = good.clone();
    unnamed.details.users.clear();
    refused(&unnamed, "no name of it is signed by itself");
    unnamed.details.users = other.alone(&[]).details.users;
    refused(&unnamed, "no name of it is signed by itself");
    // A digest that can be forged.
    let signer = Signer::new(KeyType::Rsa(2048));
    let mut forged = signer.with(&[], &holder, &[encrypts()]);
    assert!(of(&forged).is_ok());
    let mut config = signer.says(SignatureType::CertPositive, MADE, &[]);
    config.hash_alg = HashAlgorithm::Md5;
    let signed = config.sign_certification(&signer.key, &signer.public, &Password::empty(), Tag::UserId, &signer.name);
    forged.details.users[0].signatures = vec![signed.unwrap()];
    refused(&forged, "no name of it is signed by itself");
}

#[test]
fn keys_that_are_not_yet_valid_are_refused() {
    let (signer, holder) = (Signer::new(KeyType::Ed25519Legacy), Holder::new(CURVE25519));
    let good = signer.with(&[], &holder, &[encrypts()]);
    let mut early = good;
    let now = Timestamp::now().as_secs() + 2 * 86_400;
    early.details.users[0].signatures = vec![signer.of_name(SignatureType::CertPositive, now, &[])];
    refused(&early, "no name of it is signed by itself");
}

#[test]
fn keys_that_are_no_longer_valid_are_refused() {
    let (signer, holder) = (Signer::new(KeyType::Ed25519Legacy), Holder::new(CURVE25519));
    refused(&signer.with(&[], &holder, &[encrypts(), for_a_minute()]), NONE);
    refused(&signer.with(&[for_a_minute()], &holder, &[encrypts()]), "it has expired");
    let short = SubpacketData::SignatureExpirationTime(Duration::from_secs(60));
    refused(&signer.with(&[], &holder, &[encrypts(), short]), NONE);
    let good = signer.with(&[], &holder, &[encrypts()]);
    let mut revoked = good.clone();
    let revocation = signer.of_other(SignatureType::SubkeyRevocation, (&signer.public, &holder), &[]);
    revoked.public_subkeys[0].signatures.push(revocation);
    refused(&revoked, NONE);
    let mut gone = good.clone();
    gone.details.revocation_signatures.push(signer.of_itself(SignatureType::KeyRevocation));
    refused(&gone, "it is revoked");
    let mut renamed = good;
    renamed.details.users[0].signatures.push(signer.of_name(SignatureType::CertRevocation, LATER, &[]));
    refused(&renamed, "no name of it is signed by itself");
    renamed.details.users[0].signatures.push(signer.of_name(SignatureType::CertPositive, LATER + 1, &[]));
    assert!(of(&renamed).is_ok(), "the name was signed again");
    // What counts is what was said last.
    renamed.details.users[0].signatures.push(signer.of_name(SignatureType::CertPositive, LATER, &[for_a_minute()]));
    assert!(of(&renamed).is_ok());
    renamed.details.users[0].signatures.push(signer.of_name(SignatureType::CertPositive, LATER + 2, &[for_a_minute()]));
    refused(&renamed, "it has expired");
}

/// A packet of a kind, in the old form of its head.
fn packet(tag: u8, body: &[u8]) -> Vec<u8> {
    let length = u16::try_from(body.len()).unwrap().to_be_bytes();
    [&[0x81 | tag << 2], length.as_slice(), body].concat()
}

/// A key of version 4 with an algorithm, and what follows that.
fn key(algorithm: u8, more: &[u8]) -> Vec<u8> {
    [&[4], MADE.to_be_bytes().as_slice(), &[algorithm], more].concat()
}

#[test]
fn what_is_no_public_key_is_refused_with_a_reason() {
    let signer = Signer::new(KeyType::Ed25519Legacy);
    let weak = [[4, 0, 0x80].as_slice(), &[1; 127], &[0, 17, 1, 0, 1]].concat();
    let brainpool = [9, 0x2b, 0x24, 3, 3, 2, 8, 1, 1, 7, 0, 11, 4, 1];
    for (certificate, reason) in [
        (signer.key.to_bytes().map(|body| packet(5, &body)).unwrap(), "it is a private key"),
        (packet(5, &key(99, &[])), "it is a private key"),
        (packet(13, b"Nobody"), "it does not begin with a public key"),
        (packet(6, &[3, 0, 0, 0, 0, 0, 0, 1, 0, 9, 1, 1, 0, 2, 3]), "a key of version 3"),
        (packet(6, &[5, 0, 0, 0, 0, 27]), "version"),
        (packet(6, &key(99, &[1])), "the algorithm of number 99 is not supported"),
        (packet(6, &key(1, &weak)), "RSA with only 1024 bits is not supported"),
        (packet(6, &key(19, &brainpool)), "the curve"),
        (signer.public.to_bytes().unwrap(), "it is no OpenPGP key"),
        (packet(6, &signer.public.to_bytes().unwrap()[..20]), "it is cut short"),
        (vec![0x99], "there is no key in it"),
    ] {
        let said = written(&certificate).unwrap_err().detail;
        assert!(said.contains(reason) && said.contains("gpg --export NAME | base64"), "{reason}: {said}");
    }
    assert!(Recipient::read("#").unwrap_err().detail.contains("it is not in base64"));
}

#[test]
fn flaws_of_other_keys_are_named() {
    let signer = Signer::new(KeyType::Ed25519Legacy);
    let elgamal = [0, 9, 1, 1, 0, 2, 3, 0, 2, 3];
    let public = PublicSubkey::try_from_reader(
        pgp::packet::PacketHeader::new_fixed(Tag::PublicSubkey, 16),
        key(16, &elgamal).as_slice(),
    );
    let public = public.unwrap();
    let config = signer.says(SignatureType::SubkeyBinding, MADE, &[encrypts()]);
    let bound = config.sign_subkey_binding(&signer.key, &signer.public, &Password::empty(), &public).unwrap();
    let mut certificate = signer.alone(&[]);
    certificate.public_subkeys.push(SignedPublicSubKey::new(public, vec![bound]));
    refused(&certificate, "made for encryption. Not supported: ElGamal.\n");
}

#[test]
fn armored_keys_are_read_as_those_in_base64() {
    let (signer, holder) = (Signer::new(KeyType::Ed25519Legacy), Holder::new(CURVE25519));
    let certificate = signer.with(&[], &holder, &[encrypts()]);
    let plain = of(&certificate).unwrap();
    let armored = certificate.to_armored_string(ArmorOptions::default()).unwrap();
    let (begin, rest) = armored.split_once('\n').unwrap();
    for armored in [
        armored.clone(),
        format!("some text\n{begin}\nVersion: 1\nComment: a: b\n{rest}more: text\n{armored}"),
        armored.replace('\n', "\r\n"),
        armored.replace('\n', "\n    "),
        armored.trim_end().to_owned(),
    ] {
        assert_eq!(Recipient::read(&armored).unwrap(), plain);
    }
    let said = |text: String| Recipient::read(&text).unwrap_err().detail;
    assert!(said(begin.to_owned()).contains("there is no -----END"));
    assert!(said(armored.replace("\n\n", "\n\n#")).contains("cannot be read"));
    assert!(said(armored.replace("PUBLIC", "PRIVATE")).contains("it is a private key"));
}

#[test]
fn no_bytes_make_it_fail_otherwise_than_with_a_reason() {
    let (signer, holder) = (Signer::new(KeyType::Ed25519Legacy), Holder::new(CURVE25519));
    let certificate = signer.with(&[], &holder, &[encrypts()]).to_bytes().unwrap();
    for at in 0..certificate.len() {
        let _ = written(&certificate[..at]);
        let mut changed = certificate.clone();
        changed[at] ^= 1 << (at % 8);
        let _ = written(&changed);
    }
}
