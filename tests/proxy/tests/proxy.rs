//! The proxy between a scripted emulator and a client, over loopback.
#![allow(clippy::unwrap_used)]

mod scripted;

use scripted::{Client, Emulator, Reply};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};
use std::time::{Duration, Instant};
use terrane_test_proxy::{Fault, Proxy, Rule};

const OK: &str = "<R><requestId>r</requestId></R>";

fn proxied(answer: impl Fn(&str) -> Reply + Send + Sync + 'static) -> (Emulator, Proxy) {
    let emulator = Emulator::start(answer);
    let proxy = Proxy::start(emulator.address).unwrap();
    (emulator, proxy)
}

fn always(body: &'static str) -> impl Fn(&str) -> Reply {
    move |_| Reply(200, body.to_owned())
}

#[test]
fn calls_are_passed_on_named_and_counted() {
    let (emulator, proxy) = proxied(always(OK));
    let client = Client::new(&proxy, "ec2");
    assert_eq!(client.form("Action=DescribeVpcs&Version=1").unwrap(), Reply(200, OK.to_owned()));
    client.form("Action=DescribeVpcs&Version=1").unwrap();
    client.form("Action=CreateVpc&CidrBlock=10.0.0.0%2F8").unwrap();
    assert_eq!((proxy.count("ec2:DescribeVpcs"), proxy.count("ec2:*"), proxy.count("s3:*")), (2, 3, 0));
    let calls = proxy.calls();
    assert_eq!(calls[1].call.nth, 2);
    assert_eq!((calls[2].call.param("CidrBlock"), calls[2].status), (Some("10.0.0.0/8"), Some(200)));
    assert!(emulator.requests()[0].contains("Action=DescribeVpcs&Version=1"));
    proxy.forget_calls();
    assert_eq!(proxy.count("*"), 0);
}

#[test]
fn a_key_of_twelve_digits_selects_the_account() {
    let (emulator, proxy) = proxied(always(OK));
    Client::new(&proxy, "iam").key("000000000042").form("Action=ListRoles").unwrap();
    Client::new(&proxy, "iam").key("AKIAEXAMPLE").form("Action=ListRoles").unwrap();
    let seen: Vec<_> =
        emulator.requests().iter().map(|request| request.contains("x-moto-account-id: 000000000042")).collect();
    assert_eq!(seen, [true, false]);
}

#[test]
fn buckets_of_requests_run_empty_and_fill_again() {
    let (emulator, proxy) = proxied(always(OK));
    let client = Client::new(&proxy, "ec2");
    let run = || client.form("Action=RunInstances").unwrap().0;
    assert_eq!((0..8).filter(|_| run() == 200).count(), 8, "nothing is limited unless a test asks for it");
    proxy.enforce_quotas();
    assert_eq!((0..8).map(|_| run()).collect::<Vec<_>>(), [200, 200, 200, 200, 200, 503, 503, 503]);
    assert_eq!(client.form("Action=DescribeVpcs").unwrap().0, 200, "each operation has its own");
    std::thread::sleep(Duration::from_millis(600));
    assert_eq!((run(), run()), (200, 503), "two a second come back");
    assert_eq!(emulator.requests().len(), 8 + 5 + 1 + 1);
}

#[test]
fn a_distance_holds_for_every_call() {
    let (_emulator, proxy) = proxied(always(OK));
    proxy.move_away(Duration::from_millis(60));
    let began = Instant::now();
    let call = || drop(Client::new(&proxy, "iam").form("Action=GetRole").unwrap());
    std::thread::scope(|scope| (0..10).for_each(|_| drop(scope.spawn(call))));
    assert!(proxy.calls().iter().all(|record| record.took.unwrap() >= Duration::from_millis(60)));
    assert!(began.elapsed() < Duration::from_millis(400), "calls side by side do not wait for one another");
}

#[test]
fn kept_answers_are_those_to_the_same_question() {
    let (emulator, proxy) = proxied(always(OK));
    let ask = |service: &str, form: &str| Client::new(&proxy, service).form(form).unwrap();
    proxy.keep_answers();
    let forms = ["Action=DescribeVpcs", "Action=DescribeVpcs", "Action=DescribeVpcs&MaxResults=5", "Action=CreateVpc"];
    forms.iter().chain(&forms).for_each(|form| drop(ask("ec2", form)));
    assert_eq!(emulator.requests().len(), 2 + 2, "two different questions, and both changes");
    assert_eq!(proxy.count("*"), 8);
}

