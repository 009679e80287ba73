//! The roles that a profile of the AWS configuration files assumes.
//!
//! The SDK assumes them with settings of its own: without the endpoints, region and certificates of the provider block,
//! and asking the instance metadata service as long as it likes. Profiles without a role are left to it.

use std::time::Duration;

use aws_config::profile::{Profile, ProfileSet};

use crate::settings::{Keys, Role, Token, WebIdentity};

/// Where the credentials of a profile begin, and the roles that are assumed from there, in order.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Chain {
    pub base: Base,
    pub roles: Vec<Role>,
}

/// Where credentials begin.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Base {
    /// With keys in the file.
    Keys(Keys),
    /// With a `credential_source`.
    Source(String),
    /// With a token of another identity provider.
    Token(WebIdentity),
    /// With what another profile, which assumes no role, has.
    Profile(String),
}

/// The roles that the selected profile assumes. `None` if it assumes none, or not in a way that makes sense: the SDK says
/// why.
pub(crate) fn chain(profiles: &ProfileSet) -> Option<Chain> {
    let (mut name, mut seen, mut roles) = (profiles.selected_profile(), Vec::new(), Vec::new());
    let base = loop {
        let profile = profiles.get_profile(name).filter(|_| !seen.contains(&name))?;
        if let Some(keys) = keys(profile).filter(|_| !seen.is_empty()) {
            break Base::Keys(keys);
        }
        let Some(role) = role(profile) else {
            break Base::Profile(name.to_owned());
        };
        if let Some(file) = profile.get("web_identity_token_file") {
            break Base::Token(WebIdentity { role, token: Token::File(file.to_owned()) });
        }
        roles.push(role);
        seen.push(name);
        match (profile.get("source_profile"), profile.get("credential_source")) {
            (Some(source), None) if source == name => break Base::Keys(keys(profile)?),
            (Some(source), None) => name = source,
            (None, Some(source)) => break Base::Source(source.to_owned()),
            _ => return None,
        }
    };
    roles.reverse();
    let chain = Chain { base, roles };
    (!matches!(chain, Chain { base: Base::Profile(_), ref roles } if roles.is_empty())).then_some(chain)
}

/// How often a call may be repeated, as the selected profile says it.
pub(crate) fn max_retries(profiles: &ProfileSet) -> Option<u32> {
    profiles.get("max_attempts")?.parse::<u32>().ok().map(|n| n.saturating_sub(1))
}

/// The device whose codes a profile on the way to the credentials asks for, and that profile.
pub(crate) fn device(profiles: &ProfileSet) -> Option<(&str, &str)> {
    let (mut name, mut seen) = (profiles.selected_profile(), Vec::new());
    loop {
        let profile = profiles.get_profile(name).filter(|p| !seen.contains(&name) && p.get("role_arn").is_some())?;
        if let Some(device) = profile.get("mfa_serial") {
            return Some((name, device));
        }
        seen.push(name);
        name = profile.get("source_profile")?;
    }
}

fn keys(profile: &Profile) -> Option<Keys> {
    let text = |name| profile.get(name).map(str::to_owned);
    let (access, secret) = (text("aws_access_key_id")?, text("aws_secret_access_key")?);
    Some(Keys { access, secret, token: text("aws_session_token") })
}

fn role(profile: &Profile) -> Option<Role> {
    let text = |name| profile.get(name).map(str::to_owned);
    Some(Role {
        arn: text("role_arn")?,
        session_name: text("role_session_name"),
        external_id: text("external_id"),
        duration: profile.get("duration_seconds").and_then(|n| n.parse().ok()).map(Duration::from_secs),
        ..Role::default()
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use aws_config::profile::load;
    use aws_runtime::env_config::file::{EnvConfigFileKind, EnvConfigFiles};
    use aws_types::os_shim_internal::{Env, Fs};

    use super::*;

    async fn profiles(selected: &'static str, text: &str) -> ProfileSet {
        let files = EnvConfigFiles::builder().with_contents(EnvConfigFileKind::Config, text).build();
        load(&Fs::from_slice(&[]), &Env::from_slice(&[]), &files, Some(selected.into())).await.unwrap()
    }

    const FILE: &str = "[default]\nmax_attempts = 3\n\
        [profile keys]\naws_access_key_id = A\naws_secret_access_key = S\n\
        [profile one]\nrole_arn = arn:one\nsource_profile = keys\nexternal_id = x\nduration_seconds = 900\n\
        [profile two]\nrole_arn = arn:two\nsource_profile = one\n\
        [profile own]\nrole_arn = arn:own\nsource_profile = own\naws_access_key_id = A\naws_secret_access_key = S\n\
        [profile instance]\nrole_arn = arn:i\ncredential_source = Ec2InstanceMetadata\n\
        [profile process]\ncredential_process = x\n\
        [profile late]\nrole_arn = arn:l\nsource_profile = process\n\
        [profile web]\nrole_arn = arn:w\nweb_identity_token_file = /token\nrole_session_name = me\n\
        [profile loop]\nrole_arn = arn:x\nsource_profile = pool\n\
        [profile pool]\nrole_arn = arn:y\nsource_profile = loop\n\
        [profile both]\nrole_arn = arn:x\nsource_profile = keys\ncredential_source = Environment\n\
        [profile device]\nrole_arn = arn:x\nsource_profile = keys\nmfa_serial = arn:mfa\n\
        [profile behind]\nrole_arn = arn:y\nsource_profile = device\n";

    #[tokio::test]
    async fn profiles_are_followed_to_where_credentials_begin() {
        let arns = |chain: &Chain| chain.roles.iter().map(|role| role.arn.clone()).collect::<Vec<_>>().join(" ");
        for (selected, base, roles) in [
            ("one", "keys", "arn:one"),
            ("two", "keys", "arn:one arn:two"),
            ("own", "keys", "arn:own"),
            ("instance", "Ec2InstanceMetadata", "arn:i"),
            ("late", "process", "arn:l"),
            ("web", "arn:w", ""),
        ] {
            let chain = chain(&profiles(selected, FILE).await).unwrap();
            let begins = match &chain.base {
                Base::Keys(_) => "keys",
                Base::Source(name) | Base::Profile(name) => name.as_str(),
                Base::Token(web) => web.role.arn.as_str(),
            };
            assert_eq!((begins, arns(&chain).as_str()), (base, roles), "{selected}");
        }
        let one = chain(&profiles("one", FILE).await).unwrap().roles.remove(0);
        assert_eq!((one.external_id.as_deref(), one.duration), (Some("x"), Some(Duration::from_secs(900))));
    }

    #[tokio::test]
    async fn what_the_sdk_knows_best_is_left_to_it() {
        for selected in ["default", "keys", "process", "loop", "both", "nowhere"] {
            assert_eq!(chain(&profiles(selected, FILE).await), None, "{selected}");
        }
    }

    #[tokio::test]
    async fn a_device_is_found_behind_other_profiles() {
        assert_eq!(device(&profiles("behind", FILE).await), Some(("device", "arn:mfa")));
        assert_eq!(device(&profiles("two", FILE).await), None);
    }

    #[tokio::test]
    async fn attempts_are_those_of_the_selected_profile() {
        assert_eq!(max_retries(&profiles("default", FILE).await), Some(2));
        assert_eq!(max_retries(&profiles("keys", FILE).await), None);
    }
}
