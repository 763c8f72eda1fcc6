//! The requests that the contract allows and that might be dear, each in its dearest form.

use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::site::PASSWORD;
use crate::stranger::Stranger;

/// One kind of request.
#[derive(Clone, Copy)]
pub(crate) struct Kind {
    pub(crate) name: &'static str,
    /// Times that the survey sends it.
    pub(crate) calls: usize,
    pub(crate) errand: Errand,
}

#[derive(Clone, Copy)]
pub(crate) enum Errand {
    /// The request of this number.
    Ask(fn(&Stranger, usize) -> RequestBuilder),
    /// A new password for an account.
    NewPassword,
    /// A WebSocket with a burst of locations.
    Frames,
}

const fn ask(name: &'static str, make: fn(&Stranger, usize) -> RequestBuilder) -> Kind {
    Kind {
        name,
        calls: 16,
        errand: Errand::Ask(make),
    }
}

/// All kinds, anonymous ones first.
pub(crate) const KINDS: &[Kind] = &[
    ask("places: another box of 2 degrees", |s, n| {
        s.get(&places(n, 2.0, ""))
    }),
    ask("places: the same, of a theme", |s, n| {
        s.get(&places(
            n,
            2.0,
            &format!("&theme_id={}", s.themes[n % s.themes.len()]),
        ))
    }),
    ask("places: another box of a tenth", |s, n| {
        s.get(&places(n, 0.1, ""))
    }),
    ask("places: one box again and again", |s, _| {
        s.get(&places(0, 2.0, ""))
    }),
    ask("a place", |s, n| {
        s.get(&format!("/api/v1/pois/{}", n * 10 + 11))
    }),
    ask("sign-up", |s, n| {
        s.post(
            "/api/v1/users",
            &account(&format!("new-{}-{n}", s.tag), PASSWORD),
        )
    }),
    ask("sign-up, password of 256", |s, n| {
        s.post(
            "/api/v1/users",
            &account(&format!("long-{}-{n}", s.tag), &long(n)),
        )
    }),
    ask("failed login of nobody", |s, n| {
        s.post("/api/v1/login", &account(&format!("nobody-{n}"), "wrong"))
    }),
    ask("failed login of somebody else", |s, n| {
        s.post(
            "/api/v1/login",
            &account(&format!("walker-{}", n % 16), "wrong"),
        )
    }),
    ask("own login", |s, n| {
        s.post(
            "/api/v1/login",
            &account(&format!("guest-{}", n % 16), PASSWORD),
        )
    }),
    ask("login with 60 KB of brackets", |s, _| {
        let body = format!("{{\"username\":{}", "[".repeat(60_000));
        s.request(Method::POST, "/api/v1/login")
            .body(body)
            .header("content-type", "application/json")
    }),
    ask("another odd method", |s, n| {
        let method = format!("ODD{n}{}", "X".repeat(1000));
        s.request(
            Method::from_bytes(method.as_bytes()).unwrap(),
            "/api/v1/users/me",
        )
    }),
    ask("another odd path", |s, n| {
        s.get(&format!("/api/v1/{n}/{}", "x/".repeat(2000)))
    }),
    ask("readiness", |s, _| s.get("/health/ready")),
    ask("metrics", |s, _| s.get("/metrics")),
    ask("description", |s, _| s.get("/openapi.json")),
    ask("three hours, all themes", |s, n| {
        s.walk(n, walk(n, 180, None))
    }),
    ask("the same walk, another key", |s, n| {
        s.walk(n, walk(0, 180, None))
            .header("idempotency-key", uuid::Uuid::new_v4().to_string())
    }),
    Kind {
        name: "password change to one of 256",
        calls: 16,
        errand: Errand::NewPassword,
    },
    ask("who am I", |s, n| s.guest(n, s.get("/api/v1/users/me"))),
    ask("interests", |s, n| {
        let body = json!({"interest_theme_ids": s.themes});
        s.guest(
            n,
            s.request(Method::PUT, "/api/v1/users/me/interests")
                .json(&body),
        )
    }),
    ask("list of 100,000 walks", |s, _| {
        s.hoarder(s.get("/api/v1/users/me/routes?limit=100"))
    }),
    ask("list of 90,000 saved walks", |s, _| {
        s.hoarder(s.get("/api/v1/users/me/routes?limit=100&saved=true"))
    }),
    ask("list from a cursor of long ago", |s, _| {
        s.hoarder(s.get("/api/v1/users/me/routes?cursor=APzyZyplagAAAQEBAQEBAQEBAQEBAQEBAQ"))
    }),
    ask("a walk as GPX", |s, _| {
        s.guest(0, s.get(&s.of_walk(".gpx")))
    }),
    ask("a walk as GeoJSON", |s, _| {
        s.guest(0, s.get(&s.of_walk(".geojson")))
    }),
    ask("a walk", |s, _| s.guest(0, s.get(&s.of_walk("")))),
    ask("tile token", |s, _| {
        s.guest(0, s.request(Method::POST, &s.of_walk("/tile-token")))
    }),
    ask("save and forget", |s, n| {
        let method = if n.is_multiple_of(2) {
            Method::PUT
        } else {
            Method::DELETE
        };
        s.guest(0, s.request(method, &s.of_walk("/saved")))
    }),
    ask("a note", |s, _| {
        s.guest(
            0,
            s.post(&s.of_walk("/notes"), &json!({"body": "x".repeat(2000)})),
        )
    }),
    ask("all notes", |s, _| s.guest(0, s.get(&s.of_walk("/notes")))),
    Kind {
        name: "WebSocket with 50 locations",
        calls: 8,
        errand: Errand::Frames,
    },
    // The survey takes one of the four.
    Kind {
        calls: 1,
        ..ask("goodbye with 100,000 walks", |s, n| {
            s.leaver(n, s.request(Method::DELETE, "/api/v1/users/me"))
        })
    },
    // Last: a worker may be at these long after they were accepted.
    ask("the end in another country", |s, n| {
        s.walk(n, walk(n, 15, Some([7.421, 43.731])))
    }),
    ask("the end in the next town", |s, n| {
        s.walk(n, walk(n, 15, Some([25.8, 61.1])))
    }),
];

fn places(number: usize, width: f64, more: &str) -> String {
    let (west, south) = (
        23.9 + (number % 1000) as f64 * 1.3e-5,
        59.2 + number as f64 * 1e-6,
    );
    let (east, north) = (west + width - 1e-6, south + width - 1e-6);
    format!("/api/v1/pois?limit=100&bbox={west:.6},{south:.6},{east:.6},{north:.6}{more}")
}

/// A walk in the city, like no other of these.
pub(crate) fn walk(number: usize, minutes: u32, end: Option<[f64; 2]>) -> Value {
    let (east, north) = ((number % 200) as f64, (number / 200 % 200) as f64);
    let point = |coordinates: [f64; 2]| json!({"type": "Point", "coordinates": coordinates});
    let mut body = json!({
        "start_location": point([24.92 + east * 3e-4, 60.165 + north * 1e-4]),
        "duration_minutes": minutes,
    });
    if let Some(end) = end {
        body["end_location"] = point(end);
    }
    body
}

fn account(name: &str, password: &str) -> Value {
    json!({"username": name, "password": password})
}

/// 256 characters that take long to be judged: words, in letters that look like others and can be read in many ways.
pub(crate) fn long(number: usize) -> String {
    let mut text = number.to_string() + &"p@55w0rd!l3tm31n$qw3rty(4{8[6<9|7+2%".repeat(8);
    text.truncate(256);
    text
}