#[test]
fn throttling_takes_each_protocols_form() {
    let (emulator, proxy) = proxied(always(OK));
    proxy.set_rules(vec![Rule::new("*", Fault::Throttle)]);
    let answers = [
        (Client::new(&proxy, "ec2").form("Action=DescribeVpcs"), 503, "<Code>RequestLimitExceeded</Code>"),
        (Client::new(&proxy, "iam").form("Action=GetRole"), 400, "<Code>Throttling</Code>"),
        (Client::new(&proxy, "s3").send("GET", "/bucket?policy", "", ""), 503, "<Code>SlowDown</Code>"),
        (
            Client::new(&proxy, "dynamodb").send("POST", "/", "X-Amz-Target: D.PutItem\r\n", "{}"),
            400,
            "#ThrottlingException\"",
        ),
    ];
    for (answer, status, code) in answers {
        let Reply(got, body) = answer.unwrap();
        assert!(got == status && body.contains(code), "{got} {body}");
    }
    assert!(emulator.requests().is_empty());
}

#[test]
fn a_reset_before_has_no_effect_and_one_after_has() {
    let (emulator, proxy) = proxied(always(OK));
    let client = Client::new(&proxy, "ec2");
    proxy.set_rules(vec![
        Rule::new("ec2:CreateVpc", Fault::ResetBefore).nth(1),
        Rule::new("ec2:CreateVpc", Fault::ResetAfter).nth(1),
    ]);
    let reset = |answer: std::io::Result<Reply>| answer.unwrap_err().kind() == std::io::ErrorKind::ConnectionReset;
    assert!(reset(client.form("Action=CreateVpc")));
    assert_eq!(emulator.requests().len(), 0);
    assert!(reset(client.form("Action=CreateVpc")));
    assert_eq!(emulator.requests().len(), 1);
    assert!(client.form("Action=CreateVpc").is_ok());
}

#[test]
fn an_answer_may_end_early_or_never_come() {
    let (emulator, proxy) = proxied(always(OK));
    let client = Client::new(&proxy, "ec2");
    proxy.set_rules(vec![Rule::new("ec2:A", Fault::Truncate(30)), Rule::new("ec2:B", Fault::Hang)]);
    assert!(client.form("Action=A").is_err());
    assert_eq!(emulator.requests().len(), 1);
    let hung = client.patience(Duration::from_millis(200)).form("Action=B").unwrap_err();
    assert_eq!(hung.kind(), std::io::ErrorKind::WouldBlock);
    assert_eq!(emulator.requests().len(), 1);
}

#[test]
fn what_is_unseen_is_missing_in_lists() {
    let one = "<r><requestId>1</requestId><vpcSet><item><vpcId>vpc-1</vpcId><s><item/></s></item></vpcSet></r>";
    let (_emulator, proxy) = proxied(always(one));
    let client = Client::new(&proxy, "ec2");
    proxy.set_rules(vec![Rule::new("ec2:A", Fault::Unseen).first(1)]);
    let answers = [(); 2].map(|()| client.form("Action=A").unwrap().1);
    assert_eq!(answers, ["<r><requestId>1</requestId><vpcSet></vpcSet></r>", one]);
}

#[test]
fn latency_hooks_and_chosen_errors() {
    let (emulator, proxy) = proxied(always(OK));
    let client = Client::new(&proxy, "ec2");
    let effects = Arc::new(AtomicUsize::new(usize::MAX));
    let (seen, requests) = (Arc::clone(&effects), emulator.log());
    let hook = Arc::new(move |_: &_| seen.store(requests.lock().unwrap().len(), Ordering::SeqCst));
    let error = Fault::Error { status: 400, code: "InvalidVpcID.NotFound".to_owned(), message: "not yet".to_owned() };
    proxy.set_rules(vec![
        Rule::new("ec2:Slow", Fault::LatencyMs(150)),
        Rule::new("ec2:Before", Fault::Before(hook.clone())),
        Rule::new("ec2:After", Fault::After(hook)),
        Rule::new("ec2:DescribeVpcs", error).first(2),
    ]);
    let started = Instant::now();
    client.form("Action=Slow").unwrap();
    assert!(started.elapsed() >= Duration::from_millis(150));
    client.form("Action=Before").unwrap();
    assert_eq!(effects.load(Ordering::SeqCst), 1);
    client.form("Action=After").unwrap();
    assert_eq!(effects.load(Ordering::SeqCst), 3);
    let statuses = [(); 3].map(|()| client.form("Action=DescribeVpcs").unwrap().0);
    assert_eq!(statuses, [400, 400, 200]);
}

