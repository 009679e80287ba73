//! Targets as a configuration makes them: what they read, write and refuse.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use futures_util::FutureExt;
use terrane_encryption::{AesGcm, JournalCipher, KeySource, Keys, Link, Method, Pbkdf2, Random, Target, envelope};
use terrane_value::Value;

const STATE: &[u8] =
    br#"{"version":4,"terraform_version":"1.12.0","serial":7,"lineage":"l","outputs":{},"resources":[]}"#;

/// Bytes that are never the same twice.
struct Counter(AtomicU8);

impl Random for Counter {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), String> {
        bytes.fill_with(|| self.0.fetch_add(1, Ordering::Relaxed));
        Ok(())
    }
}

fn random() -> Arc<dyn Random> {
    Arc::new(Counter(AtomicU8::new(0)))
}

fn now<T>(future: impl Future<Output = T>) -> T {
    future.now_or_never().expect("nothing here waits")
}

fn number(n: i64) -> Value {
    Value::from(n)
}

fn provider(name: &str, passphrase: &str, chain: Option<KeySource>, alias: Option<&str>) -> KeySource {
    let secret = (!passphrase.is_empty()).then(|| ("passphrase", Value::string(passphrase)));
    let fields =
        [("iterations", number(200_000)), ("hash_function", Value::string("sha256")), ("key_length", number(32))];
    let value = Value::object(fields.into_iter().chain(secret));
    let provider = Pbkdf2::open(&value, chain.is_some(), random()).unwrap();
    KeySource::Provider(Arc::new(Link::new(format!("key_provider.pbkdf2.{name}"), alias, chain, Arc::new(provider))))
}

fn aes(name: &str, keys: KeySource, aad: &[i64]) -> Method {
    let aad = Value::tuple(aad.iter().map(|n| number(*n)).collect::<Vec<_>>());
    let cipher = AesGcm::open(&Value::object([("aad", aad)]), random()).unwrap();
    Method::Keyed { address: format!("method.aes_gcm.{name}"), keys: Some(keys), cipher: Arc::new(cipher) }
}

fn simple(name: &str, passphrase: &str) -> Method {
    aes(name, provider(name, passphrase, None, None), &[])
}

fn sealed(target: &Target) -> Vec<u8> {
    let head = envelope::Head { serial: 7, lineage: "l".into() };
    now(target.seal(STATE.to_vec(), Some(head))).unwrap()
}

fn refusal(methods: Vec<Method>, bytes: Vec<u8>) -> String {
    now(Target::new("state", methods).open(bytes)).unwrap_err().0
}

#[test]
fn what_opentofu_wrote_is_read() {
    let bytes = include_bytes!("vectors/tofu-sha256-16-aad.json").to_vec();
    let target = Target::new("state", vec![aes("a", provider("a", "correct horse battery", None, None), &[1, 2, 250])]);
    let opened = now(target.open(bytes.clone())).unwrap();
    assert_eq!((opened.sealed, opened.outdated), (true, false));
    let (lineage, serial) = terrane_state::head(&opened.bytes).unwrap();
    assert_eq!((lineage.as_str(), serial), ("9742b7ec-9380-9983-7105-a1ba4f53a78e", 1));
    assert!(String::from_utf8(opened.bytes).unwrap().contains("\"tofu\""));
    let without_aad = refusal(vec![aes("a", provider("a", "correct horse battery", None, None), &[])], bytes);
    assert!(without_aad.contains("method.aes_gcm.a: The key is not the one"), "{without_aad}");
}

#[test]
fn what_is_sealed_is_opened_by_the_same_methods_alone() {
    let bytes = sealed(&Target::new("state", vec![simple("a", "correct horse battery")]));
    assert!(envelope::is_sealed(&bytes) && !envelope::is_sealed(STATE));
    assert_eq!(terrane_state::head(&bytes), Some(("l".into(), 7)));
    assert!(!String::from_utf8_lossy(&bytes).contains("outputs"));
    let again = Target::new("state", vec![simple("a", "correct horse battery")]);
    assert_eq!(now(again.open(bytes.clone())).unwrap().bytes, STATE);
    let wrong = refusal(vec![simple("a", "another passphrase")], bytes.clone());
    assert!(wrong.contains("another passphrase, key or aad") && !wrong.contains("correct horse"), "{wrong}");
    let renamed = refusal(vec![simple("b", "correct horse battery")], bytes.clone());
    assert!(renamed.contains("\"encrypted_metadata_alias\"") && renamed.contains("key_provider.pbkdf2.a"), "{renamed}");
    let alias = aes("b", provider("b", "correct horse battery", None, Some("key_provider.pbkdf2.a")), &[]);
    assert_eq!(now(Target::new("state", vec![alias]).open(bytes.clone())).unwrap().bytes, STATE);
    let none = refusal(vec![Method::Unencrypted], bytes);
    assert!(none.contains("only the method \"unencrypted\""), "{none}");
}

#[test]
fn each_key_is_fresh_and_each_nonce() {
    let target = Target::new("state", vec![simple("a", "correct horse battery")]);
    let [first, second] = [sealed(&target), sealed(&target)].map(|bytes| envelope::read(&bytes).unwrap());
    assert_eq!(first.metadata, second.metadata, "one run has one key");
    assert_ne!(first.data[..12], second.data[..12]);
}

