//! The hub and listeners in the place of sessions.
#![allow(clippy::unwrap_used)]

use actix::Addr;
use futures::FutureExt;
use prometheus::Registry;

use super::*;
use crate::event::Status;
use crate::metrics::ActorMetrics;

/// Notes what the hub sends.
#[derive(Default)]
struct Listener {
    heard: Vec<String>,
}

impl Actor for Listener {
    type Context = Context<Self>;
}

impl Handler<Env<ToSession>> for Listener {
    type Result = Delivered<ToSession, ()>;

    fn handle(&mut self, envelope: Env<ToSession>, ctx: &mut Self::Context) -> Self::Result {
        envelope.deliver(self, ctx)
    }
}

impl Handler<ToSession> for Listener {
    type Result = ();

    fn handle(&mut self, message: ToSession, _: &mut Self::Context) {
        self.heard.push(match message {
            ToSession::Event(framed) => framed.event.status.as_str().to_owned(),
            ToSession::Snapshot(frames) => format!("snapshot of {}", frames.len()),
            ToSession::Close(close) => format!("close {}", close.code as u16),
        });
    }
}

#[derive(Message)]
#[rtype(result = "Vec<String>")]
struct Heard;

impl Handler<Heard> for Listener {
    type Result = Vec<String>;

    fn handle(&mut self, _: Heard, _: &mut Self::Context) -> Vec<String> {
        self.heard.clone()
    }
}

/// A bug of the hub.
#[derive(Message)]
#[rtype(result = "()")]
struct Fail;

impl Measured for Fail {
    const NAME: &'static str = "Fail";
}

impl Handler<Fail> for UserHub {
    type Result = ();

    fn handle(&mut self, _: Fail, _: &mut Self::Context) {
        panic!("a bug in the hub");
    }
}

struct Trial {
    hub: ActorHandle<UserHub>,
    stats: Arc<ActorStats>,
}

impl Trial {
    fn start(load_snapshot: SnapshotLoader) -> Self {
        let registry = ActorRegistry::new(ActorMetrics::register(&Registry::new()).unwrap());
        let hub = UserHub::start(HubConfig::default(), load_snapshot, &registry);
        Self {
            hub,
            stats: registry.stats("listener", 64),
        }
    }

    async fn register(&self, user_id: Uuid, session_id: u64) -> Addr<Listener> {
        let listener = Listener::default().start();
        let outlet = Outlet::new(
            listener.clone().recipient(),
            self.stats.message::<ToSession>(),
        );
        let register = Register {
            user_id,
            session_id,
            generation: 1,
            outlet,
            dropped: Arc::default(),
        };
        assert_eq!(self.hub.ask(register).await.unwrap(), Ok(()));
        listener
    }

    fn sessions(&self) -> usize {
        self.hub.stats().metrics().websocket_connections.get() as usize
    }
}

fn issue(event: StatusEvent) {
    let batch = EventBatch::new(vec![Arc::new(event)]);
    actix_broker::Broker::<actix_broker::SystemBroker>::issue_async(Issued::now(batch));
}

fn event(user_id: Uuid, status: Status) -> StatusEvent {
    StatusEvent {
        user_id,
        request_id: Uuid::new_v4(),
        status,
        route_id: None,
        error: None,
        progress: None,
        stage: None,
        updated_at: chrono::Utc::now(),
        trace_id: Uuid::nil(),
    }
}

/// Lets everything that is on its way arrive.
async fn settle() {
    tokio::time::sleep(Duration::from_millis(50)).await;
}

fn nothing() -> SnapshotLoader {
    Arc::new(|_, _| async { Ok(Vec::new()) }.boxed_local())
}

#[actix::test]
async fn after_a_panic_the_hub_starts_afresh_under_its_address() {
    let trial = Trial::start(nothing());
    let user = Uuid::new_v4();
    let old = trial.register(user, 1).await;
    for restarts in 1..=3 {
        assert!(trial.hub.ask(Fail).await.is_err());
        settle().await;
        assert_eq!(trial.hub.stats().restarts(), restarts);
    }
    assert_eq!(trial.sessions(), 0);
    assert_eq!(old.send(Heard).await.unwrap(), ["close 1012"]);

    let new = trial.register(user, 2).await;
    issue(event(user, Status::Complete));
    settle().await;
    // Once: the broker's subscription has not been added again.
    assert_eq!(new.send(Heard).await.unwrap(), ["complete"]);
    assert_eq!(
        trial.hub.stats().last_error().unwrap().error,
        "Fail: panicked"
    );
    assert_eq!(trial.hub.stats().depth(), 0);
}

