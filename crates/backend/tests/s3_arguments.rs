//! Each argument of the S3 backend, by what arrives at a server that writes down what it is asked.
#![allow(clippy::unwrap_used, missing_docs)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::sync::{Arc, Mutex};

use terrane_state::{LockInfo, Store};
use terrane_value::{Type, Value};

/// A server that answers every service a little.
struct Recorder {
    address: String,
    /// Request lines, header lines in lower case, bodies.
    heard: Arc<Mutex<Vec<String>>>,
}

const STATE: &str = r#"{"version":4,"serial":1,"lineage":"l","resources":[]}"#;

fn answer(request: &str) -> (&'static str, String) {
    let key = "<AccessKeyId>ASIAROLE</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration>";
    for (action, inner) in [
        ("AssumeRoleWithWebIdentity", format!("<Credentials>{key}</Credentials>")),
        ("AssumeRole", format!("<Credentials>{key}</Credentials>")),
        ("GetCallerIdentity", "<Account>123456789012</Account>".to_owned()),
    ] {
        if request.contains(&format!("Action={action}&")) {
            let xml = format!(
                "<{action}Response xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><{action}Result>{inner}</{action}Result></{action}Response>"
            );
            return ("text/xml", xml);
        }
    }
    match () {
        _ if request.contains("/federation/credentials") => (
            "application/json",
            r#"{"roleCredentials":{"accessKeyId":"ASIASSO","secretAccessKey":"s","sessionToken":"t","expiration":4070908800000}}"#.into(),
        ),
        _ if request.contains("/latest/api/token") => ("text/plain\r\nx-aws-ec2-metadata-token-ttl-seconds: 60", "tok".into()),
        _ if request.contains("/security-credentials/machine") => (
            "application/json",
            r#"{"Code":"Success","AccessKeyId":"ASIAMACHINE","SecretAccessKey":"s","Token":"t","Expiration":"2099-01-01T00:00:00Z"}"#.into(),
        ),
        _ if request.contains("/security-credentials") => ("text/plain", "machine".into()),
        _ if request.contains("x-amz-target") => ("application/x-amz-json-1.0", "{}".into()),
        _ => ("application/json\r\nETag: \"e\"", STATE.into()),
    }
}

impl Recorder {
    fn start() -> Recorder {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let heard: Arc<Mutex<Vec<String>>> = Arc::default();
        let all = heard.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let heard = all.clone();
                std::thread::spawn(move || serve(stream, &heard));
            }
        });
        Recorder { address, heard }
    }

    fn heard(&self) -> String {
        self.heard.lock().unwrap().join("\n----\n")
    }
}

fn serve(stream: std::net::TcpStream, heard: &Mutex<Vec<String>>) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let mut writer = stream;
    loop {
        let (mut text, mut length, mut first) = (String::new(), 0, true);
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line).ok()? == 0 {
                return None;
            }
            if line.trim().is_empty() {
                break;
            }
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().ok()?;
            }
            match line.split_once(':').filter(|_| !std::mem::take(&mut first)) {
                Some((name, value)) => text += &format!("{}:{value}", name.to_ascii_lowercase()),
                None => text += &line,
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).ok()?;
        text += &String::from_utf8_lossy(&body);
        let (kind, body) = answer(&text);
        heard.lock().unwrap().push(text);
        write!(writer, "HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n{body}", body.len())
            .ok()?;
    }
}

fn text(value: &str) -> Value {
    Value::from(value)
}

fn texts(values: &[&str]) -> Value {
    Value::set(Type::String, values.iter().map(|v| Value::from(*v)))
}

