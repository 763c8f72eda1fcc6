//! Ends the sessions whose login is over: after a log-out, a new password, or with the account.

use actix::{Handler, Message};
use uuid::Uuid;

use super::{ToSession, UserHub};
use crate::envelope::Measured;
use crate::protocol::Close;

/// Answers which users have sessions.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Vec<Uuid>")]
pub struct ConnectedUsers;

impl Measured for ConnectedUsers {
    const NAME: &'static str = "ConnectedUsers";
}

/// The current generation of each of these users, `None` for one who is gone. Sessions of another one are closed.
#[derive(Debug, Clone, Message)]
#[rtype(result = "()")]
pub struct Generations(pub Vec<(Uuid, Option<i32>)>);

impl Measured for Generations {
    const NAME: &'static str = "Generations";
}

impl Handler<ConnectedUsers> for UserHub {
    type Result = Vec<Uuid>;

    fn handle(&mut self, _: ConnectedUsers, _: &mut Self::Context) -> Vec<Uuid> {
        self.sessions.users().collect()
    }
}

impl Handler<Generations> for UserHub {
    type Result = ();

    fn handle(&mut self, Generations(users): Generations, _: &mut Self::Context) {
        let close = ToSession::Close(Close::LOGIN_OVER);
        for (user_id, current) in users {
            self.sessions.send_outdated(user_id, current, &close);
        }
        self.count_sessions();
    }
}
