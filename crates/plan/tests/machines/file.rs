//! Plan files that are not whole, or not plan files.

use std::io::{Read, Write};
use std::sync::Arc;

use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use sha2::{Digest, Sha256};

use crate::support::run::{self, in_order};
use crate::support::things::Things;
use crate::support::{load, providers};
use terrane_plan::PlanOptions;
use terrane_plan::file::{self, FileError, Origin};
use terrane_state::Snapshot;
use terrane_value::Value;

fn plan_file() -> Vec<u8> {
    let config = load(&[("main.tf", "resource \"thing\" \"a\" {\n  name = \"a\"\n}\n")]);
    let providers = providers(&Arc::new(Things::default()));
    let (plan, _) = run::plan(&config, &providers, &Snapshot::default(), PlanOptions::default(), &mut in_order);
    let declared = Some("{}".into());
    let configuration = [("main.tf".to_owned(), "d1g".to_owned())].into();
    let origin = Origin { version: "1".into(), configuration, planned_at: 7, place: "x".into(), declared };
    let bytes = file::write(&plan, &origin).unwrap();
    assert_eq!(file::read(&bytes).unwrap().1, origin);
    bytes
}

#[test]
fn every_cut_and_every_changed_byte_is_noticed() {
    let bytes = plan_file();
    for len in 0..bytes.len() {
        let error = file::read(&bytes[..len]).unwrap_err();
        assert!(matches!(error, FileError::Empty | FileError::Damaged(_) | FileError::Format { .. }), "{len}: {error}");
    }
    for at in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[at] ^= 1;
        assert!(file::read(&changed).is_err(), "byte {at}");
    }
}

#[test]
fn a_plan_with_errors_stays_one_and_is_not_applied() {
    let main = "resource \"thing\" \"a\" {\n  name = \"a\"\n}\noutput \"o\" {\n  value = 1\n  precondition {\n    \
                condition     = thing.a.name == \"b\"\n    error_message = \"It is a.\"\n  }\n}\n";
    let config = load(&[("main.tf", main)]);
    let providers = providers(&Arc::new(Things::default()));
    let (plan, diags) = run::plan(&config, &providers, &Snapshot::default(), PlanOptions::default(), &mut in_order);
    assert!(diags.has_errors() && plan.errored && plan.has_changes());
    let origin = Origin { version: "1".into(), planned_at: 7, place: "x".into(), ..Origin::default() };
    let (read, _) = file::read(&file::write(&plan, &origin).unwrap()).unwrap();
    assert!(read.errored && !read.is_applicable() && !read.is_complete());
    let options = terrane_plan::ApplyOptions::default();
    let applied =
        run::apply(&config, &providers, &read, options, &mut run::Journal::default(), &mut in_order, run::Until::Done);
    let refused = applied.err().unwrap();
    assert!(refused.iter().any(|d| d.summary == "Cannot apply incomplete plan"), "{refused:?}");
}

/// A file with the digest of its body, as somebody would make it who knows the format.
fn signed(json: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(json).unwrap();
    let body = encoder.finish().unwrap();
    let digest: String = Sha256::digest(&body).iter().map(|byte| format!("{byte:02x}")).collect();
    [format!("terrane plan file, format 2\n{digest}\n").as_bytes(), &body].concat()
}

#[test]
fn changed_content_under_a_new_digest_never_panics() {
    let bytes = plan_file();
    let body = bytes.splitn(3, |b| *b == b'\n').nth(2).unwrap();
    let mut json = Vec::new();
    DeflateDecoder::new(body).read_to_end(&mut json).unwrap();
    assert!(file::read(&signed(&json)).is_ok());
    for at in 0..json.len() {
        for other in *b"\"[{0z" {
            let mut changed = json.clone();
            changed[at] = other;
            let _ = file::read(&signed(&changed));
        }
        let _ = file::read(&signed(&json[..at])).unwrap_err();
    }
}

#[test]
fn what_else_it_may_be_is_said() {
    let said = |bytes: &[u8]| file::read(bytes).unwrap_err().to_string();
    assert_eq!(said(b""), "The file is empty: writing the plan into it was not finished. Make a new plan.");
    assert_eq!(said(b"terrane"), "The plan file is damaged: it ends within its first line. Make a new plan.");
    assert!(said(b"PK\x03\x04...").contains("Terraform or OpenTofu"));
    assert!(said(b" {\"version\": 4}").contains("looks like JSON"));
    assert!(said(b"terrane plan file, format 9\nabc\n").contains("format 9"));
}

#[test]
fn the_same_plan_has_the_same_identity() {
    let bytes = plan_file();
    assert_eq!(file::identity(&bytes), file::identity(&plan_file()));
    assert!(file::identity(&bytes[..10]).is_err());
}

#[test]
fn values_of_ephemeral_variables_are_not_in_it() {
    let main = "variable \"token\" {\n  ephemeral = true\n}\nvariable \"plain\" {}\n";
    let config = load(&[("main.tf", main)]);
    let given = |text: &str| terrane_lang::Input { value: Value::from(text), span: None, origin: "here".into() };
    let providers = providers(&Arc::new(Things::default()));
    let (mut plan, _) = run::plan(&config, &providers, &Snapshot::default(), PlanOptions::default(), &mut in_order);
    plan.inputs.variables = [("token".into(), given("hush")), ("plain".into(), given("said"))].into();
    let (read, _) = file::read(&file::write(&plan, &Origin::default()).unwrap()).unwrap();
    assert_eq!(read.inputs.variables.keys().map(|name| &**name).collect::<Vec<_>>(), ["plain"]);
    assert_eq!(read.ephemeral_variables, ["token".into()].into());
}
