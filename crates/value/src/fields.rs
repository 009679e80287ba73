//! Values by name, sorted.

use std::sync::Arc;

use crate::Value;

/// The attributes of an object or the elements of a map: names in ascending order, each with its value.
///
/// Cloning bumps two counts; a look-up is a binary search. Objects of one schema may share their names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fields {
    names: Arc<[Arc<str>]>,
    values: Arc<[Value]>,
}

impl Fields {
    /// Values under ascending names in normal form C, which may be shared; `None` unless there are as many.
    pub(crate) fn of(names: Arc<[Arc<str>]>, values: Vec<Value>) -> Option<Fields> {
        (names.len() == values.len()).then(|| Fields { names, values: values.into() })
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// The value under a name.
    pub fn get(&self, name: &str) -> Option<&Value> {
        let at = self.names.binary_search_by(|n| (**n).cmp(name)).ok()?;
        self.values.get(at)
    }

    /// Names and values in ascending order of names.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&Arc<str>, &Value)> + ExactSizeIterator {
        self.names.iter().zip(self.values.iter())
    }

    /// The names in ascending order.
    pub fn names(&self) -> &Arc<[Arc<str>]> {
        &self.names
    }

    /// The values in the order of their names.
    pub fn values(&self) -> &[Value] {
        &self.values
    }

    /// The same names with each value changed by `f`; the names stay shared.
    pub fn map(&self, mut f: impl FnMut(&str, &Value) -> Value) -> Fields {
        let values = self.iter().map(|(name, value)| f(name, value)).collect();
        Fields { names: self.names.clone(), values }
    }

    /// A copy in which `name` has `value`, added if it was absent.
    pub fn with(&self, name: &str, value: Value) -> Fields {
        match self.names.binary_search_by(|n| (**n).cmp(name)) {
            Ok(at) => {
                let mut values = self.values.to_vec();
                values[at] = value;
                Fields { names: self.names.clone(), values: values.into() }
            }
            Err(_) => {
                let rest = self.iter().map(|(n, v)| (n.clone(), v.clone()));
                rest.chain(std::iter::once((Arc::from(name), value))).collect()
            }
        }
    }

    /// A copy without `name`.
    pub fn without(&self, name: &str) -> Fields {
        self.iter().filter(|(n, _)| ***n != *name).map(|(n, v)| (n.clone(), v.clone())).collect()
    }
}

impl<N: Into<Arc<str>>> FromIterator<(N, Value)> for Fields {
    /// Sorts by name, in normal form C; of two values under one name the last stays.
    fn from_iter<I: IntoIterator<Item = (N, Value)>>(pairs: I) -> Fields {
        let mut pairs: Vec<(Arc<str>, Value)> =
            pairs.into_iter().map(|(n, v)| (crate::value::normal(n.into()), v)).collect();
        if !pairs.is_sorted_by(|a, b| a.0 < b.0) {
            pairs.sort_by(|a, b| a.0.cmp(&b.0));
            pairs.reverse();
            pairs.dedup_by(|a, b| a.0 == b.0);
            pairs.reverse();
        }
        let (names, values): (Vec<_>, Vec<_>) = pairs.into_iter().unzip();
        Fields { names: names.into(), values: values.into() }
    }
}
