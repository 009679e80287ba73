//! The report in the manual.

use crate::case::{Case, Document};

const BEGIN: &str = "<!-- sequences: begin -->\n";
const END: &str = "<!-- sequences: end -->\n";

/// Tables of the cases and of what differs.
pub fn report(documents: &[Document]) -> String {
    let agree = |document: &Document| document.cases.iter().filter(|case| case.differs.is_empty()).count();
    let mut text = "| topic | cases | runs compared | agree |\n|---|---|---|---|\n".to_owned();
    for document in documents {
        let (cases, alike) = (document.cases.len(), agree(document));
        let runs: usize = document.cases.iter().map(Case::runs).sum();
        text += &format!("| {} | {cases} | {runs} | {alike} |\n", document.title);
    }
    let all: Vec<&Case> = documents.iter().flat_map(|document| &document.cases).collect();
    let alike: usize = documents.iter().map(agree).sum();
    let runs: usize = all.iter().map(|case| case.runs()).sum();
    text += &format!("| **all** | {} | {runs} | {alike} |\n", all.len());
    text += "\nThe others, and what differs in each:\n\n| case | why |\n|---|---|\n";
    for case in all.iter().filter(|case| !case.differs.is_empty()) {
        text += &format!("| {} | {} |\n", case.title(), case.why);
    }
    text
}

/// The manual with the report between its marks.
pub fn place(manual: &str, report: &str) -> String {
    let begin = manual.find(BEGIN).map(|at| at + BEGIN.len());
    let end = manual.find(END);
    match (begin, end) {
        (Some(begin), Some(end)) => format!("{}{report}{}", &manual[..begin], &manual[end..]),
        _ => panic!("the manual lacks the marks of the report"),
    }
}
