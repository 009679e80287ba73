//! Secrets of users for the holder of an OpenPGP key.

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
    let by_name = ["plan", "-var=key=keybase:one"];
    world.terrane(&by_name).code(1).complains(&["keybase.io/one/pgp_keys.asc", "main.tf line 12"]);
    world.terrane(&["apply", "-auto-approve"]).code(0).says(&["3 added"]);
    world.terrane(&["plan", "-detailed-exitcode"]).code(0).says(&["No changes."]);
    let state = world.read("terraform.tfstate");
    for attribute in ["secret", "ses_smtp_password_v4", "password"] {
        assert!(state.contains(&format!("\"{attribute}\": null")), "{attribute} in {state}");
    }
    assert_eq!(state.matches("\"key_fingerprint\": \"5c233e37f8728a0eb4b5d39e75473b24f67dffaf\"").count(), 2);
    let secrets = world.terrane(&["output", "-json", "secrets"]).code(0);
    assert_eq!(secrets.stdout.matches("\"wV4D").count(), 3, "{}", secrets.stdout);
    world.terrane(&["apply", "-auto-approve", "-var=key=keybase:one"]).code(1);
    world.terrane(&["destroy", "-auto-approve"]).code(0).says(&["3 destroyed"]);
}