#[test]
fn a_fallback_reads_and_the_first_method_writes() {
    let old = sealed(&Target::new("state", vec![simple("old", "correct horse battery")]));
    let both =
        || Target::new("state", vec![simple("new", "a newer passphrase"), simple("old", "correct horse battery")]);
    let opened = now(both().open(old)).unwrap();
    assert!(opened.outdated && opened.bytes == STATE);
    let new = sealed(&both());
    let opened = now(Target::new("state", vec![simple("new", "a newer passphrase")]).open(new)).unwrap();
    assert!(!opened.outdated && opened.bytes == STATE);
}

#[test]
fn unencrypted_files_are_taken_over_only_when_asked() {
    let refused = refusal(vec![simple("a", "correct horse battery")], STATE.to_vec());
    assert!(refused.contains("fallback { method = method.unencrypted.migrate }"), "{refused}");
    let target = Target::new("state", vec![simple("a", "correct horse battery"), Method::Unencrypted]);
    let opened = now(target.open(STATE.to_vec())).unwrap();
    assert!(opened.outdated && !opened.sealed);
    let back = Target::new("state", vec![Method::Unencrypted, simple("a", "correct horse battery")]);
    let opened = now(back.open(sealed(&target))).unwrap();
    assert!(opened.outdated && opened.sealed);
    assert_eq!(now(back.seal(STATE.to_vec(), None)).unwrap(), STATE);
}

#[test]
fn providers_are_chained() {
    let chain = |last: &str| {
        let first = provider("first", "correct horse battery", None, None);
        Target::new("state", vec![aes("a", provider("second", "", Some(first), Some(last)), &[])])
    };
    let bytes = sealed(&chain(""));
    let names: Vec<String> = envelope::read(&bytes).unwrap().metadata.into_keys().collect();
    assert_eq!(names, ["key_provider.pbkdf2.first", "key_provider.pbkdf2.second"]);
    assert_eq!(now(chain("").open(bytes)).unwrap().bytes, STATE);
    let twice = now(chain("key_provider.pbkdf2.first").prepare()).unwrap_err().0;
    assert!(twice.contains("\"encrypted_metadata_alias\""), "{twice}");
}

#[test]
fn every_changed_byte_is_noticed() {
    let bytes = sealed(&Target::new("state", vec![given()]));
    let envelope = envelope::read(&bytes).unwrap();
    for place in 0..envelope.data.len() {
        let mut data = envelope.data.clone();
        data[place] ^= 1;
        let changed = envelope::Envelope { head: envelope.head.clone(), metadata: envelope.metadata.clone(), data };
        refusal(vec![given()], envelope::write(&changed).unwrap());
    }
    for length in 0..bytes.len() {
        refusal(vec![given()], bytes[..length].to_vec());
    }
    let other = String::from_utf8(bytes).unwrap().replace("\"serial\":7", "\"serial\":8").into_bytes();
    let why = refusal(vec![given()], other);
    assert!(why.contains("serial is 8, but inside it is 7"), "{why}");
}

/// A method whose keys are written down.
fn given() -> Method {
    let key = vec![3; 32];
    aes("given", KeySource::Given(Keys { encryption: key.clone(), decryption: Some(key) }), &[])
}

#[test]
fn wrong_arguments_are_refused_without_showing_them() {
    let open = |fields: &[(&str, Value)]| {
        let value = Value::object(fields.to_vec());
        Pbkdf2::open(&value, false, random()).map(drop).unwrap_err().0
    };
    let good = ("passphrase", Value::string("correct horse battery"));
    assert!(open(&[]).contains("\"passphrase\", or a \"chain\""));
    let short = open(&[("passphrase", Value::string("hush"))]);
    assert!(short.contains("4 bytes; 16 are the least") && !short.contains("hush"), "{short}");
    assert!(open(&[good.clone(), ("iterations", number(1000))]).contains("200000 are the least"));
    assert!(open(&[good.clone(), ("hash_function", Value::string("md5"))]).contains("\"sha256\" and \"sha512\""));
    assert!(open(&[good.clone(), ("salt_length", number(0))]).contains("from 1 to"));
    let odd = Value::object([good, ("key_length", number(20))]);
    let odd = Arc::new(Pbkdf2::open(&odd, false, random()).unwrap());
    let odd = KeySource::Provider(Arc::new(Link::new("key_provider.pbkdf2.odd".into(), None, None, odd)));
    let why = now(Target::new("state", vec![aes("a", odd, &[])]).prepare()).unwrap_err().0;
    assert!(why.contains("16, 24 or 32 bytes, and this one has 20"), "{why}");
}

#[test]
fn a_journal_is_opened_by_its_own_key_alone() {
    let cipher = JournalCipher::new(random());
    let (key, other) = (cipher.fresh().unwrap(), cipher.fresh().unwrap());
    let sealed = cipher.seal(&key, "hush".into()).unwrap();
    assert!(!sealed.contains("hush") && sealed != cipher.seal(&key, "hush".into()).unwrap());
    assert_eq!(cipher.open(&key, &sealed).as_deref(), Some("hush"));
    assert_eq!(cipher.open(&other, &sealed), None);
    assert_eq!(cipher.open(&key, "no base64, and cut off"), None);
    assert!(!format!("{key:?}").contains(&key.0));
}
