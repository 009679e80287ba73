//! From plans to plan files.

use terrane_address::Target;
use terrane_provider::ImportBy;
use terrane_value::Path;

use super::{Origin, deferral, value, wire};
use crate::{
    Change, DeleteReason, Drift, ForgetReason, Leg, Op, OutputChange, Plan, PlanMode, PlanOptions, Planned, ReadReason,
    ReplaceReason, Step,
};

pub(super) fn plan(plan: &Plan, origin: &Origin) -> Result<wire::File, String> {
    let outputs = plan.outputs.iter().map(|(name, o)| Ok((name.to_string(), output(o)?)));
    Ok(wire::File {
        version: origin.version.clone(),
        configuration: origin.configuration.clone(),
        planned_at: origin.planned_at,
        place: origin.place.clone(),
        declared: origin.declared.as_ref().map(ToString::to_string),
        options: options(&plan.options),
        inputs: inputs(plan)?,
        ephemeral_variables: plan.ephemeral_variables.iter().map(ToString::to_string).collect(),
        steps: plan.steps.iter().map(step).collect::<Result<_, _>>()?,
        ops: plan.graph.ops().iter().map(op).collect(),
        edges: plan.graph.edges().collect(),
        outputs: outputs.collect::<Result<_, String>>()?,
        generated: plan.generated.iter().map(|(instance, text)| (instance.to_string(), text.to_string())).collect(),
        drift: plan.drift.iter().map(drift).collect::<Result<_, _>>()?,
        prior: state(&plan.prior)?,
        refreshed: state(&plan.refreshed)?,
        deferred: plan.deferred.iter().map(deferral::encode).collect::<Result<_, _>>()?,
        errored: plan.errored,
    })
}

fn state(snapshot: &terrane_state::Snapshot) -> Result<String, String> {
    String::from_utf8(terrane_state::write(snapshot)).map_err(|e| e.to_string())
}

pub(super) fn mode(mode: PlanMode) -> &'static str {
    match mode {
        PlanMode::Normal => "normal",
        PlanMode::Destroy => "destroy",
        PlanMode::RefreshOnly => "refresh-only",
    }
}

fn options(options: &PlanOptions) -> wire::Options {
    let target = |target: &Target| match target {
        Target::Module(m) => ("module".to_owned(), m.to_string()),
        Target::Resource(r) => ("resource".to_owned(), r.to_string()),
        Target::Instance(i) => ("instance".to_owned(), i.to_string()),
    };
    wire::Options {
        mode: mode(options.mode).to_owned(),
        refresh: options.refresh,
        targets: options.targets.iter().map(target).collect(),
        excludes: options.excludes.iter().map(target).collect(),
        allow_destroy: options.allow_destroy.iter().map(target).collect(),
        replace: options.replace.iter().map(ToString::to_string).collect(),
        imports: options.imports.iter().map(|(i, id)| (i.to_string(), id.clone())).collect(),
        allow_deferral: options.allow_deferral,
    }
}

fn inputs(plan: &Plan) -> Result<wire::Inputs, String> {
    let inputs = &plan.inputs;
    let stored = inputs.variables.iter().filter(|(name, _)| !plan.ephemeral_variables.contains(*name));
    let variables = stored.map(|(name, input)| {
        let value = value::encode(&input.value)?;
        Ok((name.to_string(), wire::Input { value, origin: input.origin.to_string() }))
    });
    Ok(wire::Inputs {
        variables: variables.collect::<Result<_, String>>()?,
        workspace: inputs.workspace.to_string(),
        cwd: inputs.cwd.to_string(),
    })
}

fn op(op: &Op) -> Option<(u32, u8)> {
    match op {
        Op::Step { step, leg } => Some((*step, u8::from(*leg == Leg::Down))),
        Op::Barrier => None,
    }
}

fn output(output: &OutputChange) -> Result<wire::Output, String> {
    Ok(wire::Output {
        before: output.before.as_ref().map(value::encode).transpose()?,
        after: output.after.as_ref().map(value::encode).transpose()?,
        sensitive: output.sensitive,
        deferred: output.deferred,
        was_sensitive: output.was_sensitive,
    })
}

