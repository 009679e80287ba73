//! Calls of functions that providers offer.

use std::sync::Arc;

use terrane_address::Provider;
use terrane_source::{Called, Diagnostic, Span};
use terrane_value::{CallFault, FunctionSchema, Marks, Value, convert};

use super::call::wrong_count;
use super::{Eval, ExprId};
use crate::functions::{self, Function};
use crate::ir::{Call, Callee};
use crate::lookup::Stop;
use crate::program::Contents;
use crate::suggest::{Suggest, nearest};
use crate::world::Schemas;

/// A function of a provider.
pub(crate) enum Offered<'s> {
    /// The language has it itself: that of the built-in provider.
    Own(&'static Function),
    /// The provider has it.
    Foreign {
        schemas: &'s dyn Schemas,
        provider: Provider,
        /// Its name within the provider.
        name: Box<str>,
        schema: Arc<FunctionSchema>,
    },
}

impl Offered<'_> {
    /// The function as it is called by a name.
    pub(super) fn called(&self, name: &str) -> Called {
        match self {
            Offered::Own(function) => functions::called(name, Callee::Function(function)),
            Offered::Foreign { schema, .. } => functions::called_by(name, schema),
        }
    }
}

/// The function that `provider::local::name` or `provider::local::alias::name` stands for in a module.
///
/// No function depends on a configuration, so that the alias does not matter.
pub(crate) fn provided<'s>(
    contents: &Contents,
    schemas: &'s dyn Schemas,
    written: &str,
    span: Span,
) -> Result<Offered<'s>, Box<Diagnostic>> {
    let mut names = written.split("::").skip(1);
    let (local, name) = (names.next().unwrap_or_default(), names.last().unwrap_or_default());
    let required = &contents.settings.required_providers;
    let Some(provider) = required.get(local).map(|required| &required.provider) else {
        return Err(Box::new(no_provider(local, required.keys().map(|local| &**local)).at(span)));
    };
    let is_own = *provider == Provider::implied("terraform");
    if let Some(function) = is_own.then(|| functions::of_terraform(name)).flatten() {
        return Ok(Offered::Own(function));
    }
    if let Some(schema) = schemas.function(provider, name) {
        return Ok(Offered::Foreign { schemas, provider: provider.clone(), name: name.into(), schema });
    }
    if !is_own && schemas.provider(provider).is_none() {
        let detail = format!("\"{written}\" is a function of {provider}, which is not part of Terrane.");
        return Err(Box::new(Diagnostic::error("Provider not available", detail).at(span)));
    }
    let own = functions::names_of_terraform().filter(|_| is_own).map(str::to_owned);
    let all: Vec<String> = schemas.functions(provider).into_iter().chain(own).collect();
    let detail = format!("The provider {provider} does not offer a function named \"{name}\".");
    let error = Diagnostic::error("Function not found in provider", detail).at(span);
    Err(Box::new(error.suggest(name, all.iter().map(String::as_str))))
}

fn no_provider<'n>(local: &str, required: impl Iterator<Item = &'n str>) -> Diagnostic {
    let detail = format!("The required_providers of this module have no provider named \"{local}\".");
    let error = Diagnostic::error("Unknown function provider", detail);
    match nearest(local, required) {
        Some(near) => error.hint(format!("Did you mean \"{near}\"?")),
        None => error.hint(format!("Name it there: {local} = {{ source = \"hashicorp/{local}\" }}, say.")),
    }
}

impl Eval<'_, '_> {
    pub(super) fn provided(&mut self, id: ExprId, call: &Call) -> Result<Value, Stop> {
        let schema = match self.names.provided(&call.name, call.name_span) {
            Ok(Offered::Own(function)) => return self.function(id, call, function),
            Ok(Offered::Foreign { schema, .. }) => schema,
            Err(error) => {
                self.errors.push(*error);
                return Ok(Value::dynamic());
            }
        };
        let before = self.errors.len();
        let Some(args) = self.arguments(call)? else { return Ok(Value::dynamic()) };
        let names = schema.params.iter().map(|param| &*param.name);
        if let Some(error) = wrong_count(call, names, schema.variadic.is_some(), args.len()) {
            return Ok(self.error(id, self.calling(call, error)));
        }
        let mut ready = Ready::default();
        for (i, (arg, value)) in args.iter().enumerate() {
            if let Some((param, wrong)) = ready.add(&schema, i, value) {
                self.arg_error(call, *arg, &param, &wrong);
            }
        }
        if self.errors.len() > before {
            return Ok(Value::dynamic());
        }
        if ready.unknown {
            return Ok(Value::unknown(schema.result.clone()).mark(ready.marks));
        }
        Ok(match self.answer(call, &ready.values) {
            Ok(value) => value.mark(ready.marks),
            Err(fault) => self.fault(id, call, &schema, &args, ready.shown(fault)),
        })
    }

    fn answer(&self, call: &Call, values: &[Value]) -> Result<Value, CallFault> {
        match self.names.provided(&call.name, call.name_span) {
            Ok(Offered::Foreign { schemas, provider, name, .. }) => schemas.call(&provider, &name, values),
            _ => Err(CallFault::call("the function is not there any more")),
        }
    }

    fn fault(
        &mut self,
        id: ExprId,
        call: &Call,
        schema: &FunctionSchema,
        args: &[super::call::Arg],
        fault: CallFault,
    ) -> Value {
        let place = fault.argument.and_then(|i| Some((args.get(i)?.0, schema.param(i)?)));
        match place {
            Some((arg, param)) => self.arg_error(call, arg, &param.name, &fault.message),
            None => {
                let detail = format!("Call to function \"{}\" failed: {}.", call.name, fault.message);
                self.error(id, self.calling(call, Diagnostic::error("Error in function call", detail)))
            }
        }
    }
}

/// Arguments that keep the rules of their parameters.
#[derive(Default)]
struct Ready {
    values: Vec<Value>,
    /// The marks of all of them, which the provider does not see.
    marks: Marks,
    /// Whether one is unknown that the function cannot be called with.
    unknown: bool,
}

impl Ready {
    /// Adds an argument; the parameter and what is wrong, if it does not fit.
    fn add(&mut self, schema: &FunctionSchema, index: usize, value: &Value) -> Option<(Arc<str>, String)> {
        let param = schema.param(index)?;
        let value = match convert(value, &param.ty) {
            Ok(value) => value,
            Err(error) => return Some((param.name.clone(), error.to_string())),
        };
        if value.is_null() && !param.null {
            return Some((param.name.clone(), "argument must not be null".into()));
        }
        self.marks = self.marks.union(value.marks_deep());
        self.unknown |= !value.is_known() && !param.unknown;
        self.values.push(value.unmark_deep().0);
        None
    }

    /// The fault without what tells of secrets.
    fn shown(&self, fault: CallFault) -> CallFault {
        let secret = self.marks.contains(Marks::SENSITIVE) || self.marks.contains(Marks::EPHEMERAL);
        match secret {
            true => CallFault { message: functions::TELLS_SECRETS.into(), ..fault },
            false => fault,
        }
    }
}
