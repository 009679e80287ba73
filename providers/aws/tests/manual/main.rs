//! The pages `docs/aws.md` and `docs/aws-types.md`, made of the schemas and of what is implemented.

#![allow(clippy::unwrap_used)]

mod tested;
mod types;

use std::fmt::Write;
use std::path::Path;

use terrane_aws::{AwsProvider, MODELLED};
use terrane_aws_core::resource_schema;
use terrane_provider::{Discovery, Provider};

use crate::tested::Tested;

const MADE: &str =
    "<!-- Made of the provider's schemas: UPDATE=1 cargo test -p terrane-aws --test manual writes this page. -->";

#[test]
fn the_table_of_types_is_fresh() {
    fresh("aws.md", &table(&AwsProvider::new()));
}

#[test]
fn the_pages_of_types_are_fresh() {
    fresh("aws-types.md", &types::page(&AwsProvider::new()));
}

#[test]
fn every_type_that_can_be_applied_has_a_golden_test() {
    let (provider, tested) = (AwsProvider::new(), Tested::read());
    let types = provider.resource_types();
    let without: Vec<&str> = types.into_iter().filter(|ty| provider.can_apply(ty) && !tested.is_golden(ty)).collect();
    assert!(without.is_empty(), "types without a golden test: {without:?}");
}

fn fresh(name: &str, page: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(name);
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, page).unwrap();
    }
    let same = std::fs::read_to_string(&path).unwrap_or_default() == page;
    let advice = "UPDATE=1 cargo test -p terrane-aws --test manual";
    assert!(same, "docs/{name} is not what the provider says of itself; write it with: {advice}");
}

fn table(provider: &AwsProvider) -> String {
    let all = provider.resource_types();
    let (applied, declared): (Vec<&str>, Vec<&str>) = all.iter().partition(|ty| provider.can_apply(ty));
    let sources = provider.data_types();
    let (read, known): (Vec<&str>, Vec<&str>) = sources.iter().partition(|ty| provider.can_read(ty));
    let mut page = format!(
        "\
# AWS types

{MADE}

The provider has the shape of {} resource types and {} data sources: the EC2, VPC, IAM, S3 and DynamoDB types of hashicorp/aws
{}, with KMS, CloudWatch Logs, STS and the parameter of SSM. All of them can be declared and validated, and all resource types planned. {} resource
types can be applied and {} data sources can be read.

## Resource types that can be applied

Each can be created, read, updated, deleted and, where it has an id to import with, imported. Reading asks AWS for all objects
of a type together. *Replace* means that every change of an argument makes a new object. *Find* says whether
[`terrane discover`](configuration.md#finding-what-exists) finds objects of the type: always, or only where the type is *named*, since
each is also an argument of an object of another type, or AWS has made it by itself. Where it does not, the table says why.
The [page of types](aws-types.md) has all arguments and attributes.

AWS tells protection, shutdown behaviour and user data of instances one at a time. Of up to 22 instances in a region all of it is
read; of more, what is known to differ from what AWS sets by itself, so that nobody waits for hundreds of calls: that protection was
switched on outside, for example, is then not seen.

Types named `aws_default_…` take over an object that AWS has made; destroying them leaves that object in place.

Rules of security groups and network ACLs and routes of route tables are written in blocks of their object or as resources of their
own. An object with blocks removes what is not among them, so that each apply would undo the other's work: where a configuration has
both for one object, the plan warns of it, the first plan too.

With `pgp_key`, `aws_iam_access_key` and `aws_iam_user_login_profile` keep their secrets encrypted to that OpenPGP key and not as they
are; without it they are sensitive attributes, and an [encrypted state](encryption.md) keeps them. The key is a public one of RSA
with 2048 bits or more, of Curve25519 or of a NIST curve, in base64 or armored. With `keybase:NAME` it is looked up at keybase.io when
the object is made, through the proxy that `HTTPS_PROXY` names; `plan` and `validate` ask for nothing there. A login profile whose
user has set a new password, as asked to, has not drifted.

*Tested* says by which tests a type is named: *golden* ones play against recordings, or against answers written after AWS's
reference, *emulator* ones against the emulator, and *end to end* ones run the program before the emulator.

| type | create | read | update | delete | import with | find | tested |
|---|---|---|---|---|---|---|---|
",
        all.len(),
        sources.len(),
        MODELLED.trim_end_matches(".0"),
        applied.len(),
        read.len()
    );
    let tested = Tested::read();
    applied.iter().for_each(|ty| page += &row(provider, ty, &tested));
    let _ = write!(
        page,
        "\nObjects in another region than the provider's are imported as `ID@REGION`, of types that have a `region`.\n"
    );
    list(&mut page, "Data sources that can be read", "", &read);
    let note = "`plan` of one that would have to be read ends with an error that names it.\n\n";
    list(&mut page, "Data sources that can be declared", note, &known);
    let note = "`apply` refuses a plan that would have to change one, before it changes anything.\n\n";
    list(&mut page, "Resource types that can be declared and planned", note, &declared);
    page
}

fn row(provider: &AwsProvider, ty: &str, tested: &Tested) -> String {
    let schema = resource_schema(ty).unwrap();
    let update = if schema.in_place { "yes" } else { "replace" };
    let import = schema.import.format.as_ref().map_or("–".to_owned(), |f| format!("`{}`", f.replace('|', "\\|")));
    let find = match provider.discovery(ty) {
        Discovery::Always => "always",
        Discovery::Named => "named",
        Discovery::Never => why_not_found(ty),
    };
    let tested = tested.ways(ty);
    format!("| [`{ty}`](aws-types.md#{ty}) | yes | yes | {update} | yes | {import} | {find} | {tested} |\n")
}

/// Why objects of a type cannot be found.
fn why_not_found(ty: &str) -> &'static str {
    match ty {
        "aws_iam_group_membership" => "no import id; `aws_iam_user_group_membership` finds the same",
        "aws_iam_policy_attachment" => "no import id; `aws_iam_…_policy_attachment` find the same",
        "aws_vpc_ipam_preview_next_cidr" => "AWS keeps no such object",
        _ => panic!("{ty} is not found, and nothing says why"),
    }
}

fn list(page: &mut String, head: &str, note: &str, names: &[&str]) {
    let names: Vec<String> = names.iter().map(|n| format!("`{n}`")).collect();
    let _ = write!(page, "\n## {head}\n\n{note}{}.\n", wrapped(&names.join(", ")));
}

/// The text in lines of at most 120 characters.
fn wrapped(text: &str) -> String {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let line = lines.last_mut().unwrap();
        match line.len() + word.len() {
            0..120 if line.is_empty() => line.push_str(word),
            0..120 => *line = format!("{line} {word}"),
            _ => lines.push(word.to_owned()),
        }
    }
    lines.join("\n")
}
