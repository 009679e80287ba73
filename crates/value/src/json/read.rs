//! JSON text straight into values, without a tree between. What is unusual is left to [`super::decode`], which also says
//! what is wrong.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use super::decode;
use super::types::type_from_json;
use crate::types::ObjectType;
use crate::{ConvertError, Fields, Kind, Number, Type, Value};

/// Reads many texts of few types: what these have in common is made once.
#[derive(Debug, Default)]
pub struct Decoder {
    /// Types by the text that says them.
    types: HashMap<Box<str>, Type>,
    /// The names of objects, by where their types are, which stay there as long as this does.
    names: HashMap<usize, (Arc<ObjectType>, Arc<[Arc<str>]>)>,
    /// The type that stood beside a value last, with its text.
    last: Option<(Arc<str>, Type)>,
    /// The last long string: an attribute often repeats another.
    long: Option<Arc<str>>,
}

/// As many types and names are remembered at most.
const REMEMBERED: usize = 4096;

/// From this length on, a text is long.
const LONG: usize = 1024;

/// The value of a type that a JSON text says.
///
/// Attributes that are absent become null; ones the type does not have are errors. Where the type is `Any` the text
/// must hold the type of the value as [`super::to_json`] writes it.
pub fn from_json(text: &str, ty: &Type) -> Result<Value, ConvertError> {
    Decoder::default().decode(text, ty)
}

/// The value that a JSON text says by itself, as the function `jsondecode` reads it: arrays become tuples, objects
/// become objects.
pub fn json_decode(text: &str) -> Result<Value, ConvertError> {
    let mut decoder = Decoder::default();
    let mut reader = Reader { text, at: 0, depth: 0, before: None, decoder: &mut decoder };
    match reader.implied().filter(|_| reader.is_at_end()) {
        Some(value) => Ok(value),
        None => decode::implied_of(text),
    }
}

impl Decoder {
    /// What [`from_json`] gives.
    ///
    /// # Errors
    /// Those of [`from_json`].
    pub fn decode(&mut self, text: &str, ty: &Type) -> Result<Value, ConvertError> {
        let mut reader = Reader { text, at: 0, depth: 0, before: None, decoder: self };
        match reader.value(ty).filter(|_| reader.is_at_end()) {
            Some(value) => Ok(value),
            None => decode::of_type(text, ty),
        }
    }

    fn type_of(&mut self, text: &str) -> Option<Type> {
        if let Some(ty) = self.types.get(text) {
            return Some(ty.clone());
        }
        let ty = type_from_json(text).ok()?;
        if self.types.len() < REMEMBERED {
            self.types.insert(text.into(), ty.clone());
        }
        Some(ty)
    }

    /// The names of a type's attributes; `None` if any is not in normal form C.
    fn names_of(&mut self, object: &Arc<ObjectType>) -> Option<Arc<[Arc<str>]>> {
        let place = Arc::as_ptr(object) as usize;
        if let Some((_, names)) = self.names.get(&place) {
            return Some(names.clone());
        }
        let names: Arc<[Arc<str>]> = object.attributes.keys().cloned().collect();
        if !names.iter().all(|name| crate::value::normal(name.clone()) == *name) {
            return None;
        }
        if self.names.len() < REMEMBERED {
            self.names.insert(place, (object.clone(), names.clone()));
        }
        Some(names)
    }
}

/// A place in a text. Every method returns `None` where the text is not as it mostly is.
struct Reader<'t, 'd> {
    text: &'t str,
    at: usize,
    depth: u32,
    /// Where the value before stands that has its type beside it, and what it is.
    before: Option<(Range<usize>, Value)>,
    decoder: &'d mut Decoder,
}

/// How deep values may be within each other.
const DEEP: u32 = 100;

