//! What all AWS services share: configuration, clients, retries, tags, schemas.
