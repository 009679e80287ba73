//! Calls of functions.

use terrane_source::{Diagnostic, Span};
use terrane_syntax as syn;

use super::{Lowerer, Place};
use crate::functions;
use crate::ir::{Call, Callee, ExprId, Node};
use crate::suggest::Suggest;

impl Lowerer<'_> {
    pub(super) fn call(&mut self, call: &syn::Call, span: Span) -> Node {
        let syn::Call { name, name_span, expand_last, .. } = *call;
        let callee = match self.callee(name, name_span) {
            Ok(callee) => callee,
            Err(error) => {
                self.exprs_of(call.args);
                return self.invalid(error);
            }
        };
        let args = self.exprs_of(call.args);
        if let Err(error) = self.count_args(name, callee, &args, expand_last, span) {
            return self.invalid(error);
        }
        let name = self.exprs.name(name);
        Node::Call(Box::new(Call { name, name_span, callee, args, expand_last }))
    }

    fn callee(&self, name: &str, at: Span) -> Result<Callee, Diagnostic> {
        if self.place == Place::Constant {
            return Err(Diagnostic::error("Function calls not allowed", "Functions may not be called here.").at(at));
        }
        if name.starts_with("provider::") {
            return provided(name).map_err(|error| error.at(at));
        }
        let local = name.strip_prefix("core::").unwrap_or(name);
        match local {
            "try" => Ok(Callee::Try),
            "can" => Ok(Callee::Can),
            "templatefile" => Ok(Callee::TemplateFile),
            "templatestring" => Ok(Callee::TemplateString),
            "type" if self.place == Place::Console => Ok(Callee::TypeOf),
            _ => functions::find(name).map(Callee::Function).ok_or_else(|| no_function(name, at)),
        }
    }

    fn count_args(
        &self,
        name: &str,
        callee: Callee,
        args: &[ExprId],
        expand: bool,
        span: Span,
    ) -> Result<(), Diagnostic> {
        let (names, variadic): (Vec<&str>, bool) = match callee {
            Callee::Function(f) => (f.params.iter().map(|p| p.name).collect(), f.variadic.is_some()),
            Callee::Try => (vec!["expressions"], true),
            Callee::Can => (vec!["expression"], false),
            Callee::TemplateFile => (vec!["path", "vars"], false),
            Callee::TemplateString => (vec!["data", "vars"], false),
            // Which function is meant, its values say.
            Callee::Provided => return Ok(()),
            Callee::TypeOf => (vec!["value"], false),
        };
        if expand && matches!(callee, Callee::TypeOf) {
            let detail = format!("The arguments of \"{name}\" must be written one by one, without \"...\".");
            return Err(Diagnostic::error("Invalid expanding argument", detail).at(span));
        }
        let given = if expand { args.len() - 1 } else { args.len() };
        if given > names.len() && !variadic {
            let detail = format!("Function \"{name}\" expects only {} argument(s).", names.len());
            let extra = args.get(names.len()).map_or(span, |a| self.exprs.span(*a));
            let error = Diagnostic::error("Too many function arguments", detail).at(extra);
            return Err(error.while_calling(functions::called(name, callee)));
        }
        match names.get(given) {
            Some(missing) if !expand => {
                let least = if variadic { " at least" } else { "" };
                let detail = format!(
                    "Function \"{name}\" expects{least} {} argument(s). Missing value for \"{missing}\".",
                    names.len()
                );
                let error = Diagnostic::error("Not enough function arguments", detail).at(span);
                Err(error.while_calling(functions::called(name, callee)))
            }
            _ => Ok(()),
        }
    }
}

fn provided(name: &str) -> Result<Callee, Diagnostic> {
    let names: Vec<&str> = name.split("::").collect();
    match names[..] {
        [_, _, _] | [_, _, _, _] => Ok(Callee::Provided),
        _ => {
            let detail = format!(
                "\"{name}\" does not name a function of a provider, which is provider::NAME::FUNCTION or \
                 provider::NAME::ALIAS::FUNCTION."
            );
            Err(Diagnostic::error("Unable to parse provider function", detail))
        }
    }
}

fn no_function(name: &str, at: Span) -> Diagnostic {
    let error = match name.rsplit_once("::") {
        Some((namespace, _)) if namespace != "core" => Diagnostic::error(
            "Unknown function namespace",
            format!("There is no namespace \"{namespace}::\"; functions are in \"core::\" or \"provider::\"."),
        ),
        _ => Diagnostic::error("Call to unknown function", format!("There is no function named \"{name}\".")),
    };
    error.at(at).suggest(name, functions::names())
}
