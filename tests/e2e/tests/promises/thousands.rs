//! A refresh of many objects, and what it costs: calls, throttles, time.
//!
//! The normal suite runs a small form and counts calls. `TERRANE_THOUSANDS=1` runs the large one with times; see
//! docs/benchmarks.md.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde_json::Value as Json;
use terrane_e2e::World;
use terrane_test_proxy::{Fault, Record, Rule};

/// How long a call to AWS takes.
const DISTANCE: Duration = Duration::from_millis(50);

fn is_large() -> bool {
    std::env::var_os("TERRANE_THOUSANDS").is_some()
}

/// How many of everything there are.
struct Size {
    vpcs: usize,
    subnets: usize,
    groups: usize,
    rules: usize,
    instances: usize,
    volumes: usize,
    roles: usize,
    policies: usize,
    buckets: usize,
    tables: usize,
}

const SMALL: Size = Size {
    vpcs: 1,
    subnets: 12,
    groups: 10,
    rules: 30,
    instances: 4,
    volumes: 6,
    roles: 12,
    policies: 2,
    buckets: 1,
    tables: 1,
};

const LARGE: Size = Size {
    vpcs: 2,
    subnets: 200,
    groups: 200,
    rules: 900,
    instances: 100,
    volumes: 100,
    roles: 100,
    policies: 10,
    buckets: 3,
    tables: 2,
};

fn size() -> Size {
    if is_large() { LARGE } else { SMALL }
}

impl Size {
    fn variables(&self) -> String {
        let all = [
            ("vpcs", self.vpcs),
            ("subnets", self.subnets),
            ("groups", self.groups),
            ("rules", self.rules),
            ("instances", self.instances),
            ("volumes", self.volumes),
            ("roles", self.roles),
            ("policies", self.policies),
            ("buckets", self.buckets),
            ("tables", self.tables),
        ];
        let line = |(name, count): &(&str, usize)| format!("  {name} = {count}\n");
        format!("locals {{\n{}}}\n", all.iter().map(line).collect::<String>())
    }
}

const EVERYTHING: &str = r#"
provider "aws" {
  region = "eu-west-1"
}

resource "aws_vpc" "each" {
  count      = local.vpcs
  cidr_block = "10.${count.index}.0.0/16"
}

resource "aws_subnet" "each" {
  count      = local.subnets
  vpc_id     = aws_vpc.each[count.index % local.vpcs].id
  cidr_block = cidrsubnet("10.${count.index % local.vpcs}.0.0/16", 8, floor(count.index / local.vpcs))
}

resource "aws_security_group" "each" {
  count  = local.groups
  name   = "group-${count.index}"
  vpc_id = aws_vpc.each[0].id
}

resource "aws_vpc_security_group_ingress_rule" "each" {
  count             = local.rules
  security_group_id = aws_security_group.each[count.index % local.groups].id
  ip_protocol       = "tcp"
  from_port         = 1000 + count.index
  to_port           = 1000 + count.index
  cidr_ipv4         = "10.0.0.0/8"
}

resource "aws_instance" "each" {
  count         = local.instances
  ami           = "ami-03cf127a"
  instance_type = "t3.micro"
  subnet_id     = aws_subnet.each[count.index % local.subnets].id
}

resource "aws_ebs_volume" "each" {
  count             = local.volumes
  availability_zone = "eu-west-1a"
  size              = 1
}

resource "aws_iam_role" "each" {
  count              = local.roles
  name               = "role-${count.index}"
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ec2.amazonaws.com" } }] })
}

resource "aws_iam_role_policy" "each" {
  count  = local.roles
  name   = "own"
  role   = aws_iam_role.each[count.index].name
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "s3:GetObject", Resource = "*" }] })
}

resource "aws_iam_policy" "each" {
  count  = local.policies
  name   = "policy-${count.index}"
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "s3:PutObject", Resource = "*" }] })
}

resource "aws_iam_role_policy_attachment" "each" {
  count      = local.roles * 2
  role       = aws_iam_role.each[floor(count.index / 2)].name
  policy_arn = aws_iam_policy.each[(floor(count.index / 2) + count.index % 2) % local.policies].arn
}

resource "aws_s3_bucket" "each" {
  count         = local.buckets
  bucket        = "${local.name}-${count.index}"
  force_destroy = true
}

resource "aws_s3_bucket_versioning" "each" {
  count  = local.buckets
  bucket = aws_s3_bucket.each[count.index].id
  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_public_access_block" "each" {
  count               = local.buckets
  bucket              = aws_s3_bucket.each[count.index].id
  block_public_acls   = true
  block_public_policy = true
}

