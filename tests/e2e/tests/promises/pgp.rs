//! Secrets of users for the holder of an OpenPGP key.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use terrane_e2e::World;

/// A public key whose private one nobody has kept.
const KEY: &str = include_str!("../../../../providers/aws-iam/tests/lifecycle/nobody.pgp.txt");

#[test]
fn a_secret_for_a_pgp_key_is_in_no_state() {
    let Some(world) = World::new("pgp") else { return };
    world.write("key.txt", KEY);
    world.write(
        "main.tf",
        r#"
variable "key" {
  default = null
}

resource "aws_iam_user" "one" {
  name = "one"
}

resource "aws_iam_access_key" "one" {
  user    = aws_iam_user.one.name
  pgp_key = var.key == null ? file("key.txt") : var.key
}

resource "aws_iam_user_login_profile" "one" {
  user    = aws_iam_user.one.name
  pgp_key = file("key.txt")
}

output "secrets" {
  value = [
    aws_iam_access_key.one.encrypted_secret,
    aws_iam_access_key.one.encrypted_ses_smtp_password_v4,
    aws_iam_user_login_profile.one.encrypted_password,
  ]
}
"#,
    );
    let by_name = ["plan", "-var=key=keybase:o-ne"];
    world.terrane(&by_name).code(1).complains(&["keybase.io/o-ne/pgp_keys.asc", "main.tf line 12"]);
    world.terrane(&["apply", "-auto-approve"]).code(0).says(&["3 added"]);
    world.terrane(&["plan", "-detailed-exitcode"]).code(0).says(&["No changes."]);
    let state = world.read("terraform.tfstate");
    for attribute in ["secret", "ses_smtp_password_v4", "password"] {
        assert!(state.contains(&format!("\"{attribute}\": null")), "{attribute} in {state}");
    }
    assert_eq!(state.matches("\"key_fingerprint\": \"5c233e37f8728a0eb4b5d39e75473b24f67dffaf\"").count(), 2);
    let secrets = world.terrane(&["output", "-json", "secrets"]).code(0);
    assert_eq!(secrets.stdout.matches("\"wV4D").count(), 3, "{}", secrets.stdout);
    world.terrane(&["destroy", "-auto-approve"]).code(0).says(&["3 destroyed"]);
}

#[test]
fn keys_at_keybase_are_looked_up_before_anything_is_made() {
    let Some(world) = World::new("keybase") else { return };
    world.write(
        "main.tf",
        r#"
resource "aws_iam_user" "one" {
  name = "one"
}

resource "aws_iam_access_key" "one" {
  count   = 2
  user    = aws_iam_user.one.name
  pgp_key = "keybase:somebody"
}
"#,
    );
    let (proxy, asked) = refusing_proxy();
    let run = |arguments: &[&str]| world.start_with(("HTTPS_PROXY", &proxy), arguments).finish();
    run(&["plan"]).code(0).says(&["3 to add"]);
    assert_eq!(*asked.lock().unwrap(), [""; 0], "a plan asks for nothing");
    let hint = "https://keybase.io/somebody/pgp_keys.asc";
    run(&["apply", "-auto-approve"]).code(1).complains(&[
        "No PGP key",
        hint,
        "file(\"pgp_keys.asc\")",
        "main.tf line 9",
    ]);
    let asked = asked.lock().unwrap();
    assert!(asked.iter().all(|line| line == "CONNECT keybase.io:443 HTTP/1.1") && !asked.is_empty(), "{asked:?}");
    assert_eq!(world.proxy().count("iam:CreateAccessKey"), 0);
}

/// The address of a proxy that refuses all, and what was asked of it.
fn refusing_proxy() -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let asked = Arc::<Mutex<Vec<String>>>::default();
    let log = asked.clone();
    std::thread::spawn(move || {
        for client in listener.incoming() {
            let mut client = client.unwrap();
            let mut line = String::new();
            BufReader::new(&client).read_line(&mut line).unwrap();
            log.lock().unwrap().push(line.trim_end().to_owned());
            client.write_all(b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n").unwrap();
        }
    });
    (address, asked)
}
