//! `language` blocks: OpenTofu's statement of what a module is written for.

use terrane_source::Diagnostic;
use terrane_syntax as syn;

use super::contents::Decoder;
use super::settings::{check_version, constraint};
use super::version::{OPENTOFU, SPOKEN};

/// The one edition of the language there is.
const EDITION: &str = "tofu2024";

/// Reports what a `language` block asks for that there is not.
pub(super) fn check(decoder: &mut Decoder<'_>, block: &syn::Block) {
    decoder.expect(&block.body, &["edition", "experiments"], &["compatible_with"]);
    if let Some(edition) = block.body.attribute("edition") {
        check_edition(decoder, edition.expr);
    }
    if let Some(experiments) = block.body.attribute("experiments") {
        check_experiments(decoder, experiments.expr);
    }
    for nested in block.body.blocks().filter(|b| b.ty.text == "compatible_with") {
        // What the block says of other tools is for them.
        if let Some(constraint) = constraint(decoder, &nested.body, "opentofu") {
            check_version(decoder.diags, &constraint, &SPOKEN[OPENTOFU..=OPENTOFU]);
        }
    }
}

fn check_edition(decoder: &mut Decoder<'_>, expr: syn::Expr) {
    let (summary, detail) = match expr.kind() {
        syn::ExprKind::Variable(word) if word == EDITION => return,
        syn::ExprKind::Variable(word) => {
            ("Unsupported language edition", format!("There is no edition \"{word}\"; the only one is {EDITION}."))
        }
        _ => ("Invalid language edition", format!("An edition is a bare word. The only one is {EDITION}.")),
    };
    decoder.diags.error(Diagnostic::error(summary, detail).at(expr.span()));
}

fn check_experiments(decoder: &mut Decoder<'_>, expr: syn::Expr) {
    let syn::ExprKind::Tuple(items) = expr.kind() else {
        let detail = "A list of keywords in brackets is required.";
        decoder.diags.error(Diagnostic::error("Invalid expression", detail).at(expr.span()));
        return;
    };
    for item in items {
        let error = match item.kind() {
            syn::ExprKind::Variable(word) => Diagnostic::error(
                "Unknown experiment keyword",
                format!("There is no current experiment with the keyword \"{word}\"."),
            ),
            _ => Diagnostic::error("Invalid experiment keyword", "An experiment is named by a bare word."),
        };
        decoder.diags.error(error.at(item.span()));
    }
}
