//! The same task for bare actix-web-actors, as lean as it can be written: nothing is bounded, measured or mended.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use actix::{Actor, ActorContext, AsyncContext, Handler, Message, Recipient, StreamHandler};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use actix_web_actors::ws::{self, ProtocolError, WebsocketContext};
use bytestring::ByteString;
use futures::StreamExt;
use redis::Client;
use uuid::Uuid;
use wildside_actors::StatusEvent;
use wildside_actors::event::all_channels;
use wildside_actors::frame::ServerFrame;

use crate::server::{HTTP_THREADS, MOST_CONNECTIONS, serve};

#[derive(Message)]
#[rtype(result = "()")]
struct Text(ByteString);

type Sockets = Arc<Mutex<HashMap<Uuid, Vec<Recipient<Text>>>>>;

/// Prints the port and serves until the standard input ends.
pub(crate) fn run(redis_url: &str) {
    serve(|listener| {
        let sockets = Sockets::default();
        actix::spawn(deliver(Client::open(redis_url).unwrap(), sockets.clone()));
        let app = move || {
            App::new()
                .app_data(web::Data::new(sockets.clone()))
                .route("/ws/{user}", web::get().to(endpoint))
        };
        HttpServer::new(app)
            .workers(HTTP_THREADS)
            .max_connections(MOST_CONNECTIONS)
            .client_request_timeout(Duration::from_secs(30))
            .disable_signals()
            .listen(listener)
            .unwrap()
            .run()
    });
}

async fn deliver(client: Client, sockets: Sockets) {
    let mut subscription = client.get_async_pubsub().await.unwrap();
    subscription.subscribe(all_channels()).await.unwrap();
    let mut messages = subscription.into_on_message();
    while let Some(message) = messages.next().await {
        let event: StatusEvent = serde_json::from_slice(message.get_payload_bytes()).unwrap();
        if let Some(of_user) = sockets.lock().unwrap().get(&event.user_id) {
            let text = ServerFrame::from(&event).to_text();
            for socket in of_user {
                socket.do_send(Text(text.clone()));
            }
        }
    }
}

async fn endpoint(
    request: HttpRequest,
    payload: web::Payload,
    user: web::Path<Uuid>,
    sockets: web::Data<Sockets>,
) -> actix_web::Result<HttpResponse> {
    let socket = Socket {
        user: *user,
        sockets: sockets.get_ref().clone(),
    };
    ws::WsResponseBuilder::new(socket, &request, payload).start()
}

struct Socket {
    user: Uuid,
    sockets: Sockets,
}

impl Actor for Socket {
    type Context = WebsocketContext<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        let mut sockets = self.sockets.lock().unwrap();
        let of_user = sockets.entry(self.user).or_default();
        of_user.push(ctx.address().recipient());
    }
}

impl Handler<Text> for Socket {
    type Result = ();

    fn handle(&mut self, Text(text): Text, ctx: &mut Self::Context) {
        ctx.text(text);
    }
}

impl StreamHandler<Result<ws::Message, ProtocolError>> for Socket {
    fn handle(&mut self, message: Result<ws::Message, ProtocolError>, ctx: &mut Self::Context) {
        match message {
            Ok(ws::Message::Ping(payload)) => ctx.pong(&payload),
            Ok(ws::Message::Close(_)) | Err(_) => ctx.stop(),
            Ok(_) => {}
        }
    }

    /// The clients of a user all leave together.
    fn finished(&mut self, ctx: &mut Self::Context) {
        self.sockets.lock().unwrap().remove(&self.user);
        ctx.stop();
    }
}
