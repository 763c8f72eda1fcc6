//! Every operation of the description, with a request that is right, and who may do it.

use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::api::app::{Answer, Client, TestApp};
use crate::api::city;
use crate::api::log::PASSWORD;

/// Access to an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    Anybody,
    /// Whoever is logged in, each with what is the own.
    Users,
    /// To others it does not exist.
    Owner,
    OwnerAndAdmin,
    Admin,
}

/// One operation.
#[derive(Debug, Clone)]
pub struct Operation {
    pub method: Method,
    /// The path as described.
    pub template: &'static str,
    /// The path with the ids of the owner's things.
    pub path: String,
    pub body: Option<Value>,
    pub access: Access,
    /// The status for those who may.
    pub status: u16,
}

impl Operation {
    pub async fn send(&self, client: &mut Client, headers: &[(&str, &str)]) -> Answer {
        let body = self.body.as_ref();
        client
            .send(self.method.clone(), &self.path, body, headers)
            .await
    }

    /// Test that it ends the session of whoever does it.
    pub fn ends_session(&self) -> bool {
        self.template.ends_with("/logout")
            || (self.method == Method::DELETE && self.template.ends_with("/users/me"))
    }

    pub fn is_unsafe(&self) -> bool {
        self.method != Method::GET
    }
}

/// A server with an owner of things, a stranger and an admin.
pub struct World {
    pub app: TestApp,
    pub owner: Client,
    pub stranger: Client,
    pub admin: Client,
    pub operations: Vec<Operation>,
    _key: tempfile::NamedTempFile,
}

impl World {
    pub async fn create() -> Self {
        let key = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(key.path(), "k".repeat(32)).unwrap();
        let app = TestApp::with(&[
            ("TILE_TOKEN_KEY_FILE", key.path().to_str().unwrap()),
            ("WILDSIDE_ROUTE_REQUESTS_PER_MINUTE", "0"),
        ]);
        city::load(&app);
        let (mut owner, stranger) = (app.user("owner").await, app.user("stranger").await);
        let admin = app.user("admin").await;
        app.database
            .sql("UPDATE users SET role = 'admin' WHERE username = 'admin'");
        let operations = operations(&Ids::of(&app, &mut owner).await);
        Self {
            app,
            owner,
            stranger,
            admin,
            operations,
            _key: key,
        }
    }

    /// Those with a body.
    pub fn with_body(&self) -> impl Iterator<Item = &Operation> {
        self.operations.iter().filter(|o| o.body.is_some())
    }
}

/// Ids of what belongs to the owner, and of two dead jobs.
struct Ids {
    user: String,
    /// Somebody whom nobody will miss.
    leaver: String,
    request: Uuid,
    route: Uuid,
    note: String,
    /// Secret of the link to the walk.
    share: String,
    /// Another walk, which nobody will miss.
    unwanted: Uuid,
}

impl Ids {
    async fn of(app: &TestApp, owner: &mut Client) -> Self {
        let request = city::ask(owner).await;
        let route = city::finish(app, request);
        let note = owner
            .post(
                &format!("/api/v1/routes/{route}/notes"),
                &json!({"body": "mine"}),
            )
            .await;
        for id in ["dead-1", "dead-2"] {
            let trace = Uuid::nil().to_string();
            let mut words = vec!["XADD", "wildside:queue:{enrichment}:dead", "*"];
            words.extend([
                "id",
                id,
                "kind",
                "Enrichment",
                "trace_id",
                &trace,
                "payload",
                "{}",
            ]);
            app.redis.command(&words);
        }
        let share = owner
            .post(&format!("/api/v1/routes/{route}/share"), &json!({}))
            .await;
        let unwanted = city::walk(app, owner).await;
        let me = owner.get("/api/v1/users/me").await.json();
        let leaver = app
            .user("leaver")
            .await
            .get("/api/v1/users/me")
            .await
            .json();
        Self {
            user: me["id"].as_str().unwrap().to_owned(),
            leaver: leaver["id"].as_str().unwrap().to_owned(),
            request,
            route,
            note: note.json()["id"].as_str().unwrap().to_owned(),
            share: share.json()["token"].as_str().unwrap().to_owned(),
            unwanted,
        }
    }
}

fn credentials(name: &str) -> Value {
    json!({"username": name, "password": PASSWORD})
}

