//! Private keys in PEM texts.

use dashu_int::UBig;

use crate::functions::base64;

/// Least size of a key in bytes, as in OpenTofu: smaller ones keep no secret.
const SMALLEST: usize = 128;

/// Greatest size of a key in bytes.
const LARGEST: usize = 2048;

/// What of a private key is needed for decryption.
pub struct Key {
    pub modulus: UBig,
    pub exponent: UBig,
}

/// The RSA key in a PEM text, in the form of PKCS #1, PKCS #8 or OpenSSH. The error says what is wrong.
pub fn parse(pem: &str) -> Result<Key, &'static str> {
    let (_, rest) = pem.split_once("-----BEGIN ").ok_or("there is no line -----BEGIN …-----")?;
    let (label, rest) = rest.split_once("-----").ok_or("the first line is incomplete")?;
    let (body, _) = rest.split_once("-----END ").ok_or("there is no line -----END …-----")?;
    if body.contains("ENCRYPTED") || label.contains("ENCRYPTED") {
        return Err("it is protected by a passphrase");
    }
    let body: String = body.split_whitespace().collect();
    let bytes = base64::decode(&body).ok_or("its lines are not valid Base64")?;
    let key = match label {
        "RSA PRIVATE KEY" => pkcs1(&bytes),
        "PRIVATE KEY" => pkcs8(&bytes),
        "OPENSSH PRIVATE KEY" => openssh(&bytes),
        _ => return Err("it is something else by its first line"),
    };
    let usable = |key: &Key| !key.modulus.is_zero() && key.modulus.to_be_bytes().len() <= LARGEST;
    let key =
        key.filter(usable).ok_or("it is damaged, protected by a passphrase, or for another kind of encryption")?;
    if key.modulus.to_be_bytes().len() < SMALLEST { Err("it has fewer than 1024 bits") } else { Ok(key) }
}

fn pkcs1(bytes: &[u8]) -> Option<Key> {
    let mut fields = Der(bytes).sequence()?;
    let _version = fields.integer()?;
    let modulus = fields.integer()?;
    let _public = fields.integer()?;
    Some(Key { modulus, exponent: fields.integer()? })
}

fn pkcs8(bytes: &[u8]) -> Option<Key> {
    const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
    let mut fields = Der(bytes).sequence()?;
    let _version = fields.integer()?;
    let kind = fields.sequence()?.object_id()?;
    if kind == RSA { pkcs1(fields.octets()?) } else { None }
}

fn openssh(bytes: &[u8]) -> Option<Key> {
    let mut fields = Wire(bytes.strip_prefix(b"openssh-key-v1\0")?);
    let (cipher, _derivation, _options) = (fields.text()?, fields.text()?, fields.text()?);
    let count = fields.number()?;
    let _public = fields.text()?;
    if cipher != b"none" || count != 1 {
        return None;
    }
    let mut private = Wire(fields.text()?);
    let (_check, _again) = (private.number()?, private.number()?);
    if private.text()? != b"ssh-rsa" {
        return None;
    }
    let modulus = UBig::from_be_bytes(private.text()?);
    let _public = private.text()?;
    Some(Key { modulus, exponent: UBig::from_be_bytes(private.text()?) })
}

/// Fields in the encoding of ASN.1: a tag, a length, content.
struct Der<'b>(&'b [u8]);

impl<'b> Der<'b> {
    fn field(&mut self, tag: u8) -> Option<&'b [u8]> {
        let (head, rest) = self.0.split_at_checked(2)?;
        let (length, rest) = match head[1] {
            short @ 0..=0x7f => (short.into(), rest),
            long => {
                let (bytes, rest) = rest.split_at_checked(usize::from(long & 0x7f)).filter(|(b, _)| b.len() <= 4)?;
                (bytes.iter().fold(0, |all, byte| (all << 8) | usize::from(*byte)), rest)
            }
        };
        let (content, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        (head[0] == tag).then_some(content)
    }

    fn sequence(&mut self) -> Option<Der<'b>> {
        self.field(0x30).map(Der)
    }

    fn integer(&mut self) -> Option<UBig> {
        self.field(0x02).map(UBig::from_be_bytes)
    }

    fn octets(&mut self) -> Option<&'b [u8]> {
        self.field(0x04)
    }

    fn object_id(&mut self) -> Option<&'b [u8]> {
        self.field(0x06)
    }
}

/// Fields as SSH sends them: numbers of four bytes, and texts after their lengths.
struct Wire<'b>(&'b [u8]);

impl<'b> Wire<'b> {
    fn number(&mut self) -> Option<u32> {
        let (number, rest) = self.0.split_first_chunk::<4>()?;
        self.0 = rest;
        Some(u32::from_be_bytes(*number))
    }

    fn text(&mut self) -> Option<&'b [u8]> {
        let length = usize::try_from(self.number()?).ok()?;
        let (text, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(text)
    }
}
