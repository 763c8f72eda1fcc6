//! Proxies in front: whose request it is, and whose page it comes from.

use std::net::SocketAddr;
use std::process::{Child, Command};

use reqwest::{Method, StatusCode};
use serde_json::json;
use tempfile::TempDir;
use wildside_test_support::free_port;

use super::report;
use crate::api::app::{Answer, Client, TestApp};
use crate::api::log::PASSWORD;
use crate::api::process::until;
use crate::api::websocket::connect_to;

/// An nginx that passes everything on, with little more in its configuration than where to.
struct Nginx {
    process: Child,
    address: SocketAddr,
    folder: TempDir,
}

impl Nginx {
    async fn before(server: SocketAddr, port: u16, headers: &str) -> Self {
        let folder = TempDir::with_prefix("wildside-nginx-").unwrap();
        let configuration = format!(
            "daemon off; master_process off; pid pid; error_log error.log; events {{}}
             http {{
                 access_log off;
                 client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi;
                 uwsgi_temp_path uwsgi; scgi_temp_path scgi;
                 map $http_upgrade $connection_upgrade {{ default upgrade; '' close; }}
                 server {{
                     listen 127.0.0.1:{port};
                     location / {{
                         proxy_pass http://{server};
                         {headers}
                     }}
                     location /ws {{
                         proxy_pass http://{server};
                         proxy_http_version 1.1;
                         proxy_set_header Upgrade $http_upgrade;
                         proxy_set_header Connection $connection_upgrade;
                         {headers}
                     }}
                 }}
             }}"
        );
        std::fs::write(folder.path().join("nginx.conf"), configuration).unwrap();
        let process = Command::new("/usr/sbin/nginx")
            .arg("-p")
            .arg(folder.path())
            .args(["-c", "nginx.conf", "-e", "error.log"])
            .spawn()
            .expect("nginx is installed");
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        let nginx = Self {
            process,
            address,
            folder,
        };
        until(
            || nginx.log(),
            async || {
                reqwest::get(format!("http://{address}/healthz"))
                    .await
                    .is_ok()
            },
        )
        .await;
        nginx
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("error.log")).unwrap_or_default()
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

async fn sign_up(client: &mut Client, name: &str, headers: &[(&str, &str)]) -> Answer {
    let body = json!({"username": name, "password": PASSWORD});
    client
        .send(Method::POST, "/api/v1/users", Some(&body), headers)
        .await
}

#[actix_web::test]
async fn pages_of_ours_work_behind_a_proxy_that_sends_another_host() {
    for (name, headers) in [
        ("bare", ""),
        ("host", "proxy_set_header Host $host;"),
        ("http-host", "proxy_set_header Host $http_host;"),
    ] {
        let port = free_port();
        let page = format!("http://localhost:{port}");
        let app = TestApp::with(&[("WILDSIDE_PUBLIC_URL", &page)]);
        let nginx = Nginx::before(app.address, port, headers).await;
        let mut client = Client::of(nginx.address);
        let signed_up = sign_up(&mut client, "ada", &[("origin", &page)]).await;
        report(
            &format!("a page of ours behind nginx with {name:?}"),
            signed_up.status,
        );
        assert_eq!(signed_up.status, StatusCode::CREATED, "{name}");
        let cookie = client.cookie.clone();
        let cookie = cookie.as_deref();
        let socket = connect_to(nginx.address, cookie, Some(&page)).await;
        assert!(socket.is_ok(), "{name}: {socket:?}");
        for foreign in ["http://evil.example", "http://localhost", "null"] {
            let answer = sign_up(&mut client, "bob", &[("origin", foreign)]).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{name} {foreign}");
            let socket = connect_to(nginx.address, cookie, Some(foreign)).await;
            assert_eq!(socket.err(), Some(403), "{name} {foreign}");
        }
    }
}

#[actix_web::test]
async fn what_a_client_tells_its_proxy_changes_nothing() {
    let app = TestApp::with(&[
        ("WILDSIDE_TRUSTED_PROXIES", "127.0.0.2/32"),
        ("WILDSIDE_SIGNUPS_PER_ADDRESS", "2"),
    ]);
    let noted =
        "proxy_bind 127.0.0.2; proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;";
    let nginx = Nginx::before(app.address, free_port(), noted).await;
    let mut statuses = Vec::new();
    for (number, forged) in ["1.2.3.4", "\"", "127.0.0.2", "5.6.7.8:9"]
        .iter()
        .enumerate()
    {
        let headers = [
            ("x-forwarded-for", *forged),
            ("forwarded", "for=9.9.9.9"),
            ("x-real-ip", "9.9.9.9"),
        ];
        let mut client = Client::of(nginx.address);
        let answer = sign_up(&mut client, &format!("user-{number}"), &headers).await;
        statuses.push(answer.status.as_u16());
    }
    report(
        "sign-ups with made-up hops, 2 allowed",
        format_args!("{statuses:?}"),
    );
    assert_eq!(statuses, [201, 201, 429, 429]);
}

#[actix_web::test]
async fn a_gateway_that_names_ports_does_not_make_all_its_clients_one() {
    for (header, hops) in [
        (
            "X-Forwarded-For",
            [
                "203.0.113.1:4711",
                "203.0.113.2:4711",
                "[2001:db8:0:1::1]:443",
                "junk, [2001:db8:0:2::1]",
            ],
        ),
        (
            "Forwarded",
            [
                "for=203.0.113.1",
                "for=\"203.0.113.2:4711\";proto=https",
                "by=10.0.0.1;For=\"[2001:db8:0:1::1]:4711\"",
                "for=\"junk, for=\"[2001:db8:0:2::1]\"",
            ],
        ),
    ] {
        let app = TestApp::with(&[
            ("WILDSIDE_TRUSTED_PROXIES", "127.0.0.0/8"),
            ("WILDSIDE_FORWARDED_HEADER", header),
            ("WILDSIDE_SIGNUPS_PER_ADDRESS", "1"),
        ]);
        for (round, expected) in [(0, StatusCode::CREATED), (1, StatusCode::TOO_MANY_REQUESTS)] {
            for (number, hop) in hops.iter().enumerate() {
                let name = format!("user-{round}-{number}");
                let answer = sign_up(&mut app.client(), &name, &[(header, hop)]).await;
                report(&format!("sign-up {round} by {hop}"), answer.status);
                assert_eq!(answer.status, expected, "{header}: {hop}");
            }
        }
    }
}

#[actix_web::test]
async fn a_page_of_another_site_logs_in_where_that_is_configured() {
    let page = "https://app.example";
    let app = TestApp::with(&[
        ("WILDSIDE_ALLOWED_ORIGINS", page),
        ("SESSION_COOKIE_SAME_SITE", "none"),
        ("SESSION_COOKIE_SECURE", "1"),
    ]);
    let mut client = app.client();
    let answer = sign_up(&mut client, "ada", &[("origin", page)]).await;
    assert_eq!(answer.status, StatusCode::CREATED);
    assert_eq!(answer.header("access-control-allow-origin"), page);
    assert_eq!(answer.header("access-control-allow-credentials"), "true");
    let cookie = answer.header("set-cookie");
    assert!(
        cookie.contains("SameSite=None") && cookie.contains("Secure"),
        "{cookie}"
    );
    let body = json!({"display_name": "Ada"});
    for (origin, expected) in [(page, 200), ("https://evil.example", 403)] {
        let headers = [("origin", origin)];
        let answer = client
            .send(Method::PATCH, "/api/v1/users/me", Some(&body), &headers)
            .await;
        report(
            &format!("PATCH with the cookie, by {origin}"),
            answer.status,
        );
        assert_eq!(answer.status.as_u16(), expected, "{origin}");
    }
}