fn operations(ids: &Ids) -> Vec<Operation> {
    use Access::{Admin, Anybody, Owner, OwnerAndAdmin, Users};
    let (get, post, put) = (Method::GET, Method::POST, Method::PUT);
    let (patch, delete) = (Method::PATCH, Method::DELETE);
    let (sign_up, login) = (credentials("somebody"), credentials("stranger"));
    let name = json!({"display_name": "New name"});
    let interests = json!({"interest_theme_ids": []});
    let progress = json!({"visited_poi_ids": [11]});
    let note = json!({"body": "Come back for the cake."});
    let rows = [
        (&get, "/healthz", None, Anybody, 200),
        (&get, "/health/live", None, Anybody, 200),
        (&get, "/health/ready", None, Anybody, 200),
        (&get, "/metrics", None, Anybody, 200),
        (&get, "/openapi.json", None, Anybody, 200),
        (&get, "/asyncapi.json", None, Anybody, 200),
        (&get, "/docs", None, Anybody, 308),
        (&get, "/admin", None, Anybody, 200),
        (&get, "/admin/page.js", None, Anybody, 200),
        (&get, "/admin/page.css", None, Anybody, 200),
        (&get, "/ws", None, Users, 101),
        (&get, "/api/v1/interest-themes", None, Anybody, 200),
        (&get, "/api/v1/pois", None, Anybody, 200),
        (&get, "/api/v1/pois/{poi_id}", None, Anybody, 200),
        (&post, "/api/v1/users", Some(sign_up), Anybody, 201),
        (&post, "/api/v1/login", Some(login), Anybody, 200),
        (&get, "/api/v1/users/me", None, Users, 200),
        (&patch, "/api/v1/users/me", Some(name.clone()), Users, 200),
        (
            &put,
            "/api/v1/users/me/interests",
            Some(interests),
            Users,
            200,
        ),
        (&get, "/api/v1/users/me/routes", None, Users, 200),
        (&post, "/api/v1/routes", Some(city::body()), Users, 202),
        (&get, "/api/v1/routes/status/{request_id}", None, Owner, 200),
        (&get, "/api/v1/routes/{route_id}", None, Owner, 200),
        (&get, "/api/v1/routes/{route_id}.gpx", None, Owner, 200),
        (&get, "/api/v1/routes/{route_id}.geojson", None, Owner, 200),
        (&put, "/api/v1/routes/{route_id}/saved", None, Owner, 204),
        (&delete, "/api/v1/routes/{route_id}/saved", None, Owner, 204),
        (&get, "/api/v1/routes/{route_id}/progress", None, Owner, 200),
        (
            &put,
            "/api/v1/routes/{route_id}/progress",
            Some(progress),
            Owner,
            200,
        ),
        (&get, "/api/v1/routes/{route_id}/notes", None, Owner, 200),
        (
            &post,
            "/api/v1/routes/{route_id}/notes",
            Some(note),
            Owner,
            201,
        ),
        (
            &delete,
            "/api/v1/routes/{route_id}/notes/{note_id}",
            None,
            Owner,
            204,
        ),
        (
            &post,
            "/api/v1/routes/{route_id}/tile-token",
            None,
            Owner,
            200,
        ),
        (
            &patch,
            "/api/v1/routes/{route_id}",
            Some(json!({"name": "By the harbour"})),
            Owner,
            204,
        ),
        (&post, "/api/v1/routes/{route_id}/share", None, Owner, 200),
        (&get, "/api/v1/shared/{token}", None, Anybody, 200),
        (&delete, "/api/v1/routes/{route_id}/share", None, Owner, 204),
        (&delete, "/api/v1/routes/{route_id}", None, Owner, 204),
        (&get, "/api/v1/users/{user_id}", None, OwnerAndAdmin, 200),
        (
            &patch,
            "/api/v1/users/{user_id}",
            Some(name),
            OwnerAndAdmin,
            200,
        ),
        (&delete, "/api/v1/users/{user_id}", None, Admin, 204),
        (&get, "/api/v1/users", None, Admin, 200),
        (&post, "/api/v1/logout", None, Users, 204),
        (&delete, "/api/v1/users/me", None, Users, 204),
    ];
    let rows = maintenance_rows().into_iter().chain(rows);
    rows.map(|row| operation(row, ids)).collect()
}

/// Rows of the maintainers.
fn maintenance_rows() -> [Row<'static>; 12] {
    use Access::Admin;
    const GET: &Method = &Method::GET;
    const PUT: &Method = &Method::PUT;
    const POST: &Method = &Method::POST;
    const DELETE: &Method = &Method::DELETE;
    [
        (GET, "/api/v1/admin/actors", None, Admin, 200),
        (GET, "/api/v1/admin/processes", None, Admin, 200),
        (GET, "/api/v1/admin/queues", None, Admin, 200),
        (GET, "/api/v1/admin/requests", None, Admin, 200),
        (GET, "/api/v1/admin/requests/{id}", None, Admin, 200),
        (PUT, "/api/v1/admin/queues/{queue}/pause", None, Admin, 204),
        (
            DELETE,
            "/api/v1/admin/queues/{queue}/pause",
            None,
            Admin,
            204,
        ),
        (GET, "/api/v1/admin/jobs", None, Admin, 200),
        (GET, "/api/v1/admin/maintenance", None, Admin, 200),
        (GET, "/api/v1/admin/enrichment", None, Admin, 200),
        (POST, "/api/v1/admin/jobs/{job_id}/retry", None, Admin, 204),
        (DELETE, "/api/v1/admin/jobs/{job_id}", None, Admin, 204),
    ]
}

type Row<'a> = (&'a Method, &'static str, Option<Value>, Access, u16);

fn operation((method, template, body, access, status): Row<'_>, ids: &Ids) -> Operation {
    Operation {
        method: method.clone(),
        template,
        path: fill(template, method, ids),
        body,
        access,
        status,
    }
}

fn fill(template: &str, method: &Method, ids: &Ids) -> String {
    let job = if method == Method::POST {
        "dead-1"
    } else {
        "dead-2"
    };
    let user = if method == Method::DELETE {
        &ids.leaver
    } else {
        &ids.user
    };
    let is_deleted = template == "/api/v1/routes/{route_id}" && method == Method::DELETE;
    let route = if is_deleted { ids.unwanted } else { ids.route };
    let path = template
        .replace("{poi_id}", "11")
        .replace("{request_id}", &ids.request.to_string())
        .replace("{route_id}", &route.to_string())
        .replace("{token}", &ids.share)
        .replace("{note_id}", &ids.note)
        .replace("{user_id}", user)
        .replace("{job_id}", job)
        .replace("{queue}", "enrichment")
        .replace("{id}", &ids.request.to_string());
    if template.ends_with("/pois") {
        path + "?bbox=7.4,43.7,7.5,43.8"
    } else {
        path
    }
}
