//! Files of certificates and keys, and the roots of the system.

use std::path::Path;
use std::sync::{Arc, OnceLock};

use rustls::RootCertStore;
use rustls::crypto::aws_lc_rs::sign::any_supported_type;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;

use super::Roots;
use crate::secret_file::read_private;
use crate::trouble::{ConnectError, Trouble};

/// Certificates that are trusted.
#[derive(Debug)]
pub(super) struct Trusted {
    /// Authorities.
    pub(super) roots: Arc<RootCertStore>,
    /// The same as they are in their file: a server may have signed its own.
    pub(super) themselves: Vec<CertificateDer<'static>>,
}

/// Certificates that are trusted.
pub(super) fn roots(roots: &Roots) -> Result<Trusted, ConnectError> {
    match roots {
        Roots::None => Ok(Trusted {
            roots: Arc::new(RootCertStore::empty()),
            themselves: Vec::new(),
        }),
        Roots::System => Ok(Trusted {
            roots: of_system()?,
            themselves: Vec::new(),
        }),
        Roots::File(path) => of_file(path),
    }
}

/// Roots of the system, which are read once in the life of a process.
fn of_system() -> Result<Arc<RootCertStore>, ConnectError> {
    static ROOTS: OnceLock<Arc<RootCertStore>> = OnceLock::new();
    if let Some(roots) = ROOTS.get() {
        return Ok(roots.clone());
    }
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() {
        let cause = "the system has no root certificates: install ca-certificates, or name a file by sslrootcert";
        return Err(ConnectError::new(Trouble::File, cause.to_owned()));
    }
    Ok(ROOTS.get_or_init(|| Arc::new(roots)).clone())
}

fn of_file(path: &Path) -> Result<Trusted, ConnectError> {
    let themselves = certificates("sslrootcert", path)?;
    let mut roots = RootCertStore::empty();
    for certificate in &themselves {
        let added = roots.add(certificate.clone());
        added.map_err(|error| fault("sslrootcert", path, &error))?;
    }
    Ok(Trusted {
        roots: Arc::new(roots),
        themselves,
    })
}

/// Certificate and key of a client.
pub(super) fn identity(certificate: &Path, key: &Path) -> Result<CertifiedKey, ConnectError> {
    let chain = certificates("sslcert", certificate)?;
    let content = read_private(key)
        .map_err(|error| ConnectError::new(Trouble::File, format!("sslkey: {error}")))?;
    let private = PrivateKeyDer::from_pem_slice(&content);
    let private = private.map_err(|error| fault("sslkey", key, &error))?;
    let private = any_supported_type(&private).map_err(|error| fault("sslkey", key, &error))?;
    let certified = CertifiedKey::new(chain, private);
    match certified.keys_match() {
        Err(error @ rustls::Error::InconsistentKeys(_)) => Err(fault("sslkey", key, &error)),
        _ => Ok(certified),
    }
}

fn certificates(
    parameter: &str,
    path: &Path,
) -> Result<Vec<CertificateDer<'static>>, ConnectError> {
    let content = std::fs::read(path).map_err(|error| fault(parameter, path, &error))?;
    let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&content).collect();
    let read = read.map_err(|error| fault(parameter, path, &error))?;
    if read.is_empty() {
        return Err(fault(parameter, path, &"it holds no certificate in PEM"));
    }
    Ok(read)
}

fn fault(parameter: &str, path: &Path, why: &dyn std::fmt::Display) -> ConnectError {
    let cause = format!("{parameter}: {}: {why}", path.display());
    ConnectError::new(Trouble::File, cause)
}
