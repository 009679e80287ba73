//! Packages of all kinds, from repositories and servers that the tests make themselves.
#![allow(clippy::unwrap_used)]

mod support;

use std::fs;
use std::path::Path;

use support::{Server, fetch, git_repository, run, sha256, tar_of, zip_of};

fn read(dir: &Path, name: &str) -> String {
    fs::read_to_string(dir.join(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
}

#[tokio::test]
async fn a_branch_a_tag_and_a_commit_of_a_repository() {
    let dir = tempfile::tempdir().unwrap();
    let (repository, first) = git_repository(dir.path());
    for (reference, expect) in
        [("", "second"), ("?ref=v1", "first"), ("?ref=side", "side"), (&format!("?ref={first}"), "first")]
    {
        let into = fetch(&format!("git::file://{}{reference}", repository.display())).await.unwrap();
        assert_eq!(read(into.path(), "main.tf"), expect, "{reference}");
    }
    for reference in ["?depth=1", "?depth=1&ref=side"] {
        let into = fetch(&format!("git::file://{}{reference}", repository.display())).await.unwrap();
        assert_eq!(run(into.path(), "git rev-list --count HEAD").trim(), "1", "{reference}");
    }
}

#[tokio::test]
async fn what_git_says_is_told_without_secrets() {
    let dir = tempfile::tempdir().unwrap();
    let (repository, first) = git_repository(dir.path());
    let error = |source: String| async move { fetch(&source).await.err().unwrap().to_string() };
    assert!(
        error(format!("git::file://{}?ref=nope", repository.display()))
            .await
            .contains("no branch, tag or commit named \"nope\"")
    );
    assert!(error("git::file:///does/not/exist".into()).await.contains("fatal: "));
    let short = error(format!("git::file://{}?depth=1&ref={first}", repository.display())).await;
    assert!(short.contains("must be a branch or a tag"), "{short}");
    let secret = error("git::http://user:hunter2@127.0.0.1:1/x.git".into()).await;
    assert!(secret.contains("user:xxxxx@127.0.0.1:1") && !secret.contains("hunter2"), "{secret}");
    let option = error(format!("git::file://{}?ref=--upload-pack=touch", repository.display())).await;
    assert!(option.contains("no branch"), "{option}");
}

#[tokio::test]
async fn archives_of_every_kind() {
    let dir = tempfile::tempdir().unwrap();
    let files = [("main.tf", "root"), ("sub/main.tf", "inner")];
    zip_of(&dir.path().join("m.zip"), &files);
    tar_of(&dir.path().join("m.tar"), &files);
    let packed = [("gzip", "gz tgz"), ("bz2", "bz2 tbz2"), ("lzma", "xz txz")].map(|(module, ends)| {
        let write = "[open(n, 'wb').write(data) for e in ends.split() for n in (f'm.tar.{e}', f'm.{e}')]";
        format!("import {module}; ends = '{ends}'; data = {module}.compress(open('m.tar', 'rb').read()); {write}")
    });
    packed.iter().for_each(|script| drop(run(dir.path(), &format!("python3 -c \"{script}\""))));
    run(dir.path(), "cp m.zip plain");
    let server = Server::of(dir.path());
    for name in [
        "m.zip",
        "m.tar",
        "m.tar.gz",
        "m.tar.bz2",
        "m.tar.xz",
        "m.tgz",
        "m.txz",
        "m.tbz2",
        "plain?archive=zip",
        "m.zip?archive=zip&x=y",
    ] {
        let into = fetch(&server.url(name)).await.unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!(
            (read(into.path(), "main.tf"), read(into.path(), "sub/main.tf")),
            ("root".into(), "inner".into()),
            "{name}"
        );
    }
    let local = fetch(&format!("{}/m.zip", dir.path().display())).await.unwrap();
    assert_eq!(read(local.path(), "main.tf"), "root");
    let folder = fetch(&dir.path().display().to_string()).await.unwrap();
    assert!(folder.is_link());
}

#[tokio::test]
async fn checksums_are_compared() {
    let dir = tempfile::tempdir().unwrap();
    zip_of(&dir.path().join("m.zip"), &[("main.tf", "x")]);
    let sum = sha256(&dir.path().join("m.zip"));
    fs::write(dir.path().join("sums"), format!("{sum}  m.zip\n")).unwrap();
    let server = Server::of(dir.path());
    for good in [
        format!("m.zip?checksum=sha256:{sum}"),
        format!("m.zip?checksum={sum}"),
        format!("m.zip?checksum=file:{}", server.url("sums")),
    ] {
        fetch(&server.url(&good)).await.unwrap_or_else(|e| panic!("{good}: {e}"));
    }
    let wrong =
        fetch(&server.url(&format!("m.zip?checksum=sha256:{}", "0".repeat(64)))).await.err().unwrap().to_string();
    assert!(wrong.contains(&sum) && wrong.contains(&"0".repeat(64)), "{wrong}");
    assert!(fetch(&server.url("m.zip?checksum=sha256:00")).await.is_err());
}

#[tokio::test]
async fn what_leads_out_of_an_archive_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::of(dir.path());
    let script = r#"
import tarfile, zipfile, io
def tar(name, entries):
    with tarfile.open(name, 'w') as t:
        for kind, path, target in entries:
            i = tarfile.TarInfo(path)
            if kind == 'l': i.type, i.linkname = tarfile.SYMTYPE, target; t.addfile(i)
            elif kind == 'h': i.type, i.linkname = tarfile.LNKTYPE, target; t.addfile(i)
            elif kind == 'p': i.type = tarfile.FIFOTYPE; t.addfile(i)
            elif kind == 'd': i.type = tarfile.DIRTYPE; t.addfile(i)
            else: b = target.encode(); i.size = len(b); t.addfile(i, io.BytesIO(b))
tar('dots.tar', [('f', '../evil', 'x')])
tar('deep.tar', [('f', 'a/../../evil', 'x')])
tar('link.tar', [('l', 'l', '/etc'), ('f', 'l/evil', 'x')])
tar('up.tar', [('l', 'l', '../..'), ('f', 'm', 'x')])
tar('chain.tar', [('d', 'd', ''), ('l', 'd/y', '..'), ('l', 'z', 'd/y/..')])
tar('hard.tar', [('h', 'l', '/etc/passwd')])
tar('hard2.tar', [('h', 'l', '../../../../etc/passwd')])
tar('pipe.tar', [('p', 'l', '')])
tar('good.tar', [('f', '/abs/main.tf', 'x'), ('d', 'd', ''), ('f', 'd/a', 'inner'), ('l', 'l', 'd'), ('l', 'gone', 'nothing'), ('h', 'h', 'd/a')])
z = zipfile.ZipFile('dots.zip', 'w'); z.writestr('../evil', 'x'); z.close()
z = zipfile.ZipFile('link.zip', 'w')
i = zipfile.ZipInfo('l'); i.create_system = 3; i.external_attr = 0o120777 << 16; z.writestr(i, '/etc'); z.close()
zipfile.ZipFile('empty.zip', 'w').close()
tar('empty.tar', [])
"#;
    fs::write(dir.path().join("make.py"), script).unwrap();
    run(dir.path(), "python3 make.py");
    for name in [
        "dots.tar",
        "deep.tar",
        "link.tar",
        "up.tar",
        "chain.tar",
        "hard2.tar",
        "pipe.tar",
        "dots.zip",
        "link.zip",
        "empty.zip",
        "empty.tar",
    ] {
        let error = fetch(&server.url(name)).await.err().unwrap_or_else(|| panic!("{name} was unpacked"));
        assert!(error.to_string().contains("archive cannot be unpacked"), "{name}: {error}");
    }
    assert!(fetch(&server.url("hard.tar")).await.is_err());
    let good = fetch(&server.url("good.tar")).await.unwrap();
    assert_eq!(
        (read(good.path(), "l/a"), read(good.path(), "h"), read(good.path(), "abs/main.tf")),
        ("inner".into(), "inner".into(), "x".into())
    );
    assert!(fs::symlink_metadata(good.path().join("gone")).is_err());
}

#[tokio::test]
async fn pages_and_redirects_lead_to_packages() {
    let dir = tempfile::tempdir().unwrap();
    zip_of(&dir.path().join("m.zip"), &[("main.tf", "root"), ("in/ner/main.tf", "inner")]);
    let server = Server::of(dir.path());
    server.answer("/header", "200 OK", &format!("X-Terraform-Get: {}\r\n", server.url("m.zip")), "");
    server.answer("/part", "200 OK", "X-Terraform-Get: ./m.zip//in/*\r\n", "");
    let page = format!("<html><head><meta name=\"terraform-get\" content=\"{}\"></head></html>", server.url("m.zip"));
    server.answer("/meta", "200 OK", "", &page);
    server.answer("/moved.zip", "302 Found", "Location: /m.zip\r\n", "");
    server.answer("/loop", "302 Found", "Location: /loop\r\n", "");
    server.answer("/again", "200 OK", "X-Terraform-Get: /again\r\n", "");
    server.answer("/nothing", "200 OK", "", "<html></html>");
    server.answer("/files", "200 OK", "X-Terraform-Get: file:///etc\r\n", "");
    for path in ["header", "meta", "moved.zip"] {
        let into = fetch(&server.url(path)).await.unwrap_or_else(|e| panic!("{path}: {e}"));
        assert_eq!(read(into.path(), "main.tf"), "root", "{path}");
    }
    assert_eq!(read(fetch(&server.url("part")).await.unwrap().path(), "main.tf"), "inner");
    for (path, expect) in [
        ("loop", "without end"),
        ("again", "without end"),
        ("nothing", "no package"),
        ("files", "not allowed"),
        ("absent.zip", "answered 404"),
    ] {
        let error = fetch(&server.url(path)).await.err().unwrap().to_string();
        assert!(error.contains(expect), "{path}: {error}");
    }
    assert!(server.asked().iter().any(|line| line.starts_with("GET /header?terraform-get=1 ")), "{:?}", server.asked());
}

#[tokio::test]
async fn methods_that_are_missing_say_what_to_do() {
    for source in [
        "hg::https://example.com/x",
        "s3::https://s3.amazonaws.com/b/x.zip",
        "gcs::https://www.googleapis.com/storage/v1/b/x.zip",
        "oci://example.com/x",
        "ftp://example.com/x",
    ] {
        let error = fetch(source).await.err().unwrap();
        assert!(error.to_string().contains("cannot be fetched with") && error.hint().is_some(), "{source}: {error}");
    }
}
