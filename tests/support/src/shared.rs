//! One PostgreSQL server for all test processes, started by the first and ended after the last.
//!
//! Each process holds a shared lock on the file `lease` for as long as it lives. The guardian, which is the parent of
//! the server, ends it when nobody has held the lease for a while. Whoever starts or ends the server holds the file
//! `gate` meanwhile, so that both never happen at once.

use std::collections::hash_map::DefaultHasher;
use std::fs::File;
use std::hash::{Hash, Hasher};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use crate::port::free_port;
use crate::postgres::{Access, START_TRIES, create_cluster, server_command};

const GUARDIAN: &str = r#"
cd "$1" || exit 1
shift
"$@" </dev/null & server=$!
idle=0
while kill -0 $server; do
    sleep 1
    if flock -n lease true; then idle=$((idle + 1)); else idle=0; fi
    [ $idle -lt 3 ] && continue
    exec 9>gate
    flock 9
    flock -n lease true && break
    exec 9>&-
done
rm -f server
kill -QUIT $server
wait $server
rm -rf data password
"#;

/// The shared server, kept alive by the lease.
#[derive(Debug)]
pub(crate) struct SharedServer {
    pub(crate) access: Access,
    folder: PathBuf,
    _lease: File,
}

/// The server of this process's tests; started if no other process has done so.
pub(crate) static SHARED: LazyLock<SharedServer> = LazyLock::new(SharedServer::join);

impl SharedServer {
    fn join() -> Self {
        let folder = folder();
        let gate = lock_file(&folder, "gate");
        gate.lock().expect("the gate can be locked");
        let lease = lock_file(&folder, "lease");
        lease.lock_shared().expect("the lease can be locked");
        let access = running(&folder).unwrap_or_else(|| start(&folder));
        Self {
            access,
            folder,
            _lease: lease,
        }
    }

    /// Log file of the server.
    pub(crate) fn log_file(&self) -> PathBuf {
        self.folder.join("log")
    }

    /// Does something once in the life of the server, whichever process comes first.
    pub(crate) fn once(&self, name: &str, work: impl FnOnce()) {
        let done = self.folder.join("data").join(name);
        let gate = lock_file(&self.folder, "gate");
        gate.lock().expect("the gate can be locked");
        if !done.exists() {
            work();
            File::create(done).expect("the mark can be made");
        }
    }
}

/// One folder for each user and checkout, readable by its owner alone where the server does not run as another user.
fn folder() -> PathBuf {
    let mut hasher = DefaultHasher::new();
    env!("CARGO_MANIFEST_DIR").hash(&mut hasher);
    let user = std::fs::metadata("/proc/self")
        .expect("/proc is there")
        .uid();
    let name = format!("wildside-tests-{user}-{:016x}", hasher.finish());
    let folder = std::env::temp_dir().join(name);
    let made = std::fs::DirBuilder::new().mode(0o711).create(&folder);
    let owner = std::fs::metadata(&folder).map(|data| data.uid());
    assert!(
        owner.as_ref().is_ok_and(|&owner| owner == user),
        "{} cannot be used: {made:?}, owned by {owner:?}",
        folder.display()
    );
    folder
}

fn lock_file(folder: &Path, name: &str) -> File {
    File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(folder.join(name))
        .unwrap_or_else(|error| panic!("{}/{name}: {error}", folder.display()))
}

fn running(folder: &Path) -> Option<Access> {
    let text = std::fs::read_to_string(folder.join("server")).ok()?;
    let (port, password) = text.split_once(' ')?;
    let access = Access {
        port: port.parse().ok()?,
        password: password.to_owned(),
    };
    access.is_listening().then_some(access)
}

fn start(folder: &Path) -> Access {
    let _ = std::fs::remove_dir_all(folder.join("data"));
    let mut access = Access::new();
    create_cluster(folder, &access.password);
    for _ in 0..START_TRIES {
        if serve(folder, &access) {
            let text = format!("{} {}", access.port, access.password);
            std::fs::write(folder.join("server"), text).expect("the state can be written");
            return access;
        }
        access.port = free_port();
    }
    let log = std::fs::read_to_string(folder.join("log")).unwrap_or_default();
    panic!("PostgreSQL does not start: {log}");
}

fn serve(folder: &Path, access: &Access) -> bool {
    let log = File::create(folder.join("log")).expect("the log can be made");
    let server = server_command(folder, access.port);
    let mut guardian = Command::new("setsid")
        .args(["sh", "-c", GUARDIAN, "guardian"])
        .arg(folder)
        .arg(server.get_program())
        .args(server.get_args())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log)
        .spawn()
        .expect("setsid starts");
    access.wait_until_ready(|| matches!(guardian.try_wait(), Ok(None)))
}
