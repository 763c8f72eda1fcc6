-- Tries what the other scripts and the workers do: asks whether the user may run each command on its key, looks at the
-- keys, and writes beside them.
-- KEYS: stream, delayed, ids, dead, trial. ARGV: group.
local stream, delayed, ids, dead, trial = unpack(KEYS)
local needed = {
    {'TIME'}, {'XADD', stream}, {'XRANGE', stream}, {'XACK', stream}, {'XDEL', stream}, {'XLEN', stream},
    {'XPENDING', stream}, {'XCLAIM', stream}, {'XINFO', 'GROUPS', stream}, {'XINFO', 'CONSUMERS', stream},
    {'XGROUP', 'CREATE', stream}, {'XGROUP', 'DELCONSUMER', stream},
    {'XREADGROUP', 'GROUP', ARGV[1], 'trial', 'STREAMS', stream, '>'},
    {'ZADD', delayed}, {'ZREM', delayed}, {'ZSCORE', delayed}, {'ZRANGEBYSCORE', delayed}, {'ZCARD', delayed},
    {'HGET', ids}, {'HMGET', ids}, {'HSET', ids}, {'HDEL', ids}, {'HSCAN', ids}, {'HLEN', ids},
    {'XADD', dead}, {'XRANGE', dead}, {'XDEL', dead}, {'XTRIM', dead}, {'XLEN', dead},
    {'XADD', trial}, {'PEXPIRE', trial},
}
for _, command in ipairs(needed) do
    if not redis.acl_check_cmd(unpack(command)) then
        return redis.error_reply('NOPERM the user may not run ' .. table.concat(command, ' '))
    end
end
redis.call('XLEN', stream)
redis.call('ZCARD', delayed)
redis.call('HLEN', ids)
redis.call('XLEN', dead)
redis.call('XADD', trial, 'MAXLEN', 1, '*', 'trial', '')
redis.call('PEXPIRE', trial, 10000)
return 1
