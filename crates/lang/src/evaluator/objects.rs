//! Reading resources and modules.

use std::sync::Arc;

use terrane_address::{Key, Mode};
use terrane_source::{Diagnostic, Span};
use terrane_value::{Marks, Schema, Type, Value};

use super::Stage;
use super::frame::Run;
use super::memo::{At, Expanded, Expansion, Reads};
use crate::eval::Fault;
use crate::ir::{CallId, OutputId, ResourceId};
use crate::lookup::{Dep, Stop};
use crate::program::{Contents, Repeat};
use crate::suggest::Suggest;

impl<'p> Run<'_, 'p> {
    /// `aws_vpc.main` or, with a key, `aws_vpc.main[key]`.
    pub(super) fn resource(
        &mut self,
        at: At,
        id: ResourceId,
        key: Option<Value>,
        span: Span,
        reads: &mut Reads,
    ) -> Result<Value, Fault> {
        let contents: &'p Contents = self.ev.state(at).contents;
        let decl = &contents.resources[id.index()];
        if self.ev.inputs.stage == Stage::Validate {
            let unknown = self.unknown_resource(at, id, key.is_some());
            let ephemeral = decl.resource.mode == Mode::Ephemeral;
            return Ok(if ephemeral { unknown.mark(Marks::EPHEMERAL) } else { unknown });
        }
        let resource = self.ev.abs(at, id);
        if decl.repeat == Repeat::Once {
            reads.insert(self.ev.deps.id(Dep::Instance(resource.instance(Key::None))));
            return Ok(self.object(at, id, &Key::None)?);
        }
        let expansion = match self.seen(at, id)? {
            Expanded::Known(expansion) => expansion,
            Expanded::Unknown(own) => {
                reads.extend(own.iter());
                reads.insert(self.ev.deps.id(Dep::Whole(resource)));
                return Ok(self.unforeseen(at, id, key));
            }
        };
        if let Repeat::Enabled(_) = decl.repeat {
            return self.enabled_object(at, id, &expansion, reads);
        }
        let Some(key) = key else {
            reads.insert(self.ev.deps.id(Dep::Whole(resource)));
            return Ok(self.all_objects(at, id, &expansion)?);
        };
        let (key, marks) = key.unmark();
        match self.key_of(&key, &expansion, &resource.to_string(), span)? {
            Some(key) => {
                reads.insert(self.ev.deps.id(Dep::Instance(resource.instance(key.clone()))));
                Ok(self.object(at, id, &key)?.mark(marks))
            }
            None => {
                reads.insert(self.ev.deps.id(Dep::Whole(resource)));
                let ephemeral = decl.resource.mode == Mode::Ephemeral;
                let marks = if ephemeral { marks.union(Marks::EPHEMERAL) } else { marks };
                Ok(self.unknown_object(at, id).mark(marks))
            }
        }
    }

    /// The one object of a resource, or null if the resource is disabled.
    fn enabled_object(
        &mut self,
        at: At,
        id: ResourceId,
        expansion: &Expansion,
        reads: &mut Reads,
    ) -> Result<Value, Fault> {
        reads.extend(expansion.reads.iter());
        if expansion.keys.is_empty() {
            return Ok(Value::null(self.unknown_object(at, id).ty()));
        }
        let resource = self.ev.abs(at, id);
        reads.insert(self.ev.deps.id(Dep::Instance(resource.instance(Key::None))));
        Ok(self.object(at, id, &Key::None)?)
    }

    fn object(&mut self, at: At, id: ResourceId, key: &Key) -> Result<Value, Stop> {
        let instance = self.ev.abs(at, id).instance(key.clone());
        let value = self.lookup.instance(&instance)?;
        let value =
            if instance.resource.resource.mode == Mode::Ephemeral { value.mark(Marks::EPHEMERAL) } else { value };
        let module = self.ev.state(at).module;
        Ok(match self.ev.schema(module, id) {
            Some((schema, true)) => mark_sensitive(value, &schema),
            _ => value,
        })
    }

    fn all_objects(&mut self, at: At, id: ResourceId, expansion: &Expansion) -> Result<Value, Stop> {
        if let Some(known) = self.ev.state(at).wholes.get(&id) {
            return Ok(known.clone());
        }
        let mut objects = Vec::with_capacity(expansion.keys.len());
        for key in expansion.keys.iter() {
            match self.object(at, id, key) {
                // It would be tried once for each of them otherwise.
                Err(Stop::Blocked(Dep::Instance(_))) if self.lookup.waits_for_all() => {
                    return Err(Stop::Blocked(Dep::Whole(self.ev.abs(at, id))));
                }
                object => objects.push(object?),
            }
        }
        let whole = together(expansion, objects);
        self.ev.state_mut(at).wholes.insert(id, whole.clone());
        Ok(whole)
    }

    /// A resource, or one instance of it, while it is not known which instances there are.
    fn unforeseen(&mut self, at: At, id: ResourceId, key: Option<Value>) -> Value {
        let marks = key.as_ref().map_or(Marks::NONE, Value::marks);
        let ephemeral = self.ev.state(at).contents.resources[id.index()].resource.mode == Mode::Ephemeral;
        let marks = if ephemeral { marks.union(Marks::EPHEMERAL) } else { marks };
        let value = if self.ev.deferring { self.unknown_resource(at, id, key.is_some()) } else { Value::dynamic() };
        value.mark(marks)
    }

    /// An object of which only the type is known.
    fn unknown_object(&mut self, at: At, id: ResourceId) -> Value {
        let module = self.ev.state(at).module;
        match self.ev.schema(module, id) {
            Some((schema, _)) => Value::unknown(schema.block.implied_type().without_optional()),
            None => Value::dynamic(),
        }
    }

    fn unknown_resource(&mut self, at: At, id: ResourceId, keyed: bool) -> Value {
        let object = self.unknown_object(at, id);
        match self.ev.state(at).contents.resources[id.index()].repeat {
            Repeat::Count(_) if !keyed => Value::unknown_not_null(Type::list(object.ty())),
            Repeat::ForEach(_) if !keyed => Value::unknown_not_null(Type::map(object.ty())),
            Repeat::Enabled(_) => object,
            // A single object is there, whatever its attributes will be.
            _ => match object.ty() {
                Type::Any => object,
                ty => Value::unknown_not_null(ty),
            },
        }
    }

    /// `module.m`, `module.m[key]`, each with or without an output.
    pub(super) fn module(
        &mut self,
        at: At,
        call: CallId,
        key: Option<Value>,
        output: Option<&str>,
        span: Span,
        reads: &mut Reads,
    ) -> Result<Value, Fault> {
        let contents: &'p Contents = self.ev.state(at).contents;
        let decl = &contents.calls[call.index()];
        let expanded = self.call_expansion(at, call)?;
        reads.extend(expanded.reads().iter());
        let Expanded::Known(expansion) = expanded else {
            reads.insert(self.ev.call_read(at, call));
            return Ok(Value::dynamic().mark(key.map_or(Marks::NONE, |key| key.marks())));
        };
        let once = decl.repeat == Repeat::Once || self.ev.inputs.stage == Stage::Validate;
        if once {
            let value = self.module_object(at, call, &Key::None, output, span, reads)?;
            let whole = decl.repeat != Repeat::Once && key.is_none();
            return Ok(if whole { Value::dynamic() } else { value });
        }
        if let Repeat::Enabled(_) = decl.repeat {
            return match (expansion.keys.first(), output) {
                (Some(key), _) => self.module_object(at, call, key, output, span, reads),
                (None, None) => Ok(Value::null(Type::Any)),
                (None, Some(_)) => Err(disabled_module(&decl.name, span).into()),
            };
        }
        let Some(key) = key else {
            return self.all_modules(at, call, &expansion, (output, span), reads);
        };
        let (key, marks) = key.unmark();
        match self.key_of(&key, &expansion, &format!("module.{}", decl.name), span)? {
            Some(key) => Ok(self.module_object(at, call, &key, output, span, reads)?.mark(marks)),
            None => {
                for key in expansion.keys.iter() {
                    self.module_object(at, call, key, output, span, reads)?;
                }
                Ok(Value::dynamic().mark(marks))
            }
        }
    }

    /// All instances of a module, each with or without an output. Blocked by the last of those that are not known yet: the
    /// others will be known by then as well.
    fn all_modules(
        &mut self,
        at: At,
        call: CallId,
        expansion: &Expansion,
        (output, span): (Option<&str>, Span),
        reads: &mut Reads,
    ) -> Result<Value, Fault> {
        let mut objects = Vec::with_capacity(expansion.keys.len());
        let mut blocked = None;
        for key in expansion.keys.iter() {
            match self.module_object(at, call, key, output, span, reads) {
                Err(Fault::Stop(stop @ Stop::Blocked(_))) if self.lookup.waits_for_all() => blocked = Some(stop),
                object => objects.push(object?),
            }
        }
        blocked.map_or_else(|| Ok(together(expansion, objects)), |stop| Err(stop.into()))
    }

    fn module_object(
        &mut self,
        at: At,
        call: CallId,
        key: &Key,
        output: Option<&str>,
        span: Span,
        reads: &mut Reads,
    ) -> Result<Value, Fault> {
        // A module that could not be loaded has been reported.
        let Some(child) = self.ev.child(at, call, key) else { return Ok(Value::dynamic()) };
        let contents: &'p Contents = self.ev.state(child).contents;
        if let Some(name) = output {
            let Some(id) = contents.declared.names.outputs.get(name).copied() else {
                return Err(no_output(contents, name, span).into());
            };
            let known = self.output(child, id, span)?;
            reads.extend(known.reads.iter());
            return Ok(known.value);
        }
        let mut fields = Vec::with_capacity(contents.outputs.len());
        for (i, decl) in contents.outputs.iter().enumerate() {
            let known = self.output(child, OutputId(i as u32), span)?;
            reads.extend(known.reads.iter());
            fields.push((decl.name.clone(), known.value));
        }
        Ok(Value::object(fields))
    }
}

