//! Pages: `MaxResults` and `NextToken` on EC2's describe calls.

use super::Visit;
use crate::answer;
use crate::call::Call;
use crate::http::Response;
use crate::xml::{self, Element};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::ops::Range;

/// Answers a call; one that asks for a page gets that page.
pub fn answer(visit: &Visit<'_>) -> io::Result<Response> {
    let call = visit.call;
    let paged = call.params.contains_key("MaxResults") || call.params.contains_key("NextToken");
    if !paged || !call.action.starts_with("Describe") {
        return visit.send();
    }
    let Some(start) = start(call) else {
        return Ok(answer::error(call, 400, "InvalidNextToken", "The token is not valid."));
    };
    let all = call.params.iter().filter(|(name, _)| !["MaxResults", "NextToken", "Version"].contains(&name.as_str()));
    let all: Vec<_> = all.map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let whole = visit.upstream.send_form(call, visit.request, &call.action, &all)?;
    if !whole.is_success() {
        return Ok(whole);
    }
    let size = call.param("MaxResults").and_then(|size| size.parse().ok()).unwrap_or(usize::MAX);
    let page = cut(whole.text(), start, size, &|next| token(call, next));
    Ok(page.map_or(whole.clone(), |body| Response { body: body.into_bytes(), ..whole }))
}

fn start(call: &Call) -> Option<usize> {
    let Some(given) = call.param("NextToken") else { return Some(0) };
    let start = given.split('-').nth(1)?.parse().ok()?;
    (token(call, start) == given).then_some(start)
}

/// Makes the token of the page that starts at `start`; it holds for the same question only.
fn token(call: &Call, start: usize) -> String {
    let mut hasher = DefaultHasher::new();
    (&call.account, &call.region, &call.action).hash(&mut hasher);
    call.params
        .iter()
        .filter(|(name, _)| *name != "NextToken" && *name != "MaxResults")
        .for_each(|p| p.hash(&mut hasher));
    format!("page-{start}-{:016x}", hasher.finish())
}

/// Something that counts against `MaxResults`, within the wrapper that is repeated on every page that shows part of it.
struct Unit {
    wrapper: Range<usize>,
    item: Range<usize>,
}

fn cut(source: &str, start: usize, size: usize, token: &dyn Fn(usize) -> String) -> Option<String> {
    let root = xml::parse(source)?;
    let set = root.children.iter().find(|child| !["requestId", "nextToken"].contains(&child.name.as_str()))?;
    let units: Vec<Unit> = set.children.iter().flat_map(units).collect();
    let end = start.saturating_add(size).min(units.len());
    let shown = units.get(start..end).unwrap_or_default();
    let next = if end < units.len() { format!("<nextToken>{}</nextToken>", token(end)) } else { String::new() };
    let name = &set.name;
    let (before, after) = (&source[..set.outer.start], &source[set.outer.end..]);
    Some(format!("{before}<{name}>{}</{name}>{next}{after}", join(source, shown)))
}

fn units(item: &Element) -> Vec<Unit> {
    let whole = || vec![Unit { wrapper: item.outer.clone(), item: item.outer.clone() }];
    let instances = item.child("instancesSet").filter(|set| set.children.len() > 1);
    instances.map_or_else(whole, |set| {
        set.children.iter().map(|one| Unit { wrapper: item.outer.clone(), item: one.outer.clone() }).collect()
    })
}

fn join(source: &str, units: &[Unit]) -> String {
    let mut text = String::new();
    for run in units.chunk_by(|a, b| a.wrapper == b.wrapper) {
        let wrapper = &run[0].wrapper;
        if run[0].item == *wrapper {
            text.push_str(&source[wrapper.clone()]);
            continue;
        }
        let (open, close) = ("<instancesSet>", "</instancesSet>");
        let inside = &source[wrapper.clone()];
        let (head, tail) = (inside.find(open), inside.rfind(close));
        text.push_str(&inside[..head.map_or(0, |at| at + open.len())]);
        run.iter().for_each(|unit| text.push_str(&source[unit.item.clone()]));
        text.push_str(&inside[tail.unwrap_or(inside.len())..]);
    }
    text
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn page(source: &str, start: usize, size: usize) -> String {
        cut(source, start, size, &|next| format!("at{next}")).unwrap()
    }

    #[test]
    fn pages_of_items() {
        let source = "<R><vpcSet><item>1</item><item>2</item><item>3</item></vpcSet><requestId>r</requestId></R>";
        let first =
            "<R><vpcSet><item>1</item><item>2</item></vpcSet><nextToken>at2</nextToken><requestId>r</requestId></R>";
        assert_eq!(page(source, 0, 2), first);
        assert_eq!(page(source, 2, 2), "<R><vpcSet><item>3</item></vpcSet><requestId>r</requestId></R>");
        assert_eq!(page("<R><vpcSet/></R>", 0, 5), "<R><vpcSet></vpcSet></R>");
    }

    #[test]
    fn a_reservation_is_spread_over_pages() {
        let set = |items: &str| format!("<item><id>r</id><instancesSet>{items}</instancesSet><x/></item>");
        let [a, b, c] = ["a", "b", "c"].map(|name| format!("<item>{name}</item>"));
        let source = format!("<R><set>{}</set></R>", set(&format!("{a}{b}{c}")));
        assert_eq!(
            page(&source, 0, 2),
            format!("<R><set>{}</set><nextToken>at2</nextToken></R>", set(&format!("{a}{b}")))
        );
        assert_eq!(page(&source, 2, 2), format!("<R><set>{}</set></R>", set(&c)));
    }
}
