//! The manual as tests read it: pages, their code blocks, headings and links.
//!
//! What the words after the language of a block mean:
//!
//! - `hcl`: a configuration that is valid by itself; `hcl wrong`: one that is not;
//! - `hcl file=NAME`: written to the folder of the page's story;
//! - `console run`: commands of the story, run in order, with what they say. `…` stands for any text, a line that is not
//!   there is not looked for, and `$ echo $?` asks for the exit code;
//! - `<!-- needs: bucket NAME -->`, `<!-- needs: lock table NAME -->`: what the story finds in its account.

use std::fs;
use std::path::{Path, PathBuf};

/// A page of the manual.
pub struct Page {
    /// Name in messages: `docs/state.md`.
    pub name: String,
    /// The whole text.
    pub text: String,
}

/// A fenced block of a page.
#[derive(Debug, PartialEq, Eq)]
pub struct Block {
    /// Line of the fence, counted from 1.
    pub line: usize,
    /// The words after the fence: language first.
    pub info: Vec<String>,
    /// What is between the fences.
    pub text: String,
}

impl Block {
    /// Whether the block is in a language and has a word after it.
    pub fn is(&self, language: &str, word: &str) -> bool {
        self.info.first().is_some_and(|l| l == language) && self.info.iter().skip(1).any(|w| w == word)
    }

    /// The value of a word such as `file=main.tf`.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.info.iter().find_map(|word| word.strip_prefix(name)?.strip_prefix('='))
    }
}

impl Page {
    /// Reads a page at a path below the repository's root.
    pub fn read(name: &str) -> Page {
        let text = fs::read_to_string(root().join(name)).unwrap_or_else(|e| panic!("{name}: {e}"));
        Page { name: name.to_owned(), text }
    }

    /// The fenced blocks, in order.
    pub fn blocks(&self) -> Vec<Block> {
        let mut blocks = Vec::new();
        let mut open: Option<Block> = None;
        for (at, line) in self.text.lines().enumerate() {
            match (open.as_mut(), line.strip_prefix("```")) {
                (None, Some(info)) => {
                    let info = info.split_whitespace().map(str::to_owned).collect();
                    open = Some(Block { line: at + 1, info, text: String::new() });
                }
                (Some(_), Some(_)) => blocks.extend(open.take()),
                (Some(block), None) => block.text += &format!("{line}\n"),
                (None, None) => {}
            }
        }
        blocks
    }

    /// The page without its fenced blocks.
    pub fn prose(&self) -> String {
        let mut inside = false;
        let outside = self.text.lines().filter(|line| {
            let fence = line.starts_with("```");
            inside ^= fence;
            !inside && !fence
        });
        outside.collect::<Vec<_>>().join("\n")
    }

    /// What the page needs in its account, as `<!-- needs: … -->` says.
    pub fn needs(&self) -> impl Iterator<Item = &str> {
        self.text.lines().filter_map(|line| line.strip_prefix("<!-- needs: ")?.strip_suffix(" -->"))
    }

    /// The targets of its links.
    pub fn links(&self) -> Vec<String> {
        let prose = self.prose();
        let starts = prose.match_indices("](").map(|(at, _)| &prose[at + 2..]);
        starts.filter_map(|rest| Some(rest.split_once(')')?.0.to_owned())).collect()
    }

    /// The anchors of its headings.
    pub fn anchors(&self) -> Vec<String> {
        let prose = self.prose();
        prose.lines().filter(|line| line.starts_with('#')).map(|line| anchor(line.trim_start_matches('#'))).collect()
    }
}

/// The anchor that readers of Markdown make of a heading.
fn anchor(heading: &str) -> String {
    let kept = heading.trim().chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.flat_map(char::to_lowercase).map(|c| if c == ' ' { '-' } else { c }).collect()
}

/// The pages of the manual and the README.
pub fn pages() -> Vec<Page> {
    let entries = fs::read_dir(root().join("docs")).unwrap_or_else(|e| panic!("docs: {e}"));
    let names = entries.flatten().map(|e| e.file_name().to_string_lossy().into_owned());
    let mut names: Vec<String> = names.filter(|n| n.ends_with(".md")).map(|n| format!("docs/{n}")).collect();
    names.push("README.md".to_owned());
    names.sort();
    names.iter().map(|name| Page::read(name)).collect()
}

/// The repository's root.
pub fn root() -> PathBuf {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.ancestors().nth(2).unwrap_or(own).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_links_and_anchors_are_found() {
        let text = "# A `b`, c\n[x](y.md#z)\n```hcl wrong file=a.tf\n[n](o)\n```\n".to_owned();
        let page = Page { name: String::new(), text };
        let blocks = page.blocks();
        assert_eq!((blocks.len(), blocks[0].line, blocks[0].text.as_str()), (1, 3, "[n](o)\n"));
        assert!(blocks[0].is("hcl", "wrong") && blocks[0].value("file") == Some("a.tf"));
        assert_eq!(page.links(), ["y.md#z"]);
        assert_eq!(page.anchors(), ["a-b-c"]);
    }
}
