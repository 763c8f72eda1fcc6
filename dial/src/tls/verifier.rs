//! Verification of a server's certificate as `libpq` does it: not at all, by its authority, or by its name as well.

use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{verify_server_cert_signed_by_trust_anchor, verify_server_name};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature_with_raw_key};
use rustls::pki_types::{CertificateDer, ServerName, SubjectPublicKeyInfoDer, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, DigitallySignedStruct, Error, SignatureScheme};
use x509_cert::Certificate;
use x509_cert::certificate::Version;
use x509_cert::der::asn1::ObjectIdentifier;
use x509_cert::der::{Decode, Encode};

use super::files::Trusted;

const COMMON_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.3");
const ALTERNATIVE_NAMES: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.17");

/// Verification of a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Check {
    Nothing,
    /// A trusted authority has signed it.
    Authority,
    /// And it is for the host that was dialled.
    Name,
}

#[derive(Debug)]
pub(super) struct Verifier {
    check: Check,
    trusted: Trusted,
    provider: Arc<CryptoProvider>,
}

impl Verifier {
    pub(super) fn new(check: Check, trusted: Trusted, provider: Arc<CryptoProvider>) -> Self {
        Self {
            check,
            trusted,
            provider,
        }
    }

    /// Looks for a trusted authority that has signed the certificate; one that is trusted itself need only be in time.
    fn check_authority(
        &self,
        certificate: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<(), Error> {
        if self
            .trusted
            .themselves
            .iter()
            .any(|known| known == certificate)
        {
            return check_time(&read(certificate)?, now);
        }
        let known = self.provider.signature_verification_algorithms.all;
        let parsed = parse(certificate)?;
        verify_server_cert_signed_by_trust_anchor(&parsed, &self.trusted.roots, others, now, known)
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        _: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        if self.check != Check::Nothing {
            self.check_authority(certificate, others, now)?;
        }
        if self.check == Check::Name {
            check_name(certificate, name)?;
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let known = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, known)
    }

    /// By the key alone, since certificates of version 1 are still made.
    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let key = read(certificate)?.tbs_certificate.subject_public_key_info;
        let key = key.to_der().map_err(|_| CertificateError::BadEncoding)?;
        let known = &self.provider.signature_verification_algorithms;
        let key = SubjectPublicKeyInfoDer::from(key);
        verify_tls13_signature_with_raw_key(message, &key, signature, known)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        let known = &self.provider.signature_verification_algorithms;
        known.supported_schemes()
    }
}

fn read(certificate: &CertificateDer<'_>) -> Result<Certificate, Error> {
    Certificate::from_der(certificate).map_err(|_| CertificateError::BadEncoding.into())
}

/// A certificate whose signature can be verified.
fn parse<'a>(certificate: &'a CertificateDer<'_>) -> Result<ParsedCertificate<'a>, Error> {
    if read(certificate)?.tbs_certificate.version == Version::V1 {
        let cause = "the server's certificate is of version 1 of X.509, whose authority can't be verified: \
                     make it anew with a subjectAltName (openssl x509 -req … -extfile)";
        return Err(Error::General(cause.to_owned()));
    }
    ParsedCertificate::try_from(certificate)
}

fn check_time(certificate: &Certificate, now: UnixTime) -> Result<(), Error> {
    let validity = &certificate.tbs_certificate.validity;
    if now.as_secs() > validity.not_after.to_unix_duration().as_secs() {
        return Err(CertificateError::Expired.into());
    }
    if now.as_secs() < validity.not_before.to_unix_duration().as_secs() {
        return Err(CertificateError::NotValidYet.into());
    }
    Ok(())
}

/// Compares the name of the host with those of the certificate, or with its common name if it has no others.
fn check_name(certificate: &CertificateDer<'_>, name: &ServerName<'_>) -> Result<(), Error> {
    let read = read(certificate)?;
    let extensions = read.tbs_certificate.extensions.iter().flatten();
    if extensions
        .into_iter()
        .any(|one| one.extn_id == ALTERNATIVE_NAMES)
    {
        return verify_server_name(&parse(certificate)?, name);
    }
    let parts = read.tbs_certificate.subject.0.iter();
    let matches = parts
        .flat_map(|part| part.0.iter())
        .filter(|part| part.oid == COMMON_NAME)
        .any(|part| is_name_of(&String::from_utf8_lossy(part.value.value()), &name.to_str()));
    if matches {
        Ok(())
    } else {
        Err(CertificateError::NotValidForName.into())
    }
}

/// Comparison of a common name, in which `*` stands for the first label, with a host.
fn is_name_of(pattern: &str, host: &str) -> bool {
    let is_address = host.parse::<std::net::IpAddr>().is_ok();
    match pattern.strip_prefix("*.").zip(host.split_once('.')) {
        Some((rest, (label, domain))) if !is_address => {
            !label.is_empty() && rest.eq_ignore_ascii_case(domain)
        }
        _ => pattern.eq_ignore_ascii_case(host),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_is_one_label() {
        for (pattern, host) in [
            ("db.example", "DB.example"),
            ("*.db.example", "a.db.example"),
            ("127.0.0.1", "127.0.0.1"),
        ] {
            assert!(is_name_of(pattern, host), "{pattern} {host}");
        }
        for (pattern, host) in [
            ("*.db.example", "a.b.db.example"),
            ("*.db.example", "db.example"),
            ("*", "example"),
            ("*.0.0.1", "127.0.0.1"),
        ] {
            assert!(!is_name_of(pattern, host), "{pattern} {host}");
        }
    }
}
