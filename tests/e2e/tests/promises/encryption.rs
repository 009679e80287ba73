//! States and plans are encrypted as the configuration asks, nothing is left readable beside them, and OpenTofu reads
//! and writes the same files.

use std::path::Path;
use std::process::{Command, Output};

use terrane_e2e::{Folder, World};

const PASSPHRASE: &str = "correct horse battery";
const RESOURCES: &str = "resource \"terraform_data\" \"x\" {\n  input = \"very-visible\"\n}\n\
                         output \"o\" {\n  value = terraform_data.x.output\n}\n";

fn key_provider(name: &str, passphrase: &str, more: &str) -> String {
    format!(
        "key_provider \"pbkdf2\" \"{name}\" {{\n  passphrase = \"{passphrase}\"\n  iterations = 200000\n  {more}\n}}\n"
    )
}

fn aes(name: &str) -> String {
    format!("method \"aes_gcm\" \"{name}\" {{\n  keys = key_provider.pbkdf2.{name}\n}}\n")
}

/// An `encryption` block with these parts.
fn encryption(parts: &[&str]) -> String {
    format!("terraform {{\nencryption {{\n{}\n}}\n}}\n", parts.join("\n"))
}

fn simple() -> String {
    let targets = "state {\n  method = method.aes_gcm.a\n  enforced = true\n}\nplan {\n  method = method.aes_gcm.a\n  enforced = true\n}";
    encryption(&[&key_provider("a", PASSPHRASE, ""), &aes("a"), targets])
}

/// The files below a folder that hold what must not be readable, configuration left out.
fn readable(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(dir) = open.pop() {
        for entry in std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()) {
            if entry.is_dir() {
                open.push(entry);
            } else if entry.extension().is_none_or(|end| end != "tf") {
                let bytes = std::fs::read(&entry).unwrap();
                let text = String::from_utf8_lossy(&bytes);
                if ["very-visible", "terraform_data", "correct horse"].iter().any(|words| text.contains(words)) {
                    found.push(entry.display().to_string());
                }
            }
        }
    }
    found
}

#[test]
fn state_backup_and_plan_are_unreadable_and_used_all_the_same() {
    let folder = Folder::new();
    folder.write("main.tf", RESOURCES);
    folder.write("encryption.tf", &simple());
    folder.terrane("", &["plan", "-out=p"]).code(0);
    assert_eq!(readable(folder.path()), [""; 0]);
    folder.terrane("", &["show", "p"]).code(0).says(&["very-visible"]);
    folder.terrane("", &["apply", "p"]).code(0).says(&["1 added"]);
    folder.terrane("", &["apply", "p"]).code(1).complains(&["Saved plan is stale"]);
    folder.write("main.tf", &RESOURCES.replace("very-visible", "very-visible-2"));
    folder.terrane("", &["apply", "-auto-approve"]).code(0).says(&["1 changed"]);
    folder.terrane("", &["plan", "-detailed-exitcode"]).code(0);
    folder.terrane("", &["state", "mv", "terraform_data.x", "terraform_data.y"]).code(0);
    folder.terrane("", &["state", "mv", "terraform_data.y", "terraform_data.x"]).code(0);
    folder.terrane("", &["workspace", "new", "other"]).code(0);
    folder.terrane("", &["apply", "-auto-approve"]).code(0);
    assert_eq!(readable(folder.path()), [""; 0]);
    let pulled = folder.terrane("", &["state", "pull"]).code(0).says(&["very-visible-2", "\"version\": 4"]);
    folder.write("pulled.json", &pulled.stdout);
    folder.terrane("", &["state", "push", "-force", "pulled.json"]).code(0);
    folder.terrane("", &["show", "terraform.tfstate"]).code(0).says(&["very-visible-2"]);
    folder.terrane("", &["output", "o"]).code(0).says(&["very-visible-2"]);
}