#[test]
fn a_client_token_makes_one_object() {
    let made = AtomicUsize::new(0);
    let (emulator, proxy) =
        proxied(move |_| Reply(200, format!("<R><id>{}</id></R>", made.fetch_add(1, Ordering::SeqCst))));
    let client = Client::new(&proxy, "ec2");
    let first = client.form("Action=RunInstances&ClientToken=t&ImageId=a").unwrap();
    assert_eq!(client.form("ClientToken=t&ImageId=a&Action=RunInstances").unwrap(), first);
    let other = client.form("Action=RunInstances&ClientToken=t&ImageId=b").unwrap();
    assert!(other.0 == 400 && other.1.contains("IdempotentParameterMismatch"), "{other:?}");
    assert_ne!(client.form("Action=RunInstances&ClientToken=u&ImageId=a").unwrap(), first);
    assert_ne!(client.key("000000000007").form("Action=RunInstances&ClientToken=t&ImageId=a").unwrap(), first);
    assert_eq!(emulator.requests().len(), 3);
}

#[test]
fn a_client_token_holds_for_calls_at_the_same_time() {
    let (emulator, proxy) = proxied(|_| {
        std::thread::sleep(Duration::from_millis(50));
        Reply(200, OK.to_owned())
    });
    let (client, start) = (Client::new(&proxy, "ec2"), Barrier::new(8));
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                start.wait();
                client.form("Action=CreateNatGateway&ClientToken=t").unwrap();
            });
        }
    });
    assert_eq!(emulator.requests().len(), 1);
}

#[test]
fn a_failed_call_leaves_its_token_free() {
    let asked = AtomicUsize::new(0);
    let (_emulator, proxy) = proxied(move |_| match asked.fetch_add(1, Ordering::SeqCst) {
        0 => Reply(500, OK.to_owned()),
        _ => Reply(200, OK.to_owned()),
    });
    let client = Client::new(&proxy, "ec2");
    let statuses = [(); 2].map(|()| client.form("Action=RunInstances&ClientToken=t").unwrap().0);
    assert_eq!(statuses, [500, 200]);
}

#[test]
fn a_subnet_in_use_is_not_deleted() {
    let used =
        "<R><networkInterfaceSet><item><networkInterfaceId>eni-1</networkInterfaceId></item></networkInterfaceSet></R>";
    let (emulator, proxy) = proxied(move |request| {
        let interfaces = request.contains("Action=DescribeNetworkInterfaces") && request.contains("subnet%2D1");
        Reply(200, if interfaces { used } else { OK }.to_owned())
    });
    let client = Client::new(&proxy, "ec2");
    let refused = client.form("Action=DeleteSubnet&SubnetId=subnet-1&Version=1").unwrap();
    assert!(refused.0 == 400 && refused.1.contains("<Code>DependencyViolation</Code>"), "{refused:?}");
    assert!(!emulator.requests().iter().any(|request| request.contains("DeleteSubnet")));
    assert_eq!(client.form("Action=DeleteSubnet&SubnetId=subnet-2&Version=1").unwrap().0, 200);
    assert_eq!(proxy.count("*"), 2);
}

#[test]
fn a_security_group_named_in_anothers_rule_is_not_deleted() {
    let group = |id: &str, rules: &str| {
        format!("<item><groupId>{id}</groupId><groupName>g</groupName><ipPermissions>{rules}</ipPermissions></item>")
    };
    let rule = "<item><groups><item><groupId>sg-1</groupId></item></groups></item>";
    let (own, other) = (group("sg-1", rule), group("sg-2", rule));
    let answer = move |also: &str| format!("<R><securityGroupInfo>{also}</securityGroupInfo></R>");
    let (_emulator, proxy) = proxied(move |request| {
        let groups = request.contains("Action=DescribeSecurityGroups") && request.contains("sg%2D1");
        let referring = request.contains("000000000002") && request.contains("ip%2Dpermission");
        let found = format!("{own}{}", if referring { other.as_str() } else { "" });
        Reply(200, answer(if groups { &found } else { "" }))
    });
    let delete = "Action=DeleteSecurityGroup&GroupId=sg-1&Version=1";
    let client = Client::new(&proxy, "ec2");
    assert_eq!(client.clone().key("000000000001").form(delete).unwrap().0, 200, "its own rule does not hold it");
    assert!(client.key("000000000002").form(delete).unwrap().1.contains("DependencyViolation"));
}

#[test]
fn missing_ids_are_named_alone() {
    let vpc = "<vpcSet><item><vpcId>vpc-0a</vpcId></item></vpcSet>";
    let (_emulator, proxy) =
        proxied(move |request| match request.contains("Filter.1.Name") || request.contains("Filter%2E1%2EName") {
            true => Reply(200, format!("<R>{vpc}</R>")),
            false => Reply(
                400,
                "<Response><Errors><Error><Code>InvalidVpcID.NotFound</Code></Error></Errors></Response>".to_owned(),
            ),
        });
    let client = Client::new(&proxy, "ec2");
    let Reply(status, body) = client.form("Action=DescribeVpcs&Version=1&VpcId.1=vpc-0a&VpcId.2=vpc-0b").unwrap();
    assert_eq!(status, 400);
    assert!(body.contains("<Message>The vpc ID 'vpc-0b' does not exist</Message>"), "{body}");
    let malformed = client.form("Action=DescribeVpcs&VpcId.1=bogus").unwrap().1;
    assert!(malformed.contains("<Code>InvalidVpcID.Malformed</Code>"), "{malformed}");
}

