#![allow(clippy::unwrap_used)]

use aws_lc_rs::agreement::{self, PrivateKey, UnparsedPublicKey, agree};
use aws_lc_rs::cipher::{AES_256, DecryptionContext, StreamingDecryptingKey, UnboundCipherKey};
use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, SHA256, digest};
use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::iv::FixedLength;
use aws_lc_rs::key_wrap::{AES_128, AesKek, KeyWrap};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeySize, Pkcs1PrivateDecryptingKey, PrivateDecryptingKey};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256, RsaKeyPair,
};

use super::key::{Curve, Ecdh, Material};
use super::packet::{Bytes, mpi, packet, packets};
use super::*;

/// The start of 2024.
const MADE: u32 = 1_704_067_200;

/// A key that vouches.
enum Signer {
    Ed25519(Ed25519KeyPair),
    P256(EcdsaKeyPair),
    Rsa(RsaKeyPair),
}

/// A key that decrypts.
enum Holder {
    Rsa(PrivateDecryptingKey),
    Ecdh(PrivateKey, Curve),
}

fn head(algorithm: u8) -> Vec<u8> {
    [&[4], MADE.to_be_bytes().as_slice(), &[algorithm]].concat()
}

fn on(curve: Curve) -> Vec<u8> {
    [&[curve.oid().len() as u8], curve.oid()].concat()
}

fn rsa_body(pair: &RsaKeyPair) -> Vec<u8> {
    // In DER: nine bytes of heads, a modulus of 2048 bits, and an exponent of three bytes.
    let der = pair.public_key().as_ref();
    [head(1), mpi(&der[9..265]), mpi(&der[der.len() - 3..])].concat()
}

fn pair_of(key: &PrivateDecryptingKey) -> RsaKeyPair {
    RsaKeyPair::from_pkcs8(AsDer::<aws_lc_rs::encoding::Pkcs8V1Der<'_>>::as_der(key).unwrap().as_ref()).unwrap()
}

impl Signer {
    fn ed25519() -> Signer {
        Signer::Ed25519(Ed25519KeyPair::generate().unwrap())
    }

    fn body(&self) -> Vec<u8> {
        match self {
            Signer::Ed25519(pair) => {
                let point = [&[0x40], pair.public_key().as_ref()].concat();
                [head(22), on(Curve::Ed25519), mpi(&point)].concat()
            }
            Signer::P256(pair) => [head(19), on(Curve::P256), mpi(pair.public_key().as_ref())].concat(),
            Signer::Rsa(pair) => rsa_body(pair),
        }
    }

    /// A signature of a kind about something, with further subpackets.
    fn signature(&self, kind: u8, about: &[u8], more: &[&[u8]]) -> Vec<u8> {
        let algorithm = match self {
            Signer::Ed25519(_) => 22,
            Signer::P256(_) => 19,
            Signer::Rsa(_) => 1,
        };
        let said = [&[5, 2], MADE.to_be_bytes().as_slice(), &more.concat()].concat();
        let start = [&[4, kind, algorithm, 8, 0, said.len() as u8], said.as_slice()].concat();
        let message = [about, &start, &[4, 0xff], &(start.len() as u32).to_be_bytes()].concat();
        let value = match self {
            Signer::Ed25519(pair) => two(pair.sign(digest(&SHA256, &message).as_ref()).as_ref()),
            Signer::P256(pair) => two(pair.sign(&SystemRandom::new(), &message).unwrap().as_ref()),
            Signer::Rsa(pair) => {
                let mut signed = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), &message, &mut signed).unwrap();
                mpi(&signed)
            }
        };
        packet(2, &[start, vec![0, 0, 0, 0], value].concat())
    }

    /// A certificate of this key and another one, each signed with further subpackets.
    fn certificate(&self, own: &[&[u8]], other: Option<(&[u8], &[&[u8]])>) -> Vec<u8> {
        let (body, name) = (self.body(), b"Nobody <nobody@example.com>");
        let named = [framed(&body), vec![0xb4, 0, 0, 0, name.len() as u8], name.to_vec()].concat();
        let mut all = [packet(6, &body), packet(13, name), self.signature(0x13, &named, own)].concat();
        if let Some((other, said)) = other {
            let about = [framed(&body), framed(other)].concat();
            all.extend([packet(14, other), self.signature(0x18, &about, said)].concat());
        }
        all
    }
}

fn framed(body: &[u8]) -> Vec<u8> {
    [&[0x99], (body.len() as u16).to_be_bytes().as_slice(), body].concat()
}

fn two(signed: &[u8]) -> Vec<u8> {
    let (r, s) = signed.split_at(signed.len() / 2);
    [mpi(r), mpi(s)].concat()
}

impl Holder {
    fn on(curve: Curve) -> Holder {
        let algorithm = if curve == Curve::P256 { &agreement::ECDH_P256 } else { &agreement::X25519 };
        Holder::Ecdh(PrivateKey::generate(algorithm).unwrap(), curve)
    }

