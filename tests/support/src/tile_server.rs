use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::guarded::Guarded;
use crate::port::free_port;
use crate::programs::{postgres_client, run};
use crate::secret::password;

const MARTIN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../martin");
const START_LIMIT: Duration = Duration::from_secs(20);
const START_TRIES: usize = 5;

/// Martin and the nginx before it, configured as shipped, for one database.
#[derive(Debug)]
pub struct TileServer {
    port: u16,
    page: Option<Page>,
    /// Variables of the nginx besides, as NAME=value.
    settings: Vec<String>,
    martin: Option<Guarded>,
    nginx: Option<Guarded>,
    folder: TempDir,
}

/// The page in `web/`, which nginx serves together with the API of a server.
#[derive(Debug)]
struct Page {
    port: u16,
    server_address: String,
}

impl TileServer {
    /// Starts both for the migrated database at `url`, as a new login role that may do what `martin_ro` may.
    pub fn start(url: &str) -> Self {
        Self::start_as(url, None, Vec::new())
    }

    /// With so many requests a second of one address, where the limit as shipped would be in the way.
    pub fn start_with_limit(url: &str, requests_per_second: u32) -> Self {
        let limit = format!("TILES_REQUESTS_PER_SECOND={requests_per_second}");
        Self::start_as(url, None, vec![limit])
    }

    /// Believes everybody on this machine whom a request is forwarded for.
    pub fn start_behind_proxy(url: &str) -> Self {
        let proxy = "TILES_TRUSTED_PROXY=127.0.0.1".to_owned();
        Self::start_as(url, None, vec![proxy])
    }

    /// With the page that asks the server at that host and port for walks.
    pub fn start_with_page(url: &str, server_address: &str) -> Self {
        let page = Page {
            port: free_port(),
            server_address: server_address.to_owned(),
        };
        Self::start_as(url, Some(page), Vec::new())
    }

    fn start_as(url: &str, page: Option<Page>, settings: Vec<String>) -> Self {
        let folder =
            TempDir::with_prefix("wildside-tiles-").expect("a temporary folder can be made");
        let mut server = Self {
            port: 0,
            page,
            settings,
            martin: None,
            nginx: None,
            folder,
        };
        let url = login_url(url);
        for _ in 0..START_TRIES {
            if server.serve(&url) {
                return server;
            }
        }
        panic!("the tile server does not start: {}", server.logs());
    }

    /// Address under which the tiles are, such as `http://127.0.0.1:20000/tiles`.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/tiles", self.port)
    }

    /// Address of the page.
    pub fn page_url(&self) -> String {
        let page = self.page.as_ref().expect("it was started with the page");
        format!("http://127.0.0.1:{}/", page.port)
    }

    /// Everything that both have written so far.
    pub fn logs(&self) -> String {
        ["martin.log", "nginx.log", "access.log", "error.log"]
            .map(|name| std::fs::read_to_string(self.folder.path().join(name)).unwrap_or_default())
            .concat()
    }

    /// Ends Martin at once; nginx stays.
    pub fn kill_martin(&mut self) {
        self.martin = None;
    }

    fn serve(&mut self, url: &str) -> bool {
        let (martin_port, port) = (free_port(), free_port());
        self.port = port;
        let martin = martin_command(url, martin_port);
        self.martin = Some(Guarded::start(
            &martin,
            &self.folder.path().join("martin.log"),
        ));
        let mut nginx = nginx_command(port, martin_port, self.page.as_ref());
        nginx.args(&self.settings);
        nginx
            .arg(format!("{MARTIN}/run-nginx.sh"))
            .arg(self.folder.path());
        self.nginx = Some(Guarded::start(
            &nginx,
            &self.folder.path().join("nginx.log"),
        ));
        self.wait_until_ready()
    }

    fn wait_until_ready(&self) -> bool {
        let running = |process: &Option<Guarded>| process.as_ref().is_some_and(Guarded::is_running);
        let start = Instant::now();
        while start.elapsed() < START_LIMIT {
            if !running(&self.martin) || !running(&self.nginx) {
                return false;
            }
            if answers(self.port).is_ok_and(|ready| ready) {
                return true;
            }
            sleep(Duration::from_millis(20));
        }
        panic!(
            "the tile server did not answer within {START_LIMIT:?}: {}",
            self.logs()
        );
    }
}

/// The same database for a login role of its own, made as for a deployment.
fn login_url(url: &str) -> String {
    let (role, password) = (format!("martin_{}", password()), password());
    let script = format!("{MARTIN}/login.sql");
    run(postgres_client("psql")
        .args(["-X", "-q", "-d", url, "-v"])
        .arg(format!("login={role}"))
        .args(["-f", &script])
        .env("MARTIN_PASSWORD", &password));
    let (_, address) = url.split_once('@').expect("the URL names a user");
    format!("postgres://{role}:{password}@{address}")
}

fn martin_command(url: &str, port: u16) -> Command {
    let mut command = Command::new("env");
    command
        .arg(format!("MARTIN_DATABASE_URL={url}"))
        .arg(format!("MARTIN_LISTEN=127.0.0.1:{port}"))
        .arg(format!("{MARTIN}/run-martin.sh"));
    command
}

/// The environment of the nginx; what is to be run comes after it.
fn nginx_command(port: u16, martin_port: u16, page: Option<&Page>) -> Command {
    let mut command = Command::new("env");
    command
        .arg(format!("TILES_LISTEN=127.0.0.1:{port}"))
        .arg(format!("MARTIN_ADDRESS=127.0.0.1:{martin_port}"));
    if let Some(Page {
        port,
        server_address,
    }) = page
    {
        command
            .arg(format!("PAGE_LISTEN=127.0.0.1:{port}"))
            .arg(format!("SERVER_ADDRESS={server_address}"));
    }
    command
}

/// Whether nginx finds Martin in good health.
fn answers(port: u16) -> std::io::Result<bool> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    stream.set_read_timeout(Some(START_LIMIT))?;
    stream.write_all(b"GET /health HTTP/1.0\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer.starts_with("HTTP/1.1 200 "))
}