impl<'t> Reader<'t, '_> {
    fn value(&mut self, ty: &Type) -> Option<Value> {
        match (ty, self.peek()?) {
            (_, b'n') => self.word("null").map(|()| Value::null(ty.without_optional())),
            (Type::Any, b'{') => self.dynamic(),
            (Type::Bool, b't') => self.word("true").map(|()| Value::from(true)),
            (Type::Bool, b'f') => self.word("false").map(|()| Value::from(false)),
            (Type::Number, b'-' | b'0'..=b'9') => self.number(),
            (Type::String, b'"') => self.string().map(Value::string),
            (Type::List(element), b'[') if !element.has_any() => {
                let values = self.array(|reader, _| reader.value(element))?;
                Some(Value::list(element.without_optional(), values))
            }
            (Type::Set(element), b'[') if !element.has_any() => {
                let values = self.array(|reader, _| reader.value(element))?;
                Some(Value::set(element.without_optional(), values))
            }
            (Type::Tuple(types), b'[') => {
                let values = self.array(|reader, i| reader.value(types.get(i)?))?;
                (values.len() == types.len()).then(|| Value::tuple(values))
            }
            (Type::Map(element), b'{') if !element.has_any() => {
                let pairs = self.members(|reader, name| Some((Arc::<str>::from(name), reader.value(element)?)))?;
                Some(Value::map(element.without_optional(), pairs))
            }
            (Type::Object(object), b'{') => self.object(object),
            _ => None,
        }
    }

    fn implied(&mut self) -> Option<Value> {
        match self.peek()? {
            b'n' => self.word("null").map(|()| Value::null(Type::Any)),
            b't' => self.word("true").map(|()| Value::from(true)),
            b'f' => self.word("false").map(|()| Value::from(false)),
            b'"' => self.string().map(Value::string),
            b'[' => self.array(|reader, _| reader.implied()).map(Value::tuple),
            b'{' => {
                let pairs = self.members(|reader, name| Some((Arc::<str>::from(name), reader.implied()?)))?;
                Some(Value::object(pairs))
            }
            _ => self.number(),
        }
    }

    /// An object whose members are in the order of its type's names.
    fn object(&mut self, object: &Arc<ObjectType>) -> Option<Value> {
        let mut values = Vec::with_capacity(object.attributes.len());
        let mut types = object.attributes.iter();
        self.members(|reader, name| {
            loop {
                let (next, ty) = types.next()?;
                if **next == *name {
                    return reader.value(ty).map(|value| values.push(value));
                }
                values.push(Value::null(ty.without_optional()));
            }
        })?;
        values.extend(types.map(|(_, ty)| Value::null(ty.without_optional())));
        let fields = Fields::of(self.decoder.names_of(object)?, values)?;
        Some(Value::from_kind(Kind::Object(fields)))
    }

    /// A value that stands beside its type. An attribute often repeats the one before.
    fn dynamic(&mut self) -> Option<Value> {
        let begin = self.at;
        if let Some((same, value)) =
            self.before.as_ref().filter(|(same, _)| self.text[begin..].starts_with(&self.text[same.clone()]))
        {
            self.at += same.len();
            return Some(value.clone());
        }
        let value = self.value_and_type()?;
        self.before = Some((begin..self.at, value.clone()));
        Some(value)
    }

    fn value_and_type(&mut self) -> Option<Value> {
        let (begin, depth) = (self.at, self.depth);
        if let Some(value) = self.foreseen() {
            return Some(value);
        }
        (self.at, self.depth) = (begin, depth);
        let (mut value, mut ty) = (None, None);
        self.members(|reader, name| {
            let part = match name {
                "value" => &mut value,
                "type" => &mut ty,
                _ => return None,
            };
            let begin = reader.at;
            reader.skip()?;
            part.replace(begin..reader.at).is_none().then_some(())
        })?;
        let end = self.at;
        let (value, ty) = (value?, ty?);
        let written = &self.text[ty];
        let ty = self.decoder.type_of(written)?;
        if !ty.has_any() && written.len() < LONG {
            self.decoder.last = Some((written.into(), ty.clone()));
        }
        self.at = value.start;
        let read = self.value(&ty)?;
        let whole = self.at == value.end;
        self.at = end;
        whole.then_some(read)
    }

    /// The same if it has the type of the one before, which comes after it: then nothing is looked at twice.
    fn foreseen(&mut self) -> Option<Value> {
        let (written, ty) = self.decoder.last.clone()?;
        self.enter(b'{')?;
        self.member("value")?;
        let value = self.value(&ty)?;
        self.expect(b',')?;
        self.member("type")?;
        let is = self.text[self.at..].starts_with(&*written);
        self.at += written.len();
        self.leave(b'}').filter(|()| is)?;
        Some(value)
    }

    /// The name of a member, up to its value.
    fn member(&mut self, name: &str) -> Option<()> {
        self.peek()?;
        let is = self.plain_string()? == name;
        self.expect(b':')?;
        self.peek()?;
        is.then_some(())
    }

    fn array<T>(&mut self, mut one: impl FnMut(&mut Self, usize) -> Option<T>) -> Option<Vec<T>> {
        self.enter(b'[')?;
        let mut values = Vec::new();
        if self.peek()? != b']' {
            loop {
                values.push(one(self, values.len())?);
                match self.peek()? {
                    b',' => self.at += 1,
                    _ => break,
                }
            }
        }
        self.leave(b']').map(|()| values)
    }

    fn members<T>(&mut self, mut one: impl FnMut(&mut Self, &str) -> Option<T>) -> Option<Vec<T>> {
        self.enter(b'{')?;
        let mut values = Vec::new();
        if self.peek()? != b'}' {
            loop {
                self.peek()?;
                let name = self.plain_string()?;
                self.expect(b':')?;
                self.peek()?;
                values.push(one(self, name)?);
                match self.peek()? {
                    b',' => self.at += 1,
                    _ => break,
                }
            }
        }
        self.leave(b'}').map(|()| values)
    }

    fn enter(&mut self, bracket: u8) -> Option<()> {
        self.depth += 1;
        if self.depth > DEEP {
            return None;
        }
        self.expect(bracket)
    }

    fn leave(&mut self, bracket: u8) -> Option<()> {
        self.depth -= 1;
        self.expect(bracket)
    }

    fn number(&mut self) -> Option<Value> {
        let rest = &self.text[self.at..];
        let is_part = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'-' | b'+' | b'.' | b'e' | b'E');
        let length = rest.bytes().position(|byte| !is_part(byte)).unwrap_or(rest.len());
        let text = &rest[..length];
        self.at += length;
        let digits = text.strip_prefix('-').unwrap_or(text);
        if digits.len() < 18 && digits.bytes().all(|byte| byte.is_ascii_digit()) {
            let is_json = !digits.is_empty() && (digits.len() == 1 || !digits.starts_with('0'));
            return text.parse::<i64>().ok().filter(|_| is_json).map(Value::from);
        }
        text.parse::<serde_json::Number>().ok()?;
        text.parse::<Number>().ok().map(Value::from)
    }

    /// A string without escapes, as part of the text.
    fn plain_string(&mut self) -> Option<&'t str> {
        let begin = self.at + 1;
        self.expect(b'"')?;
        let length = plain(&self.text.as_bytes()[begin..]);
        self.at = begin + length;
        self.expect_here(b'"')?;
        Some(&self.text[begin..begin + length])
    }

    fn string(&mut self) -> Option<Arc<str>> {
        let begin = self.at + 1;
        let bytes = self.text.as_bytes();
        self.expect(b'"')?;
        self.at += plain(&bytes[begin..]);
        if *bytes.get(self.at)? == b'"' {
            self.at += 1;
            return Some(self.shared(&self.text[begin..self.at - 1]));
        }
        let mut text = String::with_capacity(end_of_string(&bytes[begin..])?);
        text.push_str(&self.text[begin..self.at]);
        loop {
            match *bytes.get(self.at)? {
                b'"' => break,
                b'\\' => text.push(self.escape()?),
                _ => return None,
            }
            let from = self.at;
            self.at += plain(&bytes[from..]);
            text.push_str(&self.text[from..self.at]);
        }
        self.at += 1;
        Some(self.shared(&text))
    }

    /// A string, which is the last long one if it says the same.
    fn shared(&mut self, text: &str) -> Arc<str> {
        if text.len() < LONG {
            return text.into();
        }
        if let Some(long) = self.decoder.long.as_ref().filter(|long| ***long == *text) {
            return long.clone();
        }
        let long: Arc<str> = text.into();
        self.decoder.long = Some(long.clone());
        long
    }

    fn escape(&mut self) -> Option<char> {
        let escaped = *self.text.as_bytes().get(self.at + 1)?;
        self.at += 2;
        Some(match escaped {
            b'"' | b'\\' | b'/' => char::from(escaped),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let digits = self.text.get(self.at..self.at + 4)?;
                self.at += 4;
                let is_hexadecimal = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
                // Halves of pairs are left to others.
                char::from_u32(u32::from_str_radix(digits, 16).ok().filter(|_| is_hexadecimal)?)?
            }
            _ => return None,
        })
    }

    /// Goes past a value without looking closely at it.
    fn skip(&mut self) -> Option<()> {
        let bytes = self.text.as_bytes();
        let mut depth = 0;
        loop {
            match *bytes.get(self.at)? {
                b'"' => self.at += 2 + end_of_string(&bytes[self.at + 1..])?,
                b'{' | b'[' => {
                    depth += 1;
                    self.at += 1;
                }
                b'}' | b']' | b',' if depth == 0 => return Some(()),
                b'}' | b']' => {
                    depth -= 1;
                    self.at += 1;
                }
                byte if depth == 0 && byte.is_ascii_whitespace() => return Some(()),
                _ => self.at += 1,
            }
            if depth == 0 && matches!(bytes[self.at - 1], b'"' | b'}' | b']') {
                return Some(());
            }
        }
    }

    fn word(&mut self, word: &str) -> Option<()> {
        let is = self.text[self.at..].starts_with(word);
        self.at += word.len();
        is.then_some(())
    }

    /// The next byte that is no white space.
    fn peek(&mut self) -> Option<u8> {
        const INDENTATION: &[u8] = b"        ";
        let bytes = self.text.as_bytes();
        loop {
            match *bytes.get(self.at)? {
                b' ' if bytes[self.at..].starts_with(INDENTATION) => self.at += INDENTATION.len(),
                b' ' | b'\n' | b'\r' | b'\t' => self.at += 1,
                other => return Some(other),
            }
        }
    }

    fn expect(&mut self, byte: u8) -> Option<()> {
        self.peek()?;
        self.expect_here(byte)
    }

    fn expect_here(&mut self, byte: u8) -> Option<()> {
        let is = *self.text.as_bytes().get(self.at)? == byte;
        self.at += 1;
        is.then_some(())
    }

    fn is_at_end(&mut self) -> bool {
        self.peek().is_none()
    }
}