fn object(pairs: &[(&'static str, Value)]) -> Value {
    Value::object(pairs.iter().cloned())
}

type Pairs = Vec<(&'static str, Value)>;

/// Arguments that lead to the recorder; `more` counts over them.
fn config(recorder: &Recorder, more: &Pairs) -> Value {
    let endpoint = || text(&recorder.address);
    let endpoints = object(&[("s3", endpoint()), ("dynamodb", endpoint()), ("sts", endpoint())]);
    let mut all: std::collections::BTreeMap<&str, Value> = [
        ("bucket", text("b")),
        ("key", text("k")),
        ("region", text("eu-west-1")),
        ("access_key", text("AKIAOWN")),
        ("secret_key", text("s")),
        ("use_path_style", Value::from(true)),
        ("max_retries", Value::from(0)),
        ("endpoints", endpoints),
    ]
    .into();
    for (name, value) in more {
        all.insert(name, value.clone());
    }
    Value::object(all)
}

async fn open(recorder: &Recorder, more: &Pairs) -> Result<Arc<dyn Store>, String> {
    let config = config(recorder, more);
    terrane_backend::open("s3", &config, "default", Path::new(".")).await.map_err(|e| e.message)
}

/// Reads, locks and writes the state with arguments, and asserts what the server has heard.
async fn heard(more: Pairs, parts: &[&str], never: &[&str]) {
    let recorder = Recorder::start();
    let store = open(&recorder, &more).await.unwrap();
    let loaded = store.load().await;
    let _ = store.lock(LockInfo { id: "one".into(), ..LockInfo::default() }).await;
    let write = |out: &mut dyn std::io::Write| out.write_all(STATE.as_bytes());
    let _ = store.save(&write, loaded.ok().flatten().map(|stored| stored.version).as_ref()).await;
    let heard = recorder.heard();
    for part in parts {
        assert!(heard.contains(part), "nothing has {part:?}:\n{heard}");
    }
    for part in never {
        assert!(!heard.contains(part), "something has {part:?}:\n{heard}");
    }
}

fn role(more: &[(&'static str, Value)]) -> Value {
    object(&[&[("role_arn", text("arn:aws:iam::1:role/deploy"))], more].concat())
}

#[tokio::test]
async fn an_assumed_role_is_asked_for_with_all_that_is_written() {
    let tags = Value::map(Type::String, [("team", text("net"))]);
    let all = [
        ("session_name", text("ci")),
        ("external_id", text("ext-7")),
        ("policy", text("{}")),
        ("policy_arns", texts(&["arn:aws:iam::aws:policy/ReadOnlyAccess"])),
        ("duration", text("1h30m")),
        ("source_identity", text("ana")),
        ("tags", tags.clone()),
        ("transitive_tag_keys", texts(&["team"])),
    ];
    let parts = [
        "RoleSessionName=ci",
        "ExternalId=ext-7",
        "Policy=%7B%7D",
        "PolicyArns.member.1.arn=arn%3Aaws%3Aiam%3A%3Aaws%3Apolicy%2FReadOnlyAccess",
        "DurationSeconds=5400",
        "Tags.member.1.Key=team",
        "TransitiveTagKeys.member.1=team",
        "Credential=ASIAROLE/",
    ];
    heard(vec![("assume_role", role(&all))], &[parts.as_slice(), &["SourceIdentity=ana"]].concat(), &[]).await;
    let older = vec![
        ("role_arn", text("arn:aws:iam::1:role/deploy")),
        ("session_name", text("ci")),
        ("external_id", text("ext-7")),
        ("assume_role_policy", text("{}")),
        ("assume_role_policy_arns", texts(&["arn:aws:iam::aws:policy/ReadOnlyAccess"])),
        ("assume_role_duration_seconds", Value::from(5400)),
        ("assume_role_tags", tags),
        ("assume_role_transitive_tag_keys", texts(&["team"])),
    ];
    heard(older.clone(), &parts, &[]).await;
    let both = [older, vec![("assume_role", role(&[]))]].concat();
    assert!(open(&Recorder::start(), &both).await.is_err_and(|e| e.contains("\"role_arn\"")));
}

#[tokio::test]
async fn a_role_is_assumed_with_the_identity_of_the_web() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    std::fs::write(&file, "from-a-file\n").unwrap();
    let web = |more: &[(&'static str, Value)]| vec![("assume_role_with_web_identity", role(more))];
    let parts = ["Action=AssumeRoleWithWebIdentity", "WebIdentityToken=from-a-file", "Credential=ASIAROLE/"];
    let path = file.display().to_string();
    heard(web(&[("web_identity_token_file", text(&path))]), &parts, &[]).await;
    heard(web(&[("web_identity_token", text("plain"))]), &["WebIdentityToken=plain"], &[]).await;
    let both = web(&[("web_identity_token", text("a")), ("web_identity_token_file", text("b"))]);
    assert!(open(&Recorder::start(), &both).await.is_err_and(|e| e.contains("Only one")));
    assert!(open(&Recorder::start(), &web(&[])).await.is_err_and(|e| e.contains("AWS_WEB_IDENTITY_TOKEN_FILE")));
}

#[tokio::test]
async fn accounts_are_allowed_or_not() {
    let ids = |name, id| vec![(name, texts(&[id]))];
    let right = ids("allowed_account_ids", "123456789012");
    heard(right, &["Action=GetCallerIdentity"], &[]).await;
    heard(ids("forbidden_account_ids", "1"), &["Action=GetCallerIdentity"], &[]).await;
    for wrong in [ids("allowed_account_ids", "1"), ids("forbidden_account_ids", "123456789012")] {
        let recorder = Recorder::start();
        let error = open(&recorder, &wrong).await.err().unwrap();
        assert!(error.contains("123456789012") && !recorder.heard().contains("GET /b/k"), "{error}");
    }
}

#[tokio::test]
async fn calls_go_through_a_proxy_unless_the_host_is_left_out() {
    let proxy = Recorder::start();
    let far = "http://far.example";
    let ways = object(&[("s3", text(far)), ("dynamodb", text(far)), ("sts", text(far))]);
    let through = vec![("http_proxy", text(&proxy.address)), ("endpoints", ways)];
    let store = open(&Recorder::start(), &through).await.unwrap();
    assert_eq!(store.load().await.unwrap().unwrap().bytes, STATE.as_bytes());
    assert!(proxy.heard().contains("GET http://far.example/b/k"), "{}", proxy.heard());
    let direct = vec![("http_proxy", text("http://127.0.0.1:9")), ("no_proxy", text("127.0.0.1"))];
    heard(direct, &["GET /b/k"], &[]).await;
    let tunnel = Recorder::start();
    let secure = object(&[("s3", text("https://far.example"))]);
    let store = open(&tunnel, &vec![("https_proxy", text(&tunnel.address)), ("endpoints", secure)]).await.unwrap();
    assert!(store.load().await.is_err());
    assert!(tunnel.heard().contains("CONNECT far.example:443"), "{}", tunnel.heard());
}

#[tokio::test]
async fn certificates_of_a_file_are_trusted_or_the_file_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ca.pem").display().to_string();
    for (content, part) in [(None, "cannot be read"), (Some("nothing"), "PEM")] {
        content.into_iter().for_each(|content| std::fs::write(&file, content).unwrap());
        let error = open(&Recorder::start(), &vec![("custom_ca_bundle", text(&file))]).await.err().unwrap();
        assert!(error.contains(part) && error.contains(&file), "{error}");
    }
    heard(vec![("insecure", Value::from(true))], &["GET /b/k"], &[]).await;
}

#[tokio::test]
async fn credentials_come_from_the_files_that_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    std::fs::write(path("cred"), "[ci]\naws_access_key_id = AKIAFILE\naws_secret_access_key = s\n").unwrap();
    std::fs::write(path("conf"), "[profile other]\naws_access_key_id = AKIACONF\naws_secret_access_key = s\n").unwrap();
    let none = || [("access_key", Value::null(Type::String)), ("secret_key", Value::null(Type::String))];
    let from = |more: Pairs| [none().to_vec(), more].concat();
    let cred = ("shared_credentials_files", texts(&[&path("cred")]));
    heard(from(vec![cred, ("profile", text("ci"))]), &["Credential=AKIAFILE/"], &[]).await;
    let older = ("shared_credentials_file", text(&path("cred")));
    heard(from(vec![older, ("profile", text("ci"))]), &["Credential=AKIAFILE/"], &[]).await;
    let conf = ("shared_config_files", texts(&[&path("conf")]));
    heard(from(vec![conf, ("profile", text("other"))]), &["Credential=AKIACONF/"], &[]).await;
}

#[tokio::test]
async fn the_service_of_the_machine_is_asked_or_not() {
    if std::env::var_os("AWS_ACCESS_KEY_ID").is_some() || std::env::var_os("AWS_EC2_METADATA_DISABLED").is_some() {
        return eprintln!("SKIPPED: the environment has credentials, which come first");
    }
    let recorder = Recorder::start();
    let folder = tempfile::tempdir().unwrap();
    let nothing = folder.path().join("none").display().to_string();
    std::fs::write(&nothing, "").unwrap();
    let base = |more: Pairs| {
        let files = ["shared_config_files", "shared_credentials_files"].map(|name| (name, texts(&[&nothing])));
        let keys = ["access_key", "secret_key"].map(|name| (name, Value::null(Type::String)));
        [files.to_vec(), keys.to_vec(), more].concat()
    };
    let machine = base(vec![("ec2_metadata_service_endpoint", text(&recorder.address))]);
    open(&recorder, &machine).await.unwrap().load().await.unwrap();
    let heard = recorder.heard();
    assert!(heard.contains("/latest/api/token") && heard.contains("Credential=ASIAMACHINE/"), "{heard}");
    let skipped = [machine, vec![("skip_metadata_api_check", Value::from(true))]].concat();
    let silent = Recorder::start();
    assert!(open(&silent, &skipped).await.unwrap().load().await.is_err());
    assert!(!silent.heard().contains("/latest/"), "{}", silent.heard());
}

#[tokio::test]
async fn objects_are_written_as_the_arguments_say() {
    let yes = || Value::from(true);
    heard(vec![("encrypt", yes())], &["x-amz-server-side-encryption: AES256"], &[]).await;
    let kms = vec![("encrypt", yes()), ("kms_key_id", text("arn:aws:kms:eu-west-1:1:key/7"))];
    heard(kms, &["x-amz-server-side-encryption: aws:kms", "aws-kms-key-id: arn:aws:kms:eu-west-1:1:key/7"], &[]).await;
    let own = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    heard(vec![("sse_customer_key", text(own))], &["customer-algorithm: AES256", "customer-key: AAAA"], &[]).await;
    heard(vec![("acl", text("bucket-owner-full-control"))], &["x-amz-acl: bucket-owner-full-control"], &[]).await;
    let tags = |value: &str| Value::map(Type::String, [("who", text(value))]);
    let tagged = vec![("state_tags", tags("state&1")), ("lock_tags", tags("lock")), ("use_lockfile", yes())];
    heard(tagged, &["x-amz-tagging: who=state%261", "x-amz-tagging: who=lock"], &[]).await;
    heard(vec![], &["x-amz-checksum-"], &[]).await;
    heard(vec![("skip_s3_checksum", yes())], &["PUT /b/k"], &["x-amz-checksum-crc"]).await;
    heard(vec![("token", text("session-7"))], &["x-amz-security-token: session-7"], &[]).await;
    heard(vec![("dynamodb_table", text("locks"))], &["x-amz-target: DynamoDB_20120810.PutItem", "locks"], &[]).await;
}

#[tokio::test]
async fn regions_and_hosts_are_as_written() {
    let sts = vec![("sts_region", text("us-east-2")), ("assume_role", role(&[]))];
    heard(sts, &["/us-east-2/sts/", "/eu-west-1/s3/"], &[]).await;
    let proxy = Recorder::start();
    let at = |more: Pairs| {
        let no_endpoint = ("endpoints", Value::null(Type::Any));
        [vec![("http_proxy", text(&proxy.address)), ("https_proxy", text(&proxy.address)), no_endpoint], more].concat()
    };
    if std::env::var_os("AWS_ENDPOINT_URL").is_some() {
        return eprintln!("SKIPPED: AWS_ENDPOINT_URL is set");
    }
    for (name, host) in [
        ("use_fips_endpoint", "s3-fips.eu-west-1.amazonaws.com:443"),
        ("use_dualstack_endpoint", "s3.dualstack.eu-west-1.amazonaws.com:443"),
    ] {
        let more = at(vec![(name, Value::from(true)), ("region", text("eu-west-1"))]);
        let _ = open(&proxy, &more).await.unwrap().load().await;
        assert!(proxy.heard().contains(&format!("CONNECT {host}")), "{name}: {}", proxy.heard());
    }
}

/// A home with a profile whose credentials come from SSO, where somebody is logged in.
fn home_with_sso(home: &Path) {
    let cache = home.join(".aws/sso/cache");
    std::fs::create_dir_all(&cache).unwrap();
    let profile = "[profile sso]\nsso_start_url = https://example.awsapps.com/start\nsso_region = eu-west-1\n\
                   sso_account_id = 123456789012\nsso_role_name = reader\n";
    std::fs::write(home.join(".aws/config"), profile).unwrap();
    let token = r#"{"startUrl":"https://example.awsapps.com/start","region":"eu-west-1","accessToken":"tok","expiresAt":"2099-01-01T00:00:00Z"}"#;
    // Named by the SHA-1 of the start URL.
    std::fs::write(cache.join("e8be5486177c5b5392bd9aa76563515b29358e6e.json"), token).unwrap();
}

#[tokio::test]
async fn sso_is_asked_where_it_is_said_to_be() {
    const HOME: &str = "TERRANE_TEST_SSO_HOME";
    let Some(home) = std::env::var_os(HOME) else {
        // The SDK looks for the login in the home folder of the process.
        let home = tempfile::tempdir().unwrap();
        home_with_sso(home.path());
        let mut again = std::process::Command::new(std::env::current_exe().unwrap());
        again.args(["--exact", "sso_is_asked_where_it_is_said_to_be", "--nocapture"]);
        again.env(HOME, home.path()).env("HOME", home.path()).env_remove("AWS_CONFIG_FILE");
        for name in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SHARED_CREDENTIALS_FILE", "AWS_ENDPOINT_URL"] {
            again.env_remove(name);
        }
        let run = again.output().unwrap();
        return assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    };
    assert!(Path::new(&home).exists());
    let recorder = Recorder::start();
    let at = || text(&recorder.address);
    let more = vec![
        ("profile", text("sso")),
        ("access_key", Value::null(Type::String)),
        ("secret_key", Value::null(Type::String)),
        ("endpoints", object(&[("s3", at()), ("sso", at())])),
    ];
    open(&recorder, &more).await.unwrap().load().await.unwrap();
    let heard = recorder.heard();
    assert!(heard.contains("GET /federation/credentials?"), "{heard}");
    assert!(heard.contains("ASIASSO/"), "{heard}");
}
