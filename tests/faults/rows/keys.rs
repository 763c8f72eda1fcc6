//! The keys of sessions: rotated while people walk, and unsound.

use std::fs::{Permissions, metadata, set_permissions, write};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use futures::FutureExt;

use crate::stage::client::User;
use crate::stage::fleet::Fleet;
use crate::stage::matrix::{Outcome, Row};
use crate::stage::process::{Launch, Process, until};
use crate::stage::scene::{PATIENCE, Scene};

pub const ROWS: &[Row] = &[
    Row {
        number: 33,
        fault: "session keys rotated",
        done: "a new key appended, moved to the front and left alone, each at one of two servers before the other",
        quick: false,
        play: || rotated().boxed_local(),
    },
    Row {
        number: 34,
        fault: "key file missing, short, unreadable or public",
        done: "servers started with such files, and the file of a running one made so",
        quick: true,
        play: || unsound().boxed_local(),
    },
];

const ME: &str = "/api/v1/users/me";

async fn rotated() -> Outcome {
    let fleet = Fleet::start();
    let folder = tempfile::tempdir().unwrap();
    let files = [folder.path().join("first"), folder.path().join("second")];
    let mut servers = Vec::new();
    for file in &files {
        put_keys(file, "o");
        let path = file.to_str().unwrap();
        servers.push(fleet.server(&[("SESSION_KEY_FILE", path)]).await);
    }
    let workers = vec![fleet.worker_with_engine("20", &[]).await];
    let mut scene = Scene::of(fleet, servers, workers, 20.0).await;
    let sleeper = User::sign_up(&scene.server().url(), "sleeper").await;
    let begun = Instant::now();
    for (step, keys) in ["on", "no", "n"].into_iter().enumerate() {
        for (server, file) in scene.servers.iter().zip(&files) {
            put_keys(file, keys);
            server.signal("HUP");
            until("the keys are taken", PATIENCE, async || {
                server.log().matches("session keys changed").count() == step + 1
            })
            .await;
            scene.goes_on(20).await;
        }
    }
    let took = begun.elapsed();
    for server in &mut scene.servers {
        server.signal("TERM");
        assert_eq!(server.ended(PATIENCE).await, Some(0));
        server.start_again(&[]);
        server.is_ready().await;
        let answer = sleeper.get(&server.url(), ME).await.unwrap();
        assert_eq!(answer.status, 401, "the old key is in use still");
    }
    scene.goes_on(20).await;
    let report = scene.settle().await.all_complete().none_refused();
    Outcome::recovered(
        took,
        format!("nobody who was there was logged out, nor by a restart of each server; {report}"),
    )
}

/// A key for each letter.
fn put_keys(file: &Path, letters: &str) {
    let keys: Vec<String> = letters
        .chars()
        .map(|letter| letter.to_string().repeat(64))
        .collect();
    write(file, keys.join("\n")).unwrap();
    set_permissions(file, Permissions::from_mode(0o600)).unwrap();
}

async fn unsound() -> Outcome {
    let fleet = Fleet::start();
    let folder = tempfile::tempdir().unwrap();
    let sound = folder.path().join("sound");
    put_keys(&sound, "k");
    let sound_key = [("SESSION_KEY_FILE", sound.to_str().unwrap())];
    let servers = vec![fleet.server(&sound_key).await];
    let workers = vec![fleet.worker_with_engine("20", &[]).await];
    let scene = Scene::of(fleet, servers, workers, 10.0).await;
    let mut slowest = Duration::ZERO;
    for (file, cause) in unsound_files(folder.path()) {
        slowest = slowest.max(is_refused(&scene.fleet, &file, &cause).await);
    }
    write(&sound, "short").unwrap();
    scene.server().signal("HUP");
    scene
        .server()
        .logs("the session keys stay as they were", PATIENCE)
        .await;
    scene.goes_on(20).await;
    let report = scene.settle().await.all_complete().none_refused();
    Outcome::seen(format!(
        "each was refused within {slowest:.1?} with its cause in one line and an exit code, \
         the running server kept its keys; {report}"
    ))
}

/// The files, and what is said of them.
fn unsound_files(folder: &Path) -> Vec<(PathBuf, String)> {
    let key = "k".repeat(64);
    let file = |name: &str, content: &str, mode| {
        let path = folder.join(name);
        write(&path, content).unwrap();
        set_permissions(&path, Permissions::from_mode(mode)).unwrap();
        path
    };
    let files = [
        (folder.join("missing"), "can't read"),
        (file("empty", "", 0o600), "holds no key"),
        (
            file("short", &key[..63], 0o600),
            "has 63 bytes, fewer than 64",
        ),
        (file("public", &key, 0o644), "can be read by everybody"),
        (file("unreadable", &key, 0o000), "can't read"),
    ];
    files.map(|(path, cause)| (path, cause.to_owned())).into()
}

/// A server with this file ends by itself and says why; how long that took.
async fn is_refused(fleet: &Fleet, file: &Path, cause: &str) -> Duration {
    let path = file.to_str().unwrap();
    let launch = fleet.server_launch(&[("SESSION_KEY_FILE", path)]);
    let begun = Instant::now();
    let mut server = Process::start(bound_by_permissions(launch));
    let code = server.ended(PATIENCE).await;
    let took = begun.elapsed();
    let log = server.log();
    let lines: Vec<&str> = log.lines().filter(|line| !line.starts_with('{')).collect();
    assert_eq!(code, Some(1), "{path}: {log}");
    let [line] = lines[..] else {
        panic!("{path}: not one line but {lines:?}");
    };
    assert!(
        line.starts_with("wildside: SESSION_KEY_FILE: ")
            && line.contains(path)
            && line.contains(cause),
        "{line}"
    );
    took
}

/// Root may read every file, unless it has put that power down.
fn bound_by_permissions(mut launch: Launch) -> Launch {
    let is_root = metadata("/proc/self").unwrap().uid() == 0;
    if is_root {
        let program = std::mem::replace(&mut launch.program, "setpriv".into());
        let front = [
            "--bounding-set=-dac_override,-dac_read_search",
            program.to_str().unwrap(),
        ];
        launch.arguments.splice(0..0, front.map(str::to_owned));
    }
    launch
}
