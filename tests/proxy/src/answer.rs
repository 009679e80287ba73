//! Errors in the form of the service that was called.

use crate::call::{Call, Protocol};
use crate::http::Response;
use crate::xml::{self, escape};

/// Makes an error answer of `call`'s service.
pub fn error(call: &Call, status: u16, code: &str, message: &str) -> Response {
    let id = format!("proxy-{:08}", call.seq);
    let (code_text, message_text) = (escape(code), escape(message));
    let fields = format!("<Code>{code_text}</Code><Message>{message_text}</Message>");
    let (kind, body) = match call.protocol {
        Protocol::Ec2 => (
            "text/xml",
            format!("<Response><Errors><Error>{fields}</Error></Errors><RequestID>{id}</RequestID></Response>"),
        ),
        Protocol::Query => {
            let fault = if status < 500 { "Sender" } else { "Receiver" };
            let error = format!("<Error><Type>{fault}</Type>{fields}</Error>");
            ("text/xml", format!("<ErrorResponse>{error}<RequestId>{id}</RequestId></ErrorResponse>"))
        }
        Protocol::S3 => ("application/xml", format!("<Error>{fields}<RequestId>{id}</RequestId></Error>")),
        Protocol::Json => {
            let body = serde_json::json!({ "__type": format!("com.amazonaws#{code}"), "message": message });
            ("application/x-amz-json-1.0", body.to_string())
        }
    };
    let mut response = Response::new(status, kind, body);
    response.headers.set("x-amzn-requestid", id);
    response
}

/// Makes the answer by which `call`'s service says that it is called too often.
pub fn throttled(call: &Call) -> Response {
    match call.protocol {
        Protocol::Ec2 => error(call, 503, "RequestLimitExceeded", "Request limit exceeded."),
        Protocol::S3 => error(call, 503, "SlowDown", "Please reduce your request rate."),
        Protocol::Json => error(call, 400, "ThrottlingException", "Rate exceeded"),
        Protocol::Query => error(call, 400, "Throttling", "Rate exceeded"),
    }
}

/// Takes everything out of the lists of an answer in XML.
pub fn emptied(response: Response) -> Response {
    let mut body = response.text().to_owned();
    let lists = xml::parse(&body).map(|root| root.children).unwrap_or_default();
    for list in lists.iter().rev() {
        if list.children.iter().any(|item| item.name == "item") {
            body.replace_range(list.inner.clone(), "");
        }
    }
    Response { body: body.into_bytes(), ..response }
}

/// Makes an answer of `status` with the code that `call`'s service uses for its own failures.
pub fn failed(call: &Call, status: u16) -> Response {
    let code = match call.protocol {
        Protocol::Ec2 | Protocol::S3 => "InternalError",
        Protocol::Query => "ServiceFailure",
        Protocol::Json => "InternalServerError",
    };
    error(call, status, code, "An internal error occurred.")
}
