//! MessagePack to values.

use std::sync::Arc;

use rmp::Marker;
use rmp::decode::{
    ExtMeta, read_array_len, read_bool, read_ext_meta, read_f32, read_f64, read_int, read_map_len, read_marker,
};

use super::{REFINED, known};
use crate::convert::alike;
use crate::json::type_from_json;
use crate::{Bound, ConvertError, Number, ObjectType, Path, Refinement, Step, Type, Value};

/// Greatest number of bytes that may be known of an unknown value.
const REFINEMENT_LIMIT: u32 = 1024;

/// The value of a type that MessagePack says. Bytes after it are ignored.
pub fn from_msgpack(bytes: &[u8], ty: &Type) -> Result<Value, ConvertError> {
    Decoder { rest: bytes, path: Path::root() }.value(ty)
}

struct Decoder<'b> {
    rest: &'b [u8],
    path: Path,
}

impl Decoder<'_> {
    fn fail<T>(&self, message: impl Into<String>) -> Result<T, ConvertError> {
        Err(ConvertError::new(self.path.clone(), message))
    }

    fn required<T, E>(&self, result: Result<T, E>, what: &str) -> Result<T, ConvertError> {
        result.or_else(|_| self.fail(format!("{what} is required")))
    }

    fn peek(&self) -> Result<Marker, ConvertError> {
        match self.rest.first() {
            Some(byte) => Ok(Marker::from_u8(*byte)),
            None => self.fail("data ends too early"),
        }
    }

    fn value(&mut self, ty: &Type) -> Result<Value, ConvertError> {
        let marker = self.peek()?;
        if is_extension(marker) {
            return self.unknown(ty);
        }
        if marker == Marker::Null {
            self.rest = &self.rest[1..];
            return Ok(Value::null(ty.without_optional()));
        }
        match ty {
            Type::Any => self.with_type(),
            Type::Bool => {
                let read = read_bool(&mut self.rest);
                self.required(read, "bool").map(Value::from)
            }
            Type::Number => self.number(marker),
            Type::String => self.text("string").map(Value::from),
            Type::List(t) => self.elements(t, "list").map(|(element, values)| Value::list(element, values)),
            Type::Set(t) => self.elements(t, "set").map(|(element, values)| Value::set(element, values)),
            Type::Map(t) => self.map(t),
            Type::Tuple(types) => self.tuple(types),
            Type::Object(object) => self.object(object),
        }
    }

    fn with_type(&mut self) -> Result<Value, ConvertError> {
        let read = read_array_len(&mut self.rest);
        if self.required(read, "a value with its type")? != 2 {
            return self.fail("a value with its type must be an array of two");
        }
        let name = self.text("a type")?;
        let ty = type_from_json(&name).or_else(|e| self.fail(e.message))?;
        match ty {
            Type::Any => self.fail("a value cannot have any type as its own"),
            ty => self.value(&ty),
        }
    }

    /// A text, also if it is marked as binary.
    fn text(&mut self, what: &str) -> Result<String, ConvertError> {
        let text = self.bytes().and_then(|bytes| String::from_utf8(bytes.to_vec()).ok());
        text.map_or_else(|| self.fail(format!("{what} is required")), Ok)
    }

    fn bytes(&mut self) -> Option<&[u8]> {
        let mut rest = self.rest;
        let length = match length_of(read_marker(&mut rest).ok()?)? {
            Length::Known(length) => length,
            Length::In(size) => {
                let (head, tail) = rest.split_at_checked(size)?;
                rest = tail;
                head.iter().fold(0usize, |n, byte| (n << 8) | usize::from(*byte))
            }
        };
        let (found, rest) = rest.split_at_checked(length)?;
        self.rest = rest;
        Some(found)
    }

    fn number(&mut self, marker: Marker) -> Result<Value, ConvertError> {
        let number = match marker {
            Marker::FixPos(_) | Marker::U8 | Marker::U16 | Marker::U32 | Marker::U64 => {
                read_int::<u64, _>(&mut self.rest).ok().map(Number::from)
            }
            Marker::FixNeg(_) | Marker::I8 | Marker::I16 | Marker::I32 | Marker::I64 => {
                read_int::<i64, _>(&mut self.rest).ok().map(Number::from)
            }
            Marker::F32 => read_f32(&mut self.rest).ok().and_then(|f| Number::from_f64(f.into())),
            Marker::F64 => read_f64(&mut self.rest).ok().and_then(Number::from_f64),
            _ => self.text("number")?.parse().ok(),
        };
        number.map(Value::from).map_or_else(|| self.fail("number is required"), Ok)
    }

    fn elements(&mut self, ty: &Type, kind: &str) -> Result<(Type, Vec<Value>), ConvertError> {
        let read = read_array_len(&mut self.rest);
        let count = self.required(read, kind)?;
        let values: Vec<Value> = (0..count).map(|i| self.at(place(i as usize), ty)).collect::<Result<_, _>>()?;
        alike(ty, values, kind, &mut self.path, place)
    }

    fn tuple(&mut self, types: &[Type]) -> Result<Value, ConvertError> {
        let read = read_array_len(&mut self.rest);
        if self.required(read, "a tuple")? as usize != types.len() {
            return self.fail(format!("a tuple of length {} is required", types.len()));
        }
        let each = types.iter().enumerate();
        let values: Vec<Value> = each.map(|(i, ty)| self.at(place(i), ty)).collect::<Result<_, _>>()?;
        Ok(Value::tuple(values))
    }

    fn map(&mut self, ty: &Type) -> Result<Value, ConvertError> {
        let read = read_map_len(&mut self.rest);
        let count = self.required(read, "a map")?;
        let (mut keys, mut values) = (Vec::<Arc<str>>::new(), Vec::new());
        for _ in 0..count {
            let key: Arc<str> = self.text("a string as key")?.into();
            values.push(self.at(Step::Index(Value::string(key.clone())), ty)?);
            keys.push(key);
        }
        let step = |i: usize| keys.get(i).map_or_else(|| place(i), |key| Step::Index(Value::string(key.clone())));
        let (element, values) = alike(ty, values, "map", &mut self.path, step)?;
        Ok(Value::map(element, keys.into_iter().zip(values)))
    }

    fn object(&mut self, object: &ObjectType) -> Result<Value, ConvertError> {
        let read = read_map_len(&mut self.rest);
        let count = self.required(read, "an object")? as usize;
        if count != object.attributes.len() {
            let need = object.attributes.len();
            return self.fail(format!("an object with {need} attributes is required ({count} given)"));
        }
        let mut pairs = Vec::with_capacity(count);
        for _ in 0..count {
            let name: Arc<str> = self.text("a string as attribute name")?.into();
            let Some(ty) = object.attributes.get(&name) else {
                return self.fail(format!("unsupported attribute {name:?}"));
            };
            pairs.push((name.clone(), self.at(Step::Attr(name), ty)?));
        }
        let value = Value::object(pairs);
        match value.fields().is_some_and(|f| f.len() == count) {
            true => Ok(value),
            false => self.fail("an attribute is given twice"),
        }
    }

    fn at(&mut self, step: Step, ty: &Type) -> Result<Value, ConvertError> {
        self.path.0.push(step);
        let value = self.value(ty)?;
        self.path.0.pop();
        Ok(value)
    }

    fn unknown(&mut self, ty: &Type) -> Result<Value, ConvertError> {
        let read = read_ext_meta(&mut self.rest);
        let ExtMeta { typeid, size } = self.required(read, "an unknown value")?;
        let Some((body, rest)) = self.rest.split_at_checked(size as usize) else {
            return self.fail("data ends too early");
        };
        self.rest = rest;
        let unknown = Value::unknown(ty.without_optional());
        match size {
            0 | 1 => Ok(unknown),
            _ if typeid != REFINED => self.fail(format!("unsupported extension type {typeid} of {size} bytes")),
            REFINEMENT_LIMIT.. => self.fail("what is known of an unknown value is too long"),
            _ => Decoder { rest: body, path: self.path.clone() }.refined(unknown, ty),
        }
    }

    fn refined(&mut self, unknown: Value, ty: &Type) -> Result<Value, ConvertError> {
        let read = read_map_len(&mut self.rest);
        let count = self.required(read, "a map of what is known of an unknown value")?;
        if *ty == Type::Any {
            return Ok(unknown);
        }
        let mut refinement = Refinement::default();
        for _ in 0..count {
            let read = read_int::<u64, _>(&mut self.rest);
            match (self.required(read, "an integer as key of what is known")?, ty) {
                (known::NULLNESS, _) => {
                    let read = read_bool(&mut self.rest);
                    if self.required(read, "bool")? {
                        return Ok(Value::null(ty.without_optional()));
                    }
                    refinement.not_null = true;
                }
                (known::PREFIX, Type::String) => refinement.prefix = Some(self.text("string")?.into()),
                (known::NUMBER_LEAST, Type::Number) => self.bound(&mut refinement, true)?,
                (known::NUMBER_MOST, Type::Number) => self.bound(&mut refinement, false)?,
                (key @ (known::LENGTH_LEAST | known::LENGTH_MOST), ty) if ty.is_collection() => {
                    let read = read_int::<u64, _>(&mut self.rest);
                    let length = self.required(read, "a length")?;
                    let (least, most) = refinement.length.unwrap_or_default();
                    refinement.length =
                        Some(if key == known::LENGTH_LEAST { (length, most) } else { (least, Some(length)) });
                }
                (key @ known::PREFIX..=known::LENGTH_MOST, _) => {
                    return self.fail(format!("what is known of an unknown {} cannot have key {key}", ty.friendly()));
                }
                // A key of later versions: its value cannot be skipped without knowing it, so the rest is left out.
                _ => break,
            }
        }
        Ok(unknown.refine(refinement))
    }

    fn bound(&mut self, refinement: &mut Refinement, least: bool) -> Result<(), ConvertError> {
        let pair = self.value(&Type::tuple([Type::Number, Type::Bool]))?;
        let parts = pair.elements().unwrap_or_default();
        let (Some(at), Some(inclusive)) =
            (parts.first().and_then(Value::as_number), parts.get(1).and_then(Value::as_bool))
        else {
            return self.fail("a bound must be a number and a bool");
        };
        let mut bounds = refinement.bounds.as_deref().cloned().unwrap_or_default();
        let end = Some(Bound { at: at.clone(), inclusive });
        if least {
            bounds.least = end;
        } else {
            bounds.most = end;
        }
        refinement.bounds = Some(Arc::new(bounds));
        Ok(())
    }
}

fn place(i: usize) -> Step {
    Step::Index(Value::from(i as i64))
}

fn is_extension(marker: Marker) -> bool {
    matches!(
        marker,
        Marker::FixExt1
            | Marker::FixExt2
            | Marker::FixExt4
            | Marker::FixExt8
            | Marker::FixExt16
            | Marker::Ext8
            | Marker::Ext16
            | Marker::Ext32
    )
}

/// Where the length of a text or binary is.
enum Length {
    Known(usize),
    /// In so many bytes that follow.
    In(usize),
}

fn length_of(marker: Marker) -> Option<Length> {
    match marker {
        Marker::FixStr(n) => Some(Length::Known(n.into())),
        Marker::Str8 | Marker::Bin8 => Some(Length::In(1)),
        Marker::Str16 | Marker::Bin16 => Some(Length::In(2)),
        Marker::Str32 | Marker::Bin32 => Some(Length::In(4)),
        _ => None,
    }
}
