//! User who asks, by the login session.

use std::ops::Deref;

use actix_session::SessionExt;
use actix_web::dev::Payload;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use futures::future::LocalBoxFuture;

use crate::api::error::ApiError;
use crate::api::session::LoginSession;
use crate::api::session::rekey::OldKey;
use crate::api::state::AppState;
use crate::db::users::{Role, User};

/// The user whose login session came with the request, as the database has it now.
#[derive(Debug, Clone)]
pub struct CurrentUser(pub User);

impl Deref for CurrentUser {
    type Target = User;

    fn deref(&self) -> &User {
        &self.0
    }
}

impl FromRequest for CurrentUser {
    type Error = ApiError;
    type Future = LocalBoxFuture<'static, Result<Self, ApiError>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let login =
            LoginSession::continued(&req.get_session(), req.extensions().contains::<OldKey>());
        let state = req.app_data::<Data<AppState>>().cloned();
        Box::pin(async move {
            let (Some(login), Some(state)) = (login, state) else {
                return Err(ApiError::Unauthorized);
            };
            state.quotas.users.check(&login.user_id)?;
            let user = User::find(&mut *state.db.get().await?, login.user_id).await?;
            let user = user
                .filter(|user| user.session_generation == login.generation)
                .ok_or(ApiError::Unauthorized)?;
            tracing::Span::current().record("user_id", tracing::field::display(user.id));
            Ok(Self(user))
        })
    }
}

/// A user with the role `admin`.
#[derive(Debug, Clone)]
pub struct Admin(pub User);

impl FromRequest for Admin {
    type Error = ApiError;
    type Future = LocalBoxFuture<'static, Result<Self, ApiError>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let user = CurrentUser::from_request(req, payload);
        Box::pin(async move {
            let CurrentUser(user) = user.await?;
            if user.role == Role::Admin {
                Ok(Self(user))
            } else {
                Err(ApiError::Forbidden("only an admin may do this"))
            }
        })
    }
}
