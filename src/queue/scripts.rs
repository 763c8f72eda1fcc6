//! Lua scripts: steps that must be one in Redis.

use std::sync::LazyLock;

use redis::Script;

/// Scripts begin with what they share: how to see whether a job is where its id says.
macro_rules! scripts {
    ($($name:ident = $file:literal;)*) => {
        $(pub(super) static $name: LazyLock<Script> = LazyLock::new(|| {
            Script::new(concat!(include_str!("lua/place.lua"), include_str!(concat!("lua/", $file))))
        });)*
    };
}

scripts! {
    BURY = "bury.lua";
    CONTAINS = "contains.lua";
    FINISH = "finish.lua";
    HOLD = "hold.lua";
    PROMOTE = "promote.lua";
    PUSH = "push.lua";
    RELEASE = "release.lua";
    RETRY = "retry.lua";
    REVIVE = "revive.lua";
    TIDY = "tidy.lua";
    TRY = "try.lua";
    WAIT = "wait.lua";
}
