//! Language in which a client wants instructions told.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::header::{AcceptLanguage, Header, Preference};
use actix_web::{FromRequest, HttpRequest};
use utoipa::IntoParams;

use crate::api::error::ApiError;
use crate::db::city::names::NameLanguage;
use crate::guidance::Language;

/// The language of `?language=`, else the first of `Accept-Language` that there are sentences in, else English.
#[derive(Debug, Clone, Copy)]
pub struct Spoken(pub Language);

impl FromRequest for Spoken {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self(Self::of(req))))
    }
}

impl Spoken {
    /// The language that a request asks for.
    pub fn of(req: &HttpRequest) -> Language {
        Language::first_of(asked(req).iter().map(String::as_str))
    }
}

/// The language of `?language=`, else the first of `Accept-Language`, for names; else the one that they have on the spot.
#[derive(Debug, Clone)]
pub struct Named(pub NameLanguage);

impl FromRequest for Named {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self(Self::of(req))))
    }
}

impl Named {
    /// The language in which a request asks for names.
    pub fn of(req: &HttpRequest) -> NameLanguage {
        let asked = asked(req);
        asked
            .first()
            .map_or_else(NameLanguage::default, |tag| NameLanguage::of_tag(tag))
    }
}

/// Tags of the languages that a request asks for, the best first.
fn asked(req: &HttpRequest) -> Vec<String> {
    form_urlencoded::parse(req.query_string().as_bytes())
        .filter(|(key, tag)| key == "language" && !tag.is_empty())
        .map(|(_, tag)| tag.into_owned())
        .chain(accepted(req))
        .collect()
}

/// Tags of the header, the best first; none if it can't be read.
fn accepted(req: &HttpRequest) -> Vec<String> {
    let ranked = AcceptLanguage::parse(req).map(|header| header.ranked());
    let tag = |preference: Preference<_>| match preference {
        Preference::Any => None,
        Preference::Specific(tag) => Some(ToString::to_string(&tag)),
    };
    ranked
        .unwrap_or_default()
        .into_iter()
        .filter_map(tag)
        .collect()
}

/// Language of the instructions: `en`, `de`, `fr`, `es` or `fi`, whatever the region; English where none is known. Names of places
/// are in any language in which OpenStreetMap has them, else as they are on the spot.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct LanguageQuery {
    /// Language tag that goes before `Accept-Language`, such as `de` or `fr-CA`.
    #[param(value_type = String, required = false, example = "de", max_length = 35)]
    pub language: Option<String>,
}

/// Languages of the client's user, the best first.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Header)]
pub struct LanguageHeader {
    /// Languages of the instructions in the order of preference: English, German, French, Spanish and Finnish are spoken. Names of
    /// places are in the first.
    #[param(rename = "Accept-Language", value_type = String, required = false, example = "de, en;q=0.5")]
    pub accept_language: Option<String>,
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use actix_web::test::TestRequest;

    use super::*;

    async fn spoken(query: &str, header: &str) -> Language {
        let request = TestRequest::with_uri(query).insert_header(("Accept-Language", header));
        Spoken::extract(&request.to_http_request()).await.unwrap().0
    }

    #[actix_web::test]
    async fn the_query_goes_before_the_header_and_english_is_left() {
        assert_eq!(spoken("/?language=fi", "de").await, Language::Finnish);
        assert_eq!(
            spoken("/?language=sv", "en;q=0.2, fr-CH;q=0.9").await,
            Language::French
        );
        assert_eq!(spoken("/", "sv, es-MX;q=0.1").await, Language::Spanish);
        assert_eq!(spoken("/", "*").await, Language::English);
        assert_eq!(
            spoken("/?language=", "\u{1F37A};;=").await,
            Language::English
        );
    }
}
