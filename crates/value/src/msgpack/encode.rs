//! Values to MessagePack.

use std::sync::Arc;

use rmp::encode::{ValueWriteError, buffer::ByteBuf};
use rmp::encode::{
    write_array_len, write_bin, write_bool, write_ext_meta, write_f64, write_map_len, write_nil, write_sint, write_str,
    write_uint,
};

use super::{REFINED, known};
use crate::json::type_to_json;
use crate::{Bound, ConvertError, Kind, Number, Path, Refinement, Step, Type, Value, convert};

/// Greatest number of bytes of a known prefix that is passed on.
const PREFIX_LIMIT: usize = 256;

/// A value as MessagePack, to be read back with the same type. A value of another type is converted first; marked parts
/// are errors.
pub fn to_msgpack(value: &Value, ty: &Type) -> Result<Vec<u8>, ConvertError> {
    let converted;
    let value = match value.ty().conforms_to(ty) {
        true => value,
        false => {
            converted = convert(value, ty)?;
            &converted
        }
    };
    let mut encoder = Encoder { out: ByteBuf::new(), path: Path::root() };
    encoder.value(value, ty)?;
    Ok(encoder.out.into_vec())
}

struct Encoder {
    out: ByteBuf,
    path: Path,
}

impl Encoder {
    fn fail<T>(&self, message: impl Into<String>) -> Result<T, ConvertError> {
        Err(ConvertError::new(self.path.clone(), message))
    }

    /// The result of writing to memory, which fails only for what the format cannot hold.
    fn done<T, E: rmp::encode::RmpWriteErr>(&self, result: Result<T, ValueWriteError<E>>) -> Result<(), ConvertError> {
        result.map(drop).or_else(|_| self.fail("value cannot be serialized"))
    }

    fn count(&self, count: usize) -> Result<u32, ConvertError> {
        u32::try_from(count).or_else(|_| self.fail("value has too many elements to be serialized"))
    }

    fn value(&mut self, value: &Value, ty: &Type) -> Result<(), ConvertError> {
        if !value.marks().is_empty() {
            return self.fail("value has marks, so it cannot be serialized");
        }
        match (value.kind(), ty) {
            (Kind::Null(Type::Any), _) => self.null(),
            (Kind::Unknown(Type::Any, _), _) => self.unknown(&Type::Any, &Refinement::default()),
            (_, Type::Any) => self.with_type(value),
            (Kind::Unknown(own, refinement), _) => self.unknown(own, refinement),
            (Kind::Null(_), _) => self.null(),
            _ => self.known(value, ty),
        }
    }

    fn null(&mut self) -> Result<(), ConvertError> {
        let written = write_nil(&mut self.out);
        written.or_else(|_| self.fail("value cannot be serialized"))
    }

    fn with_type(&mut self, value: &Value) -> Result<(), ConvertError> {
        let own = value.ty();
        let head = write_array_len(&mut self.out, 2);
        self.done(head)?;
        let name = write_bin(&mut self.out, type_to_json(&own).as_bytes());
        self.done(name)?;
        self.value(value, &own)
    }

    fn known(&mut self, value: &Value, ty: &Type) -> Result<(), ConvertError> {
        match value.kind() {
            Kind::Null(_) | Kind::Unknown(..) => Ok(()),
            Kind::Bool(b) => {
                let written = write_bool(&mut self.out, *b);
                written.or_else(|_| self.fail("value cannot be serialized"))
            }
            Kind::Number(n) => self.number(n),
            Kind::String(s) => self.text(s),
            Kind::List(_, values) | Kind::Set(_, values) => {
                self.sequence(values, |_| ty.element().cloned().unwrap_or(Type::Any))
            }
            Kind::Tuple(values) => self.sequence(values, |i| match ty {
                Type::Tuple(types) => types.get(i).cloned().unwrap_or(Type::Any),
                _ => Type::Any,
            }),
            Kind::Map(_, fields) => {
                let element = ty.element().cloned().unwrap_or(Type::Any);
                let key = |name: &Arc<str>| Step::Index(Value::string(name.clone()));
                self.mapping(fields.iter().map(|(name, value)| (name, value, key(name), element.clone())))
            }
            Kind::Object(fields) => self.mapping(fields.iter().map(|(name, value)| {
                let ty = ty.attribute(name).cloned().unwrap_or(Type::Any);
                (name, value, Step::Attr(name.clone()), ty)
            })),
        }
    }

    fn text(&mut self, text: &str) -> Result<(), ConvertError> {
        let written = write_str(&mut self.out, text);
        self.done(written)
    }