/// How long a string is that has been begun, without its closing quote.
fn end_of_string(bytes: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        at += plain(&bytes[at..]);
        match bytes.get(at)? {
            b'"' => return Some(at),
            b'\\' => at = (at + 2).min(bytes.len()),
            _ => return None,
        }
    }
}

/// How many bytes stand for themselves within a string.
fn plain(bytes: &[u8]) -> usize {
    let mut at = 0;
    while let Some(eight) = bytes[at..].first_chunk() {
        let found = special(u64::from_le_bytes(*eight));
        if found != 0 {
            return at + found.trailing_zeros() as usize / 8;
        }
        at += 8;
    }
    let is_special = |byte: &u8| matches!(byte, b'"' | b'\\' | ..0x20);
    at + bytes[at..].iter().position(is_special).unwrap_or(bytes.len() - at)
}

/// The highest bit of each of eight bytes that is a quote, a backslash or a control character, if no lower byte is one.
fn special(bytes: u64) -> u64 {
    const ONES: u64 = 0x0101_0101_0101_0101;
    let below = |bytes: u64, limit: u8| bytes.wrapping_sub(ONES * u64::from(limit)) & !bytes;
    let is = |byte: u8| below(bytes ^ (ONES * u64::from(byte)), 1);
    (below(bytes, 0x20) | is(b'"') | is(b'\\')) & (ONES << 7)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::{from_json_value, to_json};
    use super::*;

    fn read(text: &str, ty: &Type) -> Option<Value> {
        let mut decoder = Decoder::default();
        let mut reader = Reader { text, at: 0, depth: 0, before: None, decoder: &mut decoder };
        reader.value(ty).filter(|_| reader.is_at_end())
    }

    #[test]
    fn what_is_usual_is_read_here_and_like_the_tree() {
        let ty = type_from_json(
            r#"["object",{"a":"dynamic","b":["list","number"],"c":["map","bool"],"d":["set","string"],"e":"string"}]"#,
        )
        .unwrap();
        let long = "x".repeat(40);
        for text in [
            r#"{}"#,
            r#"{"a":null,"b":[1,-2,0,123456789012345678901.5,1e3],"c":{"z":true,"a":false},"d":["b","a","b"]}"#,
            r#" { "a" : { "value" : [ 1 , { "x" : "y" } ] , "type" : ["tuple",["number",["object",{"x":"string"}]]] } } "#,
            r#"{"a":{"type":"string","value":"a \"b\" \\ \n\u003c\u00e9 é"},"e":"\/"}"#,
            &format!(r#"{{"a":{{"value":"{long}\t{long}","type":"string"}},"e":"{long}"}}"#),
        ] {
            let value = read(text, &ty).unwrap();
            assert_eq!(value, from_json_value(&serde_json::from_str(text).unwrap(), &ty).unwrap(), "{text}");
            assert_eq!(read(&to_json(&value, &ty).unwrap(), &ty), Some(value), "{text}");
        }
    }

    #[test]
    fn what_is_wrong_or_rare_is_left_to_others() {
        let ty = type_from_json(r#"["object",{"a":"dynamic","n":"number","s":"string"}]"#).unwrap();
        for text in [
            "",
            "{",
            r#"{"s":"x"} x"#,
            r#"{"s":"x",}"#,
            r#"{"s":"x","n":1}"#,
            r#"{"n":01}"#,
            r#"{"n":-}"#,
            r#"{"n":1.}"#,
            r#"{"n":"1"}"#,
            r#"{"s":"\ud83d\ude00"}"#,
            r#"{"s":"\x"}"#,
            r#"{"s":"\u+123"}"#,
            "{\"s\":\"a\nb\"}",
            r#"{"b":1}"#,
            r#"{"a":{"value":1}}"#,
            r#"{"a":{"value":1,"type":"number","more":1}}"#,
            r#"{"a":{"value":1 2,"type":"number"}}"#,
            r#"{"s":"x"#,
        ] {
            assert_eq!(read(text, &ty), None, "{text}");
        }
        assert_eq!(from_json(r#"{"n":"1"}"#, &ty).unwrap().get("n"), Some(&Value::from(1)));
        assert_eq!(from_json(r#"{"s":"\ud83d\ude00"}"#, &ty).unwrap().get("s"), Some(&Value::from("😀")));
        assert!(from_json(r#"{"n":01}"#, &ty).is_err());
        assert!(json_decode(&"[".repeat(100_000)).is_err());
    }

    #[test]
    fn the_type_of_the_value_before_is_only_a_guess() {
        let ty = type_from_json(r#"["object",{"a":"dynamic","b":"dynamic"}]"#).unwrap();
        let one = |value: &str, ty: &str| format!(r#"{{"value":{value},"type":{ty}}}"#);
        let (text, number) = (one(r#""x""#, r#""string""#), one("1", r#""number""#));
        let list = one(r#"["x"]"#, r#"["list","string"]"#);
        let tuple = one(r#"["x"]"#, r#"["tuple",["string"]]"#);
        let mut decoder = Decoder::default();
        for (a, b) in [(&text, &text), (&text, &number), (&list, &tuple), (&tuple, &list), (&list, &list)] {
            let both = format!(r#"{{"a":{a},"b":{b}}}"#);
            let tree = from_json_value(&serde_json::from_str(&both).unwrap(), &ty).unwrap();
            assert_eq!(decoder.decode(&both, &ty).unwrap(), tree, "{both}");
        }
        let wrong = format!(r#"{{"a":{list},"b":{}}}"#, r#"{"value":["x"],"type":["list","string"],"more":1}"#);
        assert!(decoder.decode(&wrong, &ty).is_err());
    }

    #[test]
    fn the_end_of_what_stands_for_itself_is_found_wherever_it_is() {
        for length in 0..40 {
            for byte in ['"', '\\', '\n', '\u{1f}', ' ', '!', '#', '[', ']', '\u{7f}', 'é', '\u{80}', '\u{a2}'] {
                let text = format!("{}{byte}{}", "é".repeat(length / 2) + &"x".repeat(length % 2), "\"y".repeat(5));
                let expect = text.bytes().position(|b| matches!(b, b'"' | b'\\') || b < 0x20);
                assert_eq!(Some(plain(text.as_bytes())), expect, "{text:?}");
            }
        }
    }

    #[test]
    fn what_repeats_the_value_before_is_the_same() {
        let ty = type_from_json(r#"["object",{"a":"dynamic","b":"dynamic","c":"dynamic"}]"#).unwrap();
        let one = r#"{"value":{"x":[1,"y"]},"type":["object",{"x":["tuple",["number","string"]]}]}"#;
        let text = format!(r#"{{"a":{one},"b":{one},"c":{}}}"#, one.replace('1', "12"));
        let value = read(&text, &ty).unwrap();
        assert_eq!(value, from_json_value(&serde_json::from_str(&text).unwrap(), &ty).unwrap());
        let [Some(a), Some(b)] = ["a", "b"].map(|name| value.get(name).and_then(Value::fields)) else { panic!() };
        assert_eq!(a.values().as_ptr(), b.values().as_ptr());
        assert_eq!(read(&text.replace(",\"c\"", " 1,\"c\""), &ty), None);
    }

    #[test]
    fn long_strings_are_shared() {
        let ty = type_from_json(r#"["object",{"a":"string","b":"string"}]"#).unwrap();
        let long = "x\\n".repeat(LONG);
        let value = from_json(&format!(r#"{{"a":"{long}","b":"{long}"}}"#), &ty).unwrap();
        let [Some(a), Some(b)] = ["a", "b"].map(|name| value.get(name).and_then(Value::as_str)) else { panic!() };
        assert_eq!((a.as_ptr(), a.len()), (b.as_ptr(), 2 * LONG));
    }

    #[test]
    fn objects_of_one_type_share_their_names() {
        let ty = type_from_json(r#"["object",{"a":"dynamic"}]"#).unwrap();
        let mut decoder = Decoder::default();
        let text = r#"{"a":{"value":{"x":1},"type":["object",{"x":"number"}]}}"#;
        let values = [decoder.decode(text, &ty).unwrap(), decoder.decode(text, &ty).unwrap()];
        let names = values.each_ref().map(|v| v.get("a").unwrap().fields().unwrap().names());
        assert!(Arc::ptr_eq(names[0], names[1]));
    }
}
