//! Clients of Redis: its URL, and certificates for TLS, as their files are now.

use std::path::Path;
#[cfg(target_os = "linux")]
use std::time::Duration;

use redis::io::tcp::TcpSettings;
use redis::{
    Client, ClientTlsConfig, ConnectionAddr, ConnectionInfo, ErrorKind, IntoConnectionInfo,
    RedisError, RedisResult, TlsCertificates,
};
use wildside_dial::secret_file::{SecretFileError, read_private};

use crate::config::{RedisFiles, RedisServer};

/// Data that the other side has not acknowledged for this long means a dead connection, as when a cable is pulled.
#[cfg(target_os = "linux")]
const DEAD_AFTER: Duration = Duration::from_secs(5);

/// A client whose connections send at once and notice a dead peer. A changed password or certificate is that of the next
/// client.
///
/// # Errors
/// The URL is not a Redis URL, or a file can't be read.
pub fn client(server: impl Into<RedisServer>) -> RedisResult<Client> {
    let RedisServer { url, files } = server.into();
    let url = url.read().map_err(|error| unreadable(&error))?;
    let settings = TcpSettings::default().set_nodelay(true);
    #[cfg(target_os = "linux")]
    let settings = settings.set_user_timeout(DEAD_AFTER);
    let info: ConnectionInfo = url.as_str().into_connection_info()?;
    // The name of the library is of no use, and telling it needs a right.
    let login = info.redis_settings().clone().set_skip_set_lib_name();
    let info = info.set_tcp_settings(settings).set_redis_settings(login);
    match info.addr() {
        ConnectionAddr::TcpTls { .. } => Client::build_with_tls(info, certificates(&files)?),
        _ => Client::open(info),
    }
}

fn certificates(files: &RedisFiles) -> RedisResult<TlsCertificates> {
    let authorities = files.authorities.as_deref().map(public).transpose()?;
    let identity = files.identity.as_ref().map(|(certificate, key)| {
        Ok::<_, RedisError>(ClientTlsConfig {
            client_cert: public(certificate)?,
            client_key: read_private(key).map_err(|error| unreadable(&error))?,
        })
    });
    Ok(TlsCertificates {
        client_tls: identity.transpose()?,
        root_cert: authorities,
    })
}

fn public(path: &Path) -> RedisResult<Vec<u8>> {
    std::fs::read(path).map_err(|cause| {
        let path = path.to_owned();
        unreadable(&SecretFileError::Unreadable { path, cause })
    })
}

fn unreadable(error: &SecretFileError) -> RedisError {
    let what = "a file can't be used";
    RedisError::from((ErrorKind::InvalidClientConfig, what, error.to_string()))
}
