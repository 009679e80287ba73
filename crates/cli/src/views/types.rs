//! Types as the prompt shows them.

use std::fmt::Write;

use terrane_value::Type;

/// A type in the words of type expressions, each attribute and element on a line of its own.
pub fn spread(ty: &Type) -> String {
    let mut out = String::new();
    write(ty, 0, &mut out);
    out
}

fn write(ty: &Type, indent: usize, out: &mut String) {
    match ty {
        Type::Any | Type::Bool | Type::Number | Type::String => out.push_str(&ty.friendly()),
        Type::List(element) => collection("list", element, indent, out),
        Type::Set(element) => collection("set", element, indent, out),
        Type::Map(element) => collection("map", element, indent, out),
        Type::Tuple(elements) if elements.is_empty() => out.push_str("tuple([])"),
        Type::Tuple(elements) => {
            out.push_str("tuple([");
            for element in elements.iter() {
                new_line(indent + 1, out);
                write(element, indent + 1, out);
                out.push(',');
            }
            new_line(indent, out);
            out.push_str("])");
        }
        Type::Object(object) if object.attributes.is_empty() => out.push_str("object({})"),
        Type::Object(object) => {
            out.push_str("object({");
            for (name, attribute) in &object.attributes {
                new_line(indent + 1, out);
                let _ = write!(out, "{name}: ");
                write(attribute, indent + 1, out);
                out.push(',');
            }
            new_line(indent, out);
            out.push_str("})");
        }
    }
}

fn collection(word: &str, element: &Type, indent: usize, out: &mut String) {
    out.push_str(word);
    out.push('(');
    if matches!(element, Type::Object(_) | Type::Tuple(_)) {
        new_line(indent + 1, out);
        write(element, indent + 1, out);
        out.push(',');
        new_line(indent, out);
    } else {
        write(element, indent, out);
    }
    out.push(')');
}

fn new_line(indent: usize, out: &mut String) {
    out.push('\n');
    out.extend(std::iter::repeat_n("    ", indent));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_have_their_own_lines() {
        let ty = Type::list(Type::object([("a", Type::String), ("b", Type::tuple([Type::Any]))]));
        let expect = "list(\n    object({\n        a: string,\n        b: tuple([\n            dynamic,\n        ]),\n    }),\n)";
        assert_eq!(spread(&ty), expect);
        assert_eq!(spread(&Type::Map(Type::list(Type::Number).into())), "map(list(number))");
    }
}
