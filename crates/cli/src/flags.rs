//! Flags that several commands share.

use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches, ValueEnum};
use terrane_address::Provider;
use terrane_engine::Parallelism;
use terrane_source::{Deprecation, Diagnostic};
use terrane_value::parse_duration;

/// Values for the variables of the root module, in the order given.
#[derive(Clone, Debug, Default)]
pub struct Vars {
    /// What was given.
    pub given: Vec<Given>,
    /// Whether values that are missing may be asked for.
    pub ask: bool,
}

/// One `-var` or `-var-file`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Given {
    /// `-var name=value`
    Value(String),
    /// `-var-file FILE`
    File(String),
}

impl Args for Vars {
    fn augment_args(command: Command) -> Command {
        command
            .arg(
                Arg::new("var")
                    .long("var")
                    .value_name("NAME=VALUE")
                    .action(ArgAction::Append)
                    .allow_hyphen_values(true)
                    .help("Set a variable of the root module. May be given several times"),
            )
            .arg(Arg::new("var-file").long("var-file").value_name("FILE").action(ArgAction::Append).help(
                "Set variables from a file, besides terraform.tfvars and *.auto.tfvars. May be given several times",
            ))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Vars::augment_args(command)
    }
}

impl FromArgMatches for Vars {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Vars, clap::Error> {
        let mut given: Vec<(usize, Given)> = Vec::new();
        let kinds: [(&str, fn(String) -> Given); 2] = [("var", Given::Value), ("var-file", Given::File)];
        for (name, kind) in kinds {
            let places = matches.indices_of(name).into_iter().flatten();
            let values = matches.get_many::<String>(name).into_iter().flatten().cloned().map(kind);
            given.extend(places.zip(values));
        }
        given.sort_by_key(|(place, _)| *place);
        Ok(Vars { given: given.into_iter().map(|(_, given)| given).collect(), ask: may_ask(matches) })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Vars::from_arg_matches(matches)?;
        Ok(())
    }
}

/// Whether a command that plans may ask for values: it has -input, and who reads its output can answer.
fn may_ask(matches: &ArgMatches) -> bool {
    let flag = |name: &str| matches.try_get_one::<bool>(name).ok().flatten().copied();
    let plans = matches.try_contains_id("parallelism").is_ok();
    let saved = matches.try_get_one::<std::path::PathBuf>("plan").ok().flatten().is_some();
    plans && !saved && flag("input").unwrap_or(false) && !flag("json").unwrap_or(false)
}

/// Of which deprecations by the authors of modules there are warnings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Deprecations {
    /// Of all.
    #[default]
    #[value(name = "module:all")]
    All,
    /// Not of those in modules from elsewhere.
    #[value(name = "module:local")]
    Local,
    /// Of none.
    #[value(name = "module:none")]
    None,
}

impl Deprecations {
    /// Whether a diagnostic is told.
    pub fn are_told(self, diagnostic: &Diagnostic) -> bool {
        match (diagnostic.deprecation, self) {
            (None, _) | (Some(_), Deprecations::All) | (Some(Deprecation::Local), Deprecations::Local) => true,
            (Some(_), Deprecations::Local | Deprecations::None) => false,
        }
    }
}

/// Whether and how long to wait for the state's lock.
#[derive(Clone, Debug, Args)]
pub struct Lock {
    /// Hold the state's lock while running. "plan" reads a snapshot without it, unless this is given
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", action = ArgAction::Set, value_parser = clap::value_parser!(bool))]
    pub lock: Option<bool>,
    /// Try for this long to get the lock, for example 30s or 5m
    #[arg(long, value_name = "DURATION", default_value = "0s", value_parser = duration)]
    pub lock_timeout: std::time::Duration,
}

/// How many things are done at once: in all, or by one provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limit {
    provider: Option<Provider>,
    most: usize,
}

impl Limit {
    /// Parses `20`, `aws=5` or `hashicorp/aws=5`.
    pub fn parse(text: &str) -> Result<Limit, String> {
        let (name, number) = text.split_once('=').map_or((None, text), |(name, number)| (Some(name), number));
        let most: usize = number
            .parse()
            .ok()
            .filter(|most| (1..=1000).contains(most))
            .ok_or_else(|| format!("{number:?} is not a number from 1 to 1000"))?;
        let named = |name: &str| match name.contains('/') {
            true => Provider::parse(name),
            false => Provider::parse(name).map(|_| Provider::implied(name)),
        };
        let provider = name.map(|name| named(name).ok_or_else(|| format!("{name:?} is not the name of a provider")));
        Ok(Limit { provider: provider.transpose()?, most })
    }
}

/// The limits that flags ask for; of several for the same the last counts.
pub fn limits(given: &[Limit]) -> Parallelism {
    let mut limits = Parallelism::shared(10);
    for Limit { provider, most } in given {
        match provider {
            Some(provider) => drop(limits.own.insert(provider.clone(), *most)),
            None => limits.shared = *most,
        }
    }
    limits
}

/// Parses a duration as Go writes it: `1h30m`, `45s`, `500ms`.
pub fn duration(text: &str) -> Result<std::time::Duration, String> {
    parse_duration(text).ok_or_else(|| format!("{text:?} is not a duration such as 30s, 5m or 1h30m"))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_go_s() {
        assert_eq!(duration("1h30m").unwrap().as_secs(), 5400);
        assert_eq!(duration("500ms").unwrap().as_millis(), 500);
        for wrong in ["", "5", "s", "5x", "1e9999h"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn limits_are_for_all_or_for_a_provider() {
        let given = ["3", "aws=5", "20", "acme/thing=7"].map(|text| Limit::parse(text).unwrap());
        let limits = limits(&given);
        assert_eq!(limits.shared, 20);
        let own: Vec<_> = limits.own.iter().map(|(provider, most)| (provider.to_string(), *most)).collect();
        let named = |name: &str, most| (format!("registry.terraform.io/{name}"), most);
        assert_eq!(own, [named("acme/thing", 7), named("hashicorp/aws", 5)]);
        for wrong in ["0", "", "x", "aws=", "aws=0", "1001", "=3", "a b=3"] {
            assert!(Limit::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_order_of_values_and_files_is_kept() {
        let command = Vars::augment_args(Command::new("t"));
        let line = ["t", "--var", "a=-1", "--var-file=f", "--var=a=2"];
        let vars = Vars::from_arg_matches(&command.get_matches_from(line)).unwrap();
        let expect = [Given::Value("a=-1".into()), Given::File("f".into()), Given::Value("a=2".into())];
        assert_eq!(vars.given, expect);
    }
}