#[test]
fn what_is_wrong_is_said_without_the_passphrase() {
    let folder = Folder::new();
    folder.write("main.tf", RESOURCES);
    folder.write("encryption.tf", &simple());
    folder.terrane("", &["plan", "-out=p"]).code(0);
    folder.terrane("", &["apply", "-auto-approve"]).code(0);
    let before = folder.read("terraform.tfstate");
    let refused = |arguments: &[&str], words: &[&str]| {
        let run = folder.terrane("", arguments).code(1).complains(words);
        assert!(!run.stderr.contains("battery"), "{run}");
        assert_eq!(folder.read("terraform.tfstate"), before);
    };
    folder.write("encryption.tf", "");
    refused(&["apply", "-auto-approve"], &["The state is encrypted, and nothing says how it is decrypted"]);
    refused(&["apply", "p"], &["The plan is encrypted, and the configuration here has no encryption block"]);
    refused(&["show", "p"], &["The plan is encrypted"]);
    folder.write("encryption.tf", &simple().replace("correct horse", "another one of"));
    refused(&["apply", "-auto-approve"], &["another passphrase, key or aad"]);
    refused(&["state", "list"], &["another passphrase, key or aad"]);
    folder.write("encryption.tf", &simple().replace("correct horse battery", "battery"));
    refused(&["plan"], &["encryption.tf", "The passphrase is too short: 7 bytes"]);
    folder.write("encryption.tf", &simple().replace("keys = key_provider.pbkdf2.a", "keys = key_provider.pbkdf2.b"));
    refused(&["plan"], &["encryption.tf"]);
    folder.write("encryption.tf", &simple().replace("\"pbkdf2\"", "\"openbao\"").replace(".pbkdf2.", ".openbao."));
    refused(&["plan"], &["The key provider \"openbao\" is not supported yet"]);
    folder.write("encryption.tf", &simple().replace("= method.aes_gcm.a", "= method.aes_gcm.c"));
    refused(&["plan"], &["Reference to undeclared encryption method"]);
    folder.write("encryption.tf", &simple().replace("iterations", "iteration"));
    refused(&["plan"], &["encryption.tf", "iterations"]);
}

#[test]
fn an_unencrypted_state_is_taken_over_and_keys_roll() {
    let folder = Folder::new();
    folder.write("main.tf", RESOURCES);
    folder.terrane("", &["apply", "-auto-approve"]).code(0);
    folder.terrane("", &["plan", "-out=plain"]).code(0);
    folder.write("encryption.tf", &simple());
    folder.terrane("", &["plan"]).code(1).complains(&["The state is not encrypted", "fallback"]);
    folder.terrane("", &["apply", "plain"]).code(1).complains(&["The plan is not encrypted"]);
    std::fs::remove_file(folder.path().join("plain")).unwrap();
    let a = key_provider("a", PASSPHRASE, "");
    let unencrypted = "method \"unencrypted\" \"m\" {}";
    let state = "state {\n  method = method.aes_gcm.a\n  fallback {\n    method = method.unencrypted.m\n  }\n}";
    folder.write("encryption.tf", &encryption(&[&a, &aes("a"), unencrypted, state]));
    let enforced = state.replacen('{', "{\n  enforced = true", 1);
    folder.write("enforced_override.tf", &encryption(&[&enforced]));
    folder.terrane("", &["plan"]).code(1).complains(&["Unencrypted method is forbidden"]);
    std::fs::remove_file(folder.path().join("enforced_override.tf")).unwrap();
    folder.terrane("", &["apply", "-auto-approve"]).code(0).complains(&["Unencrypted method configured"]);
    assert_eq!(readable(folder.path()), [""; 0], "the backup of the state that was taken over is encrypted too");
    folder.write("encryption.tf", &simple());
    folder.terrane("", &["plan", "-detailed-exitcode"]).code(0);
    let b = key_provider("b", "a newer, longer passphrase", "");
    let roll = "state {\n  method = method.aes_gcm.b\n  fallback {\n    method = method.aes_gcm.a\n  }\n}";
    folder.write("encryption.tf", &encryption(&[&a, &b, &aes("a"), &aes("b"), roll]));
    folder.terrane("", &["apply", "-auto-approve"]).code(0);
    let only = "state {\n  method = method.aes_gcm.b\n}";
    folder.write("encryption.tf", &encryption(&[&b, &aes("b"), only]));
    folder.terrane("", &["plan", "-detailed-exitcode"]).code(0);
    let serial = folder.read("terraform.tfstate");
    folder.terrane("", &["apply", "-auto-approve"]).code(0);
    assert_eq!(folder.read("terraform.tfstate"), serial, "what is stored as it should be is not written again");
}

