//! The difference between two objects, as plans show it.
//!
//! Unchanged parts are counted and hidden, except `id`, `name` and `tags`, which tell objects apart. Sensitive values
//! and those known only after apply are named as such. Texts of several lines and JSON are compared by their content.

mod policy;
mod text;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::sync::Arc;

use terrane_value::{Block, Kind, Marks, NestedBlock, Nesting, Path, Step, Type, Value, quoted};

use super::json::Secrets;
use super::lines::{Lines, Symbol};

const KNOWN_LATER: &str = "(known after apply)";
const SENSITIVE: &str = "(sensitive value)";

/// Attributes of a resource that are shown even if they stay as they are.
const TELLING: &[&str] = &["id", "name", "tags"];

/// A value with what has to be known to show it.
#[derive(Clone, Copy)]
struct Side<'a> {
    /// `None`: absent, or null where that is the same.
    value: Option<&'a Value>,
    /// Whether a part above it is sensitive.
    sensitive: bool,
    /// Whether no schema says which parts it has, so that a part that is null differs from one that is not there.
    free: bool,
}

impl<'a> Side<'a> {
    fn of(value: Option<&'a Value>) -> Side<'a> {
        Side {
            value: value.filter(|v| !v.is_null()),
            sensitive: value.is_some_and(|v| v.marks().contains(Marks::SENSITIVE)),
            free: false,
        }
    }

    /// A value that no schema describes, such as an output.
    fn free(value: Option<&'a Value>) -> Side<'a> {
        Side { free: true, ..Side::of(value) }
    }

    fn part(self, value: Option<&'a Value>) -> Side<'a> {
        let side = Side::of(value);
        let value = if self.free { value } else { side.value };
        Side { value, sensitive: self.sensitive || side.sensitive, free: self.free }
    }

    /// An element of a list, which is there even if it is null.
    fn element(self, value: Option<&'a Value>) -> Side<'a> {
        Side { value, ..self.part(value) }
    }

    fn unknown(self) -> bool {
        self.value.is_some_and(|v| !v.is_known())
    }

    fn same(self, other: Side) -> bool {
        match (self.value, other.value) {
            (None, None) => true,
            (Some(a), Some(b)) if a.is_null() && b.is_null() => self.sensitive == other.sensitive,
            (Some(a), Some(b)) => a.is_wholly_known() && self.sensitive == other.sensitive && a == b,
            _ => false,
        }
    }
}

fn symbol(before: Side, after: Side) -> Symbol {
    match (before.value, after.value) {
        _ if before.same(after) => Symbol::None,
        (None, _) => Symbol::Create,
        (_, None) => Symbol::Delete,
        _ => Symbol::Update,
    }
}

/// Writes the attributes and blocks of an object that differ, at `level`.
///
/// `replace` holds the paths whose change forces a replacement.
pub fn body(
    out: &mut Lines,
    level: usize,
    before: Option<&Value>,
    after: Option<&Value>,
    block: &Block,
    replace: &[Path],
) {
    let mut diff = Diff { out, replace, whole: false, inside: false, said: false };
    diff.body(level, Side::of(before), Side::of(after), block, &Path::root(), true);
}

/// Writes all attributes and blocks of an object that are not null, at `level`.
pub fn whole(out: &mut Lines, level: usize, object: &Value, block: &Block) {
    let mut diff = Diff { out, replace: &[], whole: true, inside: false, said: false };
    let side = Side::of(Some(object));
    diff.body(level, side, side, block, &Path::root(), true);
}

/// Writes one named value that differs, for example an output, at `level`.
pub fn named(out: &mut Lines, level: usize, name: &str, before: Option<&Value>, after: Option<&Value>) {
    let mut diff = Diff { out, replace: &[], whole: false, inside: false, said: false };
    diff.value(level, &format!("{name} = "), "", Side::free(before), Side::free(after), &Path::root());
}

/// Writes one named value as it is, at `level`.
pub fn stated(out: &mut Lines, level: usize, name: &str, value: &Value) {
    let mut diff = Diff { out, replace: &[], whole: true, inside: false, said: false };
    let side = Side::free(Some(value));
    diff.value(level, &format!("{name} = "), "", side, side, &Path::root());
}

struct Diff<'a> {
    out: &'a mut Lines,
    replace: &'a [Path],
    /// Whether what stays as it is is shown too.
    whole: bool,
    /// Whether a collection is being written that goes as a whole, so that its parts need not say so.
    inside: bool,
    /// Whether the line before says what happens to the collection that is written next.
    said: bool,
}

impl Diff<'_> {
    /// Whether write-only attributes differ cannot be told; they are named wherever something else does.
    fn write_only(&mut self, level: usize, change: Symbol, block: &Block, path: &Path) {
        if change == Symbol::None || self.inside {
            return;
        }
        for (name, _) in block.attributes.iter().filter(|(_, a)| a.write_only) {
            let forced = self.forced(&path.attr(name.clone()));
            self.out.push(level, change, &format!("{name} = (write-only attribute){forced}"));
        }
    }

    fn body(&mut self, level: usize, before: Side, after: Side, block: &Block, path: &Path, top: bool) {
        let field = |side: Side<'_>, name: &str| side.value.and_then(|v| v.get(name)).cloned();
        let mut shown = Vec::new();
        let mut hidden = 0;
        let stored = block.attributes.iter().filter(|(_, a)| !a.write_only);
        for (name, attribute) in stored {
            let (b, a) = (field(before, name), field(after, name));
            let guard = |v: Option<Value>| v.map(|v| if attribute.sensitive { v.mark(Marks::SENSITIVE) } else { v });
            let (b, a) = (guard(b), guard(a));
            match symbol(before.part(b.as_ref()), after.part(a.as_ref())) {
                Symbol::None if Side::of(b.as_ref()).value.is_none() => {}
                Symbol::None if !(self.whole || top && TELLING.contains(&&**name)) => hidden += 1,
                _ => shown.push((name.clone(), b, a)),
            }
        }
        let width = shown.iter().map(|(name, ..)| name.chars().count()).max().unwrap_or(0);
        for (name, b, a) in &shown {
            let head = format!("{name:width$} = ");
            let free = block.attributes.get(name).is_some_and(|a| a.ty == Type::Any);
            let b = Side { free, ..before.part(b.as_ref()) };
            let a = Side { free, ..after.part(a.as_ref()) };
            self.value(level, &head, "", b, a, &path.attr(name.clone()));
        }
        self.write_only(level, symbol(before, after), block, path);
        self.hidden(level, hidden, "attribute");
        let mut hidden = 0;
        for (name, nested) in &block.blocks {
            let (b, a) = (field(before, name), field(after, name));
            hidden += self.blocks(
                level,
                name,
                nested,
                before.part(b.as_ref()),
                after.part(a.as_ref()),
                &path.attr(name.clone()),
            );
        }
        if hidden > 0 {
            self.out.gap();
            self.hidden(level, hidden, "block");
        }
    }

    /// Says how many parts are not shown.
    fn hidden(&mut self, level: usize, count: usize, what: &str) {
        if count > 0 {
            let plural = if count == 1 { "" } else { "s" };
            let text = self.out.paint.dim(&format!("# ({count} unchanged {what}{plural} hidden)"));
            self.out.push(level, Symbol::None, &text);
        }
    }

    /// Writes the blocks of one kind that differ and returns how many do not.
    fn blocks(
        &mut self,
        level: usize,
        name: &str,
        nested: &NestedBlock,
        before: Side,
        after: Side,
        path: &Path,
    ) -> usize {
        if after.unknown() && !before.unknown() {
            let whole = symbol(Side { value: before.value.filter(|v| v.children().next().is_some()), ..before }, after);
            self.out.gap();
            self.out.push(level, whole, &format!("{name} {KNOWN_LATER}"));
            return 0;
        }
        let mut hidden = 0;
        for (label, b, a, step) in pairs(nested.nesting, before, after) {
            let path = step.map_or_else(|| path.clone(), |s| path.with(s));
            let (b, a) = (before.part(b), after.part(a));
            let change = symbol(b, a);
            if change == Symbol::None && !(self.whole && b.value.is_some()) {
                hidden += usize::from(b.value.is_some());
                continue;
            }
            self.out.gap();
            let label = label.map(|l| format!(" {}", quoted(&l))).unwrap_or_default();
            let forced = self.forced(&path);
            self.out.push(level, change, &format!("{name}{label} {{{forced}"));
            if self.hides(b, a) {
                self.out.push(level + 1, Symbol::None, "# At least one attribute in this block is (or was) sensitive,");
                self.out.push(level + 1, Symbol::None, "# so its contents will not be displayed.");
            } else {
                self.body(level + 1, b, a, &nested.block, &path, false);
            }
            self.out.push(level, Symbol::None, "}");
        }
        hidden
    }

    /// Whether a value may not be shown, before or after.
    fn hides(&self, before: Side, after: Side) -> bool {
        (before.sensitive || after.sensitive) && self.out.paint.secrets == Secrets::Hidden
    }

    /// What ends a line about something that goes.
    fn gone(&self, change: Symbol, tail: &str, before: Side) -> &'static str {
        let is_null = before.value.is_some_and(Value::is_null);
        if change == Symbol::Delete && tail.is_empty() && !self.inside && !is_null { " -> null" } else { "" }
    }

    fn forced(&self, path: &Path) -> String {
        match self.replace.contains(path) {
            true => format!(" {}", self.out.paint.red("# forces replacement")),
            false => String::new(),
        }
    }

    /// Writes one value after `head`; `tail` ends its last line, for example with a comma.
    fn value(&mut self, level: usize, head: &str, tail: &str, before: Side, after: Side, path: &Path) {
        let change = symbol(before, after);
        let forced = self.forced(path);
        if self.hides(before, after) {
            let gone = self.gone(change, tail, before);
            self.out.push(level, change, &format!("{head}{SENSITIVE}{gone}{tail}{forced}"));
            return;
        }
        match (before.value, after.value) {
            (None, None) => self.out.push(level, change, &format!("{head}null{tail}{forced}")),
            (None, Some(a)) if !a.is_known() => {
                self.out.push(level, change, &format!("{head}{KNOWN_LATER}{tail}{forced}"))
            }
            (Some(b), Some(a)) if !a.is_known() => self.turns_unknown(level, head, tail, (b, before), &forced, path),
            (b, a) => self.known(level, head, tail, (b, before), (a, after), path, change, &forced),
        }
    }

    fn turns_unknown(
        &mut self,
        level: usize,
        head: &str,
        tail: &str,
        (before, b): (&Value, Side),
        forced: &str,
        path: &Path,
    ) {
        let lines = text::multi_line(Some(before), None);
        if let Some(scalar) = text::scalar(before).filter(|_| !lines) {
            self.out.push(level, Symbol::Update, &format!("{head}{scalar} -> {KNOWN_LATER}{tail}{forced}"));
            return;
        }
        let end = format!(" -> {KNOWN_LATER}{tail}");
        let gone = Side { free: b.free, ..Side::of(None) };
        self.known(level, head, &end, (Some(before), b), (None, gone), path, Symbol::Update, forced);
    }

    #[allow(clippy::too_many_arguments)]
    fn known(
        &mut self,
        level: usize,
        head: &str,
        tail: &str,
        (b, before): (Option<&Value>, Side),
        (a, after): (Option<&Value>, Side),
        path: &Path,
        change: Symbol,
        forced: &str,
    ) {
        let gone = self.gone(change, tail, before);
        if text::multi_line(b, a) && self.text_diff(level, head, &format!("{gone}{tail}"), b, a, change, forced) {
            return;
        }
        if let (Some(b), Some(a)) = (b, a)
            && form(b) != form(a)
        {
            return self.reshaped(level, head, tail, (b, before), (a, after), path, forced);
        }
        let scalars = (b.map(text::scalar), a.map(text::scalar));
        match scalars {
            (Some(Some(b)), Some(Some(a))) if change == Symbol::Update => {
                self.out.push(level, change, &format!("{head}{b} -> {a}{tail}{forced}"));
            }
            (_, Some(Some(a))) if change != Symbol::Update => {
                self.out.push(level, change, &format!("{head}{a}{tail}{forced}"))
            }
            (Some(Some(b)), None) => self.out.push(level, change, &format!("{head}{b}{gone}{tail}{forced}")),
            _ => self.collection(level, head, &format!("{gone}{tail}"), (b, before), (a, after), path, change, forced),
        }
    }

    /// Writes a value that turns into one of another form, such as a list that becomes a text: both are shown whole.
    #[allow(clippy::too_many_arguments)]
    fn reshaped(
        &mut self,
        level: usize,
        head: &str,
        tail: &str,
        (b, before): (&Value, Side),
        (a, after): (&Value, Side),
        path: &Path,
        forced: &str,
    ) {
        let none = (None, Side::of(None));
        let (b, a, update) = ((Some(b), before), (Some(a), after), Symbol::Update);
        match (b.0.and_then(text::scalar), a.0.and_then(text::scalar)) {
            (Some(old), _) => self.known(level, &format!("{head}{old} -> "), tail, none, a, path, update, forced),
            (None, Some(new)) => self.known(level, head, &format!(" -> {new}{tail}"), b, none, path, update, forced),
            (None, None) => {
                self.known(level, head, " ->", b, none, path, update, forced);
                self.known(level, "", tail, none, a, path, Symbol::Create, "");
            }
        }
    }

    #[allow(clippy::too_many_arguments)]
    fn collection(
        &mut self,
        level: usize,
        head: &str,
        tail: &str,
        (b, before): (Option<&Value>, Side),
        (a, after): (Option<&Value>, Side),
        path: &Path,
        change: Symbol,
        forced: &str,
    ) {
        let Some(model) = a.or(b) else { return };
        let change = if std::mem::take(&mut self.said) { Symbol::None } else { change };
        let (open, close) = if model.elements().is_some() { ('[', ']') } else { ('{', '}') };
        let empty = |v: Option<&Value>| v.is_none_or(|v| v.children().next().is_none());
        if empty(b) && empty(a) {
            self.out.push(level, change, &format!("{head}{open}{close}{tail}{forced}"));
            return;
        }
        self.out.push(level, change, &format!("{head}{open}{forced}"));
        let outer = self.inside;
        self.inside |= after.value.is_none();
        match model.kind() {
            Kind::Map(..) | Kind::Object(_) => self.fields(level + 1, model, before, after, path),
            Kind::Set(..) if !after.free => self.members(level + 1, before, after, path),
            _ => self.sequence(level + 1, before, after, path),
        }
        self.inside = outer;
        self.out.push(level, Symbol::None, &format!("{close}{tail}"));
    }

    fn fields(&mut self, level: usize, model: &Value, before: Side, after: Side, path: &Path) {
        let is_map = matches!(model.kind(), Kind::Map(..)) && !after.free;
        let of = |side: Side<'_>| side.value.and_then(Value::fields).cloned();
        let (b, a) = (of(before), of(after));
        let names: BTreeSet<&Arc<str>> = b.iter().chain(a.iter()).flat_map(|f| f.names().iter()).collect();
        let part = |name: &str| (b.as_ref().and_then(|f| f.get(name)), a.as_ref().and_then(|f| f.get(name)));
        let whole = before.value.is_some() && after.value.is_some();
        let (mut shown, mut hidden) = (Vec::new(), 0);
        for name in names {
            let (b, a) = part(name);
            match symbol(before.part(b), after.part(a)) {
                Symbol::None if before.part(b).value.is_none() && !is_map => {}
                Symbol::None if whole && !(before.same(after)) => hidden += 1,
                _ => shown.push((text::label(name, is_map), name, b, a)),
            }
        }
        let width = shown.iter().map(|(label, ..)| label.chars().count()).max().unwrap_or(0);
        for (label, name, b, a) in shown {
            let step = if is_map { Step::Index(Value::string(name.clone())) } else { Step::Attr(name.clone()) };
            self.value(level, &format!("{label:width$} = "), "", before.part(b), after.part(a), &path.with(step));
        }
        self.hidden(level, hidden, if is_map { "element" } else { "attribute" });
    }

    fn members(&mut self, level: usize, before: Side, after: Side, path: &Path) {
        let of = |side: Side<'_>| side.value.and_then(Value::elements).unwrap_or_default().to_vec();
        let (b, a) = (of(before), of(after));
        let show_same = before.same(after);
        let mut hidden = 0;
        for element in b.iter().filter(|e| !a.contains(e)) {
            self.value(level, "", ",", before.part(Some(element)), after.part(None), path);
        }
        for element in &a {
            match b.contains(element) {
                true if !show_same => hidden += 1,
                true => self.value(level, "", ",", before.part(Some(element)), after.part(Some(element)), path),
                false => self.value(level, "", ",", before.part(None), after.part(Some(element)), path),
            }
        }
        self.hidden(level, hidden, "element");
    }

    fn sequence(&mut self, level: usize, before: Side, after: Side, path: &Path) {
        let of = |side: Side<'_>| side.value.and_then(Value::elements).unwrap_or_default().to_vec();
        let (b, a) = (of(before), of(after));
        let show_same = before.same(after);
        // What stays as it is shows, next to what does not, where that is.
        let (mut skipped, mut next) = (Vec::new(), false);
        let paired = policy::pairs(&b, &a).filter(|_| after.free).unwrap_or_else(|| text::align(&b, &a));
        for (at, (b, a)) in paired.into_iter().enumerate() {
            let (b, a, path) = (before.element(b), after.element(a), path.index(at));
            let stays = symbol(b, a) == Symbol::None;
            if stays && !show_same && !std::mem::take(&mut next) {
                skipped.push((at, a));
                continue;
            }
            if let Some((at, last)) = skipped.pop() {
                self.hidden(level, skipped.len(), "element");
                self.value(level, "", ",", last, last, &path.index(at));
                skipped.clear();
            }
            next = !stays;
            self.value(level, "", ",", b, a, &path);
        }
        self.hidden(level, skipped.len(), "element");
    }

    /// Writes texts of several lines, or JSON, by content; says whether it did.
    #[allow(clippy::too_many_arguments)]
    fn text_diff(
        &mut self,
        level: usize,
        head: &str,
        tail: &str,
        b: Option<&Value>,
        a: Option<&Value>,
        change: Symbol,
        forced: &str,
    ) -> bool {
        if let Some((b, a)) = text::json_pair(b, a) {
            let outer = std::mem::replace(&mut self.inside, true);
            let same_json = b == a;
            let (b, a) = match (b, a) {
                (Some(b), Some(a)) if !same_json => {
                    let (b, a) = policy::together(b, a);
                    (Some(b), Some(a))
                }
                other => other,
            };
            self.said = b.is_none() || a.is_none();
            self.out.push(level, change, &format!("{head}jsonencode({forced}"));
            let inner = match change == Symbol::Update && b == a {
                true if same_json => "# white space changes",
                true => "# the order changes, not what it means",
                false => "",
            };
            if inner.is_empty() {
                self.value(level + 1, "", "", Side::free(b.as_ref()), Side::free(a.as_ref()), &Path::root());
            } else {
                self.out.push(level + 1, Symbol::None, inner);
            }
            self.inside = outer;
            self.out.push(level, Symbol::None, &format!("){}", tail));
            return true;
        }
        self.out.push(level, change, &format!("{head}<<-EOT{forced}"));
        for (symbol, line) in text::lines(b.and_then(Value::as_str), a.and_then(Value::as_str)) {
            self.out.push(level + 1, symbol, line);
        }
        self.out.push(level, Symbol::None, &format!("EOT{tail}"));
        true
    }
}

/// The bracket that a value is written with, if any.
fn form(value: &Value) -> Option<char> {
    match (value.elements(), value.fields()) {
        (Some(_), _) => Some('['),
        (_, Some(_)) => Some('{'),
        _ => None,
    }
}

type Pair<'a> = (Option<String>, Option<&'a Value>, Option<&'a Value>, Option<Step>);

/// Brings the blocks of both sides together: by place in lists, by key in maps, by content in sets.
fn pairs<'a>(nesting: Nesting, before: Side<'a>, after: Side<'a>) -> Vec<Pair<'a>> {
    let elements = |side: Side<'a>| side.value.and_then(Value::elements).unwrap_or_default();
    match nesting {
        Nesting::Single | Nesting::Group => vec![(None, before.value, after.value, None)],
        Nesting::List => {
            let (b, a) = (elements(before), elements(after));
            (0..b.len().max(a.len()))
                .map(|i| (None, b.get(i), a.get(i), Some(Step::Index(Value::from(i as i64)))))
                .collect()
        }
        Nesting::Set => {
            let (b, a) = (elements(before), elements(after));
            let gone = b.iter().filter(|e| !a.contains(e)).map(|e| (None, Some(e), None, None));
            let here = a.iter().map(|e| (None, b.iter().find(|o| *o == e), Some(e), None));
            gone.chain(here).collect()
        }
        Nesting::Map => {
            let fields = |side: Side<'a>| side.value.and_then(Value::fields);
            let (b, a) = (fields(before), fields(after));
            let names: BTreeSet<_> = b.iter().chain(a.iter()).flat_map(|f| f.names().iter()).collect();
            let pair = |n: &Arc<str>| {
                let step = Step::Index(Value::string(n.clone()));
                (Some(n.to_string()), b.and_then(|f| f.get(n)), a.and_then(|f| f.get(n)), Some(step))
            };
            names.into_iter().map(pair).collect()
        }
    }
}
