-- Tries what the other scripts do: looks at each key of a queue, and writes beside them.
-- KEYS: stream, delayed, ids, dead, trial.
redis.call('XLEN', KEYS[1])
redis.call('ZCARD', KEYS[2])
redis.call('HLEN', KEYS[3])
redis.call('XLEN', KEYS[4])
redis.call('XADD', KEYS[5], 'MAXLEN', 1, '*', 'trial', '')
redis.call('PEXPIRE', KEYS[5], 10000)
return 1
