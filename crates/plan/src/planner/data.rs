//! Data sources: read while planning, unless something has to happen first.

use std::sync::Arc;

use terrane_address::{AbsResource, Instance, Mode, ProviderConfig};
use terrane_lang::Dep;
use terrane_provider::{DataOutcome, DataRequest};
use terrane_source::{Diagnostic, Reported};
use terrane_state::StoredObject;
use terrane_value::{Block, Kind, NestedBlock, Nesting, Value};

use super::checks::soften;
use super::queue::Task;
use super::{Flight, Halt, Planner};
use crate::object::{self, MarkedPaths};
use crate::shapes::Shape;
use crate::{Change, PlanMode, Question, ReadReason, Step, problems};

/// A data source that is being read.
pub(super) struct DataFlight {
    instance: Instance,
    provider: ProviderConfig,
    shape: Arc<Shape>,
    marks: MarkedPaths,
    /// What is written, without marks.
    config: Value,
}

impl Planner<'_> {
    /// Evaluates a data source and reads it, or leaves that to apply.
    pub(super) fn data(&mut self, instance: &Instance) -> Result<(), Halt> {
        self.wait_for_calm(instance)?;
        let evaluated = self.evaluate(instance)?;
        self.settle_home(instance)?;
        self.await_prerequisites(instance, &evaluated)?;
        let (Some(provider), Some(decl)) = (self.provider_for(instance), self.decl(instance)) else { return Ok(()) };
        let span = decl.span;
        let Some(shape) = self.shape(&provider, instance) else {
            let detail =
                format!("Provider {} has no data source {}.", provider.provider, instance.resource.resource.ty);
            return Err(Halt::Failed(self.diags.error(Diagnostic::error("Unknown data source", detail).at(span))));
        };
        let (config, marks) = evaluated.value.clone().unmark_deep();
        let reason = match (config.is_wholly_known(), self.depends_on_change(&evaluated.explicit)?) {
            (false, _) => Some(ReadReason::ConfigUnknown),
            (true, true) => Some(ReadReason::DependencyPending),
            (true, false) => None,
        };
        if let Some(reason) = reason {
            let planned = shape.mark(unknown_computed(&shape.schema.block, &config).mark_at(&marks));
            self.evaluator.check_data(instance, None);
            self.take_data(instance, provider, Change::Read { planned: planned.clone(), reason });
            self.give(instance, planned);
            return Ok(());
        }
        self.open(&provider)?;
        self.await_clear(&provider)?;
        self.ask_data(DataFlight { instance: instance.clone(), provider, shape, marks, config: config.clone() }, config)
    }

    fn ask_data(&mut self, flight: DataFlight, config: Value) -> Result<(), Halt> {
        let ty = flight.instance.resource.resource.ty.clone();
        if let Some(provider) = self.providers.get(&flight.provider.provider) {
            if !provider.can_read(&ty) {
                let detail = format!("Data source {ty} is known, but cannot be read yet.");
                let span = self.decl(&flight.instance).map(|d| d.span);
                let mut diagnostic = Diagnostic::error("Data source is not supported yet", detail);
                diagnostic.span = span;
                return Err(Halt::Failed(self.diags.error(diagnostic.about(flight.instance.to_string()))));
            }
            let found = provider.validate_data(&ty, &config);
            if let Some(r) = problems::of_instance(&found, &flight.instance, &self.evaluator, &mut self.diags) {
                return Err(Halt::Failed(r));
            }
        }
        let request = DataRequest { ty, name: flight.instance.to_string().into(), config };
        let question = Question::ReadData { provider: flight.provider.clone(), request };
        self.ask(vec![flight.instance.clone()], question, Flight::Data(Box::new(flight)));
        Ok(())
    }

    /// Whether anything that is named explicitly changes: an instance, one of its resource that ends, or a data source
    /// that is read during apply. Goes on only when all have been planned.
    pub(super) fn depends_on_change(&mut self, explicit: &[Dep]) -> Result<bool, Halt> {
        if self.options.mode != PlanMode::Normal {
            return Ok(false);
        }
        let in_check = |dep: &Dep| self.program.resource(dep.resource().config()).is_some_and(|d| d.in_check.is_some());
        let named: Vec<&Dep> = explicit.iter().filter(|dep| !in_check(dep)).collect();
        for dep in &named {
            self.wait_for(dep)?;
        }
        let ends = self.ends_among(&named)?;
        Ok(ends || named.into_iter().any(|dep| self.has_change(dep)))
    }

    fn has_change(&self, dep: &Dep) -> bool {
        let changes = |instance: Instance| {
            let draft = self.drafts.of(&instance);
            draft.is_some_and(|draft| !draft.step.change.is_no_op())
        };
        match dep {
            Dep::Instance(instance) => changes(instance.clone()),
            Dep::Whole(resource) => {
                let keys = self.keys.get(resource).map(|(keys, _)| keys);
                keys.into_iter().flatten().any(|key| changes(resource.instance(key.clone())))
            }
        }
    }

    /// Whether any object of what is named explicitly exists and is not wanted any more.
    fn ends_among(&mut self, named: &[&Dep]) -> Result<bool, Halt> {
        let mut resources: Vec<AbsResource> = named.iter().map(|dep| dep.resource().clone()).collect();
        resources.retain(|resource| resource.resource.mode == Mode::Managed);
        resources.dedup();
        let mut ends = false;
        for resource in resources {
            let Some((keys, _)) = self.keys.get(&resource) else { continue };
            let gone = |i: &Instance| !keys.contains(&i.key) && self.options.selects(i);
            for instance in self.stored_instances(&resource).into_iter().filter(gone).collect::<Vec<_>>() {
                let Some(provider) = self.provider_for(&instance) else { continue };
                self.open(&provider)?;
                ends |= self.prior(&(instance, None))?.is_some();
            }
        }
        Ok(ends)
    }

    pub(super) fn data_read(&mut self, flight: DataFlight, outcome: DataOutcome) {
        let instance = flight.instance.clone();
        if let Err(reported) = self.take_read(flight, outcome) {
            self.fail_instance(&instance, reported);
        }
    }

    fn take_read(&mut self, flight: DataFlight, outcome: DataOutcome) -> Result<(), Reported> {
        let DataFlight { instance, provider, shape, marks, config } = flight;
        let outcome = match outcome {
            Err(found) if self.is_in_check(&instance) => {
                let problem = soften(&found, &instance, &self.evaluator, &mut self.diags);
                self.evaluator.check_data(&instance, Some(problem.unwrap_or_default()));
                let planned = shape.mark(unknown_computed(&shape.schema.block, &config).mark_at(&marks));
                self.take_checked(&instance, provider, planned);
                return Ok(());
            }
            outcome => outcome,
        };
        let value = outcome.map_err(|found| {
            problems::of_instance(&found, &instance, &self.evaluator, &mut self.diags)
                .unwrap_or_else(|| self.diags.error(unexplained(&instance)))
        })?;
        let value = object::conform_known(value, &shape.ty).map_err(|why| {
            problems::invalid_answer("read", &why, &instance, self.providers.whose(&provider.provider), &mut self.diags)
        })?;
        let object = terrane_provider::Object::new(value);
        if let Ok(stored) = object::encode(&object, &marks, &shape, StoredObject::default()) {
            self.refreshed.set(&instance, &provider, Some(stored));
        }
        let value = shape.mark(object.value.mark_at(&marks));
        if self.is_in_check(&instance) {
            self.evaluator.check_data(&instance, None);
            self.take_checked(&instance, provider, value);
            return Ok(());
        }
        self.take_data(&instance, provider, Change::NoOp { value: value.clone() });
        self.give(&instance, value);
        Ok(())
    }

    /// The data source of a check is read once more at the end of the apply.
    fn take_checked(&mut self, instance: &Instance, provider: ProviderConfig, value: Value) {
        let change = match self.options.mode {
            PlanMode::Normal => Change::Read { planned: value.clone(), reason: ReadReason::CheckNested },
            PlanMode::Destroy | PlanMode::RefreshOnly => Change::NoOp { value: value.clone() },
        };
        self.take_data(instance, provider, change);
        self.give(instance, value);
    }

    fn take_data(&mut self, instance: &Instance, provider: ProviderConfig, change: Change) {
        if self.decl(instance).is_some_and(|d| !d.lifecycle.postconditions.is_empty()) {
            self.queue.push(Task::Post(instance.clone()));
        }
        let step = Step {
            instance: instance.clone(),
            deposed: None,
            provider,
            change,
            create_before_destroy: false,
            dependencies: Default::default(),
            moved_from: None,
            import: None,
            triggered: false,
        };
        self.draft_declared(step, Vec::new());
    }
}

