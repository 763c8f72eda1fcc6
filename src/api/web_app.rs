//! Web application: the page at `/` and its files, embedded in the program.
//!
//! `web/` builds them. The name of a file under `/assets/` changes with its content, so browsers may keep it for ever.

use std::collections::HashMap;
use std::io::Write;

use actix_web::http::header::HeaderValue;
use actix_web::http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, VARY,
};
use actix_web::web::{Bytes, Data, Path};
use actix_web::{HttpRequest, HttpResponse, get};
use anyhow::Context;
use flate2::Compression;
use flate2::write::GzEncoder;
use include_dir::{Dir, include_dir};
use tokio::sync::OnceCell;

use crate::api::conditional::Tagged;
use crate::api::error::ApiError;
use crate::config::TilesConfig;

static FILES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/web/dist");

/// Attribute of the page that says where tiles are, as it is built.
const TILES: &str = "data-tiles=\"/tiles\"";

/// The page and its files, ready to be sent.
#[derive(Debug)]
pub struct WebApp {
    page: Tagged,
    policy: HeaderValue,
    /// Files beside the page, whose names stay when their content changes.
    beside: HashMap<&'static str, Tagged>,
    assets: HashMap<&'static str, Asset>,
}

impl WebApp {
    /// The page, told where the tiles are.
    ///
    /// # Errors
    /// The program was built without the page.
    pub fn new(tiles: &TilesConfig) -> anyhow::Result<Self> {
        let page = FILES
            .get_file("index.html")
            .and_then(|page| page.contents_utf8());
        let page = page.context("web/dist/index.html is not embedded")?;
        let base = tiles.base();
        let told = format!("data-tiles=\"{}\"", escape(base));
        let beside = FILES.files().filter_map(|file| {
            let name = file.path().file_name()?.to_str()?;
            Some((name, Tagged::new(content_type(name), file.contents())))
        });
        let files = FILES.get_dir("assets").map(Dir::files);
        let assets = files.into_iter().flatten().filter_map(|file| {
            let name = file.path().file_name()?.to_str()?;
            Some((name, Asset::new(name, file.contents())))
        });
        Ok(Self {
            page: Tagged::new("text/html; charset=utf-8", page.replacen(TILES, &told, 1)),
            policy: policy(base).parse().context("TILE_URL_TEMPLATE")?,
            beside: beside.collect(),
            assets: assets.collect(),
        })
    }

    /// What may have changed since a browser last asked for it, under the page's policy.
    fn answer(&self, file: &Tagged, req: &HttpRequest) -> HttpResponse {
        let mut response = file.answer(req, "no-cache");
        let headers = response.headers_mut();
        headers.insert(CONTENT_SECURITY_POLICY, self.policy.clone());
        response
    }
}

/// Value of an attribute in HTML.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('"', "&quot;")
        .replace('<', "&lt;")
}

/// Content-Security-Policy of the page: all of it comes from this server, but for tiles that are elsewhere.
fn policy(tiles: &str) -> String {
    let elsewhere = match tiles.split_once("://") {
        Some((scheme, rest)) => {
            let host = rest.split('/').next().unwrap_or_default();
            format!(" {scheme}://{host}")
        }
        None => String::new(),
    };
    format!(
        "default-src 'none'; script-src 'self'; worker-src 'self'; style-src 'self'; img-src 'self' data: blob:; \
         font-src 'self'; manifest-src 'self'; connect-src 'self'{elsewhere}; base-uri 'none'; form-action 'self'; \
         frame-ancestors 'none'"
    )
}

/// Media type of a file, by the ending of its name.
fn content_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map_or("", |(_, ending)| ending) {
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "json" => "application/json",
        "webmanifest" => "application/manifest+json",
        "png" => "image/png",
        _ => "application/octet-stream",
    }
}

/// A file whose name says its content.
#[derive(Debug)]
struct Asset {
    content_type: &'static str,
    content: &'static [u8],
    compressed: OnceCell<Bytes>,
}

impl Asset {
    fn new(name: &str, content: &'static [u8]) -> Self {
        Self {
            content_type: content_type(name),
            content,
            compressed: OnceCell::new(),
        }
    }

    /// The content in gzip, which is made once, away from the threads that serve.
    async fn compressed(&self) -> anyhow::Result<Bytes> {
        let content = self.content;
        let pack = || async move { Ok(tokio::task::spawn_blocking(move || gzip(content)).await??) };
        self.compressed.get_or_try_init(pack).await.cloned()
    }
}

fn gzip(content: &[u8]) -> std::io::Result<Bytes> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(content)?;
    Ok(encoder.finish()?.into())
}

/// The page.
#[get("/")]
pub async fn show_page(app: Data<WebApp>, req: HttpRequest) -> HttpResponse {
    app.answer(&app.page, &req)
}

/// A file beside the page: the service worker, which has its scope from its place, the manifest and its icons.
#[get("/{name:sw\\.js|manifest\\.webmanifest|icon-[a-z0-9-]+\\.png}")]
pub async fn show_beside(
    app: Data<WebApp>,
    name: Path<String>,
    req: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let file = app.beside.get(name.as_str());
    Ok(app.answer(file.ok_or(ApiError::NotFound("file"))?, &req))
}

/// A file of the page, compressed for whoever reads gzip. A worker has the policy of its own file.
#[get("/assets/{name}")]
pub async fn show_asset(
    app: Data<WebApp>,
    name: Path<String>,
    req: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let asset = app.assets.get(name.as_str());
    let asset = asset.ok_or(ApiError::NotFound("file"))?;
    let mut response = HttpResponse::Ok();
    response
        .insert_header((CONTENT_TYPE, asset.content_type))
        .insert_header((CONTENT_SECURITY_POLICY, app.policy.clone()))
        .insert_header((CACHE_CONTROL, "public, max-age=31536000, immutable"))
        .insert_header((VARY, "Accept-Encoding"));
    if !reads_gzip(&req) {
        return Ok(response.body(asset.content));
    }
    let compressed = asset.compressed().await.map_err(ApiError::Internal)?;
    Ok(response
        .insert_header((CONTENT_ENCODING, "gzip"))
        .body(compressed))
}

fn reads_gzip(req: &HttpRequest) -> bool {
    let accepted = req.headers().get(ACCEPT_ENCODING);
    let accepted = accepted
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    accepted.split(',').map(str::trim).any(|coding| {
        let (name, weight) = coding.split_once(';').unwrap_or((coding, ""));
        name.trim().eq_ignore_ascii_case("gzip") && !matches!(weight.trim(), "q=0" | "q=0.0")
    })
}
