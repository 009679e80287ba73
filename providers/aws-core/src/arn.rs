//! Amazon resource names and partitions.

/// The parts of an ARN: `arn:partition:service:region:account:resource`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arn<'a> {
    /// `aws`, `aws-cn`, `aws-us-gov`, …
    pub partition: &'a str,
    /// `ec2`, `iam`, …
    pub service: &'a str,
    /// Empty for global services.
    pub region: &'a str,
    /// Empty for objects that belong to no account, and `aws` for those of AWS.
    pub account: &'a str,
    /// All that follows, colons included.
    pub resource: &'a str,
}

impl<'a> Arn<'a> {
    /// Parses an ARN; `None` if the text is none.
    pub fn parse(text: &'a str) -> Option<Arn<'a>> {
        let mut parts = text.splitn(6, ':');
        let mut next = || parts.next();
        if next()? != "arn" {
            return None;
        }
        let arn = Arn { partition: next()?, service: next()?, region: next()?, account: next()?, resource: next()? };
        (!arn.partition.is_empty() && !arn.service.is_empty() && !arn.resource.is_empty()).then_some(arn)
    }
}

impl std::fmt::Display for Arn<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "arn:{}:{}:{}:{}:{}", self.partition, self.service, self.region, self.account, self.resource)
    }
}

/// A group of regions with its own names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Partition {
    /// `aws`, `aws-cn`, `aws-us-gov`, …
    pub id: &'static str,
    /// `amazonaws.com` and its like.
    pub dns_suffix: &'static str,
    /// The same in reverse order, as endpoint service names begin.
    pub reverse_dns_prefix: &'static str,
    prefixes: &'static [&'static str],
}

const PARTITIONS: [Partition; 8] = [
    partition("aws-cn", "amazonaws.com.cn", "cn.com.amazonaws", &["cn-"]),
    partition("aws-us-gov", "amazonaws.com", "com.amazonaws", &["us-gov-"]),
    partition("aws-iso", "c2s.ic.gov", "gov.ic.c2s", &["us-iso-"]),
    partition("aws-iso-b", "sc2s.sgov.gov", "gov.sgov.sc2s", &["us-isob-"]),
    partition("aws-iso-e", "cloud.adc-e.uk", "uk.adc-e.cloud", &["eu-isoe-"]),
    partition("aws-iso-f", "csp.hci.ic.gov", "gov.ic.hci.csp", &["us-isof-"]),
    partition("aws-eusc", "amazonaws.eu", "eu.amazonaws", &["eusc-"]),
    partition("aws", "amazonaws.com", "com.amazonaws", &[""]),
];

const fn partition(
    id: &'static str,
    dns_suffix: &'static str,
    reverse_dns_prefix: &'static str,
    prefixes: &'static [&'static str],
) -> Partition {
    Partition { id, dns_suffix, reverse_dns_prefix, prefixes }
}

impl Partition {
    /// The partition of a region.
    pub fn of_region(region: &str) -> Partition {
        let found = PARTITIONS.iter().find(|p| p.prefixes.iter().any(|prefix| region.starts_with(prefix)));
        found.copied().unwrap_or(PARTITIONS[PARTITIONS.len() - 1])
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn arns_parse_and_print() {
        let text = "arn:aws-cn:iam::123456789012:role/a:b";
        let arn = Arn::parse(text).unwrap();
        assert_eq!((arn.account, arn.resource), ("123456789012", "role/a:b"));
        assert_eq!(arn.to_string(), text);
        for bad in ["", "arn:aws", "arn:aws:iam::1:", "urn:aws:iam::1:x", "arn::iam::1:x"] {
            assert_eq!(Arn::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn regions_have_partitions() {
        let of = |region| Partition::of_region(region).id;
        assert_eq!(of("eu-west-1"), "aws");
        assert_eq!(of("us-gov-west-1"), "aws-us-gov");
        assert_eq!(of("cn-north-1"), "aws-cn");
        assert_eq!(of("us-iso-east-1"), "aws-iso");
        assert_eq!(of("us-isob-east-1"), "aws-iso-b");
        assert_eq!(of("eusc-de-east-1"), "aws-eusc");
    }
}
