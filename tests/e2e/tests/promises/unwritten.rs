//! A state that cannot be written at the end of a run is not lost: it is tried again, kept in a file, or printed.

use terrane_e2e::{Fault, Folder, Rule, World};

const ONE: &str = "resource \"terraform_data\" \"one\" {\n  input = \"precious\"\n}\n";

#[test]
fn a_bucket_that_takes_no_writes() {
    let Some(world) = World::new("unwritten_s3") else { return };
    let name = world.unique("unwritten");
    world.account().create_bucket(&name);
    let backend = format!(
        "terraform {{\n  backend \"s3\" {{\n    bucket = \"{name}\"\n    key = \"app\"\n    region = \"eu-west-1\"\n    max_retries = 0\n  }}\n}}\n"
    );
    world.write("main.tf", &(backend + ONE));
    world.terrane(&["init"]).code(0);
    let refused = |times| Rule::new("s3:PutObject", Fault::Status(500)).first(times);
    world.proxy().set_rules(vec![refused(2)]);
    world.terrane(&["apply", "-auto-approve"]).code(0);
    assert!(world.proxy().count("s3:PutObject") >= 3, "it is tried again");

    world.proxy().set_rules(vec![refused(1000)]);
    let lost = world.terrane(&["apply", "-auto-approve", "-replace=terraform_data.one"]).code(1);
    let lost = lost.complains(&["State cannot be written", "errored.tfstate"]);
    assert!(lost.stdout.contains("Apply complete"), "{lost}");
    assert!(world.read("errored.tfstate").contains("precious"));
    world.proxy().set_rules(Vec::new());
    world.terrane(&["state", "push", "errored.tfstate"]).code(0);
    world.terrane(&["plan", "-detailed-exitcode"]).code(0);

    std::fs::remove_file(world.folder().join("errored.tfstate")).unwrap();
    std::fs::create_dir(world.folder().join("errored.tfstate")).unwrap();
    world.proxy().set_rules(vec![refused(1000)]);
    let printed = world.terrane(&["apply", "-auto-approve", "-replace=terraform_data.one"]).code(1);
    printed.complains(&["could not be written to errored.tfstate either", "\"precious\"", "Save it."]);
}

#[test]
fn a_lost_answer_is_no_conflict() {
    for locking in ["dynamodb_table", "use_lockfile"] {
        let Some(world) = World::new(&format!("lost_answer_{locking}")) else { return };
        let name = world.unique("lost-answer");
        world.account().create_bucket(&name);
        world.account().create_lock_table(&name);
        let lock =
            if locking == "use_lockfile" { "use_lockfile = true".into() } else { format!("{locking} = \"{name}\"") };
        let backend = format!(
            "terraform {{\n  backend \"s3\" {{\n    bucket = \"{name}\"\n    key = \"app\"\n    region = \"eu-west-1\"\n    {lock}\n  }}\n}}\n"
        );
        world.write("main.tf", &(backend + ONE));
        world.terrane(&["init"]).code(0);
        for call in ["s3:PutObject", "dynamodb:PutItem", "dynamodb:DeleteItem", "s3:DeleteObject"] {
            world.proxy().set_rules(vec![Rule::new(call, Fault::ResetAfter).first(2)]);
            world.terrane(&["apply", "-auto-approve", "-replace=terraform_data.one"]).code(0);
            world.terrane(&["lock", "list"]).code(0).says(&["No state is locked."]);
        }
    }
}

#[test]
fn a_server_that_goes_away() {
    let folder = Folder::new();
    let server = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = server.local_addr().unwrap();
    // It has no state, and takes none.
    std::thread::spawn(move || {
        use std::io::{Read, Write};
        for mut stream in server.incoming().flatten() {
            let mut text = [0; 4096];
            let read = stream.read(&mut text).unwrap_or(0);
            let status = if text[..read].starts_with(b"GET") { "404 Not Found" } else { "503 Service Unavailable" };
            let _ = write!(stream, "HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        }
    });
    let backend = format!(
        "terraform {{\n  backend \"http\" {{\n    address = \"http://{address}/state\"\n    retry_max = 0\n  }}\n}}\n"
    );
    folder.write("main.tf", &(backend + ONE));
    folder.terrane("", &["init"]).code(0);
    let lost = folder.terrane("", &["apply", "-auto-approve"]).code(1);
    lost.complains(&["State cannot be written", "503", "errored.tfstate"]);
    assert!(folder.read("errored.tfstate").contains("precious"));
}