#[test]
fn pages_and_limits() {
    let (_emulator, proxy) = proxied(always(
        "<R><vpcSet><item>1</item><item>2</item><item>3</item><item>4</item><item>5</item><item>6</item></vpcSet></R>",
    ));
    let client = Client::new(&proxy, "ec2");
    let first = client.form("Action=DescribeVpcs&MaxResults=5").unwrap().1;
    let token = first.split("<nextToken>").nth(1).unwrap().split('<').next().unwrap();
    assert_eq!(first.matches("<item>").count(), 5);
    let last = client.form(&format!("Action=DescribeVpcs&MaxResults=5&NextToken={token}")).unwrap().1;
    assert!(last.contains("<vpcSet><item>6</item></vpcSet>") && !last.contains("nextToken"), "{last}");
    let values = (1..=201).map(|index| format!("&Filter.1.Value.{index}=v{index}")).collect::<String>();
    for (form, code) in [
        (format!("Action=DescribeSubnets&MaxResults=5&NextToken={token}"), "InvalidNextToken"),
        ("Action=DescribeVpcs&MaxResults=4".to_owned(), "InvalidParameterValue"),
        ("Action=DescribeVpcs&MaxResults=5&VpcId.1=vpc-1".to_owned(), "InvalidParameterCombination"),
        (format!("Action=DescribeVpcs&Filter.1.Name=vpc-id{values}"), "FilterLimitExceeded"),
        ("Action=CreateVpc&DryRun=true".to_owned(), "DryRunOperation"),
    ] {
        let body = client.form(&form).unwrap().1;
        assert!(body.contains(&format!("<Code>{code}</Code>")), "{code}: {body}");
    }
}

#[test]
fn a_new_bucket_has_the_settings_of_s3() {
    let (emulator, proxy) =
        proxied(|request| Reply(if request.starts_with("HEAD") { 404 } else { 200 }, String::new()));
    let client = Client::new(&proxy, "s3");
    let body =
        "<CreateBucketConfiguration><Tags><Tag><Key>k</Key><Value>v</Value></Tag></Tags></CreateBucketConfiguration>";
    client.send("PUT", "/b", "x-amz-object-ownership: ObjectWriter\r\n", body).unwrap();
    let requests = emulator.requests();
    let sent =
        |start: &str, part: &str| requests.iter().any(|request| request.starts_with(start) && request.contains(part));
    assert!(sent("PUT /b?publicAccessBlock ", "<BlockPublicAcls>true<"));
    assert!(sent("PUT /b?encryption ", "AES256"));
    assert!(sent("PUT /b?ownershipControls ", "ObjectWriter"));
    assert!(sent("PUT /b?tagging ", "<TagSet><Tag><Key>k</Key><Value>v</Value></Tag></TagSet>"));
    assert_eq!(proxy.count("*"), 1);
}

#[test]
fn writes_to_a_table_are_one_at_a_time() {
    let (inside, most) = (AtomicUsize::new(0), Arc::new(AtomicUsize::new(0)));
    let seen = Arc::clone(&most);
    let (_emulator, proxy) = proxied(move |_| {
        seen.fetch_max(inside.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        std::thread::sleep(Duration::from_millis(20));
        inside.fetch_sub(1, Ordering::SeqCst);
        Reply(200, "{}".to_owned())
    });
    let client = Client::new(&proxy, "dynamodb");
    std::thread::scope(|scope| {
        for _ in 0..5 {
            scope.spawn(|| client.send("POST", "/", "X-Amz-Target: D.PutItem\r\n", "{}").unwrap());
        }
    });
    assert_eq!(most.load(Ordering::SeqCst), 1);
}

#[test]
fn a_dropped_proxy_lets_go_of_hanging_calls() {
    let (_emulator, proxy) = proxied(always(OK));
    proxy.set_rules(vec![Rule::new("*", Fault::Hang)]);
    let client = Client::new(&proxy, "ec2").patience(Duration::from_secs(20));
    let waiting = std::thread::spawn(move || client.form("Action=A"));
    while proxy.count("*") == 0 {
        std::thread::sleep(Duration::from_millis(5));
    }
    drop(proxy);
    assert!(waiting.join().unwrap().is_err());
}
