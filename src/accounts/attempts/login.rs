//! Failed logins.

use std::net::IpAddr;
use std::sync::LazyLock;
use std::time::Duration;

use redis::{AsyncCommands, Script};
use uuid::Uuid;

use super::{digest, key, quota, within_budget};
use crate::accounts::quota::{Limiter, TooMany};
use crate::config::LimitsConfig;
use crate::shared_redis::Redis;

/// As many failures at one name, or from one device, as are free are forgotten in this time.
const NAME_WINDOW: Duration = Duration::from_hours(1);
/// Time in which the free failures of an address are forgotten, and all of them while Redis is away.
const ADDRESS_WINDOW: Duration = Duration::from_mins(15);
/// Failures at one name from all addresses together are free so many times more.
const FROM_EVERYWHERE: u32 = 5;
/// The pause after the last failure that is free; each further one doubles it.
const FIRST_PAUSE: Duration = Duration::from_secs(5);
const LONGEST_PAUSE: Duration = Duration::from_mins(15);
/// Places where a name has logged in, the latest ones.
const MOST_PLACES: usize = 16;
/// They are forgotten when it has not logged in for this long.
const PLACES_LAST: Duration = Duration::from_hours(30 * 24);

static BEGIN: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("begin_login.lua")));
static END: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("end_login.lua")));

/// Place that a login comes from.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    /// Address, or network of one customer.
    pub address: IpAddr,
    /// The device, if it has logged anybody in before.
    pub device: Option<Uuid>,
}

/// Pauses of a counter.
#[derive(Debug, Clone, Copy)]
struct Pauses {
    /// Failures that are free; 0: all are.
    free: u32,
    /// After how long one failure is forgotten.
    forget: Duration,
}

impl Pauses {
    fn new(free: u32, window: Duration) -> Self {
        Self {
            free,
            forget: window / free.max(1),
        }
    }
}

/// Counts failed logins.
#[derive(Debug)]
pub struct Logins {
    redis: Redis,
    /// Of a name and an address, and of a name and a device.
    here: Pauses,
    name: Pauses,
    address: Pauses,
    /// While Redis is away.
    names_alone: Limiter<String>,
    addresses_alone: Limiter<IpAddr>,
}

/// An attempt that has begun, and counts as failed unless it succeeds.
#[derive(Debug)]
pub struct LoginAttempt<'a> {
    logins: &'a Logins,
    name: String,
    place: Place,
    counted: Vec<Counted>,
}

#[derive(Debug)]
struct Counted {
    key: String,
    forget: Duration,
    /// Until when the counter pauses because of the attempt.
    pauses_until: u64,
}

impl Logins {
    pub(super) fn new(limits: &LimitsConfig, redis: &Redis) -> Self {
        let (by_name, by_address) = (limits.logins_per_name, limits.logins_per_address);
        let here = Pauses::new(by_name, NAME_WINDOW);
        Self {
            redis: redis.clone(),
            here,
            name: Pauses {
                free: by_name.saturating_mul(FROM_EVERYWHERE),
                ..here
            },
            address: Pauses::new(by_address, ADDRESS_WINDOW),
            names_alone: Limiter::new(quota(by_name, ADDRESS_WINDOW)),
            addresses_alone: Limiter::new(quota(by_address, ADDRESS_WINDOW)),
        }
    }

