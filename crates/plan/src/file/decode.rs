//! From plan files to plans. Everything is checked: a plan that comes out can be applied without surprises.

use std::sync::Arc;

use terrane_address::{ConfigResource, Instance, Key, ProviderConfig, Target, parse_instance, parse_target};
use terrane_lang::{Input, Inputs, Stage};
use terrane_provider::ImportBy;
use terrane_state::DeposedKey;

use super::encode::{delete_reason, forget_reason, mode, read_reason};
use super::{Origin, deferral, value, wire};
use crate::{
    ApplyGraph, Change, Counters, DeleteReason, Drift, ForgetReason, Leg, Legs, Op, OutputChange, Plan, PlanMode,
    PlanOptions, Planned, ReadReason, ReplaceOrder, ReplaceReason, Step,
};

pub(super) fn plan(file: wire::File) -> Result<(Plan, Origin), String> {
    let declared = file.declared.map(Into::into);
    let origin = Origin {
        version: file.version,
        configuration: file.configuration,
        planned_at: file.planned_at,
        place: file.place,
        declared,
    };
    let steps: Vec<Step> = file.steps.into_iter().map(step).collect::<Result<_, _>>()?;
    let outputs = file.outputs.into_iter().map(|(name, o)| Ok((name.into(), output(o)?)));
    let generated = file.generated.into_iter().map(|(i, text)| Ok((instance(&i)?, text.into())));
    let plan = Plan {
        options: options(file.options)?,
        inputs: inputs(file.inputs)?,
        ephemeral_variables: file.ephemeral_variables.into_iter().map(Into::into).collect(),
        graph: graph(&steps, file.ops, file.edges)?,
        outputs: outputs.collect::<Result<_, String>>()?,
        generated: generated.collect::<Result<_, String>>()?,
        drift: file.drift.into_iter().map(drift).collect::<Result<_, _>>()?,
        prior: state(&file.prior)?,
        refreshed: state(&file.refreshed)?,
        deferred: file.deferred.into_iter().map(deferral::decode).collect::<Result<_, _>>()?,
        errored: file.errored,
        counters: Counters::default(),
        steps,
    };
    Ok((plan, origin))
}

fn state(text: &str) -> Result<terrane_state::Snapshot, String> {
    terrane_state::read(text.as_bytes()).map_err(|e| e.to_string())
}

/// The graph, if it has one operation for each leg of each step and no cycle.
fn graph(steps: &[Step], ops: Vec<Option<(u32, u8)>>, edges: Vec<(u32, u32)>) -> Result<ApplyGraph, String> {
    let op = |op: Option<(u32, u8)>| match op {
        None => Op::Barrier,
        Some((step, 0)) => Op::Step { step, leg: Leg::Up },
        Some((step, _)) => Op::Step { step, leg: Leg::Down },
    };
    let ops: Vec<Op> = ops.into_iter().map(op).collect();
    let mut found: Vec<Op> = ops.iter().copied().filter(|op| *op != Op::Barrier).collect();
    let mut expected = Vec::new();
    for (step, s) in (0..).zip(steps) {
        match s.change.legs() {
            Legs::None => {}
            Legs::Up => expected.push(Op::Step { step, leg: Leg::Up }),
            Legs::Down => expected.push(Op::Step { step, leg: Leg::Down }),
            Legs::Both => expected.extend([Leg::Up, Leg::Down].map(|leg| Op::Step { step, leg })),
        }
    }
    found.sort_unstable();
    expected.sort_unstable();
    if found != expected {
        return Err("its operations do not fit its changes".into());
    }
    ApplyGraph::new(ops, edges).ok_or_else(|| "its operations have no order".into())
}

fn options(options: wire::Options) -> Result<PlanOptions, String> {
    let modes = [PlanMode::Normal, PlanMode::Destroy, PlanMode::RefreshOnly];
    let targets = |list: Vec<(String, String)>| {
        list.into_iter().map(|(kind, text)| target(&kind, &text)).collect::<Result<_, _>>()
    };
    let imports = options.imports.into_iter().map(|(i, id)| Ok((instance(&i)?, id)));
    Ok(PlanOptions {
        mode: named(&modes, mode, &options.mode)?,
        refresh: options.refresh,
        targets: targets(options.targets)?,
        excludes: targets(options.excludes)?,
        allow_destroy: targets(options.allow_destroy)?,
        replace: options.replace.iter().map(|i| instance(i)).collect::<Result<_, _>>()?,
        imports: imports.collect::<Result<_, String>>()?,
        allow_deferral: options.allow_deferral,
        generate: None,
        found: Default::default(),
    })
}

fn target(kind: &str, text: &str) -> Result<Target, String> {
    let target = parse_target(text).map_err(|e| e.to_string())?;
    Ok(match (kind, target) {
        ("instance", Target::Resource(resource)) => Target::Instance(resource.instance(Key::None)),
        (_, target) => target,
    })
}

fn inputs(inputs: wire::Inputs) -> Result<Inputs, String> {
    let variables = inputs.variables.into_iter().map(|(name, input)| {
        let value = value::decode(input.value)?;
        Ok((Arc::from(name), Input { value, span: None, origin: input.origin.into() }))
    });
    Ok(Inputs {
        variables: variables.collect::<Result<_, String>>()?,
        workspace: inputs.workspace.into(),
        cwd: inputs.cwd.into(),
        stage: Stage::Apply,
    })
}

