//! Bucket settings in the form that S3 documents: the root elements of answers, and who pays for requests.

use super::Visit;
use crate::http::Response;
use crate::xml;
use std::collections::HashMap;
use std::io;
use std::sync::{Mutex, PoisonError};

/// Actions, the root element that moto answers, and the one that S3 does.
const ROOTS: [(&str, &str, &str); 2] = [
    ("GetBucketAccelerateConfiguration", "GetBucketAccelerateConfigurationResponse", "AccelerateConfiguration"),
    ("GetBucketVersioning", "GetBucketVersioningResponse", "VersioningConfiguration"),
];

/// Who pays for requests to a bucket, by bucket; the owner where nothing was set. Moto knows nothing of it.
#[derive(Default)]
pub struct Payers(Mutex<HashMap<String, String>>);

impl Payers {
    /// Answers an S3 call by `act`, or from memory if it is about who pays, and corrects the form of the answer.
    pub fn answer(&self, visit: &Visit<'_>, act: impl FnOnce() -> io::Result<Response>) -> io::Result<Response> {
        let bucket = visit.call.param("Bucket").unwrap_or_default();
        match visit.call.action.as_str() {
            "GetBucketRequestPayment" if exists(visit)? => Ok(self.get(bucket)),
            "PutBucketRequestPayment" if exists(visit)? => Ok(self.put(bucket, &visit.request.body)),
            _ => Ok(correct(&visit.call.action, act()?)),
        }
    }

    fn get(&self, bucket: &str) -> Response {
        let payers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let payer = payers.get(bucket).map_or("BucketOwner", String::as_str);
        let root = "RequestPaymentConfiguration";
        Response::new(200, "application/xml", format!("<{root}><Payer>{payer}</Payer></{root}>"))
    }

    fn put(&self, bucket: &str, body: &[u8]) -> Response {
        let body = std::str::from_utf8(body).unwrap_or_default();
        let payer = xml::parse(body).and_then(|root| root.child("Payer").map(|p| p.text(body).to_owned()));
        let mut payers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        payers.insert(bucket.to_owned(), payer.unwrap_or_else(|| "BucketOwner".to_owned()));
        Response::new(200, "application/xml", "")
    }
}

fn exists(visit: &Visit<'_>) -> io::Result<bool> {
    let path = visit.request.target.split('?').next().unwrap_or_default().to_owned();
    let mut request = visit.request.clone();
    (request.method, request.target, request.body) = ("HEAD".to_owned(), path, Vec::new());
    Ok(visit.upstream.send(visit.call, &request)?.is_success())
}

fn correct(action: &str, mut response: Response) -> Response {
    if let Some((_, wrong, right)) = ROOTS.iter().find(|(name, _, _)| *name == action) {
        response.body = response.text().replace(wrong, right).into_bytes();
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roots_are_those_of_s3() {
        let wrong = "<GetBucketVersioningResponse xmlns=\"u\"><Status>Enabled</Status></GetBucketVersioningResponse>";
        let right = "<VersioningConfiguration xmlns=\"u\"><Status>Enabled</Status></VersioningConfiguration>";
        let answer = |action| correct(action, Response::new(200, "application/xml", wrong)).text().to_owned();
        assert_eq!(answer("GetBucketVersioning"), right);
        assert_eq!(answer("GetBucketAcl"), wrong);
    }

    #[test]
    fn the_owner_pays_until_something_else_is_set() {
        let payers = Payers::default();
        assert!(payers.get("b").text().contains("<Payer>BucketOwner</Payer>"));
        payers.put("b", b"<RequestPaymentConfiguration><Payer>Requester</Payer></RequestPaymentConfiguration>");
        assert!(payers.get("b").text().contains("<Payer>Requester</Payer>"));
        assert!(payers.get("c").text().contains("<Payer>BucketOwner</Payer>"));
    }
}
