//! Data source `aws_outposts_outpost`.

use async_trait::async_trait;
use aws_sdk_outposts::Client;
use aws_sdk_outposts::types::{Outpost as Answer, SupportedHardwareType};
use terrane_aws_core::{Cloud, problem};
use terrane_provider::Problem;
use terrane_provider::sdk::{Args, DataSource, Reply};
use terrane_value::Value;

/// Racks of AWS in somebody's own building, found by id, name, ARN or owner.
#[derive(Debug)]
pub(crate) struct Outpost;

/// What may be asked for, and where an answer has it.
const KEYS: [(&str, fn(&Answer) -> Option<&str>); 4] =
    [("id", Answer::outpost_id), ("name", Answer::name), ("arn", Answer::outpost_arn), ("owner_id", Answer::owner_id)];

#[async_trait]
impl DataSource<Cloud> for Outpost {
    fn name(&self) -> &'static str {
        "aws_outposts_outpost"
    }

    async fn read(&self, cloud: &Cloud, config: &Value) -> Result<Value, Vec<Problem>> {
        let region = cloud.region(config);
        let all = all(cloud, &region).await.map_err(|problem| vec![problem])?;
        let asked = |outpost: &&Answer| KEYS.iter().all(|(name, of)| fits(Args(config).text(name), of(outpost)));
        let found: Vec<&Answer> = all.iter().filter(asked).collect();
        match found.as_slice() {
            [one] => Ok(attributes(cloud, config, &region, one)),
            several => Err(vec![not_one(config, &region, several)]),
        }
    }
}

fn fits(asked: Option<&str>, has: Option<&str>) -> bool {
    asked.is_none_or(|asked| Some(asked) == has)
}

/// The outposts of an account in a region: AWS filters by none of the [`KEYS`].
async fn all(cloud: &Cloud, region: &str) -> Result<Vec<Answer>, Problem> {
    let (client, mut token, mut all) = (cloud.client(region, Client::new), None, Vec::new());
    loop {
        let request = client.list_outposts().set_next_token(token);
        let answer = Box::pin(cloud.call("outposts:ListOutposts", || request.clone().send())).await;
        let page = answer.map_err(|e| problem(&format!("listing outposts in region {region}"), &e))?;
        all.extend(page.outposts.unwrap_or_default());
        token = page.next_token;
        if token.is_none() {
            return Ok(all);
        }
    }
}

fn not_one(config: &Value, region: &str, found: &[&Answer]) -> Problem {
    let asked = KEYS.iter().filter_map(|(name, _)| Some(format!("{name} = {:?}", Args(config).text(name)?)));
    let asked = asked.collect::<Vec<_>>().join(" and ");
    let with = if asked.is_empty() { String::new() } else { format!(" with {asked}") };
    if found.is_empty() {
        let detail = format!("There is no outpost{with} in region {region}.");
        return Problem::error("Data source found nothing", detail);
    }
    let ids: Vec<&str> = found.iter().filter_map(|outpost| outpost.outpost_id()).collect();
    let detail =
        format!("In region {region} there are several outposts{with}: {}. Name one by its id.", ids.join(", "));
    Problem::error("Data source found several", detail)
}

fn attributes(cloud: &Cloud, config: &Value, region: &str, found: &Answer) -> Value {
    let mut reply = Reply::from(config);
    reply
        .str("arn", found.outpost_arn())
        .str("availability_zone", found.availability_zone())
        .str("availability_zone_id", found.availability_zone_id())
        .str("description", found.description())
        .str("id", found.outpost_id())
        .str("lifecycle_status", found.life_cycle_status())
        .str("name", found.name())
        .str("owner_id", found.owner_id())
        .str("region", Some(region))
        .str("site_arn", found.site_arn())
        .str("site_id", found.site_id())
        .str("supported_hardware_type", found.supported_hardware_type().map(SupportedHardwareType::as_str));
    let tags = found.tags().into_iter().flatten();
    cloud.set_data_tags(&mut reply, tags.map(|(key, value)| (key.clone(), value.clone())));
    reply.object()
}
