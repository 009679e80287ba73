//! State snapshots, the Terraform v4 codec, the journal and the store trait.
