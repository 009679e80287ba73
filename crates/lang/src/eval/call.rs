//! Calls of functions, `try`, `can` and templates.

use terrane_source::{Diagnostic, Diagnostics, FileId, Span};
use terrane_value::{Type, Value, convert};

use super::{Eval, Fault, NoNames, Resolve};
use crate::functions::{self, ArgError, Context, Function};
use crate::ir::{Call, Callee, ExprId, Exprs};
use crate::lookup::Stop;
use crate::lower::{Lowerer, Place};
use crate::program::Declared;

/// How many templates may be rendered within each other.
const MAX_TEMPLATES: u32 = 100;

/// One argument with the expression it comes from.
pub(super) type Arg = (ExprId, Value);

impl Eval<'_, '_> {
    pub(super) fn call(&mut self, id: ExprId, call: &Call) -> Result<Value, Stop> {
        match call.callee {
            Callee::Try => self.try_(id, call),
            Callee::Can => self.can(id, call),
            Callee::Function(function) => self.function(id, call, function),
            Callee::Provided => self.provided(id, call),
            Callee::TypeOf => {
                let value = self.value(call.args[0])?;
                Ok(Value::string(value.ty().to_string()))
            }
            Callee::TemplateFile | Callee::TemplateString => self.render(id, call),
        }
    }

    pub(super) fn function(&mut self, id: ExprId, call: &Call, function: &'static Function) -> Result<Value, Stop> {
        let before = self.errors.len();
        let Some(args) = self.arguments(call)? else { return Ok(Value::dynamic()) };
        let names = || function.params.iter().map(|param| param.name);
        if let Some(error) = wrong_count(call, names(), function.variadic.is_some(), args.len()) {
            return Ok(self.error(id, self.calling(call, error)));
        }
        for (i, (arg, value)) in args.iter().enumerate() {
            if let Some(param) = function.param(i)
                && let Err(e) = convert(value, &(param.ty)())
            {
                self.arg_error(call, *arg, param.name, &e.to_string());
            }
        }
        if self.errors.len() > before {
            return Ok(Value::dynamic());
        }
        let (ids, values): (Vec<ExprId>, Vec<Value>) = args.into_iter().unzip();
        let result = match self.names.world() {
            Some(world) if function.pure || !self.names.pure_only() => {
                functions::call(function, values, &Context { world })
            }
            Some(_) => functions::defer(function, values),
            None => Err(ArgError::call("functions may not be called here")),
        };
        Ok(match result {
            Ok(value) => value,
            Err(error) => self.call_error(id, call, function, &ids, &error),
        })
    }

    fn call_error(&mut self, id: ExprId, call: &Call, function: &Function, args: &[ExprId], error: &ArgError) -> Value {
        let place = error.arg.and_then(|i| Some((*args.get(i)?, function.param(i)?)));
        match place {
            Some((arg, param)) => self.arg_error(call, arg, param.name, &error.message),
            None => {
                let detail = format!("Call to function \"{}\" failed: {}.", call.name, error.message);
                self.error(id, self.calling(call, Diagnostic::error("Error in function call", detail)))
            }
        }
    }

    pub(super) fn arg_error(&mut self, call: &Call, arg: ExprId, param: &str, message: &str) -> Value {
        let detail = format!("Invalid value for \"{param}\" parameter: {message}.");
        self.error(arg, self.calling(call, Diagnostic::error("Invalid function argument", detail)))
    }

    /// The error with the function that is called.
    pub(super) fn calling(&self, call: &Call, error: Diagnostic) -> Diagnostic {
        match call.callee {
            _ if self.quiet => error,
            Callee::Provided => match self.names.provided(&call.name, call.name_span) {
                Ok(offered) => error.while_calling(offered.called(&call.name)),
                Err(_) => error,
            },
            callee => error.while_calling(functions::called(&call.name, callee)),
        }
    }

    /// The arguments, the expanding last one taken apart; `None` if that is not known or wrong.
    pub(super) fn arguments(&mut self, call: &Call) -> Result<Option<Vec<Arg>>, Stop> {
        let (single, last) = parts(call);
        let mut args = Vec::with_capacity(call.args.len());
        for id in single {
            args.push((*id, self.value(*id)?));
        }
        let Some(last) = last else { return Ok(Some(args)) };
        let Some(items) = self.expanded(last)? else { return Ok(None) };
        args.extend(items.into_iter().map(|item| (last, item)));
        Ok(Some(args))
    }

    /// The values that an expanding argument stands for; `None` if that is not known or wrong.
    fn expanded(&mut self, last: ExprId) -> Result<Option<Vec<Value>>, Stop> {
        let (value, marks) = self.value(last)?.unmark();
        let wrong = match value.ty() {
            _ if value.is_null() => Some("must not be null"),
            Type::Any | Type::Tuple(_) | Type::List(_) | Type::Set(_) => None,
            _ => Some("must be of a tuple, list, or set type"),
        };
        if let Some(wrong) = wrong {
            let detail = format!("The expanding argument (indicated by ...) {wrong}.");
            self.error(last, Diagnostic::error("Invalid expanding argument value", detail));
            return Ok(None);
        }
        Ok(value.elements().map(|items| items.iter().map(|item| item.clone().mark(marks)).collect()))
    }

