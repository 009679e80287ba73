use std::io::{Read, Write};
use std::net::TcpStream;
use terrane_test_proxy::Proxy;

/// An account of the emulator, asked directly: what is there, whatever terrane says.
pub struct Account {
    address: String,
    key: String,
    region: String,
}

impl Account {
    pub(crate) fn new(proxy: &Proxy, key: &str, region: &str) -> Self {
        let address = proxy.endpoint().trim_start_matches("http://").to_owned();
        Self { address, key: key.to_owned(), region: region.to_owned() }
    }

    /// Makes an EC2 call given as a form without its version, and returns the answer's body.
    pub fn ec2(&self, form: &str) -> String {
        self.form("ec2", &format!("{form}&Version=2016-11-15"))
    }

    /// Makes an IAM call given as a form without its version, and returns the answer's body.
    pub fn iam(&self, form: &str) -> String {
        self.form("iam", &format!("{form}&Version=2010-05-08"))
    }

    /// Makes a call given as a form without its version, which must be refused, and returns the error's body.
    pub fn refused(&self, service: &str, form: &str) -> String {
        let version = if service == "ec2" { "2016-11-15" } else { "2010-05-08" };
        let answer = self.try_form(service, &format!("{form}&Version={version}"));
        answer.map_or_else(|error| error, |body| panic!("{service} {form} is not refused:\n{body}"))
    }

    /// Makes a DynamoDB call and returns the answer's body.
    pub fn dynamodb(&self, action: &str, body: &str) -> String {
        expect(action, self.try_dynamodb(action, body))
    }

    /// Makes a DynamoDB call and returns the answer's body, or the error's.
    pub fn try_dynamodb(&self, action: &str, body: &str) -> Result<String, String> {
        let target =
            format!("X-Amz-Target: DynamoDB_20120810.{action}\r\nContent-Type: application/x-amz-json-1.0\r\n");
        self.send("dynamodb", "POST", "/", &target, body)
    }

    /// Makes a KMS call and returns the answer's body.
    pub fn kms(&self, action: &str, body: &str) -> String {
        let target = format!("X-Amz-Target: TrentService.{action}\r\nContent-Type: application/x-amz-json-1.1\r\n");
        expect(action, self.send("kms", "POST", "/", &target, body))
    }

    /// Makes an S3 call and returns the answer's body.
    pub fn s3(&self, method: &str, target: &str, body: &str) -> String {
        expect(target, self.send("s3", method, target, "", body))
    }

    /// Makes a bucket.
    pub fn create_bucket(&self, name: &str) {
        let region = &self.region;
        let body = format!(
            "<CreateBucketConfiguration><LocationConstraint>{region}</LocationConstraint></CreateBucketConfiguration>"
        );
        self.s3("PUT", &format!("/{name}"), &body);
    }

    /// Turns on versioning of a bucket.
    pub fn keep_versions(&self, name: &str) {
        let body = "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>";
        self.s3("PUT", &format!("/{name}?versioning"), body);
    }

    /// Makes a table for state locks.
    pub fn create_lock_table(&self, name: &str) {
        let key = r#""AttributeDefinitions":[{"AttributeName":"LockID","AttributeType":"S"}],"KeySchema":[{"AttributeName":"LockID","KeyType":"HASH"}]"#;
        self.dynamodb("CreateTable", &format!(r#"{{"TableName":"{name}","BillingMode":"PAY_PER_REQUEST",{key}}}"#));
    }

    fn form(&self, service: &str, form: &str) -> String {
        expect(form, self.try_form(service, form))
    }

    fn try_form(&self, service: &str, form: &str) -> Result<String, String> {
        self.send(service, "POST", "/", "Content-Type: application/x-www-form-urlencoded\r\n", form)
    }

    fn send(&self, service: &str, method: &str, target: &str, fields: &str, body: &str) -> Result<String, String> {
        let exchange = || -> std::io::Result<String> {
            let mut stream = TcpStream::connect(&self.address)?;
            let scope = format!("{}/20260101/{}/{service}/aws4_request", self.key, self.region);
            let authorization = format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0");
            let head =
                format!("{method} {target} HTTP/1.1\r\nHost: {}\r\nAuthorization: {authorization}", self.address);
            write!(stream, "{head}\r\n{fields}Connection: close\r\nContent-Length: {}\r\n\r\n{body}", body.len())?;
            let mut answer = String::new();
            stream.read_to_string(&mut answer)?;
            Ok(answer)
        };
        let answer = exchange().unwrap_or_else(|error| panic!("{service} {method} {target}: {error}"));
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_default();
        if head.starts_with("HTTP/1.1 2") { Ok(body.to_owned()) } else { Err(body.to_owned()) }
    }
}

fn expect(call: &str, answer: Result<String, String>) -> String {
    answer.unwrap_or_else(|error| panic!("{call} is refused:\n{error}"))
}
