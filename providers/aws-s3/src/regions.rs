//! Host names and hosted zones of S3, by region.

use terrane_aws_core::Partition;

/// The Route 53 hosted zones of the website endpoints.
/// See <https://docs.aws.amazon.com/general/latest/gr/s3.html#s3_website_region_endpoints>.
const HOSTED_ZONES: [(&str, &str); 34] = [
    ("af-south-1", "Z83WF9RJE8B12"),
    ("ap-east-1", "ZNB98KWMFR0R6"),
    ("ap-northeast-1", "Z2M4EHUR26P7ZW"),
    ("ap-northeast-2", "Z3W03O7B5YMIYP"),
    ("ap-northeast-3", "Z2YQB5RD63NC85"),
    ("ap-south-1", "Z11RGJOFQNVJUP"),
    ("ap-south-2", "Z02976202B4EZMXIPMXF7"),
    ("ap-southeast-1", "Z3O0J2DXBE1FTB"),
    ("ap-southeast-2", "Z1WCIGYICN2BYD"),
    ("ap-southeast-3", "Z01846753K324LI26A3VV"),
    ("ap-southeast-4", "Z0312387243XT5FE14WFO"),
    ("ap-southeast-5", "Z08660063OXLMA7F1FJHU"),
    ("ca-central-1", "Z1QDHH18159H29"),
    ("ca-west-1", "Z03565811Z33SLEZTHOUL"),
    ("cn-north-1", "Z5CN8UMXT92WN"),
    ("cn-northwest-1", "Z282HJ1KT0DH03"),
    ("eu-central-1", "Z21DNDUVLTQW6Q"),
    ("eu-central-2", "Z030506016YDQGETNASS"),
    ("eu-north-1", "Z3BAZG2TWCNX0D"),
    ("eu-south-1", "Z30OZKI7KPW7MI"),
    ("eu-south-2", "Z0081959F7139GRJC19J"),
    ("eu-west-1", "Z1BKCTXD74EZPE"),
    ("eu-west-2", "Z3GKZC51ZF0DB4"),
    ("eu-west-3", "Z3R1K369G5AVDG"),
    ("il-central-1", "Z09640613K4A3MN55U7GU"),
    ("me-central-1", "Z06143092I8HRXZRUZROF"),
    ("me-south-1", "Z1MPMWCPA7YB62"),
    ("sa-east-1", "Z7KQH4QJS55SO"),
    ("us-east-1", "Z3AQBSTGFYJSTF"),
    ("us-east-2", "Z2O1EMRO9K5GLX"),
    ("us-gov-east-1", "Z2NIFVYYW2VKV1"),
    ("us-gov-west-1", "Z31GFT0UA1I2HV"),
    ("us-west-1", "Z2F56UZL2M1ACD"),
    ("us-west-2", "Z3BJ6K6RIION7M"),
];

/// Regions whose website endpoints have a dash in place of the first dot.
const DASHED: [&str; 9] = [
    "ap-northeast-1",
    "ap-southeast-1",
    "ap-southeast-2",
    "eu-west-1",
    "sa-east-1",
    "us-east-1",
    "us-gov-west-1",
    "us-west-1",
    "us-west-2",
];

/// The hosted zone of the website endpoint of a region, if AWS has published it.
pub fn hosted_zone(region: &str) -> Option<&'static str> {
    HOSTED_ZONES.iter().find(|(name, _)| *name == region).map(|(_, zone)| *zone)
}

/// The host name of a bucket without its region.
pub fn domain_name(bucket: &str, region: &str) -> String {
    format!("{bucket}.s3.{}", Partition::of_region(region).dns_suffix)
}

/// The host name of a bucket with its region.
pub fn regional_domain_name(bucket: &str, region: &str) -> String {
    format!("{bucket}.s3.{region}.{}", Partition::of_region(region).dns_suffix)
}

/// The domain of the website endpoints of a region.
pub fn website_domain(region: &str) -> String {
    let separator = if DASHED.contains(&region) { '-' } else { '.' };
    format!("s3-website{separator}{region}.{}", Partition::of_region(region).dns_suffix)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_region_and_partition() {
        assert_eq!(regional_domain_name("b", "eu-west-1"), "b.s3.eu-west-1.amazonaws.com");
        assert_eq!(domain_name("b", "cn-north-1"), "b.s3.amazonaws.com.cn");
        assert_eq!(website_domain("us-east-1"), "s3-website-us-east-1.amazonaws.com");
        assert_eq!(website_domain("eu-central-1"), "s3-website.eu-central-1.amazonaws.com");
    }

    #[test]
    fn zones_are_sorted_and_found() {
        assert!(HOSTED_ZONES.is_sorted());
        assert_eq!(hosted_zone("eu-west-1"), Some("Z1BKCTXD74EZPE"));
        assert_eq!(hosted_zone("us-west-2"), Some("Z3BJ6K6RIION7M"));
        assert_eq!(hosted_zone("xx-nowhere-1"), None);
    }
}
