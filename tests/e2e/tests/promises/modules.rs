//! Modules come from repositories and archives, once, and complete or not at all.

use terrane_e2e::Folder;

const COMMIT: &str = "git add -A && git -c user.name=t -c user.email=t@example.com commit -qm x";

/// A project in `root` beside a repository in `repository`, whose modules call each other.
fn project() -> Folder {
    let folder = Folder::new();
    folder.write("repository/network/main.tf", "module \"names\" {\n  source = \"../shared/names\"\n  kind = \"net\"\n}\noutput \"name\" { value = module.names.name }\n");
    folder.write(
        "repository/shared/names/main.tf",
        "variable \"kind\" {}\noutput \"name\" { value = \"first-${var.kind}\" }\n",
    );
    folder.shell("repository", &format!("git init -q -b trunk . && {COMMIT} && git tag v1"));
    folder.shell("repository", &format!("sed -i s/first/second/ shared/names/main.tf && {COMMIT} && git tag v2"));
    let source = format!("git::file://{}//network?ref=${{local.ref}}", folder.path().join("repository").display());
    folder.write("root/main.tf", &format!("variable \"ref\" {{ default = \"v1\" }}\nlocals {{ ref = var.ref }}\nmodule \"one\" {{ source = \"{source}\" }}\nmodule \"two\" {{ source = \"{source}\" }}\noutput \"name\" {{ value = module.one.name }}\n"));
    folder
}

#[test]
fn a_repository_is_cloned_once_and_its_modules_call_each_other() {
    let folder = project();
    folder.terrane("root", &["plan"]).code(1).complains(&["Module not installed", "terrane init"]);
    let run = folder.terrane("root", &["init"]).code(0);
    let run =
        run.says(&["Initializing modules...", "Downloading git::file://", "- one in .terraform/modules/one/network"]);
    run.says(&["- one.names in .terraform/modules/one/shared/names", "- two in .terraform/modules/two/network"]);
    folder.terrane("root", &["plan"]).code(0).says(&["first-net"]);
    let manifest = folder.read("root/.terraform/modules/modules.json");
    assert!(
        manifest.starts_with("{\"Modules\":[{\"Key\":\"\",\"Source\":\"\",\"Dir\":\".\"},{\"Key\":\"one\""),
        "{manifest}"
    );
    let again = folder.terrane("root", &["init"]).code(0);
    assert!(!again.stdout.contains("Downloading") && !again.stdout.contains("- one"), "{again}");
    folder.terrane("root", &["get", "-update"]).code(0).says(&["Upgrading modules...", "Downloading"]);
}

#[test]
fn a_source_follows_its_variables_and_a_change_asks_for_init() {
    let folder = project();
    folder.terrane("root", &["init"]).code(0);
    let changed = folder.terrane("root", &["plan", "-var=ref=v2"]).code(1);
    changed.complains(&["Module source has changed", "ref=v1", "ref=v2", "terrane init"]);
    folder.terrane("root", &["init", "-var=ref=v2"]).code(0);
    folder.terrane("root", &["plan", "-var=ref=v2", "-out=plan"]).code(0).says(&["second-net"]);
    folder.terrane("root", &["apply", "plan"]).code(0).says(&["second-net"]);
    folder
        .terrane("root", &["init", "-var=ref=nope"])
        .code(1)
        .complains(&["no branch, tag or commit", "main.tf line 3"]);
    folder.terrane("root", &["plan", "-var=ref=v2"]).code(1).complains(&["Module not installed"]);
}

#[test]
fn what_is_missing_at_init_is_named() {
    let folder = Folder::new();
    folder.write("main.tf", "variable \"where\" {}\nresource \"terraform_data\" \"d\" {}\nlocals { id = terraform_data.d.id }\nmodule \"a\" { source = var.where }\nmodule \"b\" { source = \"./${local.id}\" }\n");
    let run = folder.terrane("", &["init"]).code(1);
    let run = run.complains(&["No value for required variable", "main.tf line 1", "main.tf line 4"]);
    run.complains(&["Dynamic value in static context", "terraform_data.d", "local.id", "main.tf line 5"]);
}

#[test]
fn a_folder_begins_with_a_copy_of_a_module() {
    let folder = project();
    let source = format!("git::file://{}//shared/names?ref=v1", folder.path().join("repository").display());
    folder.shell("", "mkdir new");
    folder.terrane("new", &["init"]).code(0).says(&["empty folder"]);
    folder.terrane("new", &["init", &format!("-from-module={source}")]).code(0).says(&["Copying configuration"]);
    folder.terrane("new", &["plan", "-var=kind=x"]).code(0).says(&["first-x"]);
    assert_eq!(folder.shell("new", "ls -A").trim(), ".terraform\nmain.tf");
    let again = folder.terrane("new", &["init", "-from-module=../repository/network"]).code(1);
    again.complains(&["holds a configuration already"]);
    folder.shell("", "mkdir other");
    folder.terrane("other", &["init", "-from-module=../repository/shared/names"]).code(0);
    folder.terrane("other", &["init", "-get=false"]).code(0);
    folder.shell("", "mkdir third");
    folder.terrane("third", &["init", "-from-module=a/b/aws"]).code(1).complains(&["Modules of registries"]);
}

#[test]
fn a_copied_module_that_calls_its_neighbours_is_told_where_they_are() {
    let folder = Folder::new();
    folder.write(
        "repository/one/main.tf",
        "module \"two\" { source = \"../two\" }\nmodule \"in\" { source = \"./in\" }\n",
    );
    folder.write("repository/one/in/main.tf", "");
    folder.write("repository/two/main.tf", "");
    folder.shell("repository", "git init -q . && git add . && git -c user.name=x -c user.email=x@x commit -qm x");
    let package = format!("git::file://{}", folder.path().join("repository").display());
    folder.shell("", "mkdir new");
    let run = folder.terrane("new", &["init", &format!("-from-module={package}//one")]).code(1);
    run.complains(&["Root module references parent directory", "main.tf line 1", &format!("{package}//two")]);
    assert_eq!(folder.shell("new", "ls"), "in\nmain.tf\n");
}

#[test]
fn init_needs_no_more_than_it_needs() {
    let folder = Folder::new();
    folder.write("main.tf", "output \"x\" { value = terraform_data.nope.id }\n");
    folder.terrane("", &["init"]).code(0);
    folder.terrane("", &["validate"]).code(1).complains(&["nope"]);
}

#[test]
fn a_run_that_is_killed_leaves_no_half_module() {
    let folder = Folder::new();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (asked, waits) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        use std::io::{Read, Write};
        for mut stream in listener.incoming().flatten() {
            let _ = stream.read(&mut [0; 1024]);
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\nPK");
            let _ = asked.send(stream);
        }
    });
    folder.write("main.tf", &format!("module \"a\" {{ source = \"http://{address}/a.zip\" }}\n"));
    let mut run = folder.start("", &["init"]);
    let stream = waits.recv_timeout(std::time::Duration::from_secs(30)).unwrap();
    std::thread::sleep(std::time::Duration::from_millis(200));
    run.kill();
    assert_eq!(run.finish().code, None);
    drop(stream);
    assert!(!folder.path().join(".terraform/modules/a").exists());
    folder.terrane("", &["validate"]).code(1).complains(&["Module not installed"]);
    folder.write("main.tf", "module \"a\" { source = \"./a\" }\n");
    folder.write("a/main.tf", "");
    folder.terrane("", &["init"]).code(0);
    let left = folder.shell("", "ls -A .terraform/modules");
    assert_eq!(left.trim(), "modules.json");
}