fn disabled_module(module: &str, span: Span) -> Diagnostic {
    let detail = "This value is null, so it does not have any attributes.";
    Diagnostic::error("Attempt to get attribute from null value", detail).at(span).hint(format!(
        "module.{module} is null because its lifecycle argument \"enabled\" is false. Say what is to be used instead with \
         try(…), or test module.{module} != null."
    ))
}

fn no_output(contents: &Contents, name: &str, span: Span) -> Diagnostic {
    let detail = format!("The module does not have an output named \"{name}\".");
    let outputs = contents.outputs.iter().map(|o| &*o.name);
    Diagnostic::error("Unsupported attribute", detail).at(span).suggest(name, outputs)
}

/// All instances as one value: a tuple by `count`, an object by `for_each`.
fn together(expansion: &Expansion, objects: Vec<Value>) -> Value {
    match &expansion.each {
        None => Value::tuple(objects),
        Some(_) => {
            let names = expansion.keys.iter().map(|key| match key {
                Key::String(name) => Arc::clone(name),
                other => other.to_string().into(),
            });
            Value::object(names.zip(objects))
        }
    }
}

/// The value with the parts marked that the schema says are sensitive.
fn mark_sensitive(value: Value, schema: &Schema) -> Value {
    let (bare, marks) = value.clone().unmark();
    let paths = schema.block.sensitive_paths(&bare).into_iter().filter(|path| bare.at(&path.0).is_some());
    let sensitive: Vec<_> = paths.map(|path| (path, Marks::SENSITIVE)).collect();
    match sensitive.is_empty() {
        true => value,
        false => bare.mark_at(&sensitive).mark(marks),
    }
}
