//! Scene of most rows: servers, workers, and people who ask for walks all the while.

use std::time::Duration;

use wildside_test_support::TcpProxy;

use crate::stage::fleet::Fleet;
use crate::stage::load::Load;
use crate::stage::process::Process;
use crate::stage::report::Report;

/// For what must come, sooner or later.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// Requests for a walk that a server has refused for now.
pub const REFUSED: &str =
    r#"http_requests_total{endpoint="/api/v1/routes",method="POST",status="503"}"#;

/// Everything ends when it is dropped, those who ask first.
pub struct Scene {
    pub load: Load,
    pub workers: Vec<Process>,
    pub servers: Vec<Process>,
    pub fleet: Fleet,
}

impl Scene {
    /// So many servers, and for each of the behaviours a worker with such an engine; people ask `rate` times a second.
    pub async fn start(servers: usize, engines: &[&str], rate: f64) -> Self {
        let fleet = Fleet::start();
        let servers = fleet.servers(servers).await;
        let mut workers = Vec::new();
        for engine in engines {
            workers.push(fleet.worker_with_engine(engine, &[]).await);
        }
        Self::of(fleet, servers, workers, rate).await
    }

    /// Two servers, the first of which reaches Redis through a proxy alone, and a worker.
    pub async fn with_cable_to_redis() -> (Self, TcpProxy) {
        let fleet = Fleet::start();
        let proxy = TcpProxy::to_port(fleet.redis.port());
        let through_proxy = fleet.redis.url_at(proxy.port());
        let servers = vec![
            fleet.server(&[("REDIS_URL", &through_proxy)]).await,
            fleet.server(&[]).await,
        ];
        let workers = vec![fleet.worker_with_engine("20", &[]).await];
        (Self::of(fleet, servers, workers, 10.0).await, proxy)
    }

    /// A scene with processes that were started otherwise.
    pub async fn of(fleet: Fleet, servers: Vec<Process>, workers: Vec<Process>, rate: f64) -> Self {
        Self {
            load: Load::start(&servers, rate).await,
            workers,
            servers,
            fleet,
        }
    }

    /// The first server.
    pub fn server(&self) -> &Process {
        &self.servers[0]
    }

    /// The first worker.
    pub fn worker(&self) -> &Process {
        &self.workers[0]
    }

    /// Waits until so many more requests have been accepted.
    pub async fn goes_on(&self, more: usize) {
        self.load.goes_on(more).await;
    }

    /// Nobody asks any more; all that was accepted ends, and what everybody saw is judged.
    pub async fn settle(&self) -> Report {
        self.load.settle(&self.fleet, PATIENCE).await
    }

    /// Test that no process has ended.
    pub fn all_run(&mut self) -> bool {
        let mut processes = self.servers.iter_mut().chain(&mut self.workers);
        processes.all(Process::is_running)
    }
}
