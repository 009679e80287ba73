//! Forms of module sources. What each stands for was compared with OpenTofu 1.12, form by form.
#![allow(clippy::unwrap_used)]

use terrane_address::{ModuleSource, without_secrets};

/// A source, and the kind, package and folder it stands for.
const FORMS: &[(&str, &str)] = &[
    ("./a", "local ./a"),
    ("../a/b", "local ../a/b"),
    ("./a//b", "local ./a/b"),
    (".\\a\\b", "local ./a/b"),
    ("./a/../b", "local ./b"),
    ("./", "local ./."),
    ("../", "local ./.."),
    ("../..//x", "local ../../x"),
    (".", "error"),
    ("..", "error"),
    ("/abs/path", "remote file:///abs/path"),
    ("/abs/path//sub", "remote file:///abs/path sub"),
    ("a", "error"),
    ("modules/net", "error"),
    ("hashicorp/consul/aws", "registry registry.opentofu.org/hashicorp/consul/aws"),
    ("hashicorp/consul/aws//modules/x", "registry registry.opentofu.org/hashicorp/consul/aws modules/x"),
    ("hashicorp/consul/aws//modules/../x", "registry registry.opentofu.org/hashicorp/consul/aws x"),
    ("hashicorp/consul/aws//../x", "error"),
    ("app.terraform.io/org/name/aws", "registry app.terraform.io/org/name/aws"),
    ("APP.terraform.io/org/name/aws", "registry app.terraform.io/org/name/aws"),
    ("example.com:8443/org/name/aws", "registry example.com:8443/org/name/aws"),
    ("registry.opentofu.org/org/name/aws", "registry registry.opentofu.org/org/name/aws"),
    ("registry.terraform.io/org/name/aws", "registry registry.terraform.io/org/name/aws"),
    ("org/name/AWS", "error"),
    ("org/name/aws?x=y", "error"),
    ("-org/name/aws", "error"),
    ("org_/name/aws", "error"),
    ("or-g/na_me/aws", "registry registry.opentofu.org/or-g/na_me/aws"),
    ("localhost/org/name/aws", "error"),
    ("xn--80akhbyknj4f.com/org/name/aws", "error"),
    ("github.com/org/repo", "remote git::https://github.com/org/repo.git"),
    ("github.com/org/repo.git", "remote git::https://github.com/org/repo.git"),
    ("github.com/org/repo//sub/dir", "remote git::https://github.com/org/repo.git sub/dir"),
    ("github.com/org/repo/sub/dir", "remote git::https://github.com/org/repo.git sub/dir"),
    ("github.com/org/repo/sub//dir", "remote git::https://github.com/org/repo.git sub/dir"),
    ("github.com/org/repo?ref=v1.2.0", "remote git::https://github.com/org/repo.git?ref=v1.2.0"),
    (
        "github.com/org/repo//sub?ref=v1.2.0&depth=1",
        "remote git::https://github.com/org/repo.git?ref=v1.2.0&depth=1 sub",
    ),
    ("github.com/org/repo/sub?ref=a/b", "remote git::https://github.com/org/repo.git?ref=a/b sub"),
    ("github.com/org", "error"),
    ("github.com/org/repo/", "remote git::https://github.com/org/repo.git"),
    ("gitlab.com/org/repo", "error"),
    ("gitlab.com/org/repo//x", "error"),
    ("git@github.com:org/repo", "remote git::ssh://git@github.com/org/repo"),
    ("git@github.com:org/repo.git", "remote git::ssh://git@github.com/org/repo.git"),
    ("git@github.com:org/repo.git//sub?ref=v1", "remote git::ssh://git@github.com/org/repo.git?ref=v1 sub"),
    ("git@github.com:/org/repo.git", "remote git::ssh://git@github.com/org/repo.git"),
    ("me@github.com:org/repo.git", "error"),
    ("github.com:org/repo.git", "remote github.com:org/repo.git"),
    ("git@example.com:org/repo?ref=a%20b&depth=1", "remote git::ssh://git@example.com/org/repo?depth=1&ref=a+b"),
    ("git::git@github.com:org/repo.git", "remote git::ssh://git@github.com/org/repo.git"),
    ("git::git@github.com:org/repo.git//sub?ref=x", "remote git::ssh://git@github.com/org/repo.git?ref=x sub"),
    ("git::https://example.com/repo.git", "remote git::https://example.com/repo.git"),
    ("git::https://user:pw@example.com/repo.git?ref=x", "remote git::https://user:pw@example.com/repo.git?ref=x"),
    ("git::https://example.com/repo.git//a/b?ref=x", "remote git::https://example.com/repo.git?ref=x a/b"),
    ("git::https://example.com/repo.git//a/b/../c?ref=x", "remote git::https://example.com/repo.git?ref=x a/c"),
    ("git::https://example.com/repo.git//../c", "error"),
    ("git::https://example.com/repo.git//./c", "remote git::https://example.com/repo.git c"),
    ("git::https://example.com/repo.git//c/", "remote git::https://example.com/repo.git c"),
    ("git::ssh://git@example.com/repo.git", "remote git::ssh://git@example.com/repo.git"),
    ("git::ssh://git@example.com:2222/repo.git//x", "remote git::ssh://git@example.com:2222/repo.git x"),
    ("git::ssh://git@example.com:org/repo.git", "error"),
    ("git::file:///srv/repo.git", "remote git::file:///srv/repo.git"),
    ("git::file:///srv/repo.git//a?ref=x", "remote git::file:///srv/repo.git?ref=x a"),
    ("git::/srv/repo.git", "remote git::file:///srv/repo.git"),
    ("git::/srv/repo.git//sub", "remote git::file:///srv/repo.git sub"),
    ("git::repo", "error"),
    ("git::github.com/org/repo", "remote git::https://github.com/org/repo.git"),
    ("hg::http://example.com/repo", "remote hg::http://example.com/repo"),
    ("hg::github.com/org/repo", "remote hg::https://github.com/org/repo.git"),
    ("git:https://example.com/x", "remote git:https://example.com/x"),
    ("ssh://git@example.com/repo", "remote ssh://git@example.com/repo"),
    ("http://example.com/x.zip", "remote http://example.com/x.zip"),
    ("https://example.com/x.zip//sub", "remote https://example.com/x.zip sub"),
    ("https://example.com/x.zip//sub?checksum=md5:abc", "remote https://example.com/x.zip?checksum=md5:abc sub"),
    ("https://example.com/x?archive=zip", "remote https://example.com/x?archive=zip"),
    ("https://example.com/a//b//c", "remote https://example.com/a b/c"),
    ("https://example.com//a", "remote https://example.com a"),
    ("https://example.com/x.zip?u=https://y//z", "remote https://example.com/x.zip?u=https://y//z"),
    ("https://exa mple.com/x.zip", "error"),
    ("https://example.com:abc/x", "error"),
    ("https://example.com/%zz", "error"),
    ("https://example.com/ä", "remote https://example.com/ä"),
    ("file:///srv/x", "remote file:///srv/x"),
    ("file:///srv/x//sub", "remote file:///srv/x sub"),
    ("s3::https://s3.amazonaws.com/bucket/x.zip", "remote s3::https://s3.amazonaws.com/bucket/x.zip"),
    ("s3-eu-west-1.amazonaws.com/bucket/x.zip", "remote s3::https://s3-eu-west-1.amazonaws.com/bucket/x.zip"),
    ("bucket.s3.amazonaws.com/x.zip", "remote s3::https://s3.amazonaws.com/bucket/x.zip"),
    ("bucket.s3-eu-west-1.amazonaws.com/x.zip", "remote s3::https://s3-eu-west-1.amazonaws.com/bucket/x.zip"),
    ("s3.amazonaws.com/bucket/foo/x.zip//sub", "remote s3::https://s3.amazonaws.com/bucket/foo/x.zip sub"),
    ("gcs::https://www.googleapis.com/storage/v1/b/x.zip", "remote gcs::https://www.googleapis.com/storage/v1/b/x.zip"),
    ("www.googleapis.com/storage/v1/bucket/x.zip", "remote gcs::https://www.googleapis.com/storage/v1/bucket/x.zip"),
    ("oci://example.com/repo", "remote oci://example.com/repo"),
    ("oci://example.com/repo?tag=v1", "remote oci://example.com/repo?tag=v1"),
    ("oci://example.com/repo//sub?tag=v1", "remote oci://example.com/repo?tag=v1 sub"),
    ("foo::https://example.com", "remote foo::https://example.com"),
    ("foo bar", "error"),
    ("example.com/x.zip", "error"),
    ("example.com/a/b/c/d", "error"),
    ("ftp://example.com/x", "remote ftp://example.com/x"),
    ("://x", "error"),
    ("git::https://example.com/repo.git?ref=x//y", "remote git::https://example.com/repo.git?ref=x//y"),
    ("", "error"),
    (
        "git::https://dev.azure.com/org/proj/_git/repo//mod?ref=main",
        "remote git::https://dev.azure.com/org/proj/_git/repo?ref=main mod",
    ),
    ("git::ssh://git@host/~user/repo", "remote git::ssh://git@host/~user/repo"),
    ("git@ssh.dev.azure.com:v3/org/proj/repo//sub", "remote git::ssh://git@ssh.dev.azure.com/v3/org/proj/repo sub"),
    (
        "git::ssh://git@ssh.dev.azure.com/v3/org/proj/repo//sub?ref=v1",
        "remote git::ssh://git@ssh.dev.azure.com/v3/org/proj/repo?ref=v1 sub",
    ),
    ("user@host:path", "error"),
    ("a/b", "error"),
    ("a/b/c/d/e", "error"),
    ("org/name/aws//", "registry registry.opentofu.org/org/name/aws"),
    ("./a?ref=x", "local ./a?ref=x"),
    ("\"x\"", "error"),
    ("github.com/org/repo//*/sub", "remote git::https://github.com/org/repo.git */sub"),
    ("https://example.com/x.zip//*/sub", "remote https://example.com/x.zip */sub"),
];

