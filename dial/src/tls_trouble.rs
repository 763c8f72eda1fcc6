//! Causes for which a handshake of TLS fails.

use std::io;

use rustls::{AlertDescription, CertificateError, Error};

/// Cause for which TLS with a server fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TlsTrouble {
    /// Both do not understand each other.
    Handshake,
    /// Nobody who is trusted has signed the server's certificate.
    Authority,
    /// The server's certificate is for another host.
    Name,
    /// The server's certificate has ended, or has not begun.
    Expired,
    /// The server wants a certificate of the client, or another one.
    Client,
}

impl TlsTrouble {
    /// Cause of an error of a stream; none if it is not of TLS.
    pub fn of(error: &io::Error) -> Option<Self> {
        let error = error.get_ref()?.downcast_ref()?;
        Some(match error {
            Error::InvalidCertificate(error) => Self::of_certificate(error),
            Error::AlertReceived(alert) if tells_of_client(*alert) => Self::Client,
            // A certificate whose authority can't be verified.
            Error::General(_) => Self::Authority,
            _ => Self::Handshake,
        })
    }

    fn of_certificate(error: &CertificateError) -> Self {
        match error {
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                Self::Name
            }
            CertificateError::Expired
            | CertificateError::ExpiredContext { .. }
            | CertificateError::NotValidYet
            | CertificateError::NotValidYetContext { .. } => Self::Expired,
            _ => Self::Authority,
        }
    }

    /// Sentence that names the cause.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::Handshake => "TLS can't be agreed on",
            Self::Authority => "nobody who is trusted has signed its certificate",
            Self::Name => "its certificate is for another host",
            Self::Expired => "its certificate is not valid now",
            Self::Client => "it wants a certificate of the client, or another one",
        }
    }
}

/// Test for a server that takes no client without a certificate, or not with this one.
const fn tells_of_client(alert: AlertDescription) -> bool {
    matches!(
        alert,
        AlertDescription::CertificateRequired
            | AlertDescription::NoCertificate
            | AlertDescription::BadCertificate
            | AlertDescription::UnsupportedCertificate
            | AlertDescription::CertificateRevoked
            | AlertDescription::CertificateExpired
            | AlertDescription::CertificateUnknown
            | AlertDescription::UnknownCA
            | AlertDescription::AccessDenied
            // Signed by another authority of the same name.
            | AlertDescription::DecryptError
    )
}