    fn try_(&mut self, id: ExprId, call: &Call) -> Result<Value, Stop> {
        let (single, last) = parts(call);
        let mut values = Vec::new();
        if let Some(last) = last {
            let Some(items) = self.expanded(last)? else { return Ok(Value::dynamic()) };
            values = items;
        }
        let mut failures = Vec::new();
        for arg in single {
            let (value, errors) = self.quietly(|eval| eval.attempt(*arg))?;
            if errors.is_empty() {
                // What is not wholly known may yet turn out wrong, or of another type.
                return Ok(if value.is_wholly_known() { value } else { Value::dynamic() });
            }
            failures.extend(errors);
        }
        // What an expanding argument stands for are values already.
        if let Some(value) = values.into_iter().next() {
            return Ok(value);
        }
        let list: String = failures.iter().map(|e| format!("\n- {}: {}", e.summary, e.detail)).collect();
        let detail = format!(
            "Call to function \"try\" failed: no expression succeeded:{list}\n\nAt least one expression must produce a \
             successful result."
        );
        Ok(self.error(id, self.calling(call, Diagnostic::error("Error in function call", detail))))
    }

    fn can(&mut self, id: ExprId, call: &Call) -> Result<Value, Stop> {
        if let (_, Some(last)) = parts(call) {
            let Some(items) = self.expanded(last)? else { return Ok(Value::dynamic()) };
            let given = call.args.len() - 1 + items.len();
            return Ok(match wrong_count(call, ["expression"].into_iter(), false, given) {
                Some(error) => self.error(id, self.calling(call, error)),
                None => true.into(),
            });
        }
        let (value, errors) = self.quietly(|eval| eval.attempt(call.args[0]))?;
        Ok(match errors.is_empty() {
            true if !value.is_wholly_known() => Value::unknown(Type::Bool),
            right => Value::from(right),
        })
    }

    /// `templatefile(path, vars)` and `templatestring(text, vars)`
    fn render(&mut self, id: ExprId, call: &Call) -> Result<Value, Stop> {
        let before = self.errors.len();
        let Some(args) = self.arguments(call)? else { return Ok(Value::dynamic()) };
        if self.errors.len() > before {
            return Ok(Value::dynamic());
        }
        let first = if matches!(call.callee, Callee::TemplateFile) { "path" } else { "data" };
        if let Some(error) = wrong_count(call, [first, "vars"].into_iter(), false, args.len()) {
            return Ok(self.error(id, self.calling(call, error)));
        }
        let [(at, source), (vars_at, vars)] = &args[..] else { return Ok(Value::dynamic()) };
        let inner = if matches!(call.callee, Callee::TemplateFile) { vars.marks_deep() } else { vars.marks() };
        let marks = source.marks().union(inner);
        let Some(source) = self.template_source(call, *at, source) else { return Ok(Value::dynamic().mark(marks)) };
        if !vars.is_known() {
            return Ok(Value::dynamic().mark(marks));
        }
        let Some(fields) = vars.fields() else {
            return Ok(self.arg_error(call, *vars_at, "vars", "invalid vars value: must be a map"));
        };
        let (names, values) = fields.iter().map(|(n, v)| (n.clone(), v.clone())).unzip();
        let (label, text) = source;
        match self.render_text(&text, names, values)? {
            Ok(value) => Ok(value.mark(marks)),
            Err(errors) => {
                let list: Vec<String> = errors.iter().map(|e| in_template(&label, &text, e)).collect();
                let detail = format!("Call to function \"{}\" failed: {}", call.name, list.join("\n"));
                Ok(self.error(id, self.calling(call, Diagnostic::error("Error in function call", detail))))
            }
        }
    }

