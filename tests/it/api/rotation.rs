//! Session keys rotate while people are logged in, on two servers.

use std::fs::{Permissions, set_permissions, write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use reqwest::StatusCode;
use serde_json::json;
use wildside_test_support::{TestDatabase, TestRedis};

use crate::api::app::{Client, serve};

fn put_keys(path: &Path, keys: &[char]) {
    let lines: Vec<String> = keys.iter().map(|key| key.to_string().repeat(64)).collect();
    write(path, lines.join("\n")).unwrap();
    set_permissions(path, Permissions::from_mode(0o600)).unwrap();
}

#[actix_web::test]
async fn nobody_is_logged_out_by_a_rotation() {
    let (database, redis) = (TestDatabase::create(), TestRedis::start());
    let folder = tempfile::tempdir().unwrap();
    let files = [folder.path().join("first"), folder.path().join("second")];
    // The first server has taken the second step already, the other one only the first.
    put_keys(&files[0], &['n', 'o']);
    put_keys(&files[1], &['o', 'n']);
    let servers = files.each_ref().map(|file| {
        serve(
            &database,
            &redis,
            &[("SESSION_KEY_FILE", file.to_str().unwrap())],
        )
    });
    let mut clients = servers.each_ref().map(|(address, ..)| Client::of(*address));

    let body = json!({"username": "ada", "password": "a fine long password"});
    assert_eq!(
        clients[1].post("/api/v1/users", &body).await.status,
        StatusCode::CREATED
    );
    let old = clients[1].cookie.clone();
    clients[0].cookie.clone_from(&old);
    assert_eq!(
        clients[0].get("/api/v1/users/me").await.status,
        StatusCode::OK
    );
    assert_ne!(
        clients[0].cookie, old,
        "the cookie was not written anew under the new key"
    );
    clients[1].cookie = clients[0].cookie.clone();
    assert_eq!(
        clients[1].get("/api/v1/users/me").await.status,
        StatusCode::OK
    );

    put_keys(&files[0], &['n']);
    let (only_new, handle, thread) = serve(
        &database,
        &redis,
        &[("SESSION_KEY_FILE", files[0].to_str().unwrap())],
    );
    let mut later = Client::of(only_new);
    later.cookie = clients[0].cookie.clone();
    assert_eq!(later.get("/api/v1/users/me").await.status, StatusCode::OK);
    later.cookie = old;
    assert_eq!(
        later.get("/api/v1/users/me").await.status,
        StatusCode::UNAUTHORIZED
    );
    later.cookie = Some("forged".to_owned());
    assert_eq!(
        later.get("/api/v1/users/me").await.status,
        StatusCode::UNAUTHORIZED
    );

    let all = servers
        .into_iter()
        .map(|(_, handle, thread)| (handle, thread))
        .chain([(handle, thread)]);
    for (handle, thread) in all {
        drop(handle.stop(false));
        thread.join().unwrap();
    }
}