#[test]
fn the_environment_says_how_to_encrypt() {
    let Some(world) = World::new("encryption_environment") else { return };
    world.write("main.tf", "variable \"pass\" {\n  default = \"correct horse battery\"\n}\n");
    world.write("more.tf", RESOURCES);
    let hcl = "key_provider \"pbkdf2\" \"a\" {\n  passphrase = var.pass\n  iterations = 200000\n}\n\
               method \"aes_gcm\" \"a\" {\n  keys = key_provider.pbkdf2.a\n}\n\
               state {\n  method = method.aes_gcm.a\n}\nplan {\n  method = method.aes_gcm.a\n}";
    world.start_with(("TF_ENCRYPTION", hcl), &["plan", "-out=p"]).finish().code(0);
    world.start_with(("TF_ENCRYPTION", hcl), &["apply", "p"]).finish().code(0).says(&["1 added"]);
    assert_eq!(readable(world.folder()), [""; 0]);
    let json = r#"{"key_provider":{"pbkdf2":{"a":{"passphrase":"${var.pass}","iterations":200000}}},
        "method":{"aes_gcm":{"a":{"keys":"key_provider.pbkdf2.a"}}},"state":{"method":"method.aes_gcm.a"}}"#;
    world.start_with(("TF_ENCRYPTION", json), &["plan", "-detailed-exitcode"]).finish().code(0);
    let wrong = r#"key_provider "pbkdf2" "a" { passphrase = "hush hush, my dear" oops }"#;
    let run = world.start_with(("TF_ENCRYPTION", wrong), &["plan"]).finish().code(1).complains(&["TF_ENCRYPTION"]);
    assert!(!run.stderr.contains("my dear"), "{run}");
}

