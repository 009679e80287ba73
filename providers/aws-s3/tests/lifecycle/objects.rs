//! Objects, against recordings and an emulator.

use terrane_aws_core::testing::{Stage, lifecycle, live, replaces};

use super::settings::{made, stages};
use super::*;

const OBJECT: &str = "aws_s3_object";

/// An object of a bucket; `more` says what it holds.
fn config<const N: usize>(bucket: &Object, key: &str, more: [(&str, Value); N]) -> Value {
    Value::object([("bucket", text(&id(&bucket.value))), ("key", text(key))].into_iter().chain(more))
}

async fn make(stage: &Stage, config: &Value) -> Object {
    let create = Create { planned: config, config, operation: "make" };
    ty(OBJECT).create(&stage.cloud, create).await.unwrap_or_else(|f| panic!("{:#?}", f.problems))
}

/// Reads the data source.
async fn found(stage: &Stage, config: &Value) -> Result<Value, Vec<terrane_provider::Problem>> {
    let sources = terrane_aws_s3::data_sources();
    let source = sources.iter().find(|s| s.name() == OBJECT).unwrap();
    testing::data(&stage.cloud, &**source, config).await
}

#[tokio::test]
async fn objects() {
    for stage in stages("objects").await {
        let bucket = made(&stage, "o", []).await;
        let (one, two) = ("f97c5d29941bfb1b2fdab0874906ab82", "b8a9f715dbb64fd5c56e7783c6820a61");
        let config = |more: &[(&str, Value)]| {
            let own = [("bucket", text(&id(&bucket.value))), ("key", text("dir/a b+ü.txt"))];
            Value::object(own.into_iter().chain(more.iter().cloned()))
        };
        let first = [
            ("content", text("one")),
            ("etag", text(one)),
            ("content_type", text("text/plain")),
            ("cache_control", text("no-cache")),
            ("metadata", map([("a", "1")])),
            ("tags", map([("Name", "x y"), ("k", "1=2+3")])),
        ];
        let retagged = [&first[..5], &[("tags", map([("Name", "z")]))]].concat();
        let second = [
            ("content_base64", text("dHdv")),
            ("etag", text(two)),
            ("content_type", text("application/octet-stream")),
            ("website_redirect", text("/b")),
            ("checksum_algorithm", text("SHA256")),
        ];
        let configs = [config(&first), config(&retagged), config(&second)];
        let last = lifecycle(&stage.cloud, &*ty(OBJECT), &configs, id).await;
        assert_eq!(id(&last), format!("{}/dir/a b+ü.txt", id(&bucket.value)));
        assert!(Args(&last).str("arn").unwrap().ends_with("/dir/a b+ü.txt"));
        assert_eq!(Args(&last).str("storage_class"), Some("STANDARD"));
        assert_eq!(Args(&last).str("checksum_sha256"), Some("P8TM/nRYcOLA2Z9x8w/wZWyN7dQcwdfT03aw2+aF4vM="));
        let moved = config(&[]);
        let moved = Value::from_kind(terrane_value::Kind::Object(moved.fields().unwrap().with("key", text("b"))));
        assert_eq!(replaces(&stage.cloud, &*ty(OBJECT), &last, &moved), ["key"]);
        delete(&stage.cloud, &bucket).await;
    }
}

