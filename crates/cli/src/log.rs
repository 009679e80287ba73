//! What the program notes of its work: `TF_LOG` says how much, `TF_LOG_PATH` where.
//!
//! Only what Terrane says itself is written. The libraries below it would note requests and answers, secrets included.

use std::fmt::{self, Write as _};
use std::fs::File;
use std::path::PathBuf;
use std::sync::Mutex;

use serde_json::{Map, Value as Json};
use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::{Event, Metadata, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;

/// What is noted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Wanted {
    /// Of what the program does.
    core: LevelFilter,
    /// Of what providers do.
    provider: LevelFilter,
    /// Whether lines are JSON.
    json: bool,
}

/// Begins to note what the environment asks for.
///
/// # Errors
/// What is wrong with what it asks for; nothing is noted then.
pub fn start(get: impl Fn(&str) -> Option<String>) -> Result<(), String> {
    let Some(wanted) = wanted(&get)? else { return Ok(()) };
    let form = Form { json: wanted.json };
    let path = get("TF_LOG_PATH").filter(|path| !path.is_empty()).map(PathBuf::from);
    let layer = tracing_subscriber::fmt::layer().event_format(form);
    let noted = tracing_subscriber::filter::filter_fn(move |about| wanted.covers(about));
    let registry = tracing_subscriber::registry();
    let done = match path {
        None => {
            let layer = layer.with_writer(std::io::stderr);
            tracing::subscriber::set_global_default(registry.with(filtered(layer, noted)))
        }
        Some(path) => {
            let file = open(&path)
                .map_err(|e| format!("The file {} of TF_LOG_PATH cannot be written: {e}.", path.display()))?;
            let layer = layer.with_writer(Mutex::new(file));
            tracing::subscriber::set_global_default(registry.with(filtered(layer, noted)))
        }
    };
    done.map_err(|e| e.to_string())
}

fn filtered<S, L, F>(layer: L, filter: F) -> impl tracing_subscriber::Layer<S>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    L: tracing_subscriber::Layer<S>,
    F: tracing_subscriber::layer::Filter<S> + 'static,
{
    layer.with_filter(filter)
}

/// A file that is added to, and that only its owner may read.
fn open(path: &std::path::Path) -> std::io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;
    File::options().create(true).append(true).mode(0o600).open(path)
}

/// What the environment asks for; `None` if that is nothing.
fn wanted(get: impl Fn(&str) -> Option<String>) -> Result<Option<Wanted>, String> {
    let level = |name: &str| get(name).filter(|text| !text.is_empty()).map(|text| level(name, &text)).transpose();
    let all = level("TF_LOG")?;
    let (core, provider) = (level("TF_LOG_CORE")?.or(all), level("TF_LOG_PROVIDER")?.or(all));
    let json = [all, core, provider].iter().flatten().any(|(_, json)| *json);
    let of = |part: Option<(LevelFilter, bool)>| part.map_or(LevelFilter::OFF, |(level, _)| level);
    let wanted = Wanted { core: of(core), provider: of(provider), json };
    let nothing = wanted.core == LevelFilter::OFF && wanted.provider == LevelFilter::OFF;
    Ok((!nothing).then_some(wanted))
}

/// A level, and whether lines are JSON.
fn level(name: &str, text: &str) -> Result<(LevelFilter, bool), String> {
    let level = match text.to_ascii_uppercase().as_str() {
        "TRACE" => LevelFilter::TRACE,
        "JSON" => return Ok((LevelFilter::TRACE, true)),
        "DEBUG" => LevelFilter::DEBUG,
        "INFO" => LevelFilter::INFO,
        "WARN" => LevelFilter::WARN,
        "ERROR" => LevelFilter::ERROR,
        "OFF" => LevelFilter::OFF,
        _ => {
            return Err(format!(
                "{name} in the environment is {text:?}; it is one of TRACE, DEBUG, INFO, WARN, ERROR, OFF, JSON."
            ));
        }
    };
    Ok((level, false))
}

impl Wanted {
    fn covers(self, about: &Metadata<'_>) -> bool {
        let from = about.target();
        let limit = match from.starts_with("terrane_aws") || from.starts_with("terrane_builtin") {
            true => self.provider,
            false => self.core,
        };
        from.starts_with("terrane") && *about.level() <= limit
    }
}

/// One line an event, in the form that Terraform's log has.
struct Form {
    json: bool,
}

impl<S, N> FormatEvent<S, N> for Form
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, _: &FmtContext<'_, S, N>, mut to: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let mut said = Said::default();
        event.record(&mut said);
        let now = jiff::Timestamp::now();
        let about = event.metadata();
        if self.json {
            let mut line = Map::new();
            line.insert("@level".into(), about.level().as_str().to_ascii_lowercase().into());
            line.insert("@message".into(), said.message.into());
            line.insert("@module".into(), about.target().replace("::", ".").into());
            line.insert("@timestamp".into(), now.strftime("%Y-%m-%dT%H:%M:%S%.6fZ").to_string().into());
            line.extend(said.fields.into_iter().map(|(name, text)| (name.to_owned(), text.into())));
            return writeln!(to, "{}", Json::Object(line));
        }
        let now = now.strftime("%Y-%m-%dT%H:%M:%S%.3fZ");
        write!(to, "{now} [{}] {}: {}", about.level(), about.target().replace("::", "."), said.message)?;
        for (name, text) in said.fields {
            let quoted = text.is_empty() || text.contains([' ', '"', '=']);
            if quoted { write!(to, " {name}={text:?}")? } else { write!(to, " {name}={text}")? }
        }
        writeln!(to)
    }
}

/// What an event says.
#[derive(Default)]
struct Said {
    message: String,
    fields: Vec<(&'static str, String)>,
}

impl Visit for Said {
    fn record_str(&mut self, field: &Field, text: &str) {
        self.record_debug(field, &format_args!("{text}"));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let mut text = String::new();
        let _ = write!(text, "{value:?}");
        match field.name() {
            "message" => self.message = text,
            name => self.fields.push((name, text)),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn asked(given: &[(&str, &str)]) -> Result<Option<Wanted>, String> {
        wanted(|name| given.iter().find(|(given, _)| *given == name).map(|(_, text)| (*text).to_owned()))
    }

    #[test]
    fn the_environment_says_how_much() {
        assert_eq!(asked(&[]).unwrap(), None);
        assert_eq!(asked(&[("TF_LOG", "off")]).unwrap(), None);
        let debug = asked(&[("TF_LOG", "debug")]).unwrap().unwrap();
        assert_eq!((debug.core, debug.provider, debug.json), (LevelFilter::DEBUG, LevelFilter::DEBUG, false));
        let parts = asked(&[("TF_LOG", "JSON"), ("TF_LOG_PROVIDER", "OFF")]).unwrap().unwrap();
        assert_eq!((parts.core, parts.provider, parts.json), (LevelFilter::TRACE, LevelFilter::OFF, true));
        assert!(asked(&[("TF_LOG_CORE", "loud")]).unwrap_err().contains("TF_LOG_CORE"));
    }
}