    fn body(&self) -> Vec<u8> {
        match self {
            Holder::Rsa(key) => rsa_body(&pair_of(key)),
            Holder::Ecdh(key, curve) => {
                let mark: &[u8] = if *curve == Curve::P256 { &[] } else { &[0x40] };
                let point = [mark, key.compute_public_key().unwrap().as_ref()].concat();
                [head(18), on(*curve), mpi(&point), vec![3, 1, 8, 7]].concat()
            }
        }
    }

    /// The text of a message, as its holder reads it.
    fn read(&self, message: &str) -> String {
        let message = STANDARD.decode(message).unwrap();
        let [session, sealed] = packets(&message).unwrap().try_into().unwrap();
        assert_eq!((session.tag, sealed.tag, sealed.body[0]), (1, 18, 1));
        let fingerprint = digest(&SHA1_FOR_LEGACY_USE_ONLY, &framed(&self.body()));
        assert_eq!(session.body[1..9], fingerprint.as_ref()[12..], "the message names the key");
        let secret = self.unwrap(&session.body[10..], fingerprint.as_ref());
        let context = DecryptionContext::Iv128(FixedLength::from([0; 16]));
        let key = UnboundCipherKey::new(&AES_256, &secret[1..33]).unwrap();
        let mut plain = vec![0; sealed.body.len() + 16];
        let mut cipher = StreamingDecryptingKey::cfb128(key, context).unwrap();
        let written = cipher.update(&sealed.body[1..], &mut plain).unwrap().written().len();
        cipher.finish(&mut plain[written..]).unwrap();
        plain.truncate(sealed.body.len() - 1);
        let (start, check) = plain.split_at(plain.len() - 20);
        assert_eq!(digest(&SHA1_FOR_LEGACY_USE_ONLY, start).as_ref(), check, "nothing was changed");
        assert_eq!(start[14..16], start[16..18]);
        let literal = packets(&start[18..start.len() - 2]).unwrap()[0];
        String::from_utf8(literal.body[6..].to_vec()).unwrap()
    }

    fn unwrap(&self, wrapped: &[u8], fingerprint: &[u8]) -> Vec<u8> {
        let mut bytes = Bytes(wrapped);
        let number = bytes.mpi().unwrap();
        match self {
            Holder::Rsa(key) => {
                let key = Pkcs1PrivateDecryptingKey::new(key.clone()).unwrap();
                let number = [vec![0; 256 - number.len()], number.to_vec()].concat();
                let mut plain = vec![0; key.min_output_size()];
                key.decrypt(&number, &mut plain).unwrap().to_vec()
            }
            Holder::Ecdh(key, curve) => {
                let point = if *curve == Curve::P256 { number } else { &number[1..] };
                let ecdh = Ecdh { curve: *curve, point: Vec::new(), hash: 8, cipher: 7 };
                let peer = UnparsedPublicKey::new(key.algorithm(), point);
                let derived = agree(key, peer, (), |z| Ok(message::derived(&ecdh, fingerprint, z).unwrap())).unwrap();
                let mut plain = [0; 48];
                AesKek::new(&AES_128, &derived[..16]).unwrap().unwrap(&bytes.0[1..], &mut plain).unwrap().to_vec()
            }
        }
    }
}

const FLAGS_ENCRYPT: &[u8] = &[2, 27, 0x0c];
const FLAGS_SIGN: &[u8] = &[2, 27, 0x03];

fn config(certificate: &[u8]) -> Value {
    Value::object([("pgp_key", Value::string(STANDARD.encode(certificate)))])
}

fn problem(certificate: &[u8]) -> String {
    recipient(&config(certificate)).unwrap_err().detail
}

#[test]
fn secrets_are_read_by_the_holder_of_the_key_alone() {
    let rsa = PrivateDecryptingKey::generate(KeySize::Rsa2048).unwrap();
    let p256 = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
    for (signer, holder) in [
        (Signer::ed25519(), Holder::on(Curve::Curve25519)),
        (Signer::ed25519(), Holder::Rsa(rsa.clone())),
        (Signer::P256(p256), Holder::on(Curve::P256)),
        (Signer::Rsa(pair_of(&rsa)), Holder::on(Curve::Curve25519)),
    ] {
        let certificate = signer.certificate(&[FLAGS_SIGN], Some((&holder.body(), &[FLAGS_ENCRYPT])));
        let recipient = recipient(&config(&certificate)).unwrap().unwrap();
        assert_eq!(recipient.fingerprint.len(), 40);
        let secret = "wJalrXUtnFEMI/K7MDENG".repeat(20);
        let messages = [recipient.encrypted(&secret).unwrap(), recipient.encrypted(&secret).unwrap()];
        assert_ne!(messages[0], messages[1], "every message has a key of its own");
        for message in messages {
            assert_eq!(holder.read(&message), secret);
        }
    }
}

