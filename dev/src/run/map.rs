//! The tile server of `make run`, if `make martin` has installed it; else the server makes the tiles itself.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Result;
use wildside_dev::http::{answers, listens};
use wildside_dev::tiles::{self, Nginx, login, martin};

use super::which;
use crate::settings::{Bind, cache, variable};
use crate::supervisor::Supervisor;

const ROLE: &str = "wildside_martin";
const PATIENCE: Duration = Duration::from_secs(30);

/// Port of the tiles.
#[derive(Debug)]
pub(super) struct Map {
    tiles: u16,
    host: String,
}

impl Map {
    /// Chooses where the tiles are; none without a tile server.
    pub(super) fn choose(stage: &Supervisor, bind: &Bind) -> Result<Option<Self>> {
        let (martin, nginx) = (tiles::program(&cache()), which("nginx"));
        stage.stop_leftover("martin", &martin, "TERM")?;
        stage.stop_leftover("nginx", nginx.as_deref().unwrap_or(&PathBuf::new()), "TERM")?;
        if !martin.exists() || nginx.is_none() {
            return Ok(None);
        }
        Ok(Some(Self {
            tiles: stage.state.port("tiles")?,
            host: bind.host.clone(),
        }))
    }

    /// Address of a walk's tiles, for the server to tell.
    pub(super) fn url_template(&self) -> String {
        let Self { tiles, host, .. } = self;
        format!(
            "http://{host}:{tiles}/tiles/routes/{{route_id}}/{{z}}/{{x}}/{{y}}.pbf?token={{token}}"
        )
    }

    /// Starts Martin and nginx.
    pub(super) fn start(
        &self,
        stage: &mut Supervisor,
        database_url: &str,
        bind: &Bind,
    ) -> Result<()> {
        let url = match variable("MARTIN_DATABASE_URL") {
            Some(url) => url,
            None => login(
                database_url,
                ROLE,
                &stage.state.secret::<18>("martin.password")?.1,
            )?,
        };
        let listen = format!("127.0.0.1:{}", stage.state.port("martin")?);
        let tiles = format!("{}:{}", self.host, self.tiles);
        stage
            .clock
            .step(&format!("starting the tile server on {tiles}"));
        stage.start("martin", martin(&url, &listen, "TERM"))?;
        stage.wait_until("martin", PATIENCE, || listens(&listen))?;
        let nginx = Nginx {
            listen: bind.with_port(self.tiles),
            martin: listen,
            settings: Vec::new(),
        };
        let folder = stage.state.folder("tiles")?;
        stage.start("nginx", nginx.command(&folder, "TERM"))?;
        stage.wait_until("nginx", PATIENCE, || answers(&tiles, "/health"))
    }
}
