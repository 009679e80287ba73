//! What a user can have to prove who it is: all of it goes when a user is destroyed by force.

use aws_sdk_iam::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_iam::operation::list_service_specific_credentials::ListServiceSpecificCredentialsOutput;
use aws_sdk_iam::operation::list_ssh_public_keys::ListSshPublicKeysOutput;
use aws_sdk_iam::types::AccessKeyMetadata;
use terrane_aws_core::{Cloud, is_code};
use terrane_provider::Problem;

use crate::client::{PROPAGATION, found, iam, removed};
use crate::holder::Kind;

/// Deletes all credentials of a user.
pub async fn delete_all(cloud: &Cloud, user: &str) -> Result<(), Problem> {
    delete_access_keys(cloud, user).await?;
    delete_ssh_keys(cloud, user).await?;
    delete_mfa_devices(cloud, user).await?;
    delete_login_profile(cloud, user).await?;
    delete_signing_certificates(cloud, user).await?;
    delete_service_credentials(cloud, user).await
}

/// The access keys of a user; `None` if there is no such user.
pub async fn access_keys(cloud: &Cloud, user: &str) -> Result<Option<Vec<AccessKeyMetadata>>, Problem> {
    let client = iam(cloud);
    let list = |marker| client.list_access_keys().user_name(user).set_marker(marker).send();
    let keys = cloud.pages("iam:ListAccessKeys", list, |a| (a.access_key_metadata, a.marker)).await;
    found(&format!("listing the access keys of {}", Kind::User.named(user)), keys)
}

/// Deletes an access key.
pub async fn delete_access_key(cloud: &Cloud, user: &str, key: &str) -> Result<(), Problem> {
    let request = iam(cloud).delete_access_key().user_name(user).access_key_id(key);
    let answer = cloud.call("iam:DeleteAccessKey", || request.clone().send()).await;
    removed(&format!("deleting access key {key} of {}", Kind::User.named(user)), answer)
}

async fn delete_access_keys(cloud: &Cloud, user: &str) -> Result<(), Problem> {
    for key in access_keys(cloud, user).await?.unwrap_or_default() {
        delete_access_key(cloud, user, key.access_key_id().unwrap_or_default()).await?;
    }
    Ok(())
}

/// The ids of the SSH public keys of a user; `None` if there is no such user.
pub async fn ssh_keys(cloud: &Cloud, user: &str) -> Result<Option<Vec<String>>, Problem> {
    let client = iam(cloud);
    let list = |marker| client.list_ssh_public_keys().user_name(user).set_marker(marker).send();
    let take = |a: ListSshPublicKeysOutput| (a.ssh_public_keys.unwrap_or_default(), a.marker);
    let keys = cloud.pages("iam:ListSSHPublicKeys", list, take).await;
    let keys = found(&format!("listing the SSH keys of {}", Kind::User.named(user)), keys)?;
    Ok(keys.map(|all| all.into_iter().map(|k| k.ssh_public_key_id).collect()))
}

/// Deletes an SSH public key.
pub async fn delete_ssh_key(cloud: &Cloud, user: &str, key: &str) -> Result<(), Problem> {
    let request = iam(cloud).delete_ssh_public_key().user_name(user).ssh_public_key_id(key);
    let answer = cloud.call("iam:DeleteSSHPublicKey", || request.clone().send()).await;
    removed(&format!("deleting SSH key {key} of {}", Kind::User.named(user)), answer)
}

async fn delete_ssh_keys(cloud: &Cloud, user: &str) -> Result<(), Problem> {
    for key in ssh_keys(cloud, user).await?.unwrap_or_default() {
        delete_ssh_key(cloud, user, &key).await?;
    }
    Ok(())
}

/// Takes the MFA devices from a user and deletes those that are virtual.
async fn delete_mfa_devices(cloud: &Cloud, user: &str) -> Result<(), Problem> {
    let (client, what) = (iam(cloud), format!("removing the MFA devices of {}", Kind::User.named(user)));
    let list = |marker| client.list_mfa_devices().user_name(user).set_marker(marker).send();
    let devices = cloud.pages("iam:ListMFADevices", list, |a| (a.mfa_devices, a.marker)).await;
    for device in found(&what, devices)?.unwrap_or_default() {
        let serial = device.serial_number();
        let request = client.deactivate_mfa_device().user_name(user).serial_number(serial);
        removed(&what, cloud.call("iam:DeactivateMFADevice", || request.clone().send()).await)?;
        if serial.starts_with("arn:") && serial.contains(":mfa/") {
            let request = client.delete_virtual_mfa_device().serial_number(serial);
            removed(&what, cloud.call("iam:DeleteVirtualMFADevice", || request.clone().send()).await)?;
        }
    }
    Ok(())
}

/// Deletes the password of a user, once it can be.
pub async fn delete_login_profile(cloud: &Cloud, user: &str) -> Result<(), Problem> {
    let request = iam(cloud).delete_login_profile().user_name(user);
    let answer = cloud.insist("iam:DeleteLoginProfile", PROPAGATION, being_made, || request.clone().send()).await;
    removed(&format!("deleting the login profile of {}", Kind::User.named(user)), answer)
}

fn being_made<E: ProvideErrorMetadata>(error: &SdkError<E>) -> bool {
    is_code(error, &["EntityTemporarilyUnmodifiable"])
}

async fn delete_signing_certificates(cloud: &Cloud, user: &str) -> Result<(), Problem> {
    let (client, what) = (iam(cloud), format!("removing the signing certificates of {}", Kind::User.named(user)));
    let list = |marker| client.list_signing_certificates().user_name(user).set_marker(marker).send();
    let certificates = cloud.pages("iam:ListSigningCertificates", list, |a| (a.certificates, a.marker)).await;
    for certificate in found(&what, certificates)?.unwrap_or_default() {
        let request = client.delete_signing_certificate().user_name(user).certificate_id(certificate.certificate_id);
        removed(&what, cloud.call("iam:DeleteSigningCertificate", || request.clone().send()).await)?;
    }
    Ok(())
}

async fn delete_service_credentials(cloud: &Cloud, user: &str) -> Result<(), Problem> {
    let (client, what) = (iam(cloud), format!("removing the service credentials of {}", Kind::User.named(user)));
    let list = |marker| client.list_service_specific_credentials().user_name(user).set_marker(marker).send();
    let take = |a: ListServiceSpecificCredentialsOutput| (a.service_specific_credentials.unwrap_or_default(), a.marker);
    let credentials = cloud.pages("iam:ListServiceSpecificCredentials", list, take).await;
    for credential in found(&what, credentials)?.unwrap_or_default() {
        let request = client.delete_service_specific_credential().user_name(user);
        let request = request.service_specific_credential_id(credential.service_specific_credential_id);
        removed(&what, cloud.call("iam:DeleteServiceSpecificCredential", || request.clone().send()).await)?;
    }
    Ok(())
}
