//! The common indentation of `<<-` heredocs.

use unicode_segmentation::UnicodeSegmentation;

use super::Piece;

/// Removes the common indentation of all lines, counted in characters. Blank lines do not count and stay as they are;
/// a line that begins with `${` or `%{` has none. What a sequence yields is never looked at.
pub(super) fn dedent(pieces: &mut [Piece<'_>]) {
    let mut common = usize::MAX;
    for_each_line_start(pieces, |piece| common = common.min(indentation(piece)));
    if common == 0 {
        return;
    }
    for_each_line_start(pieces, |piece| {
        if let Piece::Text(text) = piece
            && indentation_of(text).is_some()
        {
            remove(text, common);
        }
    });
}

fn for_each_line_start(pieces: &mut [Piece<'_>], mut f: impl FnMut(&mut Piece<'_>)) {
    let mut line_start = true;
    for piece in pieces {
        let ends_line = matches!(piece, Piece::Text(text) if text.ends_with('\n'));
        if line_start {
            f(piece);
        }
        line_start = ends_line;
    }
}

fn indentation(piece: &Piece<'_>) -> usize {
    match piece {
        Piece::Text(text) => indentation_of(text).unwrap_or(usize::MAX),
        _ => 0,
    }
}

/// Blanks before the first other character; `None` for a line of blanks only.
fn indentation_of(text: &str) -> Option<usize> {
    let content = text.trim_start();
    let blanks = &text[..text.len() - content.len()];
    let blank_line = content.is_empty() && text.ends_with('\n');
    (!blank_line).then(|| if blanks.is_ascii() { blanks.len() } else { blanks.graphemes(true).count() })
}

/// Removes `count` characters from the start.
fn remove(text: &mut &str, count: usize) {
    let bytes = if text.is_ascii() { count } else { text.graphemes(true).take(count).map(str::len).sum() };
    *text = text.get(bytes..).unwrap_or("");
}
