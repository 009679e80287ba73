//! The types and data sources under test.

use std::sync::LazyLock;

use terrane_aws_core::Cloud;
use terrane_aws_core::testing::{self, Life, Stage};
use terrane_provider::Problem;
use terrane_provider::sdk::ResourceType;
use terrane_value::Value;

const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden");

static TYPES: LazyLock<Vec<Box<dyn ResourceType<Cloud>>>> = LazyLock::new(terrane_aws_ec2::resources);

/// The objects of a type.
pub fn life<'a>(cloud: &'a Cloud, name: &str) -> Life<'a> {
    let ty = TYPES.iter().find(|t| t.name() == name);
    Life::of(cloud, &**ty.unwrap_or_else(|| panic!("{name} is a type")))
}

/// Reads a data source.
pub async fn data(cloud: &Cloud, name: &str, written: Value) -> Value {
    read_data(cloud, name, written).await.unwrap_or_else(|p| panic!("{name} reads: {p:#?}"))
}

/// Reads a data source that has no answer.
pub async fn data_problems(cloud: &Cloud, name: &str, written: Value) -> Vec<Problem> {
    read_data(cloud, name, written).await.expect_err("it has no answer")
}

async fn read_data(cloud: &Cloud, name: &str, written: Value) -> Result<Value, Vec<Problem>> {
    let source = terrane_aws_ec2::data_sources().into_iter().find(|s| s.name() == name).unwrap();
    testing::data(cloud, &*source, &written).await
}

/// What a test plays against: its recording, and the emulator where there is one. A recording is made in an account of
/// its own, so that it has nothing of other tests.
pub async fn stages(test: &str) -> Vec<Stage> {
    let account = seed(test).wrapping_add(u64::from(std::process::id()) * 1_000_003) % 1_000_000_000_000;
    let all = testing::stages_amended(&format!("{account:012}"), GOLDEN, test, amend).await;
    fastrand::seed(seed(test));
    all
}

/// What AWS answers when an object is removed that is gone, where the emulator breaks down or speaks of routes.
fn amend(request: &str, status: u16, body: &str) -> Option<(u16, String)> {
    let is = |action: &str| request.contains(&format!("Action={action}&"));
    let (_, code) = GONE.iter().find(|(action, _)| is(action))?;
    if status < 500 && !body.contains("InvalidRoute.NotFound") {
        return None;
    }
    let error = format!("<code>{code}</code><message>It does not exist</message>");
    if is("DeleteVpcEndpoints") {
        let items = format!("<unsuccessful><item><error>{error}</error></item></unsuccessful>");
        return Some((200, format!("<DeleteVpcEndpointsResponse>{items}</DeleteVpcEndpointsResponse>")));
    }
    let error = format!("<Error>{}</Error>", error.replace("code>", "Code>").replace("message>", "Message>"));
    Some((400, format!("<Response><Errors>{error}</Errors><RequestID>0</RequestID></Response>")))
}

/// The refusals of AWS for what is gone.
const GONE: [(&str, &str); 4] = [
    ("DeleteManagedPrefixList", "InvalidPrefixListID.NotFound"),
    ("DeleteNetworkAclEntry", "InvalidNetworkAclEntry.NotFound"),
    ("DeleteVpcEndpoints", "InvalidVpcEndpointId.NotFound"),
    ("DisassociateVpcCidrBlock", "InvalidVpcCidrBlockAssociationID.NotFound"),
];

/// A recording of the emulator behind a proxy that answers as AWS does where the emulator does not; it plays alone.
pub async fn corrected(test: &str) -> Vec<Stage> {
    match std::env::var_os("UPDATE") {
        Some(_) => stages(test).await,
        None => vec![scripted(test).await],
    }
}

/// A recording that was written after AWS's reference.
pub async fn scripted(test: &str) -> Stage {
    let alone = testing::scripted(GOLDEN, test).await;
    fastrand::seed(seed(test));
    alone
}

/// Emulators remember client tokens, so that each test needs its own ones.
fn seed(test: &str) -> u64 {
    test.bytes().fold(7, |seed: u64, byte| seed.wrapping_mul(31) ^ u64::from(byte))
}
