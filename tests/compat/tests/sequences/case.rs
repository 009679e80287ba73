//! Cases as they are written.

use std::path::PathBuf;

use crate::fixture;

/// A file of cases.
pub struct Document {
    /// Where it is.
    pub path: PathBuf,
    /// What its first heading says.
    pub title: String,
    /// Its cases.
    pub cases: Vec<Case>,
    text: String,
}

/// What is done in a folder, and what is known to differ.
#[derive(Default)]
pub struct Case {
    document: String,
    /// Its heading.
    pub name: String,
    /// The prose below its heading.
    pub why: String,
    /// What is done.
    pub steps: Vec<Step>,
    /// What is known to differ.
    pub differs: Vec<String>,
}

/// One thing that is done.
pub enum Step {
    /// A file is written.
    Write(String, String),
    /// A file is removed.
    Remove(String),
    /// The program is run.
    Run(Vec<String>),
}

impl Case {
    /// Names it among all cases.
    pub fn title(&self) -> String {
        format!("{}: {}", self.document, self.name)
    }

    /// How many commands it runs.
    pub fn runs(&self) -> usize {
        self.steps.iter().filter(|step| matches!(step, Step::Run(_))).count()
    }

    fn block(&mut self, info: &str, text: &str) {
        match info.split_once(' ').unwrap_or((info, "main.tf")) {
            ("hcl" | "json" | "text", path) => self.steps.push(Step::Write(path.to_owned(), text.to_owned())),
            ("state", _) => self.steps.push(Step::Write("terraform.tfstate".into(), fixture::state(text))),
            ("run", _) => self.steps.extend(text.lines().map(|line| match line.strip_prefix("rm ") {
                Some(path) => Step::Remove(path.to_owned()),
                None => Step::Run(words(line)),
            })),
            ("differs", _) => self.differs = text.lines().map(str::to_owned).collect(),
            _ => panic!("{}: there are no {info:?} blocks", self.title()),
        }
    }
}

/// The words of a command; quotes keep blanks together.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut quoted) = (vec![String::new()], false);
    for c in line.chars() {
        match c {
            '\'' => quoted = !quoted,
            ' ' if !quoted => words.push(String::new()),
            c => words.last_mut().unwrap().push(c),
        }
    }
    words
}

impl Document {
    /// Reads a file of cases.
    pub fn read(path: PathBuf) -> Document {
        let text = std::fs::read_to_string(&path).unwrap();
        let document = path.file_stem().unwrap().to_string_lossy().into_owned();
        let (mut title, mut cases) = (String::new(), Vec::<Case>::new());
        let mut lines = text.lines();
        while let Some(line) = lines.next() {
            if let Some(name) = line.strip_prefix("## ") {
                cases.push(Case { document: document.clone(), name: name.to_owned(), ..Case::default() });
            } else if let Some(text) = line.strip_prefix("# ") {
                title = text.to_owned();
            } else if let Some(case) = cases.last_mut() {
                match line.strip_prefix("```") {
                    Some(info) => {
                        let block =
                            lines.by_ref().take_while(|l| *l != "```").fold(String::new(), |all, l| all + l + "\n");
                        case.block(info, &block);
                    }
                    None if case.why.is_empty() => case.why = line.trim().to_owned(),
                    None if line.is_empty() => {}
                    None => case.why += &format!(" {}", line.trim()),
                }
            }
        }
        Document { path, title, cases, text }
    }

    /// The text with what differs; `found` knows it of the cases that were run.
    pub fn updated(&self, found: impl Fn(&Case) -> Option<Vec<String>>) -> String {
        let sections = self.text.split("\n## ");
        let (mut out, mut cases) = (Vec::new(), self.cases.iter());
        for (at, section) in sections.enumerate() {
            let case = if at == 0 { None } else { cases.next() };
            match case.and_then(&found) {
                Some(differs) => out.push(with_differences(section, &differs)),
                None => out.push(section.to_owned()),
            }
        }
        out.join("\n## ")
    }
}

fn with_differences(section: &str, differs: &[String]) -> String {
    let body = section.split_once("\n\n```differs\n").map_or(section, |(body, _)| body).trim_end();
    match differs {
        [] => format!("{body}\n"),
        lines => format!("{body}\n\n```differs\n{}\n```\n", lines.join("\n")),
    }
}
