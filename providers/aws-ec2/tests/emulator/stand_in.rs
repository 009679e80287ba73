//! A server that holds what the emulator does not know, and writes down what it is asked.
//!
//! It answers with what it was told, in the names of AWS: `Create…` makes an object of all parameters, `Describe…` tells
//! those that are asked for by id or filter. What it wrote down is compared with a file in `golden`.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use terrane_aws_core::{Cloud, testing};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// How a kind of object goes by in the API.
#[derive(Clone, Copy)]
pub struct Noun {
    pub make: &'static str,
    pub describe: &'static str,
    pub modify: &'static str,
    pub delete: &'static str,
    /// The element that holds one, and the one that holds several: `-` where there is only one.
    pub elements: (&'static str, &'static str),
    /// The field that names one.
    pub id: &'static str,
    /// The parameter that names the one to delete or modify, and the field it is.
    pub by: (&'static str, &'static str),
    /// The refusal for an id that is not there.
    pub missing: &'static str,
    /// Fields of every new object.
    pub fixed: &'static [(&'static str, &'static str)],
    /// What else a create or modification does, after the parameters are taken over.
    pub settle: fn(&mut Fields),
}

/// The fields of an object; a list has numbers for names.
pub type Fields = BTreeMap<String, Node>;

/// A field.
#[derive(Clone, Debug)]
pub enum Node {
    Text(String),
    Fields(Fields),
}

type Params = BTreeMap<String, String>;

struct Store {
    nouns: &'static [Noun],
    canned: &'static [(&'static str, &'static str)],
    objects: Vec<(usize, Fields)>,
    made: usize,
    asked: Vec<String>,
}

/// A stand-in for AWS.
pub struct StandIn {
    pub cloud: Arc<Cloud>,
    store: Arc<Mutex<Store>>,
}

impl StandIn {
    /// Starts a stand-in that knows some kinds of objects, and answers some actions always alike.
    pub async fn start(nouns: &'static [Noun], canned: &'static [(&'static str, &'static str)]) -> StandIn {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let store = Store { nouns, canned, objects: Vec::new(), made: 0, asked: Vec::new() };
        let store = Arc::new(Mutex::new(store));
        let shared = store.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(answer(stream, shared.clone()));
            }
        });
        StandIn { cloud: testing::cloud(&address, "eu-west-1").await, store }
    }

    /// Holds an object of the first kind that was always there.
    pub fn hold(&self, fields: &[(&str, &str)]) {
        let object = fields.iter().map(|(n, v)| ((*n).to_owned(), Node::Text((*v).to_owned()))).collect();
        self.store.lock().unwrap().objects.push((0, object));
    }

    /// Changes a field of all objects behind everyone's back.
    pub fn drift(&self, field: &str, value: &str) {
        for (_, object) in &mut self.store.lock().unwrap().objects {
            object.insert(field.to_owned(), Node::Text(value.to_owned()));
        }
    }

    /// Compares what was asked with the file of this name; `UPDATE=1` writes it.
    pub fn golden(&self, name: &str) {
        let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/emulator/golden").join(format!("{name}.txt"));
        let asked: String = self.store.lock().unwrap().asked.iter().map(|line| format!("{line}\n")).collect();
        if std::env::var_os("UPDATE").is_some() {
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, &asked).unwrap();
        }
        let wanted = std::fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(asked, wanted, "{name} asks otherwise; UPDATE=1 writes it down");
    }
}

async fn answer(mut stream: TcpStream, store: Arc<Mutex<Store>>) {
    let mut text = Vec::new();
    let mut buffer = [0; 8192];
    while !whole(&text) {
        match stream.read(&mut buffer).await {
            Ok(n) if n > 0 => text.extend_from_slice(&buffer[..n]),
            _ => return,
        }
    }
    let text = String::from_utf8_lossy(&text).into_owned();
    let params = params(text.split_once("\r\n\r\n").map_or("", |(_, body)| body));
    let (status, body) = store.lock().unwrap().answer(&params);
    let head = format!("HTTP/1.1 {status} X\r\nconnection: close\r\ncontent-type: text/xml;charset=UTF-8");
    let reply = format!("{head}\r\ncontent-length: {}\r\n\r\n{body}", body.len());
    let _ = stream.write_all(reply.as_bytes()).await;
}

fn whole(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request);
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|l| l.to_ascii_lowercase().strip_prefix("content-length:").map(str::to_owned));
    body.len() >= length.and_then(|l| l.trim().parse().ok()).unwrap_or(0)
}