#[tokio::test]
async fn files_are_sent_whole_or_in_parts() {
    let folder = std::env::temp_dir().join(format!("terrane-s3-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    for stage in stages("files").await {
        let bucket = made(&stage, "f", [("force_destroy", true.into())]).await;
        for (name, length, etag) in [
            ("small", 5 << 20, "5f363e0e58a95f06cbe9bbc662c5dfb6"),
            ("large", (5 << 20) + 1, "92f3a08aa3b1d7eb318ab9c2fc4a6ec3-2"),
        ] {
            let file = folder.join(name);
            std::fs::write(&file, vec![0; length]).unwrap();
            let object = make(&stage, &config(&bucket, name, [("source", text(file.to_str().unwrap()))])).await;
            assert_eq!(Args(&object.value).str("etag"), Some(etag), "{name}");
            let asked = config(&bucket, name, [("download_body", text("false"))]);
            let there = found(&stage, &asked).await.unwrap();
            assert_eq!(Args(&there).i64("content_length"), Some(length as i64));
            assert_eq!(Args(&there).str("body_base64"), None);
        }
        let absent = config(&bucket, "absent", [("source", text(folder.join("absent").to_str().unwrap()))]);
        let create = Create { planned: &absent, config: &absent, operation: "absent" };
        let failed = ty(OBJECT).create(&stage.cloud, create).await.unwrap_err();
        assert_eq!(failed.problems[0].summary, "Unreadable source of an S3 object");
        delete(&stage.cloud, &bucket).await;
    }
    std::fs::remove_dir_all(&folder).unwrap();
}

#[tokio::test]
async fn all_versions_of_an_object_go_with_it() {
    for stage in stages("versions").await {
        let bucket = made(&stage, "v", [("versioning", block([("enabled", true.into())]))]).await;
        let text_of = |content: &str| {
            config(
                &bucket,
                "a",
                [("content", text(content)), ("metadata", map([("is", content)])), ("force_destroy", true.into())],
            )
        };
        let object = live(&stage.cloud, &*ty(OBJECT), &[text_of("one"), text_of("two")], id).await;
        assert!(Args(&object.value).text("version_id").is_some());
        let kept = make(&stage, &config(&bucket, "ab", [("content", text("kept"))])).await;
        ty(OBJECT).delete(&stage.cloud, &object).await.unwrap();
        assert_eq!(testing::read(&stage.cloud, &*ty(OBJECT), &object).await, None);
        assert!(testing::read(&stage.cloud, &*ty(OBJECT), &kept).await.is_some(), "its name only begins alike");
        ty(OBJECT).delete(&stage.cloud, &kept).await.unwrap();
        delete(&stage.cloud, &bucket).await;
    }
}

#[tokio::test]
async fn objects_are_locked() {
    for stage in stages("locks").await {
        let bucket = made(&stage, "l", [("object_lock_enabled", true.into())]).await;
        let locked = |hold: &str, until: &str| {
            let lock = [
                ("content", text("locked")),
                ("object_lock_legal_hold_status", text(hold)),
                ("object_lock_mode", text("GOVERNANCE")),
                ("object_lock_retain_until_date", text(until)),
                ("force_destroy", true.into()),
            ];
            config(&bucket, "a", lock)
        };
        let configs = [locked("ON", "2090-01-01T00:00:00Z"), locked("OFF", "2089-01-01T01:00:00+01:00")];
        lifecycle(&stage.cloud, &*ty(OBJECT), &configs, id).await;
        delete(&stage.cloud, &bucket).await;
    }
}

#[tokio::test]
async fn the_data_source_reads_text() {
    for stage in stages("texts").await {
        let bucket = made(&stage, "t", [("force_destroy", true.into())]).await;
        for (key, ty) in [("page", "text/html"), ("data", "application/json"), ("image", "image/png")] {
            let more = [("content", text("{}")), ("content_type", text(ty)), ("tags", map([("is", ty)]))];
            make(&stage, &config(&bucket, key, more)).await;
            let there = found(&stage, &config(&bucket, key, [])).await.unwrap();
            assert_eq!(Args(&there).str("body"), (key != "image").then_some("{}"), "{key}");
            assert_eq!(Args(&there).str("body_base64"), Some("e30="));
            assert_eq!(Args(&there).str("content_type"), Some(ty));
            assert_eq!(Args(&there).map("tags").get("is").map(String::as_str), Some(ty));
        }
        let part = found(&stage, &config(&bucket, "page", [("range", text("bytes=1-1"))])).await.unwrap();
        assert_eq!(Args(&part).str("body"), Some("}"));
        let missing = found(&stage, &config(&bucket, "absent", [])).await.unwrap_err();
        assert_eq!(missing[0].summary, "Data source found nothing");
        delete(&stage.cloud, &bucket).await;
    }
}

#[tokio::test]
async fn metadata_has_small_letters() {
    let config = object([("metadata", map([("Owner", "me"), ("a", "B")]))]);
    let problems = ty(OBJECT).validate(&config);
    assert_eq!(problems.len(), 1);
    assert!(problems[0].detail.contains("\"Owner\""), "{problems:?}");
}

#[tokio::test]
async fn what_is_forbidden_to_see_is_told_with_what_may_be_the_reason() {
    let stage = testing::scripted(settings::GOLDEN, "forbidden").await;
    let bucket = Object::new(object([("id", text("theirs")), ("bucket", text("theirs"))]));
    let read = ty(BUCKET).read(&stage.cloud, std::slice::from_ref(&bucket)).await.remove(0).unwrap_err();
    assert_eq!(read[0].summary, "Reading S3 bucket \"theirs\" failed");
    let object = found(&stage, &config(&bucket, "k", [])).await.unwrap_err();
    assert_eq!(object[0].summary, "Reading the object \"k\" of S3 bucket \"theirs\" failed");
    for (said, reason) in [(read, "the bucket belongs to another account"), (object, "there is no such object")] {
        let detail = &said[0].detail;
        let parts = ["HTTP 403, request id 4442587FB7D0A2F9", "s3:ListBucket", reason];
        assert!(parts.iter().all(|part| detail.contains(part)), "{detail}");
    }
}