resource "aws_s3_bucket_ownership_controls" "each" {
  count  = local.buckets
  bucket = aws_s3_bucket.each[count.index].id
  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "each" {
  count  = local.buckets
  bucket = aws_s3_bucket.each[count.index].id
  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "each" {
  count  = local.buckets
  bucket = aws_s3_bucket.each[count.index].id
  rule {
    id     = "old"
    status = "Enabled"
    filter {}
    expiration {
      days = 90
    }
  }
}

resource "aws_dynamodb_table" "each" {
  count        = local.tables
  name         = "table-${count.index}"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "id"
  attribute {
    name = "id"
    type = "S"
  }
}
"#;

/// What a run cost, as the proxy has seen it.
struct Cost {
    calls: usize,
    throttled: usize,
    /// From the first call to the last answer.
    time: Duration,
    /// The longest run of pages, each of which the one before has to name.
    chain: Duration,
    by_service: BTreeMap<String, usize>,
}

fn cost(calls: &[Record]) -> Cost {
    let end = |record: &Record| record.since + record.took.unwrap_or_default();
    let (first, last) = (calls.iter().map(|r| r.since).min(), calls.iter().map(end).max());
    let mut by_service = BTreeMap::new();
    calls.iter().for_each(|record| *by_service.entry(record.call.service.clone()).or_default() += 1);
    Cost {
        calls: calls.len(),
        throttled: calls.iter().filter(|r| r.status == Some(503) && r.fault.is_none()).count(),
        time: first.zip(last).map(|(first, last): (Instant, Instant)| last - first).unwrap_or_default(),
        chain: chain(calls),
        by_service,
    }
}

/// Pages follow one another; everything waits for the answer to who is calling.
fn chain(calls: &[Record]) -> Duration {
    let mut pages: BTreeMap<String, Duration> = BTreeMap::new();
    for record in calls {
        let same = record.call.params.iter().filter(|(name, _)| !["NextToken", "Marker"].contains(&name.as_str()));
        let key = format!("{} {:?}", record.call.name(), same.collect::<Vec<_>>());
        *pages.entry(key).or_default() += record.took.unwrap_or_default();
    }
    let identity = calls.iter().find(|r| r.call.action == "GetCallerIdentity").and_then(|r| r.took);
    pages.into_values().max().unwrap_or_default() + identity.unwrap_or_default()
}

/// When calls were under way, in the order in which they came.
fn timeline(calls: &[Record]) -> String {
    let Some(first) = calls.iter().map(|record| record.since).min() else { return String::new() };
    let line = |record: &Record| {
        let (since, took) = (record.since - first, record.took.unwrap_or_default());
        format!("{:5} ms + {:4} ms  {}\n", since.as_millis(), took.as_millis(), record.call.name())
    };
    calls.iter().map(line).collect()
}

fn objects(world: &World) -> usize {
    let listed = world.terrane(&["state", "list"]).code(0).stdout;
    listed.lines().filter(|line| !line.starts_with("data.")).count()
}

/// A world with everything in it, as large as it is to be.
fn everything(test: &str) -> Option<World> {
    // In an account of its own: an emulator that was used before has what was made then.
    let world = World::new(&format!("{test}-{}", std::process::id()))?;
    let size = size();
    let name = format!("locals {{\n  name = {:?}\n}}\n", world.unique("many"));
    world.write("main.tf", &format!("{}{name}{EVERYTHING}", size.variables()));
    let begun = Instant::now();
    world.terrane(&["apply", "-auto-approve", "-parallelism=64", "-concise"]).code(0);
    println!("made within {:.0} s", begun.elapsed().as_secs_f64());
    Some(world)
}

#[test]
fn a_refresh_takes_few_calls_and_is_not_throttled() {
    let Some(world) = everything("thousands") else { return };
    let objects = objects(&world);
    world.proxy().keep_answers();
    world.terrane(&["plan", "-detailed-exitcode"]).code(0).says(&["No changes."]);
    world.proxy().enforce_quotas();
    world.proxy().move_away(DISTANCE);
    world.proxy().forget_calls();
    let plan = world.terrane(&["plan", "-refresh-stats"]).code(0).says(&["No changes."]);
    let cost = cost(&world.proxy().calls());
    println!("{objects} objects, {} calls, {} throttled: {:?}", cost.calls, cost.throttled, cost.by_service);
    println!("calls within {:?}, longest chain of pages {:?}\n{}", cost.time, cost.chain, plan.stderr);
    println!("{}", timeline(&world.proxy().calls()));
    assert_eq!(cost.throttled, 0);
    let told = format!("API calls: {}; throttled: 0.", cost.calls);
    plan.complains(&[&told, "  DescribeSubnets"]);
    let size = size();
    let ec2 = cost.by_service["ec2"];
    assert!(ec2 <= if is_large() { 22 } else { 32 }, "what can be read together is: {:?}", cost.by_service);
    // How many there are, the roles with what they hold, and their list; documents of policies where those are many.
    let iam = if is_large() { 4 + size.policies } else { 3 + 2 * size.policies };
    assert_eq!(cost.by_service["iam"], iam, "{:?}", cost.by_service);
    assert_eq!(cost.by_service["s3"], 16 * size.buckets, "a bucket tells 14 things, two of its settings more");
    assert_eq!(cost.by_service["dynamodb"], 4 * size.tables);
    assert!(!is_large() || (objects >= 1900 && cost.calls * 20 <= objects), "{} calls for {objects}", cost.calls);

    // Who may not ask about the account as a whole asks one by one.
    let denied = || Fault::Error { status: 403, code: "AccessDenied".into(), message: "You may not.".into() };
    world.proxy().set_rules(["iam:GetAccount*", "iam:ListRoles"].map(|call| Rule::new(call, denied())).into());
    world.terrane(&["plan"]).code(0).says(&["No changes."]);
    world.proxy().set_rules(Vec::new());
    world.proxy().move_away(Duration::ZERO);
}

#[test]
fn events_tell_what_calls_took() {
    let Some(world) = World::new("thousands-events") else { return };
    world.write("main.tf", "data \"aws_regions\" \"all\" {}\n");
    let run = world.terrane(&["plan", "-json"]).code(0);
    let last: Json = serde_json::from_str(run.stdout.lines().last().unwrap()).unwrap();
    assert_eq!(last["type"], "api_calls");
    assert_eq!(last["calls"]["operations"]["ec2:DescribeRegions"]["calls"], 1);
    assert_eq!(last["calls"]["calls"], world.proxy().count("*"));
    assert!(run.stderr.is_empty(), "{run}");
}

/// How long AWS takes for so many requests of one operation: what a full bucket holds is free.
fn allowed(requests: usize, holds: f64, refill: f64) -> Duration {
    Duration::from_secs_f64(((requests as f64 - holds) / refill).max(0.0))
}

#[test]
fn creating_many_uses_what_aws_allows() {
    let Some(world) = World::new(&format!("thousands-created-{}", std::process::id())) else { return };
    let count = if is_large() { 200 } else { 60 };
    world.write(
        "main.tf",
        &format!(
            r#"
resource "aws_vpc" "main" {{
  cidr_block = "10.0.0.0/16"
}}

resource "aws_subnet" "each" {{
  count      = {count}
  vpc_id     = aws_vpc.main.id
  cidr_block = cidrsubnet(aws_vpc.main.cidr_block, 8, count.index)
}}
"#
        ),
    );
    world.terrane(&["apply", "-auto-approve", "-target=aws_vpc.main"]).code(0);
    world.proxy().enforce_quotas();
    world.proxy().move_away(DISTANCE);
    world.proxy().forget_calls();
    // An emulator that takes long for a call would hold up fewer at a time.
    let apply = ["apply", "-auto-approve", "-concise", "-refresh-stats", "-parallelism=32"];
    let apply = world.terrane(&apply).code(0).says(&[&format!("{count} added")]);
    let calls = world.proxy().calls();
    let creates: Vec<Record> = calls.iter().filter(|r| r.call.action == "CreateSubnet").cloned().collect();
    let (all, created) = (cost(&calls), cost(&creates));
    let least = allowed(count, 50.0, 5.0);
    println!("{count} subnets within {:?}, {:?} at the allowed rate; {} calls", created.time, least, all.calls);
    println!("{} throttled: {:?}\n{}", all.throttled, all.by_service, apply.stderr);
    assert_eq!(all.throttled, 0);
    // Few are made faster than the emulator answers.
    assert!(!is_large() || created.time <= least.mul_f64(1.2), "{:?}", created.time);
    world.proxy().move_away(Duration::ZERO);
}

/// The most memory that a run took, in MB, as far as looking every few milliseconds shows it.
fn peak(world: &World, arguments: &[&str]) -> (f64, terrane_e2e::Run) {
    let mut run = world.start(arguments);
    let (status, mut most) = (format!("/proc/{}/status", run.id()), 0.0_f64);
    while run.is_alive() {
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kilobytes = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<f64>().ok());
        most = most.max(kilobytes.unwrap_or_default() / 1024.0);
        std::thread::sleep(Duration::from_millis(5));
    }
    (most, run.finish())
}

const REGIONS: [&str; 20] = [
    "af-south-1",
    "ap-east-1",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-southeast-3",
    "ca-central-1",
    "eu-central-1",
    "eu-north-1",
    "eu-south-1",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "me-south-1",
    "sa-east-1",
    "us-east-1",
    "us-west-2",
];

#[test]
fn twenty_regions_take_little_more_memory_than_one() {
    let Some(world) = World::new("thousands-regions") else { return };
    let configuration = |regions: &[&str]| {
        format!(
            r#"
resource "aws_vpc" "each" {{
  for_each   = toset({regions:?})
  region     = each.key
  cidr_block = "10.0.0.0/16"
}}

resource "aws_security_group" "each" {{
  for_each = aws_vpc.each
  region   = each.key
  name     = "one"
  vpc_id   = each.value.id
}}
"#
        )
    };
    let mut taken = [1, REGIONS.len()].map(|count| {
        world.write("main.tf", &configuration(&REGIONS[..count]));
        world.terrane(&["apply", "-auto-approve"]).code(0);
        let (megabytes, plan) = peak(&world, &["plan"]);
        plan.code(0).says(&["No changes."]);
        megabytes
    });
    println!("one region {:.0} MB, {} regions {:.0} MB", taken[0], REGIONS.len(), taken[1]);
    taken[1] -= taken[0];
    assert!(taken[1] <= 100.0, "{taken:?}");
    world.terrane(&["destroy", "-auto-approve"]).code(0);
}