#[test]
fn a_state_that_cannot_be_written_is_kept_encrypted() {
    let Some(world) = World::new("encryption_errored") else { return };
    let (bucket, table) = in_s3(&world);
    world.write("main.tf", RESOURCES);
    world.write("encryption.tf", &simple());
    world.terrane(&["init"]).code(0);
    world.terrane(&["apply", "-auto-approve"]).code(0);
    let stored = world.account().s3("GET", &format!("/{bucket}/states/x"), "");
    assert!(stored.contains("\"encryption_version\":\"v0\"") && !stored.contains("very-visible"), "{stored}");
    world.terrane(&["plan", "-detailed-exitcode"]).code(0);
    world.write("main.tf", &RESOURCES.replace("very-visible", "very-visible-2"));
    let waiting = "resource \"terraform_data\" \"slow\" {\n  provisioner \"local-exec\" {\n    command = \"touch began; while [ ! -e go ]; do sleep 0.1; done\"\n  }\n}\n";
    world.write("slow.tf", waiting);
    let run = world.start(&["apply", "-auto-approve"]);
    let end = std::time::Instant::now() + std::time::Duration::from_secs(60);
    while !world.folder().join("began").exists() {
        assert!(std::time::Instant::now() < end, "the provisioner never began");
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    world.account().s3("PUT", &format!("/{bucket}/states/x"), "somebody else was here");
    world.write("go", "");
    run.finish().code(1).complains(&["errored.tfstate"]);
    let kept = world.read("errored.tfstate");
    assert!(kept.contains("\"encryption_version\":\"v0\"") && !kept.contains("very-visible"), "{kept}");
    assert_eq!(readable(world.folder()), [""; 0]);
    world.account().s3("PUT", &format!("/{bucket}/states/x"), &stored);
    world.account().dynamodb(
        "DeleteItem",
        &format!(r#"{{"TableName":"{table}","Key":{{"LockID":{{"S":"{bucket}/states/x-md5"}}}}}}"#),
    );
    world.terrane(&["state", "push", "errored.tfstate"]).code(0);
    world.terrane(&["plan", "-detailed-exitcode"]).code(0);
}

/// Keeps the state in a bucket of this test.
fn in_s3(world: &World) -> (String, String) {
    let (bucket, table) = (world.unique("crypt"), world.unique("crypt-locks"));
    world.account().create_bucket(&bucket);
    world.account().create_lock_table(&table);
    world.write(
        "backend.tf",
        &format!(
            "terraform {{\n  backend \"s3\" {{\n    bucket = \"{bucket}\"\n    key = \"states/x\"\n    dynamodb_table = \"{table}\"\n    use_path_style = true\n  }}\n}}\n"
        ),
    );
    (bucket, table)
}

#[test]
fn states_migrate_to_another_backend_encrypted() {
    let Some(world) = World::new("encryption_migrate") else { return };
    world.write("main.tf", RESOURCES);
    world.write("encryption.tf", &simple());
    world.terrane(&["apply", "-auto-approve"]).code(0);
    let (bucket, _) = in_s3(&world);
    world.terrane(&["init", "-migrate-state", "-force-copy"]).code(0);
    let stored = world.account().s3("GET", &format!("/{bucket}/states/x"), "");
    assert!(stored.contains("\"encryption_version\":\"v0\""), "{stored}");
    world.terrane(&["plan", "-detailed-exitcode"]).code(0);
    assert_eq!(readable(world.folder()), [""; 0]);
}

#[test]
fn kms_gives_the_keys() {
    let Some(world) = World::new("encryption_kms") else { return };
    let made = world.account().kms("CreateKey", "{}");
    let id = made.split("\"KeyId\": \"").nth(1).or_else(|| made.split("\"KeyId\":\"").nth(1));
    let id = id.and_then(|rest| rest.split('"').next()).unwrap().to_owned();
    let kms = format!("key_provider \"aws_kms\" \"k\" {{\n  kms_key_id = \"{id}\"\n  key_spec = \"AES_256\"\n}}\n");
    let method = "method \"aes_gcm\" \"k\" {\n  keys = key_provider.aws_kms.k\n}";
    let targets = "state {\n  method = method.aes_gcm.k\n}\nplan {\n  method = method.aes_gcm.k\n}";
    world.write("main.tf", RESOURCES);
    world.write("encryption.tf", &encryption(&[&kms, method, targets]));
    world.terrane(&["apply", "-auto-approve"]).code(0);
    world.terrane(&["plan", "-detailed-exitcode", "-out=p"]).code(0);
    world.terrane(&["show", "p"]).code(0);
    assert_eq!(readable(world.folder()), [""; 0]);
    world.write("encryption.tf", &encryption(&[&kms.replace(&id, "nowhere"), method, targets]));
    world.terrane(&["apply", "-auto-approve"]).code(1).complains(&["KMS"]);
}

#[test]
fn programs_give_keys_and_encrypt() {
    let folder = Folder::new();
    folder.write("main.tf", RESOURCES);
    folder.write(
        "keys.sh",
        "read -r meta || true\nprintf '{\"magic\":\"OpenTofu-External-Key-Provider\",\"version\":1}\\n'\n\
         key=$(printf '0123456789abcdef0123456789abcdef' | base64)\n\
         printf '{\"keys\":{\"encryption_key\":\"%s\",\"decryption_key\":\"%s\"},\"meta\":{\"external_data\":{\"n\":1}}}' $key $key\n",
    );
    let external = "key_provider \"external\" \"e\" {\n  command = [\"sh\", \"keys.sh\"]\n}\n\
                    key_provider \"pbkdf2\" \"p\" {\n  chain = key_provider.external.e\n  iterations = 200000\n}\n\
                    method \"aes_gcm\" \"m\" {\n  keys = key_provider.pbkdf2.p\n}";
    let state = "state {\n  method = method.aes_gcm.m\n}";
    folder.write("encryption.tf", &encryption(&[external, state]));
    folder.terrane("", &["apply", "-auto-approve"]).code(0);
    folder.terrane("", &["plan", "-detailed-exitcode"]).code(0);
    let stored = folder.read("terraform.tfstate");
    assert!(stored.contains("key_provider.external.e") && stored.contains("key_provider.pbkdf2.p"), "{stored}");
    folder.write("keys.sh", "echo no key today >&2; exit 3\n");
    folder.terrane("", &["plan"]).code(1).complains(&["no key today", "key_provider.external.e"]);
}

#[test]
fn encrypted_states_of_other_projects_are_read() {
    let folder = Folder::new();
    folder.write("network/main.tf", &(RESOURCES.to_owned() + &simple()));
    folder.terrane("network", &["apply", "-auto-approve"]).code(0);
    let reads = "data \"terraform_remote_state\" \"network\" {\n  backend = \"local\"\n  config = { path = \"../network/terraform.tfstate\" }\n}\n\
                 output \"seen\" {\n  value = data.terraform_remote_state.network.outputs.o\n}\n";
    folder.write("app/main.tf", reads);
    folder.terrane("app", &["plan"]).code(1).complains(&["The state is encrypted"]);
    for target in ["default", "remote_state_data_source \"network\""] {
        let remote = format!("remote_state_data_sources {{\n  {target} {{\n    method = method.aes_gcm.a\n  }}\n}}");
        folder.write("app/encryption.tf", &encryption(&[&key_provider("a", PASSPHRASE, ""), &aes("a"), &remote]));
        folder.terrane("app", &["plan"]).code(0).says(&["very-visible"]);
    }
    // Each data source has its own method, and the default is for the others.
    let named = |name: &str| {
        let target = |head: &str, method: &str| format!("  {head} {{\n    method = method.aes_gcm.{method}\n  }}\n");
        let targets = target("default", "b") + &target(&format!("remote_state_data_source \"{name}\""), "a");
        let keys = key_provider("a", PASSPHRASE, "") + &key_provider("b", "another-passphrase", "");
        encryption(&[&keys, &aes("a"), &aes("b"), &format!("remote_state_data_sources {{\n{targets}}}")])
    };
    folder.write("app/encryption.tf", &named("network"));
    folder.terrane("app", &["plan"]).code(0).says(&["very-visible"]);
    folder.write("app/encryption.tf", &named("other"));
    folder.terrane("app", &["plan"]).code(1).complains(&["method.aes_gcm.b"]);
    folder.write("app/inner/main.tf", reads);
    folder.write(
        "app/main.tf",
        "module \"inner\" {\n  source = \"./inner\"\n}\noutput \"seen\" {\n  value = module.inner.seen\n}\n",
    );
    folder.terrane("app", &["init"]).code(0);
    folder.write("app/encryption.tf", &named("network"));
    folder.terrane("app", &["plan"]).code(1).complains(&["method.aes_gcm.b"]);
    folder.write("app/encryption.tf", &named("inner.network"));
    folder.terrane("app", &["plan"]).code(0).says(&["very-visible"]);
}

#[test]
fn a_killed_run_leaves_nothing_readable_and_loses_nothing() {
    let folder = Folder::new();
    let slow = "resource \"terraform_data\" \"slow\" {\n  depends_on = [terraform_data.x]\n  provisioner \"local-exec\" {\n    command = \"touch began; sleep 20\"\n  }\n}\n";
    folder.write("main.tf", &(RESOURCES.to_owned() + &simple() + slow));
    let run = folder.start("", &["apply", "-auto-approve"]);
    let end = std::time::Instant::now() + std::time::Duration::from_secs(60);
    while !folder.path().join("began").exists() {
        assert!(std::time::Instant::now() < end, "the provisioner never began");
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    drop(run);
    assert_eq!(readable(folder.path()), [""; 0]);
    folder.write("main.tf", &(RESOURCES.to_owned() + &simple()));
    folder
        .terrane("", &["apply", "-auto-approve"])
        .code(0)
        .complains(&["An earlier run was cut short"])
        .says(&["0 added"]);
    folder.terrane("", &["state", "list"]).code(0).says(&["terraform_data.x"]);
    assert_eq!(readable(folder.path()), [""; 0]);
}

#[test]
fn a_passphrase_is_given_to_those_who_only_look() {
    let folder = Folder::new();
    folder.write("main.tf", &(RESOURCES.to_owned() + "variable \"passphrase\" {}\n"));
    let keys = key_provider("a", PASSPHRASE, "").replace(&format!("{PASSPHRASE:?}"), "var.passphrase");
    assert!(keys.contains("var.passphrase"));
    let targets = "state {\n  method = method.aes_gcm.a\n}\nplan {\n  method = method.aes_gcm.a\n}";
    folder.write("encryption.tf", &encryption(&[&keys, &aes("a"), targets]));
    let var = format!("-var=passphrase={PASSPHRASE}");
    folder.write("values", &format!("passphrase = {PASSPHRASE:?}\n"));
    let file = "-var-file=values";
    folder.terrane("", &["apply", "-auto-approve", &var]).code(0);
    folder.terrane("", &["plan", "-out=p", &var]).code(0);
    for given in [var.as_str(), file] {
        for look in [
            &["state", "list"][..],
            &["state", "list", "-state=terraform.tfstate"],
            &["state", "show", "terraform_data.x"],
            &["state", "identities"],
            &["state", "query", "SELECT * FROM resources"],
            &["state", "pull"],
            &["output"],
            &["output", "-state=terraform.tfstate"],
            &["show"],
            &["show", "terraform.tfstate"],
            &["show", "p"],
            &["show", "-json", "p"],
            &["graph", "-plan=p"],
        ] {
            let (with, without) = ([look, &[given]].concat(), look);
            folder.terrane("", &with).code(0);
            folder.terrane("", without).code(1);
        }
    }
}

/// Runs OpenTofu; `None`, said aloud, when it is not there.
fn tofu(folder: &Folder, arguments: &[&str]) -> Option<Output> {
    let mut command = Command::new("tofu");
    command.args(arguments).current_dir(folder.path()).env("TF_CLI_CONFIG_FILE", "/dev/null");
    match command.output() {
        Ok(output) => Some(output),
        Err(_) => {
            eprintln!("SKIPPED the comparison of encrypted states: there is no tofu on PATH");
            None
        }
    }
}

/// Both programs plan no change on what the other one wrote.
fn both_ways(block: &str) -> Option<()> {
    let folder = Folder::new();
    folder.write("main.tf", RESOURCES);
    folder.write("encryption.tf", block);
    let agrees = |arguments: &[&str]| {
        let output = tofu(&folder, arguments)?;
        let text = String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
        assert_eq!(output.status.code(), Some(0), "tofu {arguments:?} with {block}: {text}");
        Some(())
    };
    agrees(&["init"])?;
    agrees(&["apply", "-auto-approve"])?;
    folder.terrane("", &["plan", "-detailed-exitcode"]).code(0).says(&["No changes."]);
    folder.write("main.tf", &RESOURCES.replace("very-visible", "very-visible-2"));
    folder.terrane("", &["apply", "-auto-approve"]).code(0).says(&["1 changed"]);
    assert_eq!(readable(folder.path()), [""; 0]);
    agrees(&["plan", "-detailed-exitcode"])?;
    agrees(&["apply", "-auto-approve"])?;
    folder.terrane("", &["plan", "-detailed-exitcode"]).code(0);
    Some(())
}

#[test]
fn opentofu_reads_and_writes_the_same_states() {
    let state = "state {\n  method = method.aes_gcm.a\n}";
    let long = key_provider("a", PASSPHRASE, "");
    for more in [
        "",
        "hash_function = \"sha256\"",
        "key_length = 16",
        "key_length = 24\n salt_length = 7",
        "encrypted_metadata_alias = \"k\"",
    ] {
        let block = encryption(&[&key_provider("a", PASSPHRASE, more), &aes("a"), state]);
        if both_ways(&block).is_none() {
            return;
        }
    }
    let aad = aes("a").replace("\n}", "\n  aad = [0, 7, 255]\n}");
    both_ways(&encryption(&[&long, &aad, state]));
    let chained = "key_provider \"pbkdf2\" \"a\" {\n  chain = key_provider.pbkdf2.z\n  iterations = 200000\n}\n";
    both_ways(&encryption(&[&key_provider("z", PASSPHRASE, ""), chained, &aes("a"), state]));
    let conditional = aes("a").replace("key_provider.pbkdf2.a", "true ? key_provider.pbkdf2.a : key_provider.pbkdf2.a");
    both_ways(&encryption(&[&long, &conditional, state]));
}
