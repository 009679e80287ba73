//! Which objects of a bucket a setting with a name is about.

use aws_sdk_s3::types::{
    AnalyticsAndOperator, AnalyticsFilter, IntelligentTieringAndOperator, IntelligentTieringFilter, MetricsAndOperator,
    MetricsFilter, Tag,
};
use terrane_aws_core::Tags;
use terrane_provider::sdk::{Args, Reply};

use super::tagging::to_tags;

/// A filter. S3 has a form of its own for each single condition, and one for several.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    point: Option<String>,
    prefix: Option<String>,
    tags: Tags,
}

impl Filter {
    /// What a `filter` block says.
    pub fn of(block: Args<'_>) -> Filter {
        Filter { point: block.string("access_point"), prefix: block.string("prefix"), tags: block.map("tags") }
    }

    fn of_and(point: Option<&str>, prefix: Option<&str>, tags: &[Tag]) -> Filter {
        let owned = |text: Option<&str>| text.map(str::to_owned);
        let tags = tags.iter().map(|t| (t.key.clone(), t.value.clone())).collect();
        Filter { point: owned(point), prefix: owned(prefix), tags }
    }

    /// The block that says the same.
    pub fn show(&self, points: bool) -> Reply {
        let mut block = Reply::new();
        if points {
            block.str("access_point", self.point.as_ref());
        }
        block.str("prefix", self.prefix.as_ref()).map("tags", &self.tags);
        block
    }

    fn several(&self) -> bool {
        usize::from(self.point.is_some()) + usize::from(self.prefix.is_some()) + self.tags.len() > 1
    }

    fn tags(&self) -> Vec<Tag> {
        to_tags(&self.tags)
    }
}

impl From<Filter> for MetricsFilter {
    fn from(filter: Filter) -> MetricsFilter {
        let tags = filter.tags();
        if filter.several() {
            let and = MetricsAndOperator::builder().set_access_point_arn(filter.point).set_prefix(filter.prefix);
            return MetricsFilter::And(and.set_tags(Some(tags).filter(|t| !t.is_empty())).build());
        }
        match (filter.point, tags.into_iter().next()) {
            (Some(point), _) => MetricsFilter::AccessPointArn(point),
            (None, Some(tag)) => MetricsFilter::Tag(tag),
            (None, None) => MetricsFilter::Prefix(filter.prefix.unwrap_or_default()),
        }
    }
}

impl From<&MetricsFilter> for Filter {
    fn from(filter: &MetricsFilter) -> Filter {
        match filter {
            MetricsFilter::And(and) => Filter::of_and(and.access_point_arn(), and.prefix(), and.tags()),
            MetricsFilter::AccessPointArn(point) => Filter::of_and(Some(point), None, &[]),
            MetricsFilter::Prefix(prefix) => Filter::of_and(None, Some(prefix), &[]),
            MetricsFilter::Tag(tag) => Filter::of_and(None, None, std::slice::from_ref(tag)),
            _ => Filter::default(),
        }
    }
}

impl From<Filter> for AnalyticsFilter {
    fn from(filter: Filter) -> AnalyticsFilter {
        let tags = filter.tags();
        if filter.several() {
            let and = AnalyticsAndOperator::builder().set_prefix(filter.prefix);
            return AnalyticsFilter::And(and.set_tags(Some(tags).filter(|t| !t.is_empty())).build());
        }
        match tags.into_iter().next() {
            Some(tag) => AnalyticsFilter::Tag(tag),
            None => AnalyticsFilter::Prefix(filter.prefix.unwrap_or_default()),
        }
    }
}

impl From<&AnalyticsFilter> for Filter {
    fn from(filter: &AnalyticsFilter) -> Filter {
        match filter {
            AnalyticsFilter::And(and) => Filter::of_and(None, and.prefix(), and.tags()),
            AnalyticsFilter::Prefix(prefix) => Filter::of_and(None, Some(prefix), &[]),
            AnalyticsFilter::Tag(tag) => Filter::of_and(None, None, std::slice::from_ref(tag)),
            _ => Filter::default(),
        }
    }
}

impl From<Filter> for IntelligentTieringFilter {
    fn from(filter: Filter) -> IntelligentTieringFilter {
        let (tags, made) = (filter.tags(), IntelligentTieringFilter::builder());
        if filter.several() {
            let and = IntelligentTieringAndOperator::builder().set_prefix(filter.prefix);
            return made.and(and.set_tags(Some(tags).filter(|t| !t.is_empty())).build()).build();
        }
        made.set_prefix(filter.prefix).set_tag(tags.into_iter().next()).build()
    }
}

impl From<&IntelligentTieringFilter> for Filter {
    fn from(filter: &IntelligentTieringFilter) -> Filter {
        match filter.and() {
            Some(and) => Filter::of_and(None, and.prefix(), and.tags()),
            None => Filter::of_and(None, filter.prefix(), filter.tag().map(std::slice::from_ref).unwrap_or_default()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_come_back_as_they_went() {
        let tags = |pairs: &[(&str, &str)]| pairs.iter().map(|(k, v)| (k.to_string(), v.to_string())).collect();
        let filter = |point: Option<&str>, prefix: Option<&str>, pairs| Filter {
            tags: tags(pairs),
            ..Filter::of_and(point, prefix, &[])
        };
        let two: &[(&str, &str)] = &[("a", "1"), ("b", "2")];
        for one in [filter(None, Some("p/"), &[]), filter(None, None, &two[..1]), filter(None, None, two)]
            .into_iter()
            .chain([filter(None, Some("p/"), two)])
        {
            assert_eq!(Filter::from(&MetricsFilter::from(one.clone())), one);
            assert_eq!(Filter::from(&AnalyticsFilter::from(one.clone())), one);
            assert_eq!(Filter::from(&IntelligentTieringFilter::from(one.clone())), one);
        }
        for one in [filter(Some("arn"), None, &[]), filter(Some("arn"), Some("p/"), two)] {
            assert_eq!(Filter::from(&MetricsFilter::from(one.clone())), one);
        }
    }
}
