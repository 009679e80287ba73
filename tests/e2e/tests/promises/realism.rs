//! What the engine relies on AWS for, asked of the emulator through the proxy.

use terrane_e2e::{Account, World};

fn texts<'a>(xml: &'a str, name: &str) -> Vec<&'a str> {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    xml.split(&open).skip(1).filter_map(|rest| rest.split_once(&close)).map(|(text, _)| text).collect()
}

fn first(xml: &str, name: &str) -> String {
    texts(xml, name).first().unwrap_or_else(|| panic!("no {name} in {xml}")).to_string()
}

fn network(account: &Account) -> (String, String) {
    let vpc = first(&account.ec2("Action=CreateVpc&CidrBlock=10.0.0.0/16"), "vpcId");
    let subnet = account.ec2(&format!("Action=CreateSubnet&VpcId={vpc}&CidrBlock=10.0.0.0/24"));
    (vpc, first(&subnet, "subnetId"))
}

#[test]
fn accounts_are_apart() {
    let Some(world) = World::new("accounts_are_apart") else { return };
    let Some(other) = World::new("accounts_are_apart/other") else { return };
    let (vpc, _) = network(&world.account());
    assert!(world.account().ec2("Action=DescribeVpcs").contains(&vpc));
    assert!(!other.account().ec2("Action=DescribeVpcs").contains(&vpc));
}

#[test]
fn a_nat_gateway_takes_its_address_and_interface_along() {
    let Some(world) = World::new("a_nat_gateway_takes_its_address_and_interface_along") else { return };
    let account = world.account();
    let (_, subnet) = network(&account);
    let address = first(&account.ec2("Action=AllocateAddress&Domain=vpc"), "allocationId");
    let create = format!("Action=CreateNatGateway&SubnetId={subnet}&AllocationId={address}&ClientToken=t");
    let gateway = first(&account.ec2(&create), "natGatewayId");
    assert_eq!(first(&account.ec2(&create), "natGatewayId"), gateway, "the same token, the same gateway");
    assert!(account.refused("ec2", &format!("Action=DeleteSubnet&SubnetId={subnet}")).contains("DependencyViolation"));
    assert!(
        account
            .refused("ec2", &format!("Action=ReleaseAddress&AllocationId={address}"))
            .contains("InvalidIPAddress.InUse")
    );
    account.ec2(&format!("Action=DeleteNatGateway&NatGatewayId={gateway}"));
    account.ec2(&format!("Action=ReleaseAddress&AllocationId={address}"));
    account.ec2(&format!("Action=DeleteSubnet&SubnetId={subnet}"));
}

#[test]
fn a_security_group_is_held_by_instances_and_rules() {
    let Some(world) = World::new("a_security_group_is_held_by_instances_and_rules") else { return };
    let account = world.account();
    let (vpc, subnet) = network(&account);
    let group = |name: &str| {
        let form = format!("Action=CreateSecurityGroup&GroupName={name}&GroupDescription=d&VpcId={vpc}");
        first(&account.ec2(&form), "groupId")
    };
    let (one, two) = (group("one"), group("two"));
    let delete = |id: &str| format!("Action=DeleteSecurityGroup&GroupId={id}");
    let permission = format!(
        "IpPermissions.1.IpProtocol=tcp&IpPermissions.1.FromPort=1&IpPermissions.1.ToPort=2&IpPermissions.1.Groups.1.GroupId={one}"
    );
    account.ec2(&format!("Action=AuthorizeSecurityGroupIngress&GroupId={two}&{permission}"));
    assert!(account.refused("ec2", &delete(&one)).contains("DependencyViolation"));
    account.ec2(&format!("Action=RevokeSecurityGroupIngress&GroupId={two}&{permission}"));
    let image = first(&account.ec2("Action=DescribeImages&Owner.1=amazon"), "imageId");
    let run =
        format!("Action=RunInstances&ImageId={image}&MinCount=1&MaxCount=1&SubnetId={subnet}&SecurityGroupId.1={one}");
    let instance = first(&account.ec2(&run), "instanceId");
    assert!(account.refused("ec2", &delete(&one)).contains("DependencyViolation"));
    account.ec2(&format!("Action=TerminateInstances&InstanceId.1={instance}"));
    account.ec2(&delete(&one));
    account.ec2(&delete(&two));
    account.ec2(&format!("Action=DeleteSubnet&SubnetId={subnet}"));
    account.ec2(&format!("Action=DeleteVpc&VpcId={vpc}"));
}

#[test]
fn a_new_bucket_is_closed_and_encrypted() {
    let Some(world) = World::new("a_new_bucket_is_closed_and_encrypted") else { return };
    let (account, bucket) = (world.account(), world.unique("closed"));
    account.create_bucket(&bucket);
    let get = |subresource: &str| account.s3("GET", &format!("/{bucket}?{subresource}"), "");
    assert_eq!(texts(&get("publicAccessBlock"), "BlockPublicPolicy"), ["true"]);
    assert_eq!(texts(&get("encryption"), "SSEAlgorithm"), ["AES256"]);
    assert_eq!(texts(&get("ownershipControls"), "ObjectOwnership"), ["BucketOwnerEnforced"]);
    account.s3("DELETE", &format!("/{bucket}?encryption"), "");
    assert_eq!(texts(&get("encryption"), "SSEAlgorithm"), ["AES256"]);
}

#[test]
fn one_of_many_conditional_puts_wins() {
    let Some(world) = World::new("one_of_many_conditional_puts_wins") else { return };
    let (account, table) = (world.account(), world.unique("locks"));
    account.create_lock_table(&table);
    let condition = r#""ConditionExpression":"attribute_not_exists(LockID)""#;
    let put = format!(r#"{{"TableName":"{table}","Item":{{"LockID":{{"S":"x"}}}},{condition}}}"#);
    let won = std::thread::scope(|scope| {
        let puts: Vec<_> = (0..50).map(|_| scope.spawn(|| account.try_dynamodb("PutItem", &put).is_ok())).collect();
        puts.into_iter().map(|put| usize::from(put.join().unwrap())).sum::<usize>()
    });
    assert_eq!(won, 1);
}