fn params(body: &str) -> Params {
    let pairs = body.split('&').filter_map(|pair| pair.split_once('='));
    pairs.map(|(name, value)| (decoded(name), decoded(value))).collect()
}

fn decoded(text: &str) -> String {
    let mut parts = text.split('%');
    let mut bytes = parts.next().unwrap_or_default().replace('+', " ").into_bytes();
    for part in parts {
        let (code, rest) = part.split_at(2);
        bytes.push(u8::from_str_radix(code, 16).unwrap());
        bytes.extend(rest.replace('+', " ").bytes());
    }
    String::from_utf8(bytes).unwrap()
}

/// `OperatingRegion` becomes `operatingRegion`.
fn field(name: &str) -> String {
    let mut chars = name.chars();
    chars.next().map(|c| c.to_lowercase().chain(chars).collect()).unwrap_or_default()
}

/// Puts the value of a parameter such as `OperatingRegion.1.RegionName` in its place.
fn put(fields: &mut Fields, path: &[&str], value: &str) {
    let Some((first, rest)) = path.split_first() else { return };
    if rest.is_empty() {
        fields.insert(field(first), Node::Text(value.to_owned()));
        return;
    }
    let inner = fields.entry(field(first)).or_insert_with(|| Node::Fields(Fields::new()));
    if let Node::Fields(inner) = inner {
        put(inner, rest, value);
    }
}

/// Takes over the parameters of a request; tags are where AWS tells them.
fn take(object: &mut Fields, params: &Params) {
    for (name, value) in
        params.iter().filter(|(name, _)| !["Action", "Version", "ClientToken"].contains(&name.as_str()))
    {
        let name = name.replace("TagSpecifications.", "TagSpecification.").replace("TagSpecification.1.Tag", "TagSet");
        if !name.starts_with("TagSpecification.") {
            put(object, &name.split('.').collect::<Vec<_>>(), value);
        }
    }
}

fn text<'a>(object: &'a Fields, name: &str) -> Option<&'a str> {
    match object.get(name) {
        Some(Node::Text(text)) => Some(text),
        _ => None,
    }
}

fn xml(fields: &Fields) -> String {
    let element = |(name, node): (&String, &Node)| {
        let name = if name.parse::<u32>().is_ok() { "item" } else { name };
        let inner = match node {
            Node::Text(text) => text.replace('&', "&amp;").replace('<', "&lt;"),
            Node::Fields(fields) => xml(fields),
        };
        format!("<{name}>{inner}</{name}>")
    };
    fields.iter().map(element).collect()
}

impl Store {
    fn answer(&mut self, params: &Params) -> (u16, String) {
        let action = params.get("Action").cloned().unwrap_or_default();
        if action == "GetCallerIdentity" {
            let identity = "<GetCallerIdentityResult><Account>123456789012</Account><Arn>arn:aws:iam::123456789012:user/me\
                            </Arn><UserId>AIDA</UserId></GetCallerIdentityResult>";
            return (200, wrapped("GetCallerIdentityResponse", identity));
        }
        self.asked.push(line(params));
        if let Some((_, body)) = self.canned.iter().find(|(a, _)| *a == action) {
            return done(&action, body);
        }
        if matches!(&*action, "CreateTags" | "DeleteTags") {
            self.tag(&action, params);
            return done(&action, "<return>true</return>");
        }
        let is = |n: &&(usize, Noun)| [n.1.make, n.1.describe, n.1.modify, n.1.delete].contains(&&*action);
        let Some((at, noun)) = self.nouns.iter().copied().enumerate().collect::<Vec<_>>().iter().find(is).copied()
        else {
            return refused("InvalidAction");
        };
        if action == noun.make {
            self.make(at, noun, params)
        } else if action == noun.describe {
            self.describe(at, noun, params)
        } else {
            self.touch(at, noun, params)
        }
    }

    fn make(&mut self, at: usize, noun: Noun, params: &Params) -> (u16, String) {
        self.made += 1;
        let mut object: Fields =
            noun.fixed.iter().map(|(n, v)| ((*n).to_owned(), Node::Text((*v).to_owned()))).collect();
        object.insert(noun.id.to_owned(), Node::Text(format!("{}-{:017x}", field(noun.elements.0), self.made)));
        take(&mut object, params);
        (noun.settle)(&mut object);
        let body = wrapped(noun.elements.0, &xml(&object));
        self.objects.push((at, object));
        done(noun.make, &body)
    }

