//! Built-in resource types: terraform_data.
