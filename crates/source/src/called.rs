//! The function whose call went wrong.

/// A function as it was called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Called {
    /// The name as it is written in the call.
    pub name: String,
    /// What the function takes and gives.
    pub signature: Signature,
}

/// What a function takes and gives; types are in Terraform's JSON form, for example `["list","string"]`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Signature {
    /// Its name without namespace.
    pub name: String,
    /// Names and types of the parameters that must be given.
    pub params: Vec<(String, String)>,
    /// Name and type of the parameter that all further arguments are given to.
    pub variadic: Option<(String, String)>,
    /// The type of the result.
    pub returns: String,
}

impl std::fmt::Display for Called {
    /// Writes the call with the names of its parameters: `join(separator, lists...)`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let single = self.signature.params.iter().map(|(name, _)| name.clone());
        let rest = self.signature.variadic.iter().map(|(name, _)| format!("{name}..."));
        let params: Vec<String> = single.chain(rest).collect();
        write!(f, "{}({})", self.name, params.join(", "))
    }
}