    fn describe(&self, at: usize, noun: Noun, params: &Params) -> (u16, String) {
        let own: Vec<&Fields> = self.objects.iter().filter(|(of, _)| *of == at).map(|(_, o)| o).collect();
        let parameter = noun.id[..1].to_uppercase() + &noun.id[1..];
        let ids = listed(params, &parameter);
        let known = |id: &String| own.iter().any(|o| text(o, noun.id) == Some(id));
        if !ids.iter().all(known) {
            return refused(noun.missing);
        }
        let name = params.get("Filter.1.Name").map(|n| camel(n));
        let values = listed(params, "Filter.1.Value");
        let wanted = |object: &&&Fields| {
            let by_id = ids.is_empty() || ids.iter().any(|id| text(object, noun.id) == Some(id));
            let of = name.as_deref().and_then(|n| text(object, n));
            by_id && (name.is_none() || values.iter().any(|v| of == Some(v)))
        };
        if noun.elements.1 == "-" {
            return done(noun.describe, &own.iter().map(|o| wrapped(noun.elements.0, &xml(o))).collect::<String>());
        }
        let items: String = own.iter().filter(wanted).map(|o| wrapped("item", &xml(o))).collect();
        done(noun.describe, &wrapped(noun.elements.1, &items))
    }

    /// Modifies or deletes.
    fn touch(&mut self, at: usize, noun: Noun, params: &Params) -> (u16, String) {
        let action = &params["Action"];
        let named = params.get(noun.by.0).cloned();
        let place = self.objects.iter().position(|(of, o)| *of == at && text(o, noun.by.1) == named.as_deref());
        let Some(place) = place else { return refused(noun.missing) };
        if action == noun.delete {
            let (_, object) = self.objects.remove(place);
            return done(action, &wrapped(noun.elements.0, &xml(&object)));
        }
        let object = &mut self.objects[place].1;
        take(object, params);
        (noun.settle)(object);
        done(action, &wrapped(noun.elements.0, &xml(object)))
    }

    fn tag(&mut self, action: &str, params: &Params) {
        let resource = params.get("ResourceId.1").cloned();
        let keys = (1..).map_while(|n| params.get(&format!("Tag.{n}.Key")).cloned().map(|key| (n, key)));
        for (n, key) in keys {
            for (_, object) in &mut self.objects {
                let own = object.values().any(|v| matches!(v, Node::Text(t) if Some(t) == resource.as_ref()));
                if !own {
                    continue;
                }
                let tags = object.entry("tagSet".to_owned()).or_insert_with(|| Node::Fields(Fields::new()));
                let Node::Fields(tags) = tags else { continue };
                tags.retain(|_, tag| !matches!(tag, Node::Fields(t) if text(t, "key") == Some(&key)));
                if action == "CreateTags" {
                    let mut tag = Fields::new();
                    put(&mut tag, &["Key"], &key);
                    put(&mut tag, &["Value"], params.get(&format!("Tag.{n}.Value")).map_or("", String::as_str));
                    let free = (1..).find(|n: &u32| !tags.contains_key(&n.to_string())).unwrap();
                    tags.insert(free.to_string(), Node::Fields(tag));
                }
            }
        }
    }
}

fn listed(params: &Params, name: &str) -> Vec<String> {
    (1..).map_while(|n| params.get(&format!("{name}.{n}")).cloned()).collect()
}

/// `group-name` becomes `groupName`.
fn camel(name: &str) -> String {
    let mut words = name.split('-');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |all, word| all + &word[..1].to_uppercase() + &word[1..])
}

fn wrapped(element: &str, inner: &str) -> String {
    format!("<{element}>{inner}</{element}>")
}

fn done(action: &str, body: &str) -> (u16, String) {
    (200, format!("<{action}Response><requestId>r-1</requestId>{body}</{action}Response>"))
}

fn refused(code: &str) -> (u16, String) {
    let error = format!("<Error><Code>{code}</Code><Message>so it is</Message></Error>");
    (400, format!("<Response><Errors>{error}</Errors><RequestID>r-1</RequestID></Response>"))
}

/// A request in one line, without what is new each time.
fn line(params: &Params) -> String {
    let mark = params.iter().find(|(_, v)| v.as_str() == "terrane:operation").map(|(n, _)| n.replace(".Key", ".Value"));
    let mut line = params["Action"].clone();
    for (name, value) in params.iter().filter(|(name, _)| !["Action", "Version"].contains(&name.as_str())) {
        let value = if name == "ClientToken" || Some(name) == mark.as_ref() { "…" } else { value };
        line.push_str(&format!(" {name}={value}"));
    }
    line
}
