//! Functions of hashes and of chance.

use bcrypt::Version;
use md5::{Digest, Md5};
use sha1::Sha1;
use sha2::{Sha256, Sha512};
use terrane_value::Value;
use uuid::Uuid;

use super::call::Call;
use super::filesystem::content;
use super::signature::a_string;
use super::{ArgError, Function, Param, base64};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("base64sha256", &[STR], a_string, |c| Ok(base64::encode(of_text::<Sha256>(c)).into())),
    Function::new("base64sha512", &[STR], a_string, |c| Ok(base64::encode(of_text::<Sha512>(c)).into())),
    Function::new("bcrypt", &[STR], a_string, bcrypt).variadic(Param::number("cost")).impure(),
    Function::new("filebase64sha256", &[PATH], a_string, |c| Ok(base64::encode(of_file::<Sha256>(c)?).into())),
    Function::new("filebase64sha512", &[PATH], a_string, |c| Ok(base64::encode(of_file::<Sha512>(c)?).into())),
    Function::new("filemd5", &[PATH], a_string, |c| Ok(hex(&of_file::<Md5>(c)?).into())),
    Function::new("filesha1", &[PATH], a_string, |c| Ok(hex(&of_file::<Sha1>(c)?).into())),
    Function::new("filesha256", &[PATH], a_string, |c| Ok(hex(&of_file::<Sha256>(c)?).into())),
    Function::new("filesha512", &[PATH], a_string, |c| Ok(hex(&of_file::<Sha512>(c)?).into())),
    Function::new("md5", &[STR], a_string, |c| Ok(hex(&of_text::<Md5>(c)).into())),
    Function::new("sha1", &[STR], a_string, |c| Ok(hex(&of_text::<Sha1>(c)).into())),
    Function::new("sha256", &[STR], a_string, |c| Ok(hex(&of_text::<Sha256>(c)).into())),
    Function::new("sha512", &[STR], a_string, |c| Ok(hex(&of_text::<Sha512>(c)).into())),
    Function::new("uuid", &[], a_string, uuid).impure(),
    Function::new("uuidv5", &[Param::string("namespace"), Param::string("name")], a_string, uuidv5),
];

const STR: Param = Param::string("str");
const PATH: Param = Param::string("path");

fn of_text<D: Digest>(call: &Call<'_>) -> Vec<u8> {
    D::digest(call.text(0)).to_vec()
}

fn of_file<D: Digest>(call: &Call<'_>) -> Result<Vec<u8>, ArgError> {
    Ok(D::digest(content(call, 0)?).to_vec())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

fn bcrypt(call: &Call<'_>) -> Result<Value, ArgError> {
    const DEFAULT: u32 = 10;
    if call.args.len() > 2 {
        return Err(ArgError::call(format!("there may be one or two arguments, not {}", call.args.len())));
    }
    let cost = if call.args.len() > 1 { call.integer(1)? } else { DEFAULT.into() };
    let cost = match u32::try_from(cost) {
        Ok(cost @ 4..=31) => cost,
        Ok(32..) => return Err(ArgError::at(1, format!("the cost must be at most 31, not {cost}")).revealing()),
        _ => DEFAULT,
    };
    let mut salt = [0; 16];
    call.world.random(&mut salt);
    let failed = |e: bcrypt::BcryptError| ArgError::call(format!("the text cannot be hashed: {e}"));
    let hash = bcrypt::non_truncating_hash_with_salt(call.text(0), cost, salt).map_err(failed)?;
    Ok(hash.format_for_version(Version::TwoA).into())
}

fn uuid(call: &Call<'_>) -> Result<Value, ArgError> {
    let mut bytes = [0; 16];
    call.world.random(&mut bytes);
    Ok(uuid::Builder::from_random_bytes(bytes).into_uuid().to_string().into())
}

fn uuidv5(call: &Call<'_>) -> Result<Value, ArgError> {
    let namespace = match call.text(0) {
        "dns" => Uuid::NAMESPACE_DNS,
        "url" => Uuid::NAMESPACE_URL,
        "oid" => Uuid::NAMESPACE_OID,
        "x500" => Uuid::NAMESPACE_X500,
        other => Uuid::parse_str(other).map_err(|_| {
            let words = "one of \"dns\", \"url\", \"oid\" and \"x500\"";
            ArgError::at(0, format!("a UUID or {words} is required, not {}", call.shown(other)))
        })?,
    };
    Ok(Uuid::new_v5(&namespace, call.text(1).as_bytes()).to_string().into())
}
