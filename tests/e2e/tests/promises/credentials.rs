//! Credentials come from where the provider block says.

use terrane_e2e::{Fault, Folder, Rule, World};

const PROFILES: &str = "[profile keys]
aws_access_key_id = 000000000042
aws_secret_access_key = test

[profile role]
role_arn = arn:aws:iam::000000000042:role/plan
source_profile = keys

[profile token]
role_arn = arn:aws:iam::000000000042:role/plan
web_identity_token_file = token

[profile machine]
role_arn = arn:aws:iam::000000000042:role/plan
credential_source = Ec2InstanceMetadata
";

/// The folder of a configuration that plans with a profile, and names the endpoints in the block alone.
fn folder(world: &World, profile: &str) -> Folder {
    let (folder, url) = (Folder::new(), world.proxy().endpoint());
    folder.write("profiles", PROFILES);
    folder.write("token", "a token");
    let endpoints = format!("endpoints {{\n    ec2 = \"{url}\"\n    sts = \"{url}\"\n  }}");
    let block = format!("profile = \"{profile}\"\n  region = \"eu-west-1\"\n  {endpoints}");
    let vpc = "resource \"aws_vpc\" \"main\" {\n  cidr_block = \"10.0.0.0/16\"\n}\n";
    folder.write("main.tf", &format!("provider \"aws\" {{\n  {block}\n}}\n\n{vpc}"));
    folder
}

#[test]
fn the_role_of_a_profile_is_assumed_where_the_block_says() {
    let Some(world) = World::new("profile_role") else { return };
    let variables = [("AWS_CONFIG_FILE", "profiles"), ("AWS_EC2_METADATA_DISABLED", "true")];
    for (profile, call) in [("role", "sts:AssumeRole"), ("token", "*:AssumeRoleWithWebIdentity")] {
        world.proxy().set_rules(vec![Rule::new(call, Fault::Throttle).first(2)]);
        folder(&world, profile).start_with("", &variables, &["plan"]).finish().code(0).says(&["1 to add"]);
        assert_eq!(world.proxy().count(call), 3, "{profile}");
        world.proxy().forget_calls();
    }
    let run = folder(&world, "machine").start_with("", &variables, &["plan"]).finish();
    run.code(1).complains(&["The profile \"machine\" gives no credentials", "switched off"]);
}

/// Partners and authors of modules count by it what is built with their products.
#[test]
fn calls_carry_the_products_of_modules() {
    let Some(world) = World::new("products") else { return };
    let meta =
        |product: &str| format!("terraform {{\n  provider_meta \"aws\" {{\n    user_agent = [{product:?}]\n  }}\n}}\n");
    let vpc = "resource \"aws_vpc\" \"main\" {\n  cidr_block = \"10.0.0.0/16\"\n}\n";
    let provider = "provider \"aws\" {\n  region     = \"eu-west-1\"\n  user_agent = [\"own/1.0\"]\n}\n";
    let call = "module \"m\" {\n  source = \"./m\"\n}\n";
    world.write("main.tf", &format!("{}{provider}{call}", meta("APN_1.1/pc_123$")));
    world.write("m/main.tf", &format!("{}{vpc}", meta("github.com/example/network")));
    world.terrane(&["init"]).code(0);
    world.terrane(&["apply", "-auto-approve"]).code(0).says(&["1 added"]);
    for made in [true, false] {
        let calls = world.proxy().calls();
        let agents: Vec<&str> = calls.iter().filter(|r| r.call.service == "ec2").map(|r| &*r.call.agent).collect();
        assert!(!agents.is_empty(), "{made}");
        for agent in agents {
            for product in ["lib/terrane/", "lib/own/1.0", "lib/APN_1.1/pc_123$", "lib/github.com/example-network"] {
                assert!(agent.contains(product), "{product}: {agent}");
            }
        }
        if made {
            world.proxy().forget_calls();
            world.terrane(&["destroy", "-auto-approve"]).code(0).says(&["1 destroyed"]);
        }
    }
}
