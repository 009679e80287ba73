//! Instances for tests against an endpoint that stands in for AWS.

use std::sync::Arc;

use aws_config::BehaviorVersion;
use aws_credential_types::Credentials;
use aws_smithy_types::retry::RetryConfig;
use aws_types::region::Region;

use crate::Cloud;

/// The endpoint that tests run against, from `TERRANE_TEST_ENDPOINT`. Without it says aloud what is skipped.
pub fn endpoint(test: &str) -> Option<String> {
    let endpoint = std::env::var("TERRANE_TEST_ENDPOINT").ok().filter(|e| !e.is_empty());
    if endpoint.is_none() {
        eprintln!("skipped: {test} needs an emulator; set TERRANE_TEST_ENDPOINT to its address");
    }
    endpoint
}

/// An instance whose services all are at `endpoint`, with credentials that no AWS accepts.
pub async fn cloud(endpoint: &str, region: &str) -> Arc<Cloud> {
    let credentials = Credentials::from_keys("test", "test", None);
    let sdk = aws_config::defaults(BehaviorVersion::latest())
        .region(Region::new(region.to_owned()))
        .credentials_provider(credentials)
        .endpoint_url(endpoint)
        .retry_config(RetryConfig::disabled())
        .load()
        .await;
    let mut cloud = Cloud::new(sdk);
    cloud.s3_use_path_style = true;
    Arc::new(cloud)
}
