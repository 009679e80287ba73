//! Expressions answered one by one.

use terrane_address::ModuleInstance;
use terrane_lang::{Answer, Evaluator, Inputs, Program};
use terrane_plan::{Providers, Recorded};
use terrane_source::{Diagnostic, Diagnostics, Files};
use terrane_state::Snapshot;
use terrane_value::{Style, to_hcl};

use crate::views::types;
use crate::world::Disk;

/// What there is to evaluate with.
#[derive(Clone, Copy)]
pub struct Scene<'a> {
    /// The configuration.
    pub program: &'a Program,
    /// The providers at hand.
    pub providers: &'a Providers,
    /// This machine.
    pub world: &'a Disk,
    /// The state.
    pub snapshot: &'a Snapshot,
}

/// Answers expressions; what they share is evaluated once.
pub struct Session<'a> {
    scene: Scene<'a>,
    inputs: Inputs,
    evaluator: Evaluator<'a>,
    recorded: Recorded<'a>,
    files: &'a mut Files,
}

/// What a line at the prompt comes to.
pub enum Reply {
    /// Text to be shown.
    Text(String),
    /// The prompt ends.
    Exit,
    /// The expression is wrong, as the diagnostics say.
    Failed,
}

impl<'a> Session<'a> {
    /// A session that has not evaluated anything yet.
    pub fn new(scene: Scene<'a>, inputs: Inputs, files: &'a mut Files) -> Session<'a> {
        let evaluator = Evaluator::new(scene.program, scene.providers, scene.world, inputs.clone());
        let recorded = Recorded::new(scene.program, scene.providers, scene.snapshot);
        Session { scene, inputs, evaluator, recorded, files }
    }

    /// Reports variables whose values are refused, with a warning that the session goes on all the same.
    pub fn check_variables(&mut self) -> Diagnostics {
        let mut diags = Diagnostics::new();
        let _ = self.evaluator.variables(&ModuleInstance::root(), &self.recorded, &mut diags);
        diags.extend(self.recorded.problems());
        if diags.has_errors() {
            let detail = "Expressions that depend on what is wrong above cannot be answered.";
            diags.push(Diagnostic::warning("Some expressions have no value", detail));
            self.forget();
        }
        diags
    }

    /// The texts that spans point into.
    pub fn files(&self) -> &Files {
        self.files
    }

    /// Answers a line as people type it: `exit` and `help` are no expressions.
    pub fn reply(&mut self, line: &str, diags: &mut Diagnostics) -> Reply {
        match line.trim() {
            "" => Reply::Text(String::new()),
            "exit" => Reply::Exit,
            "help" => Reply::Text(HELP.trim_end().into()),
            _ => match self.answer(line, diags) {
                Some(answer) => Reply::Text(shown(&answer)),
                None => Reply::Failed,
            },
        }
    }

    /// The value or type of an expression; `None` if errors were reported.
    pub fn answer(&mut self, text: &str, diags: &mut Diagnostics) -> Option<Answer> {
        // The end of a heredoc is a line, which what is typed or given as a flag does not end.
        let text = if text.contains("<<") && !text.ends_with('\n') { &format!("{text}\n") } else { text };
        let file = self.files.add("<console-input>", text);
        let answer = self.evaluator.answer(file, text, &self.recorded, diags);
        diags.extend(self.recorded.problems());
        match answer {
            Ok(answer) => Some(answer),
            Err(_) => {
                self.forget();
                None
            }
        }
    }

    /// Makes what failed fail again with its errors, rather than in silence.
    fn forget(&mut self) {
        let Scene { program, providers, world, .. } = self.scene;
        self.evaluator = Evaluator::new(program, providers, world, self.inputs.clone());
    }
}

/// An answer as people read it.
pub fn shown(answer: &Answer) -> String {
    match answer {
        Answer::Value(value) => to_hcl(value, Style::Exact),
        Answer::Type(ty) => types::spread(ty),
    }
}

const HELP: &str = "\
Type an expression and press Enter to see its value. It may refer to everything in the root module: variables, local
values, resources and data sources as the state has them, and the outputs of modules. Nothing is changed.

  type(EXPRESSION)   shows the type of a value
  help               shows this text
  exit               ends the console, as Ctrl-D does

An expression goes on in the next line while a bracket or heredoc is open, or if the line ends with a backslash.
";