fn parsed(text: &str) -> String {
    let joined = |kind: &str, package: String, subdir: &str| format!("{kind} {package} {subdir}").trim_end().to_owned();
    match ModuleSource::parse(text) {
        Err(_) => "error".into(),
        Ok(ModuleSource::Local(path)) => format!("local {path}"),
        Ok(ModuleSource::Registry(mut registry)) => {
            let subdir = std::mem::take(&mut registry.subdir);
            joined("registry", registry.to_string(), &subdir)
        }
        Ok(ModuleSource::Remote(remote)) => joined("remote", remote.package.clone(), &remote.subdir),
    }
}

#[test]
fn every_form_stands_for_what_it_should() {
    let wrong: Vec<String> = FORMS
        .iter()
        .filter(|(text, expect)| parsed(text) != *expect)
        .map(|(text, expect)| format!("{text:?}: {} instead of {expect}", parsed(text)))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn normal_forms_stay_as_they_are() {
    for (text, _) in FORMS {
        let Ok(source) = ModuleSource::parse(text) else { continue };
        if matches!(source, ModuleSource::Local(_)) {
            continue;
        }
        let written = source.to_string();
        assert_eq!(ModuleSource::parse(&written).unwrap().to_string(), written, "{text}");
        assert!(source.is_recorded_as(&written), "{text}");
    }
}

#[test]
fn what_other_tools_recorded_is_recognised() {
    let same = |written: &str, recorded: &str| ModuleSource::parse(written).unwrap().is_recorded_as(recorded);
    assert!(same("a/b/aws", "registry.terraform.io/a/b/aws"));
    assert!(same("a/b/aws//x", "a/b/aws//x"));
    assert!(same("github.com/a/b//x?ref=1", "git::https://github.com/a/b.git//x?ref=1"));
    assert!(!same("a/b/aws", "example.com/a/b/aws"));
    assert!(!same("github.com/a/b?ref=1", "git::https://github.com/a/b.git?ref=2"));
}

#[test]
fn versions_are_for_registries() {
    assert!(ModuleSource::parse_versioned("a/b/aws").is_ok());
    for text in ["./a", "github.com/a/b", "https://example.com/x.zip"] {
        let error = ModuleSource::parse_versioned(text).unwrap_err();
        assert!(error.to_string().contains("version"), "{error}");
    }
}

#[test]
fn secrets_are_not_shown() {
    for (address, shown) in [
        ("git::https://user:pw@host/r.git?ref=x", "git::https://user:xxxxx@host/r.git?ref=x"),
        ("git::https://ghp_token@host/r.git", "git::https://xxxxx@host/r.git"),
        ("git::ssh://git@host/r.git?sshkey=abc&ref=x", "git::ssh://git@host/r.git?sshkey=xxxxx&ref=x"),
        ("https://host/x.zip?X-Amz-Signature=a&b=c", "https://host/x.zip?X-Amz-Signature=xxxxx&b=c"),
        ("./a", "./a"),
    ] {
        assert_eq!(without_secrets(address), shown);
    }
}
