//! Attributes that are written and then dropped, because the type of the variable does not have them.

use terrane_source::{Diagnostic, Diagnostics};
use terrane_value::{ObjectType, Type, Value, convert};

use crate::Program;
use crate::ir::{ExprId, Exprs, Node};
use crate::program::{CallDecl, Contents};
use crate::suggest::Suggest;

/// Warns of them in the arguments of all module calls.
pub fn check(program: &Program, diags: &mut Diagnostics) {
    for module in &program.modules {
        let contents = &module.contents;
        for (call, child) in contents.calls.iter().zip(&module.children) {
            if let Some(child) = child {
                call_arguments(&contents.exprs, call, &program.module(*child).contents, diags);
            }
        }
    }
}

fn call_arguments(exprs: &Exprs, call: &CallDecl, child: &Contents, diags: &mut Diagnostics) {
    for argument in &call.arguments {
        let Some(variable) = child.variable(&argument.name) else { continue };
        let whole = format!("input variable \"{}\"", variable.name);
        Written { exprs, whole }.within(argument.expr, &variable.ty, "", &mut |warning| {
            diags.push(warning.note_at(variable.span, "The variable is declared here"));
        });
    }
}

/// Warns of them in the default value of a variable.
pub fn default_value(exprs: &Exprs, default: ExprId, ty: &Type, diags: &mut Diagnostics) {
    Written { exprs, whole: "this variable".into() }.within(default, ty, "", &mut |warning| diags.push(warning));
}

/// Expressions that are written for one variable.
struct Written<'x> {
    exprs: &'x Exprs,
    /// What their type is the type of.
    whole: String,
}

impl Written<'_> {
    /// Looks at an expression whose value is converted to a type, at the path from the whole.
    fn within(&self, id: ExprId, ty: &Type, path: &str, found: &mut dyn FnMut(Diagnostic)) {
        match (self.exprs.node(id), ty) {
            (Node::Wrapped(inner), _) => self.within(*inner, ty, path, found),
            (Node::Object(items), Type::Object(object)) => self.object(items, object, path, found),
            (Node::Object(items), Type::Map(element)) => {
                for (key, value) in items {
                    if let Some(key) = self.constant_key(*key) {
                        self.within(*value, element, &format!("{path}[{key:?}]"), found);
                    }
                }
            }
            (Node::For(each), Type::Map(element)) if each.key_result.is_some() => {
                self.within(each.result, element, &format!("{path}[…]"), found);
            }
            (Node::For(each), Type::List(element) | Type::Set(element)) if each.key_result.is_none() => {
                self.within(each.result, element, &format!("{path}[…]"), found);
            }
            (Node::Tuple(items), Type::List(element) | Type::Set(element)) => {
                for (index, item) in items.iter().enumerate() {
                    self.within(*item, element, &format!("{path}[{index}]"), found);
                }
            }
            (Node::Tuple(items), Type::Tuple(types)) if items.len() == types.len() => {
                for (index, (item, ty)) in items.iter().zip(types.iter()).enumerate() {
                    self.within(*item, ty, &format!("{path}[{index}]"), found);
                }
            }
            _ => {}
        }
    }

    fn object(&self, items: &[(ExprId, ExprId)], ty: &ObjectType, path: &str, found: &mut dyn FnMut(Diagnostic)) {
        for (key, value) in items {
            let Some(name) = self.constant_key(*key) else { continue };
            match ty.attributes.get(&*name) {
                Some(attribute) => self.within(*value, attribute, &format!("{path}.{name}"), found),
                None => {
                    let of = if path.is_empty() { String::new() } else { format!(" at {path}") };
                    let detail = format!(
                        "The object type of {}{of} has no attribute named \"{name}\", so what is written here is dropped.",
                        self.whole
                    );
                    let warning = Diagnostic::warning("Object attribute is ignored", detail).at(self.exprs.span(*key));
                    found(warning.suggest(&name, ty.attributes.keys().map(|known| &**known)));
                }
            }
        }
    }

    fn constant_key(&self, key: ExprId) -> Option<String> {
        let Node::Literal(value) = self.exprs.node(key) else { return None };
        let text: Value = convert(value, &Type::String).ok()?;
        text.as_str().map(Into::into)
    }
}
