//! TLS to `PostgreSQL`: the modes and files that a URL names, with the meaning that `libpq` gives them.

mod files;
mod parameters;
mod verifier;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rustls::client::ResolvesClientCert;
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::sign::CertifiedKey;
use rustls::version::{TLS12, TLS13};
use rustls::{ClientConfig, SignatureScheme};

pub(crate) use parameters::Parameters;

use crate::tls::verifier::{Check, Verifier};
use crate::trouble::{ConnectError, Trouble};

/// Name of `PostgreSQL`'s protocol, for servers that share a port.
const ALPN: &[u8] = b"postgresql";

/// Mode of TLS (`sslmode`), from the weakest on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Mode {
    Disable,
    /// In the clear, or with TLS where the server wants it.
    Allow,
    /// With TLS, or in the clear where the server has none.
    Prefer,
    /// With TLS, whoever is at the other end.
    Require,
    /// With a server whose certificate a trusted authority has signed.
    VerifyCa,
    /// With the server whose name is in such a certificate.
    VerifyFull,
}

/// Roots of trust (`sslrootcert`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Roots {
    /// Nothing is verified.
    None,
    /// Those of the system.
    System,
    /// Certificates in a file.
    File(PathBuf),
}

/// Protection of a connection.
#[derive(Debug, Clone)]
pub(crate) struct Tls {
    pub(crate) mode: Mode,
    pub(crate) is_direct: bool,
    roots: Roots,
    /// Certificate and key of the client.
    identity: Option<(PathBuf, PathBuf)>,
    sends_name: bool,
    only_newest: bool,
}

impl Tls {
    /// A mode without any files.
    pub(crate) const fn without(mode: Mode) -> Self {
        Self {
            mode,
            is_direct: false,
            roots: Roots::None,
            identity: None,
            sends_name: true,
            only_newest: false,
        }
    }

    /// Settings of the client, with certificates as they are in their files now; blocks its thread.
    pub(crate) fn client(&self) -> Result<(ClientConfig, Arc<Identity>), ConnectError> {
        let check = match (self.mode, &self.roots) {
            (Mode::VerifyFull, _) => Check::Name,
            (_, Roots::None) => Check::Nothing,
            // A named authority is asked for in the weaker modes as well.
            _ => Check::Authority,
        };
        let key = self.identity.as_ref();
        let key = key.map(|(certificate, key)| files::identity(certificate, key));
        let identity = Arc::new(Identity {
            key: key.transpose()?.map(Arc::new),
            was_asked: AtomicBool::new(false),
        });
        let versions: &[_] = if self.only_newest {
            &[&TLS13]
        } else {
            &[&TLS12, &TLS13]
        };
        let verifier = Verifier::new(check, files::roots(&self.roots)?, provider());
        let config = ClientConfig::builder_with_provider(provider())
            .with_protocol_versions(versions)
            .map_err(|error| ConnectError::new(Trouble::Tls, error.to_string()))?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier));
        let mut config = config.with_client_cert_resolver(identity.clone());
        config.enable_sni = self.sends_name;
        if self.is_direct {
            config.alpn_protocols = vec![ALPN.to_vec()];
        }
        Ok((config, identity))
    }
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(aws_lc_rs::default_provider())
}

/// Certificate of the client for a server that asks, and whether one did.
#[derive(Debug)]
pub(crate) struct Identity {
    key: Option<Arc<CertifiedKey>>,
    was_asked: AtomicBool,
}

impl Identity {
    /// Test for a server that has asked in vain.
    pub(crate) fn is_missing(&self) -> bool {
        self.key.is_none() && self.was_asked.load(Ordering::Relaxed)
    }
}

impl ResolvesClientCert for Identity {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        self.was_asked.store(true, Ordering::Relaxed);
        self.key.clone()
    }

    fn has_certs(&self) -> bool {
        true
    }
}