    /// Counts an attempt before it is made: concurrent ones can't slip through together. `name` is canonical; without
    /// one, nobody can be meant, and only the address counts.
    ///
    /// # Errors
    /// The time to wait.
    pub async fn begin(
        &self,
        name: Option<&str>,
        place: Place,
    ) -> Result<LoginAttempt<'_>, TooMany> {
        let counters = self.counters(name, place);
        let name = name.unwrap_or_default();
        let mut call = BEGIN.key(places_key(name));
        for (key, _) in &counters {
            call.key(key);
        }
        let [address, device] = place.members();
        call.arg(address).arg(device);
        for (_, pauses) in &counters {
            call.arg(pauses.free)
                .arg(pauses.forget.as_millis() as u64)
                .arg(FIRST_PAUSE.as_millis() as u64)
                .arg(LONGEST_PAUSE.as_millis() as u64);
        }
        let answer: Option<Vec<u64>> =
            within_budget(call.invoke_async(&mut self.redis.clone())).await;
        let mut attempt = LoginAttempt {
            logins: self,
            name: name.to_owned(),
            place,
            counted: Vec::new(),
        };
        match answer.as_deref() {
            None => self.check_alone(name, place)?,
            Some([0, counted @ ..]) => attempt.note(&counters, counted),
            Some(refused) => {
                let retry_after = refused.first().copied().unwrap_or(1);
                return Err(TooMany { retry_after });
            }
        }
        Ok(attempt)
    }

    /// In the order in which the script knows them.
    fn counters(&self, name: Option<&str>, place: Place) -> [(String, Pauses); 4] {
        let of_nobody = Pauses::new(0, NAME_WINDOW);
        let of_name = |pauses| name.map_or(of_nobody, |_| pauses);
        let (name, address) = (name.unwrap_or_default(), place.address.to_string());
        let device = place.device.unwrap_or_default().to_string();
        [
            (key("here", &[name, &address]), of_name(self.here)),
            (key("name", &[name]), of_name(self.name)),
            (key("address", &[&address]), self.address),
            (key("device", &[name, &device]), of_name(self.here)),
        ]
    }

    fn check_alone(&self, name: &str, place: Place) -> Result<(), TooMany> {
        self.addresses_alone.check(&place.address)?;
        if name.is_empty() {
            return Ok(());
        }
        self.names_alone.check(&digest(&[name]))
    }

    /// Forgets where a user of this name has logged in: the account is gone.
    pub async fn forget(&self, username: &str) {
        let mut redis = self.redis.clone();
        let key = places_key(&username.to_ascii_lowercase());
        within_budget::<()>(redis.del(key)).await;
    }

    /// Remembers that the name has logged in from the place.
    pub async fn remember(&self, name: &str, place: Place) {
        let attempt = LoginAttempt {
            logins: self,
            name: name.to_owned(),
            place,
            counted: Vec::new(),
        };
        attempt.end(place.members()).await;
    }
}

impl LoginAttempt<'_> {
    fn note(&mut self, counters: &[(String, Pauses)], counted: &[u64]) {
        let (pairs, _) = counted.as_chunks::<2>();
        for &[index, pauses_until] in pairs {
            // The first key of the script is no counter, and Lua counts from 1.
            if let Some((key, pauses)) = counters.get((index as usize).wrapping_sub(2)) {
                self.counted.push(Counted {
                    key: key.clone(),
                    forget: pauses.forget,
                    pauses_until,
                });
            }
        }
    }

    /// Takes the attempt out of all counts, and remembers where it was made, and on which device.
    pub async fn succeed(self, device: Uuid) {
        let place = Place {
            device: Some(device),
            ..self.place
        };
        self.end(place.members()).await;
    }

    /// Takes an attempt out of all counts of which it was not found out whether it is honest.
    pub async fn take_back(self) {
        self.end([String::new(), String::new()]).await;
    }

    async fn end(self, places: [String; 2]) {
        let known: Vec<String> = places.into_iter().filter(|p| !p.is_empty()).collect();
        if known.is_empty() && self.counted.is_empty() {
            return;
        }
        let mut call = END.key(places_key(&self.name));
        call.arg(PLACES_LAST.as_millis() as u64)
            .arg(MOST_PLACES)
            .arg(known.len())
            .arg(known);
        for counted in &self.counted {
            call.key(&counted.key)
                .arg(counted.forget.as_millis() as u64)
                .arg(counted.pauses_until);
        }
        within_budget::<()>(call.invoke_async(&mut self.logins.redis.clone())).await;
    }
}

impl Place {
    /// Address and device as they are remembered; empty: there is none.
    fn members(self) -> [String; 2] {
        let device = self.device.map(|id| digest(&["device", &id.to_string()]));
        [
            digest(&["address", &self.address.to_string()]),
            device.unwrap_or_default(),
        ]
    }
}

fn places_key(name: &str) -> String {
    key("places", &[name])
}