#[actix::test]
async fn a_stale_unregistration_does_no_harm() {
    let trial = Trial::start(nothing());
    let user = Uuid::new_v4();
    let _old = trial.register(user, 1).await;
    let new = trial.register(user, 2).await;
    for _ in 0..2 {
        trial.hub.leave(Unregister {
            user_id: user,
            session_id: 1,
        });
        trial.hub.leave(Unregister {
            user_id: Uuid::new_v4(),
            session_id: 2,
        });
    }
    issue(event(user, Status::Pending));
    settle().await;
    assert_eq!(trial.sessions(), 1);
    assert_eq!(new.send(Heard).await.unwrap(), ["pending"]);
}

#[actix::test]
async fn a_session_ends_with_its_login() {
    let trial = Trial::start(nothing());
    let [ada, bob, eve] = [(); 3].map(|()| Uuid::new_v4());
    let mut listeners = Vec::new();
    for (session_id, user) in [ada, bob, eve].into_iter().enumerate() {
        listeners.push(trial.register(user, session_id as u64).await);
    }
    assert_eq!(trial.hub.ask(ConnectedUsers).await.unwrap().len(), 3);
    let generations = vec![(ada, Some(1)), (bob, Some(2)), (eve, None)];
    trial.hub.ask(Generations(generations)).await.unwrap();
    let expected: [&[&str]; 3] = [&[], &["close 1008"], &["close 1008"]];
    for (listener, expected) in listeners.iter().zip(expected) {
        assert_eq!(listener.send(Heard).await.unwrap(), expected);
    }
}

#[actix::test]
async fn many_users_are_asked_for_in_few_questions() {
    let questions = Arc::new(std::sync::Mutex::new(Vec::new()));
    let asked = questions.clone();
    let slow: SnapshotLoader = Arc::new(move |users, _| {
        asked.lock().unwrap().push(users.len());
        let events = users
            .into_iter()
            .map(|user| event(user, Status::Complete))
            .collect();
        async move {
            tokio::time::sleep(Duration::from_millis(20)).await;
            Ok(events)
        }
        .boxed_local()
    });
    let trial = Trial::start(slow);
    let mut listeners = Vec::new();
    for session_id in 0..1_200 {
        listeners.push(trial.register(Uuid::new_v4(), session_id).await);
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    for listener in listeners {
        assert_eq!(listener.send(Heard).await.unwrap(), ["snapshot of 1"]);
    }
    let questions = questions.lock().unwrap().clone();
    assert_eq!(questions.iter().sum::<usize>(), 1_200);
    assert!(
        questions.iter().all(|users| *users <= 500) && questions.len() < 100,
        "{questions:?}"
    );
}

#[actix::test]
async fn who_asks_again_says_how_long_the_first_has_waited() {
    let tries = Arc::new(std::sync::Mutex::new(Vec::new()));
    let seen = tries.clone();
    let away_at_first: SnapshotLoader = Arc::new(move |_, waited| {
        let mut tries = seen.lock().unwrap();
        tries.push(waited);
        let answer = match tries.len() {
            1 => Err("away".to_owned()),
            _ => Ok(Vec::new()),
        };
        async { answer }.boxed_local()
    });
    let trial = Trial::start(away_at_first);
    trial.register(Uuid::new_v4(), 1).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    let tries = tries.lock().unwrap().clone();
    let [first, second] = tries[..] else {
        panic!("{tries:?}");
    };
    assert!(second >= first + Duration::from_millis(100), "{tries:?}");
}

#[actix::test]
async fn a_session_that_does_not_keep_up_is_dropped_and_told() {
    let trial = Trial::start(nothing());
    let user = Uuid::new_v4();
    let listener = Listener::default().start();
    let dropped = Arc::new(AtomicBool::new(false));
    let register = Register {
        user_id: user,
        session_id: 1,
        generation: 1,
        outlet: Outlet::new(
            listener.clone().recipient(),
            trial.stats.message::<ToSession>(),
        ),
        dropped: dropped.clone(),
    };
    trial.hub.ask(register).await.unwrap().unwrap();
    // One batch is handled in one go, without the listener's getting a chance to read.
    let events = (0..100)
        .map(|_| Arc::new(event(user, Status::Pending)))
        .collect();
    actix_broker::Broker::<actix_broker::SystemBroker>::issue_async(Issued::now(EventBatch::new(
        events,
    )));
    settle().await;
    assert!(dropped.load(std::sync::atomic::Ordering::Acquire));
    assert_eq!(trial.sessions(), 0);
    let heard = listener.send(Heard).await.unwrap();
    assert!(
        (16..=20).contains(&heard.len()),
        "the default mailbox of 16, not {}",
        heard.len()
    );
    assert_eq!((trial.stats.depth(), trial.stats.failed()), (0, 1));
}
