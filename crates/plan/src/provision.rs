//! What provisioners are asked to do.

use terrane_address::Instance;
use terrane_lang::{Program, ProvisionerDecl, provisioners};
use terrane_source::Diagnostic;
use terrane_value::{Marks, Value};

use crate::planner::removed::deciding;
use crate::{Change, Leg, Legs, ReplaceOrder, Step};

/// A command to run beside the change of an object.
#[derive(Clone, PartialEq, Eq)]
pub struct ProvisionRequest {
    /// The kind of provisioner, for people.
    pub kind: std::sync::Arc<str>,
    /// The command, the last argument of the interpreter.
    pub command: String,
    /// The program that runs it and its first arguments; empty for the system's shell.
    pub interpreter: Vec<String>,
    /// The folder it runs in; that of this process if there is none.
    pub working_dir: Option<String>,
    /// Variables added to the environment of this process.
    pub environment: Vec<(String, String)>,
    /// Whether the command itself is not shown.
    pub quiet: bool,
    /// Why neither the command nor what it writes may be shown, in a word.
    pub hidden: Option<&'static str>,
}

/// What a command writes must not end up in a log by way of its question either.
impl std::fmt::Debug for ProvisionRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut shown = f.debug_struct("ProvisionRequest");
        shown.field("kind", &self.kind);
        if self.hidden.is_none() {
            shown.field("command", &self.command);
        }
        shown.finish_non_exhaustive()
    }
}

impl ProvisionRequest {
    /// The request that arguments make; says what is wrong with them otherwise, in a full sentence.
    pub(crate) fn new(kind: &str, arguments: &Value) -> Result<ProvisionRequest, String> {
        let marks = arguments.marks_deep();
        let hidden = match (marks.contains(Marks::SENSITIVE), marks.contains(Marks::EPHEMERAL)) {
            (_, true) => Some("ephemeral"),
            (true, false) => Some("sensitive"),
            (false, false) => None,
        };
        let arguments = arguments.clone().unmark_deep().0;
        if let Some(path) = crate::object::first_unknown(&arguments) {
            return Err(format!("The value of {path} is still unknown."));
        }
        if let Some(wrong) = provisioners::wrong(kind, &arguments) {
            return Err(wrong.to_owned());
        }
        let part = |name: &str| arguments.get(name).filter(|v| !v.is_null());
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let interpreter = part("interpreter").and_then(Value::elements).unwrap_or_default();
        let environment = part("environment").and_then(Value::fields).into_iter().flat_map(|fields| fields.iter());
        Ok(ProvisionRequest {
            kind: kind.into(),
            command: part("command").and_then(text).unwrap_or_default(),
            interpreter: interpreter.iter().filter_map(text).collect(),
            working_dir: part("working_dir").and_then(text).filter(|dir| !dir.is_empty()),
            environment: environment.filter_map(|(name, value)| Some((name.to_string(), text(value)?))).collect(),
            quiet: part("quiet").and_then(Value::as_bool).unwrap_or(false),
            hidden,
        })
    }
}

/// The provisioners of a leg of a step, by place.
///
/// A deposed object has none: what is written now is about the one that took its place.
pub(crate) fn of_leg<'p>(program: &'p Program, step: &Step, leg: Leg) -> Vec<(usize, &'p ProvisionerDecl)> {
    let runs = match (&step.change, leg) {
        (Change::Create { .. } | Change::Replace { .. }, Leg::Up) => true,
        (Change::Replace { order: ReplaceOrder::DeleteThenCreate, .. }, Leg::Down) => true,
        (Change::Delete { .. }, Leg::Down) => step.deposed.is_none(),
        _ => false,
    };
    let all = if runs { declared(program, &step.instance) } else { &[] };
    all.iter().enumerate().filter(|(_, p)| p.on_destroy == (leg == Leg::Down)).collect()
}

/// The provisioners that are written for an instance, in its resource or in a `removed` block about it.
pub(crate) fn declared<'p>(program: &'p Program, instance: &Instance) -> &'p [ProvisionerDecl] {
    let name = instance.resource.config();
    match program.resource(name) {
        Some(decl) => &decl.provisioners,
        None => deciding(program, name).map_or(&[], |(_, removed)| &removed.provisioners),
    }
}

/// What of a step cannot be done, since it has a provisioner that is not supported.
pub(crate) fn unsupported(program: &Program, step: &Step) -> Vec<Diagnostic> {
    let legs: &[Leg] = match step.change.legs() {
        Legs::None => &[],
        Legs::Up => &[Leg::Up],
        Legs::Down => &[Leg::Down],
        Legs::Both => &[Leg::Up, Leg::Down],
    };
    let all = legs.iter().flat_map(|leg| of_leg(program, step, *leg));
    let wrong = all.filter(|(_, decl)| &*decl.ty != "local-exec").map(|(_, decl)| {
        let detail = format!(
            "{} has a \"{}\" provisioner, which this version of Terrane does not run: it connects to no machines.",
            step.address(),
            decl.ty
        );
        Diagnostic::error(format!("Provisioner \"{}\" cannot be run", decl.ty), detail)
            .at(decl.span)
            .about(step.address())
            .hint(
                "Hand the script or file to the machine through its user data or image, or call ssh or scp from a \
                 local-exec provisioner.",
            )
    });
    wrong.collect()
}
