//! Descriptions of security group rules that name a group: AWS keeps them, moto answers without.

use super::Visit;
use crate::call::Call;
use crate::http::Response;
use crate::xml;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// Descriptions by rule id.
#[derive(Default)]
pub struct Descriptions {
    by_rule: Mutex<HashMap<String, String>>,
}

impl Descriptions {
    /// Remembers what a successful call describes, and adds what an answer lacks.
    pub fn supply(&self, visit: &Visit<'_>, response: Response) -> Response {
        if !response.is_success() {
            return response;
        }
        match visit.call.action.as_str() {
            "AuthorizeSecurityGroupIngress" | "AuthorizeSecurityGroupEgress" => self.authorized(visit.call, &response),
            "ModifySecurityGroupRules" => self.modified(visit.call),
            "DescribeSecurityGroupRules" => return self.described(response),
            _ => {}
        }
        response
    }

    fn set(&self, rule: &str, description: Option<&str>) {
        let mut all = self.by_rule.lock().unwrap_or_else(PoisonError::into_inner);
        match description {
            Some(text) => all.insert(rule.to_owned(), text.to_owned()),
            None => all.remove(rule),
        };
    }

    /// A call for one rule that names a group.
    fn authorized(&self, call: &Call, response: &Response) {
        let pair = ["Groups", "UserIdGroupPairs"].map(|list| format!("IpPermissions.1.{list}.1.Description"));
        let description = pair.iter().find_map(|name| call.param(name));
        let Some(root) = xml::parse(response.text()) else { return };
        if let [rule] = root.fields(response.text(), "securityGroupRuleId").as_slice() {
            self.set(rule, description);
        }
    }

    fn modified(&self, call: &Call) {
        for place in 1.. {
            let prefix = format!("SecurityGroupRule.{place}");
            let Some(rule) = call.param(&format!("{prefix}.SecurityGroupRuleId")) else { return };
            let of_group = call.param(&format!("{prefix}.SecurityGroupRule.ReferencedGroupId")).is_some();
            let description = call.param(&format!("{prefix}.SecurityGroupRule.Description"));
            self.set(rule, description.filter(|_| of_group));
        }
    }

    fn described(&self, response: Response) -> Response {
        let source = response.text();
        let Some(root) = xml::parse(source) else { return response };
        let all = self.by_rule.lock().unwrap_or_else(PoisonError::into_inner);
        let mut body = source.to_owned();
        let items: Vec<_> = root.children.iter().flat_map(|list| &list.children).collect();
        for item in items.into_iter().rev().filter(|item| item.child("description").is_none()) {
            let rule = item.child("securityGroupRuleId").map(|id| id.text(source));
            if let Some(text) = rule.and_then(|rule| all.get(rule)) {
                body.insert_str(item.inner.end, &format!("<description>{}</description>", xml::escape(text)));
            }
        }
        Response { body: body.into_bytes(), ..response }
    }
}
