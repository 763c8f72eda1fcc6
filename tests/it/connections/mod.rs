//! Connections as operators have them: TLS, poolers, several hosts, secrets in files.

mod hosts;
mod pooler;
mod postgres_tls;
mod redis_rights;
mod redis_tls;
mod secrets;
mod stage;