    /// An integer or float if it is exactly one, otherwise its digits.
    fn number(&mut self, number: &Number) -> Result<(), ConvertError> {
        if let Some(i) = number.as_i64() {
            let written = write_sint(&mut self.out, i);
            return self.done(written);
        }
        match number.as_exact_f64() {
            Some(f) if !number.is_integer() => {
                let written = write_f64(&mut self.out, f);
                self.done(written)
            }
            _ => self.text(&number.to_string()),
        }
    }

    fn sequence(&mut self, values: &[Value], ty: impl Fn(usize) -> Type) -> Result<(), ConvertError> {
        let count = self.count(values.len())?;
        let head = write_array_len(&mut self.out, count);
        self.done(head)?;
        for (i, value) in values.iter().enumerate() {
            self.path.0.push(Step::Index(Value::from(i as i64)));
            self.value(value, &ty(i))?;
            self.path.0.pop();
        }
        Ok(())
    }

    fn mapping<'v>(
        &mut self,
        members: impl ExactSizeIterator<Item = (&'v Arc<str>, &'v Value, Step, Type)>,
    ) -> Result<(), ConvertError> {
        let count = self.count(members.len())?;
        let head = write_map_len(&mut self.out, count);
        self.done(head)?;
        for (name, value, step, ty) in members {
            self.text(name)?;
            self.path.0.push(step);
            self.value(value, &ty)?;
            self.path.0.pop();
        }
        Ok(())
    }

    fn unknown(&mut self, ty: &Type, refinement: &Refinement) -> Result<(), ConvertError> {
        let mut inner = Encoder { out: ByteBuf::new(), path: self.path.clone() };
        let count = inner.refinement(ty, refinement)?;
        if count == 0 {
            self.out.as_mut_vec().extend([0xd4, 0, 0]);
            return Ok(());
        }
        let mut body = ByteBuf::new();
        self.done(write_map_len(&mut body, count))?;
        body.as_mut_vec().extend(inner.out.into_vec());
        let size = self.count(body.as_slice().len())?;
        let head = write_ext_meta(&mut self.out, size, REFINED);
        self.done(head)?;
        self.out.as_mut_vec().extend(body.into_vec());
        Ok(())
    }

    /// Writes the members of the map of what is known, and returns how many there are.
    fn refinement(&mut self, ty: &Type, refinement: &Refinement) -> Result<u32, ConvertError> {
        let mut count = 0;
        if *ty == Type::Any {
            return Ok(count);
        }
        if refinement.not_null {
            count += self.key(known::NULLNESS)?;
            let written = write_bool(&mut self.out, false);
            written.or_else(|_| self.fail("value cannot be serialized"))?;
        }
        if let (Type::String, Some(prefix)) = (ty, refinement.prefix.as_deref().filter(|p| !p.is_empty())) {
            count += self.key(known::PREFIX)?;
            self.text(shortened(prefix))?;
        }
        if let (Type::Number, Some(bounds)) = (ty, &refinement.bounds) {
            count += self.bound(known::NUMBER_LEAST, bounds.least.as_ref())?;
            count += self.bound(known::NUMBER_MOST, bounds.most.as_ref())?;
        }
        if let (true, Some((least, most))) = (ty.is_collection(), refinement.length) {
            count += self.length(known::LENGTH_LEAST, Some(least).filter(|least| *least > 0))?;
            count += self.length(known::LENGTH_MOST, most)?;
        }
        Ok(count)
    }

    fn key(&mut self, key: u64) -> Result<u32, ConvertError> {
        let written = write_uint(&mut self.out, key);
        self.done(written).map(|()| 1)
    }

    fn bound(&mut self, key: u64, bound: Option<&Bound>) -> Result<u32, ConvertError> {
        let Some(bound) = bound else { return Ok(0) };
        self.key(key)?;
        let pair = Value::tuple([Value::from(bound.at.clone()), Value::from(bound.inclusive)]);
        self.value(&pair, &Type::tuple([Type::Number, Type::Bool])).map(|()| 1)
    }

    fn length(&mut self, key: u64, length: Option<u64>) -> Result<u32, ConvertError> {
        let Some(length) = length else { return Ok(0) };
        self.key(key)?;
        let written = write_uint(&mut self.out, length);
        self.done(written).map(|()| 1)
    }
}

/// The beginning of a prefix, without a last character that what follows might be joined with.
fn shortened(prefix: &str) -> &str {
    if prefix.len() <= PREFIX_LIMIT {
        return prefix;
    }
    let end = prefix.floor_char_boundary(PREFIX_LIMIT - 1);
    let last = prefix[..end].char_indices().next_back().map_or(0, |(at, _)| at);
    &prefix[..last]
}
