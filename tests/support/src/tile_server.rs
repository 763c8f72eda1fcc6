use std::thread::sleep;
use std::time::{Duration, Instant};

use tempfile::TempDir;
use wildside_dev::http::answers;
use wildside_dev::tiles::{self, Nginx};

use crate::guarded::{self, END, Guarded};
use crate::port::free_port;
use crate::secret::password;

const START_LIMIT: Duration = Duration::from_secs(20);
const START_TRIES: usize = 5;

/// Martin and the nginx before it, configured as shipped, for one database.
#[derive(Debug)]
pub struct TileServer {
    port: u16,
    /// Variables of the nginx besides.
    settings: Vec<(String, String)>,
    martin: Option<Guarded>,
    nginx: Option<Guarded>,
    folder: TempDir,
}

impl TileServer {
    /// Starts both for the migrated database at `url`, as a new login role that may do what `martin_ro` may.
    pub fn start(url: &str) -> Self {
        Self::start_as(url, Vec::new())
    }

    /// With so many requests a second of one address, where the limit as shipped would be in the way.
    pub fn start_with_limit(url: &str, requests_per_second: u32) -> Self {
        let name = "TILES_REQUESTS_PER_SECOND".to_owned();
        Self::start_as(url, vec![(name, requests_per_second.to_string())])
    }

    /// Believes everybody on this machine whom a request is forwarded for.
    pub fn start_behind_proxy(url: &str) -> Self {
        let name = "TILES_TRUSTED_PROXY".to_owned();
        Self::start_as(url, vec![(name, "127.0.0.1".to_owned())])
    }

    fn start_as(url: &str, settings: Vec<(String, String)>) -> Self {
        let folder =
            TempDir::with_prefix("wildside-tiles-").expect("a temporary folder can be made");
        let mut server = Self {
            port: 0,
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
        let file = |name: &str| self.folder.path().join(name);
        let listen = format!("127.0.0.1:{martin_port}");
        let martin = tiles::martin(url, &listen, END);
        self.martin = Some(guarded::start(martin, &file("martin.log")));
        let nginx = Nginx {
            listen: format!("127.0.0.1:{port}"),
            martin: listen,
            settings: self.settings.clone(),
        };
        // Asked, so that it ends its workers, too.
        let nginx = nginx.command(self.folder.path(), "TERM");
        self.nginx = Some(guarded::start(nginx, &file("nginx.log")));
        self.wait_until_ready()
    }

    fn wait_until_ready(&self) -> bool {
        let running = |process: &Option<Guarded>| process.as_ref().is_some_and(Guarded::is_running);
        let start = Instant::now();
        while start.elapsed() < START_LIMIT {
            if !running(&self.martin) || !running(&self.nginx) {
                return false;
            }
            // nginx finds Martin in good health.
            if answers(&format!("127.0.0.1:{}", self.port), "/health") {
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
    let role = format!("martin_{}", password());
    tiles::login(url, &role, &password()).expect("the role of Martin can be made")
}