fn unexplained(instance: &Instance) -> Diagnostic {
    Diagnostic::error("Data source was not read", format!("{instance} could not be read; the provider gave no reason."))
}

/// What is known of a data source before it is read: what is written, and nothing of what the provider sets.
pub(crate) fn unknown_computed(block: &Block, config: &Value) -> Value {
    let Some(fields) = config.fields() else { return config.clone() };
    let fields = fields.map(|name, value| match (block.attributes.get(name), block.blocks.get(name)) {
        (Some(attribute), _) if attribute.computed && value.is_null() => Value::unknown(attribute.ty.clone()),
        (_, Some(nested)) => unknown_in(nested, value),
        _ => value.clone(),
    });
    Value::from_kind(Kind::Object(fields))
}

fn unknown_in(nested: &NestedBlock, value: &Value) -> Value {
    let each = |v: &Value| unknown_computed(&nested.block, v);
    match (nested.nesting, value.kind()) {
        (Nesting::Single | Nesting::Group, _) => each(value),
        (_, Kind::List(ty, values)) => Value::from_kind(Kind::List(ty.clone(), values.iter().map(each).collect())),
        (_, Kind::Tuple(values)) => Value::from_kind(Kind::Tuple(values.iter().map(each).collect())),
        (_, Kind::Set(ty, values)) => Value::set(ty.clone(), values.iter().map(each)),
        (_, Kind::Map(ty, fields)) => Value::from_kind(Kind::Map(ty.clone(), fields.map(|_, v| each(v)))),
        _ => value.clone(),
    }
}