    /// What a template is called in errors, and its text; `None` if it is unknown or an error was added.
    fn template_source(&mut self, call: &Call, at: ExprId, source: &Value) -> Option<(String, String)> {
        let param = if matches!(call.callee, Callee::TemplateFile) { "path" } else { "data" };
        let source = match convert(source, &Type::String) {
            Ok(source) => source,
            Err(e) => {
                self.arg_error(call, at, param, &e.to_string());
                return None;
            }
        };
        if source.is_null() {
            self.arg_error(call, at, param, "argument must not be null");
            return None;
        }
        let is_secret = !source.marks().is_empty();
        let source = source.as_str()?;
        let shown = if is_secret { "(sensitive value)".to_owned() } else { format!("\"{source}\"") };
        if matches!(call.callee, Callee::TemplateString) {
            return Some(("the template".into(), source.into()));
        }
        let read = self.names.world().map(|world| world.read(source));
        match read.map(|content| content.map(String::from_utf8)) {
            Some(Ok(Ok(text))) if is_secret => return Some((shown, text)),
            Some(Ok(Ok(text))) => return Some((source.into(), text)),
            Some(Ok(Err(_))) => self.arg_error(call, at, param, &format!("contents of {shown} are not valid UTF-8")),
            Some(Err(e)) if e.kind() == std::io::ErrorKind::NotFound => {
                let message = format!(
                    "no file exists at {shown}; this function works only with files that are distributed as part of \
                     the configuration source code, so if this file will be created by a resource in this configuration \
                     you must instead obtain this result from an attribute of that resource"
                );
                self.arg_error(call, at, param, &message)
            }
            Some(Err(e)) => self.arg_error(call, at, param, &format!("failed to read {shown}: {e}")),
            None => self.arg_error(call, at, param, "files cannot be read here"),
        };
        None
    }

    fn render_text(
        &mut self,
        text: &str,
        names: Vec<super::Name>,
        values: Vec<Value>,
    ) -> Result<Result<Value, Vec<Diagnostic>>, Stop> {
        let mut diags = Diagnostics::new();
        let mut exprs = Exprs::default();
        let file = FileId(u32::MAX);
        let arena = terrane_syntax::Arena::new();
        let tree = terrane_syntax::parse_template(file, text, 0, &arena, &mut diags);
        let declared = Declared::default();
        let root = tree.ok().map(|tree| {
            let mut lowerer = Lowerer::new(&declared, &mut exprs, &mut diags, Place::Template);
            lowerer.bound = names;
            lowerer.expr(tree)
        });
        let Some(root) = root.filter(|_| !diags.has_errors()) else { return Ok(Err(diags.into_iter().collect())) };
        let depth = self.names.template_depth() + 1;
        if depth > MAX_TEMPLATES {
            let detail = format!("More than {MAX_TEMPLATES} templates are rendered within each other.");
            return Ok(Err(vec![Diagnostic::error("Too many templates", detail)]));
        }
        let mut names = TemplateNames { outer: self.names, depth };
        let mut eval = Eval::new(&exprs, &mut names);
        eval.bound = values;
        let value = eval.value(root)?;
        Ok(if eval.errors.is_empty() { Ok(value) } else { Err(eval.errors) })
    }
}

/// The arguments but for an expanding last one, and that.
fn parts(call: &Call) -> (&[ExprId], Option<ExprId>) {
    match call.args.split_last() {
        Some((last, rest)) if call.expand_last => (rest, Some(*last)),
        _ => (&call.args, None),
    }
}

pub(super) fn wrong_count<'n>(
    call: &Call,
    mut names: impl ExactSizeIterator<Item = &'n str>,
    variadic: bool,
    given: usize,
) -> Option<Diagnostic> {
    let wanted = names.len();
    if let Some(missing) = names.nth(given) {
        let least = if variadic { " at least" } else { "" };
        let detail =
            format!("Function \"{}\" expects{least} {wanted} argument(s). Missing value for \"{missing}\".", call.name);
        return Some(Diagnostic::error("Not enough function arguments", detail));
    }
    (given > wanted && !variadic).then(|| {
        let detail = format!("Function \"{}\" expects only {wanted} argument(s).", call.name);
        Diagnostic::error("Too many function arguments", detail)
    })
}

/// An error in a template, whose text is in no file of the run.
fn in_template(label: &str, text: &str, error: &Diagnostic) -> String {
    let place = error.span.map(|span| {
        let before = text.get(..span.start as usize).unwrap_or(text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        format!(":{line},{column}")
    });
    let hint = error.hint.as_deref().map(|h| format!(" {h}")).unwrap_or_default();
    format!("{label}{}: {}; {}{hint}", place.unwrap_or_default(), error.summary, error.detail)
}

/// Within a template only the names it is called with exist; functions work as around it.
struct TemplateNames<'r> {
    outer: &'r mut dyn Resolve,
    depth: u32,
}

impl Resolve for TemplateNames<'_> {
    fn resolve(&mut self, reference: &crate::ir::Reference, key: Option<Value>, span: Span) -> Result<Value, Fault> {
        NoNames.resolve(reference, key, span)
    }

    fn name(&self, _: &crate::ir::Reference) -> String {
        String::new()
    }

    fn world(&self) -> Option<&dyn crate::World> {
        self.outer.world()
    }

    fn pure_only(&self) -> bool {
        self.outer.pure_only()
    }

    fn provided(&self, name: &str, span: Span) -> Result<super::Offered<'_>, Box<Diagnostic>> {
        self.outer.provided(name, span)
    }

    fn template_depth(&self) -> u32 {
        self.depth
    }

    fn reported(&self) -> Option<terrane_source::Reported> {
        None
    }
}