#[test]
fn the_first_key_is_used_where_it_may_encrypt_and_no_other_does() {
    let key = PrivateDecryptingKey::generate(KeySize::Rsa2048).unwrap();
    let (signer, holder) = (Signer::Rsa(pair_of(&key)), Holder::Rsa(key));
    let found = recipient(&config(&signer.certificate(&[], None))).unwrap().unwrap();
    assert_eq!(holder.read(&found.encrypted("secret").unwrap()), "secret");
    let said = problem(&signer.certificate(&[FLAGS_SIGN], None));
    assert!(said.contains("none of its keys is valid now"), "{said}");
}

#[test]
fn keys_that_are_not_vouched_for_or_no_longer_valid_are_refused() {
    let (signer, other, holder) = (Signer::ed25519(), Signer::ed25519(), Holder::on(Curve::Curve25519));
    let body = holder.body();
    let good = signer.certificate(&[], Some((&body, &[FLAGS_ENCRYPT])));
    assert!(recipient(&config(&good)).is_ok());
    // The other key comes with the signature of somebody else.
    let about = [framed(&signer.body()), framed(&body)].concat();
    let foreign = other.signature(0x18, &about, &[FLAGS_ENCRYPT]);
    let foreign = [signer.certificate(&[], None), packet(14, &body), foreign].concat();
    assert!(problem(&foreign).contains("none of its keys is valid now"));
    let expired = signer.certificate(&[], Some((&body, &[FLAGS_ENCRYPT, &[5, 9, 0, 0, 0, 60]])));
    assert!(problem(&expired).contains("none of its keys is valid now"));
    let revoked = [good.clone(), signer.signature(0x28, &about, &[])].concat();
    assert!(problem(&revoked).contains("none of its keys is valid now"));
    let all = signer.certificate(&[&[5, 9, 0, 0, 0, 60]], Some((&body, &[FLAGS_ENCRYPT])));
    assert!(problem(&all).contains("it has expired"));
    let gone = [packet(6, &signer.body()), signer.signature(0x20, &framed(&signer.body()), &[])].concat();
    let gone = [gone, good.get(packet(6, &signer.body()).len()..).unwrap().to_vec()].concat();
    assert!(problem(&gone).contains("it is revoked"));
    let unnamed = [packet(6, &signer.body()), packet(13, b"Nobody")].concat();
    assert!(problem(&unnamed).contains("no name of it is signed by itself"));
}

#[test]
fn what_is_no_public_key_is_refused_with_a_reason() {
    let signer = Signer::ed25519();
    for (certificate, reason) in [
        (packet(5, &signer.body()), "it is a private key"),
        (packet(13, b"Nobody"), "it does not begin with a public key"),
        (packet(6, &[6, 0, 0, 0, 0, 27]), "a key of version 6"),
        (packet(6, &[&head(17), mpi(&[1]).as_slice()].concat()), "algorithm, number 17"),
        (signer.body(), "it is no OpenPGP key"),
        (b"\x99\x01".to_vec(), "it is cut short"),
    ] {
        let said = problem(&certificate);
        assert!(said.contains(reason) && said.contains("gpg --export NAME | base64"), "{said}");
    }
    let text = |text: &str| recipient(&Value::object([("pgp_key", Value::string(text))]));
    assert!(text("#").unwrap_err().detail.contains("it is not in base64"));
    let said = text("keybase:somebody").unwrap_err().detail;
    assert!(said.contains("https://keybase.io/somebody/pgp_keys.asc"), "{said}");
    assert_eq!(text("").unwrap(), None);
}

#[test]
fn armored_keys_are_read_as_those_in_base64() {
    let holder = Holder::on(Curve::Curve25519);
    let certificate = Signer::ed25519().certificate(&[], Some((&holder.body(), &[FLAGS_ENCRYPT])));
    let coded = STANDARD.encode(&certificate);
    let (first, rest) = coded.split_at(64);
    for headers in ["", "Version: 1\nComment: x\n"] {
        let armored = format!(
            "some text\n-----BEGIN PGP PUBLIC KEY BLOCK-----\n{headers}\n{first}\n{rest}\n=abcd\n-----END PGP PUBLIC KEY BLOCK-----\n"
        );
        let found = recipient(&Value::object([("pgp_key", Value::string(armored))])).unwrap().unwrap();
        assert_eq!(Some(found), recipient(&config(&certificate)).unwrap());
    }
}

#[test]
fn no_bytes_make_it_fail_otherwise_than_with_a_reason() {
    let holder = Holder::on(Curve::Curve25519);
    let certificate = Signer::ed25519().certificate(&[], Some((&holder.body(), &[FLAGS_ENCRYPT])));
    for at in 0..certificate.len() {
        let _ = recipient(&config(&certificate[..at]));
        for bit in [0x01, 0x80] {
            let mut changed = certificate.clone();
            changed[at] ^= bit;
            let _ = recipient(&config(&changed));
        }
    }
    let key = super::key::PublicKey::read(&holder.body()).unwrap();
    assert!(matches!(key.material, Material::Ecdh(_)));
}
