//! What must happen in Redis in one step.

use std::sync::LazyLock;

use redis::Script;

macro_rules! scripts {
    ($($name:ident = $file:literal;)*) => {
        $(pub(super) static $name: LazyLock<Script> =
            LazyLock::new(|| Script::new(include_str!(concat!("lua/", $file))));)*
    };
}

scripts! {
    BURY = "bury.lua";
    FINISH = "finish.lua";
    HOLD = "hold.lua";
    PROMOTE = "promote.lua";
    PUSH = "push.lua";
    RELEASE = "release.lua";
    RETRY = "retry.lua";
    REVIVE = "revive.lua";
    TIDY = "tidy.lua";
    WAIT = "wait.lua";
}
