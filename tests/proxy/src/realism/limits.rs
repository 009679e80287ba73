//! What EC2 refuses before it looks at any object: dry runs and requests outside its limits.

use crate::answer;
use crate::call::Call;
use crate::http::Response;

const MAX_IDS: usize = 1000;
const MAX_FILTERS: usize = 50;
const MAX_FILTER_VALUES: usize = 200;

/// `MaxResults` that an action allows where it is not 5 to 1000.
const PAGE_SIZES: &[(&str, usize, usize)] = &[
    ("DescribeEgressOnlyInternetGateways", 5, 255),
    ("DescribeInstanceTypes", 5, 100),
    ("DescribeLaunchTemplateVersions", 1, 200),
    ("DescribeLaunchTemplates", 1, 200),
    ("DescribeManagedPrefixLists", 1, 100),
    ("DescribeRouteTables", 5, 100),
    ("GetManagedPrefixListEntries", 1, 100),
];

/// Returns the refusal of a call that EC2 would not carry out.
pub fn refuse(call: &Call) -> Option<Response> {
    if call.param("DryRun").is_some_and(|value| value == "true") {
        let message = "Request would have succeeded, but DryRun flag is set.";
        return Some(answer::error(call, 412, "DryRunOperation", message));
    }
    if !call.action.starts_with("Describe") {
        return None;
    }
    too_many_ids(call).or_else(|| filters(call)).or_else(|| page_size(call))
}

/// Returns the name of the list parameter that holds the ids or names asked for.
pub fn id_list(call: &Call) -> Option<&str> {
    let mut named = call.params.keys().filter_map(|name| name.strip_suffix(".1"));
    named.find(|name| !name.contains('.') && (name.ends_with("Id") || name.ends_with("Name")))
}

fn too_many_ids(call: &Call) -> Option<Response> {
    let list = id_list(call)?;
    if list.ends_with("Id") && call.params.contains_key("MaxResults") {
        let message = format!("The parameter {list}s cannot be used with the parameter maxResults");
        return Some(answer::error(call, 400, "InvalidParameterCombination", &message));
    }
    let count = call.list(list).len();
    let message = format!("The request names {count} ids; at most {MAX_IDS} are allowed");
    (count > MAX_IDS).then(|| answer::error(call, 400, "InvalidParameterValue", &message))
}

fn filters(call: &Call) -> Option<Response> {
    let count = (1..).take_while(|index| call.params.contains_key(&format!("Filter.{index}.Name"))).count();
    let values = (1..=count).map(|index| call.list(&format!("Filter.{index}.Value")).len()).max().unwrap_or_default();
    let message = if count > MAX_FILTERS {
        "The maximum number of filters has been exceeded."
    } else if values > MAX_FILTER_VALUES {
        "The maximum number of filter values specified on a single call is 200"
    } else {
        return None;
    };
    Some(answer::error(call, 400, "FilterLimitExceeded", message))
}

fn page_size(call: &Call) -> Option<Response> {
    let asked = call.param("MaxResults")?;
    let row = PAGE_SIZES.iter().find(|(action, ..)| *action == call.action);
    let (least, most) = row.map_or((5, 1000), |(_, least, most)| (*least, *most));
    if asked.parse::<usize>().is_ok_and(|size| (least..=most).contains(&size)) {
        return None;
    }
    let message =
        format!("Value ( {asked} ) for parameter maxResults is invalid. Expecting a value between {least} and {most}.");
    Some(answer::error(call, 400, "InvalidParameterValue", &message))
}