fn output(output: wire::Output) -> Result<OutputChange, String> {
    Ok(OutputChange {
        before: output.before.map(value::decode).transpose()?,
        after: output.after.map(value::decode).transpose()?,
        sensitive: output.sensitive,
        deferred: output.deferred,
        was_sensitive: output.was_sensitive,
    })
}

fn drift(drift: wire::Drift) -> Result<Drift, String> {
    Ok(Drift {
        instance: instance(&drift.instance)?,
        deposed: drift.deposed.map(|key| DeposedKey(key.into())),
        before: value::decode(drift.before)?,
        after: drift.after.map(value::decode).transpose()?,
        relevant: drift.relevant.into_iter().map(value::decode_path).collect::<Result<_, _>>()?,
    })
}

pub(super) fn instance(text: &str) -> Result<Instance, String> {
    parse_instance(text).map_err(|e| e.to_string())
}

fn config_resource(text: &str) -> Result<ConfigResource, String> {
    instance(text).map(|instance| instance.resource.config().clone())
}

fn step(step: wire::Step) -> Result<Step, String> {
    Ok(Step {
        instance: instance(&step.instance)?,
        deposed: step.deposed.map(|key| DeposedKey(key.into())),
        provider: ProviderConfig::parse(&step.provider).map_err(|e| e.to_string())?,
        change: change(step.change)?,
        create_before_destroy: step.create_before_destroy,
        dependencies: step.dependencies.iter().map(|d| config_resource(d)).collect::<Result<_, _>>()?,
        moved_from: step.moved_from.as_deref().map(instance).transpose()?,
        import: step.import.map(import).transpose()?,
        triggered: step.triggered,
    })
}

fn import(by: wire::Import) -> Result<ImportBy, String> {
    Ok(match by {
        wire::Import::Id(id) => ImportBy::Id(id),
        wire::Import::Identity(identity) => ImportBy::Identity(value::decode(identity)?),
    })
}

fn change(change: wire::Change) -> Result<Change, String> {
    const DELETES: [DeleteReason; 8] = [
        DeleteReason::Destroy,
        DeleteReason::NoResource,
        DeleteReason::NoModule,
        DeleteReason::WrongRepetition,
        DeleteReason::CountIndex,
        DeleteReason::EachKey,
        DeleteReason::Disabled,
        DeleteReason::Deposed,
    ];
    const FORGETS: [ForgetReason; 3] = [ForgetReason::Removed, ForgetReason::Configuration, ForgetReason::State];
    const READS: [ReadReason; 3] = [ReadReason::ConfigUnknown, ReadReason::DependencyPending, ReadReason::CheckNested];
    Ok(match change {
        wire::Change::NoOp { value } => Change::NoOp { value: value::decode(value)? },
        wire::Change::Create { planned: p } => Change::Create { planned: planned(p)? },
        wire::Change::Update { prior, planned: p } => {
            Change::Update { prior: value::decode(prior)?, planned: planned(p)? }
        }
        wire::Change::Replace { prior, planned: p, create_first, forget, keep, reasons } => Change::Replace {
            prior: value::decode(prior)?,
            planned: planned(p)?,
            order: if keep { ReplaceOrder::CreateThenKeep } else { ReplaceOrder::of(create_first, forget) },
            reasons: reasons.into_iter().map(reason).collect::<Result<_, _>>()?,
        },
        wire::Change::Delete { prior, reason } => {
            Change::Delete { prior: value::decode(prior)?, reason: named(&DELETES, delete_reason, &reason)? }
        }
        wire::Change::Forget { prior, reason } => {
            Change::Forget { prior: value::decode(prior)?, reason: named(&FORGETS, forget_reason, &reason)? }
        }
        wire::Change::Read { planned, reason } => {
            Change::Read { planned: value::decode(planned)?, reason: named(&READS, read_reason, &reason)? }
        }
    })
}

fn planned(planned: wire::Planned) -> Result<Planned, String> {
    let private = planned.private.map(|text| value::unpack_bytes(&text)).transpose()?;
    Ok(Planned { value: value::decode(planned.value)?, settled: planned.settled, private: private.map(Arc::from) })
}

fn reason(reason: wire::Reason) -> Result<ReplaceReason, String> {
    Ok(match reason {
        wire::Reason::CannotUpdate(paths) => {
            ReplaceReason::CannotUpdate(paths.into_iter().map(value::decode_path).collect::<Result<_, _>>()?)
        }
        wire::Reason::Tainted => ReplaceReason::Tainted,
        wire::Reason::Requested => ReplaceReason::Requested,
        wire::Reason::Triggered(by) => ReplaceReason::Triggered(by),
    })
}

/// The one of `all` that has this name.
pub(super) fn named<T: Copy>(all: &[T], name: fn(T) -> &'static str, text: &str) -> Result<T, String> {
    let found = all.iter().find(|one| name(**one) == text);
    found.copied().ok_or_else(|| format!("it holds {text:?}, which means nothing here"))
}
