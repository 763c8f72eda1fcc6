//! Disks that are full.

use std::fs::File;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use futures::FutureExt;
use tempfile::TempDir;
use tokio::time::sleep;

use crate::stage::fleet::Fleet;
use crate::stage::matrix::{Outcome, Row};
use crate::stage::process::{Process, until};
use crate::stage::scene::{PATIENCE, REFUSED, Scene};

pub const ROWS: &[Row] = &[Row {
    number: 32,
    fault: "disk full",
    done: "the ledger and the server's log on a tmpfs of 16 MiB that is full for 5 s",
    quick: false,
    play: || full().boxed_local(),
}];

const RECOVERY_LIMIT: Duration = Duration::from_secs(15);
const FULL: Duration = Duration::from_secs(5);

/// A small disk of its own; needs root.
struct SmallDisk(TempDir);

impl SmallDisk {
    fn mount() -> Option<Self> {
        let folder = TempDir::with_prefix("wildside-disk-").unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=16m,mode=755", "none"]);
        let mounted = mount.arg(folder.path()).output();
        mounted
            .is_ok_and(|output| output.status.success())
            .then_some(Self(folder))
    }

    /// A folder that belongs to PostgreSQL.
    fn folder_of_postgres(&self) -> PathBuf {
        let folder = self.path().join("ledger");
        std::fs::create_dir(&folder).unwrap();
        let owned = Command::new("chown").arg("postgres:").arg(&folder).status();
        assert!(owned.unwrap().success());
        folder
    }

    fn fill(&self) {
        let mut file = File::create(self.ballast()).unwrap();
        let error = loop {
            if let Err(error) = file.write_all(&[0; 512]) {
                break error;
            }
        };
        assert_eq!(error.kind(), ErrorKind::StorageFull);
    }

    fn empty(&self) {
        std::fs::remove_file(self.ballast()).unwrap();
    }

    fn ballast(&self) -> PathBuf {
        self.path().join("ballast")
    }

    fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount")
            .arg("--lazy")
            .arg(self.path())
            .status();
    }
}

async fn full() -> Outcome {
    let Some(disk) = SmallDisk::mount() else {
        return Outcome::NotRun("needs root, to mount a tmpfs");
    };
    let fleet = Fleet::start();
    fleet.sql(&format!(
        "CREATE TABLESPACE small LOCATION '{}'",
        disk.folder_of_postgres().display()
    ));
    fleet.sql("ALTER TABLE route_requests SET TABLESPACE small");
    let mut launch = fleet.server_launch(&[]);
    launch.log = disk.path().join("log");
    let server = Process::start(launch);
    server.is_ready().await;
    let workers = vec![fleet.worker_with_engine("20", &[]).await];
    let mut scene = Scene::of(fleet, vec![server], workers, 20.0).await;
    scene.goes_on(20).await;

    disk.fill();
    let filled = Instant::now();
    until("requests are refused", PATIENCE, async || {
        scene.load.history.count_refused() > 0
    })
    .await;
    let (reader, url) = (scene.load.user(0), scene.server().url());
    while filled.elapsed() < FULL {
        for path in ["/api/v1/users/me", "/api/v1/users/me/routes"] {
            let answer = reader.get(&url, path).await.unwrap();
            assert_eq!(answer.status, 200, "{path}");
        }
        sleep(Duration::from_millis(100)).await;
    }
    let no_space = "No space left on device";
    scene.worker().logs(no_space, PATIENCE).await;
    assert!(scene.server().count(REFUSED).await > 0);
    assert!(scene.all_run());
    disk.empty();
    let emptied = Instant::now();

    scene.goes_on(20).await;
    let report = scene.settle().await.all_complete();
    Outcome::recovered(
        report.recovery_within(RECOVERY_LIMIT, emptied),
        format!("reads went on, nobody died of a log that could not be written; {report}"),
    )
}