fn drift(drift: &Drift) -> Result<wire::Drift, String> {
    Ok(wire::Drift {
        instance: drift.instance.to_string(),
        deposed: drift.deposed.as_ref().map(ToString::to_string),
        before: value::encode(&drift.before)?,
        after: drift.after.as_ref().map(value::encode).transpose()?,
        relevant: drift.relevant.iter().map(value::encode_path).collect::<Result<_, _>>()?,
    })
}

fn step(step: &Step) -> Result<wire::Step, String> {
    Ok(wire::Step {
        instance: step.instance.to_string(),
        deposed: step.deposed.as_ref().map(ToString::to_string),
        provider: step.provider.to_string(),
        change: change(&step.change)?,
        create_before_destroy: step.create_before_destroy,
        dependencies: step.dependencies.iter().map(ToString::to_string).collect(),
        moved_from: step.moved_from.as_ref().map(ToString::to_string),
        import: step.import.as_ref().map(import).transpose()?,
        triggered: step.triggered,
    })
}

fn import(by: &ImportBy) -> Result<wire::Import, String> {
    Ok(match by {
        ImportBy::Id(id) => wire::Import::Id(id.clone()),
        ImportBy::Identity(identity) => wire::Import::Identity(value::encode(identity)?),
    })
}

fn change(change: &Change) -> Result<wire::Change, String> {
    Ok(match change {
        Change::NoOp { value } => wire::Change::NoOp { value: value::encode(value)? },
        Change::Create { planned: p } => wire::Change::Create { planned: planned(p)? },
        Change::Update { prior, planned: p } => {
            wire::Change::Update { prior: value::encode(prior)?, planned: planned(p)? }
        }
        Change::Replace { prior, planned: p, order, reasons } => wire::Change::Replace {
            prior: value::encode(prior)?,
            planned: planned(p)?,
            create_first: order.creates_first(),
            forget: order.forgets(),
            keep: order.keeps(),
            reasons: reasons.iter().map(reason).collect::<Result<_, _>>()?,
        },
        Change::Delete { prior, reason } => {
            wire::Change::Delete { prior: value::encode(prior)?, reason: delete_reason(*reason).to_owned() }
        }
        Change::Forget { prior, reason } => {
            wire::Change::Forget { prior: value::encode(prior)?, reason: forget_reason(*reason).to_owned() }
        }
        Change::Read { planned, reason } => {
            wire::Change::Read { planned: value::encode(planned)?, reason: read_reason(*reason).to_owned() }
        }
    })
}

fn planned(planned: &Planned) -> Result<wire::Planned, String> {
    Ok(wire::Planned {
        value: value::encode(&planned.value)?,
        settled: planned.settled,
        private: planned.private.as_ref().map(|bytes| value::pack_bytes(bytes)),
    })
}

fn reason(reason: &ReplaceReason) -> Result<wire::Reason, String> {
    Ok(match reason {
        ReplaceReason::CannotUpdate(paths) => {
            let paths = paths.iter().map(|path: &Path| value::encode_path(path));
            wire::Reason::CannotUpdate(paths.collect::<Result<_, _>>()?)
        }
        ReplaceReason::Tainted => wire::Reason::Tainted,
        ReplaceReason::Requested => wire::Reason::Requested,
        ReplaceReason::Triggered(by) => wire::Reason::Triggered(by.clone()),
    })
}

pub(super) fn delete_reason(reason: DeleteReason) -> &'static str {
    match reason {
        DeleteReason::Destroy => "destroy",
        DeleteReason::NoResource => "no resource",
        DeleteReason::NoModule => "no module",
        DeleteReason::WrongRepetition => "wrong repetition",
        DeleteReason::CountIndex => "count index",
        DeleteReason::EachKey => "each key",
        DeleteReason::Disabled => "disabled",
        DeleteReason::Deposed => "deposed",
    }
}

pub(super) fn forget_reason(reason: ForgetReason) -> &'static str {
    match reason {
        ForgetReason::Removed => "removed",
        ForgetReason::Configuration => "configuration",
        ForgetReason::State => "state",
    }
}

pub(super) fn read_reason(reason: ReadReason) -> &'static str {
    match reason {
        ReadReason::ConfigUnknown => "config unknown",
        ReadReason::DependencyPending => "dependency pending",
        ReadReason::CheckNested => "check nested",
    }
}
