import { createHash } from 'node:crypto';
import type { RedisClient } from './connect.ts';

/** A script that runs in Redis as one command, on the clock of the server. */
export interface Script {
  readonly lua: string;
  readonly sha1: string;
}

export const script = (lua: string): Script => ({ lua, sha1: createHash('sha1').update(lua).digest('hex') });

/** @returns what the script returns. */
export async function runScript(
  client: RedisClient,
  { lua, sha1 }: Script,
  keys: readonly string[],
  args: readonly (string | number | Buffer)[],
): Promise<unknown> {
  try {
    return await client.evalsha(sha1, keys.length, ...keys, ...args);
  } catch (error) {
    // The server has not seen it since it started.
    if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error;
    return client.eval(lua, keys.length, ...keys, ...args);
  }
}

/** Microseconds, as whole numbers: they fit into Lua's, and into those of JavaScript. */
export const NOW = `
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
`;

/** Prefix of the mark of a list that is lost as a whole, or not at all. No encrypted value has a colon. */
export const MARK = 'since:';
/** The field of a mark. Names of entries are longer. */
export const TENANTS_MARK = 'since';

const WHOLE = `local function whole(number) return string.format('%.0f', number) end`;

/**
 * Reserves the next call that the rate limit allows, by the rules of `createSchedule`.
 * KEYS: calls, as a sorted set by when each has arrived at the latest; the state of the quota, as a hash.
 * ARGV: owner, number of the call, calls in a window, length of the window, maximum skew, maximum backoff; and what the owner knows,
 * where that is recent: the mark of the state, when its latest call may leave, how long ago that is, and how far that may be
 * out.
 * Returns now, when the call may leave, calls that count, a thousand times the limit, owners of these calls, end of the backoff, mark.
 */
export const RESERVE = script(`${NOW}${WHOLE}
local calls, quota = KEYS[1], KEYS[2]
local owner, most = ARGV[1], tonumber(ARGV[3])
local window, skew, longest = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
redis.call('ZREMRANGEBYSCORE', calls, '-inf', whole(now - window))
local known = redis.call('HMGET', quota, 'last', 'limit', 'limitAt', 'pausedUntil', 'since')
local last = tonumber(known[1]) or 0
local limit = math.min(most, tonumber(known[2]) or most)
local limitAt = tonumber(known[3]) or now
local pausedUntil = tonumber(known[4]) or 0
if pausedUntil > now + longest then pausedUntil, limitAt = 0, now end
if now > limitAt then
  limit = math.min(most, limit + (now - limitAt) / 1000000)
  limitAt = now
end
local allowed = math.floor(limit)
local entries = redis.call('ZRANGE', calls, 0, -1, 'WITHSCORES')
local count = #entries / 2
local turn = window + skew
local soon = math.max(now, pausedUntil)
if last > soon + (math.ceil((count + 1) / allowed) + 2) * turn and (tonumber(entries[2]) or last) > soon + 3 * turn then
  -- No reservation is so far ahead: the clock was, and has been put back. What has left in the last second is unknown.
  redis.call('DEL', calls)
  entries, count, last, limitAt = {}, 0, now + turn, now
end
local since = known[5] or whole(now) .. ':' .. owner
local latest, ago, slack = tonumber(ARGV[8]), tonumber(ARGV[9]), tonumber(ARGV[10])
if latest then
  local isLost = (since ~= ARGV[7] or last < latest) and ago < turn + slack
  -- Calls that were lost have left in the last second; or count no more, since the clock was put forward.
  if isLost or now > latest + ago + slack then last, limitAt = math.max(last, now + turn), now end
end
local function endOf(n) return tonumber(entries[2 * n]) + window end
local leaveAt = math.max(now, pausedUntil, last)
if count >= allowed then leaveAt = math.max(leaveAt, endOf(count - allowed + 1)) end
local first = 1
while first <= count and endOf(first) <= leaveAt do first = first + 1 end
local still = count - first + 1
if still >= math.max(1, math.floor(most / 5)) then
  local spread = math.min(endOf(first) - last, window) / (allowed - still + 1)
  leaveAt = math.max(leaveAt, last + math.max(window / allowed, spread))
end
leaveAt = math.ceil(leaveAt)
redis.call('ZADD', calls, whole(leaveAt + skew), owner .. ':' .. ARGV[2])
redis.call('HSET', quota, 'last', whole(leaveAt), 'limit', string.format('%.6f', limit), 'limitAt', whole(limitAt), 'pausedUntil', whole(pausedUntil), 'since', since)
local keptMs = whole((longest + 10 * window) / 1000)
redis.call('PEXPIRE', calls, keptMs)
redis.call('PEXPIRE', quota, keptMs)
local owners, contenders = { [owner] = true }, 1
for n = 1, count do
  local other = string.match(entries[2 * n - 1], '^(.*):')
  if other and not owners[other] then
    owners[other] = true
    contenders = contenders + 1
  end
end
return { now, leaveAt, count + 1, math.floor(limit * 1000), contenders, pausedUntil, since }
`);

/** "Too many calls". KEYS: the state of the quota. ARGV: the backoff, calls in a window, maximum backoff. */
export const PAUSE = script(`${NOW}${WHOLE}
local most, longest = tonumber(ARGV[2]), tonumber(ARGV[3])
local known = redis.call('HMGET', KEYS[1], 'limit', 'pausedUntil')
local limit = math.min(most, tonumber(known[1]) or most)
local pausedUntil = tonumber(known[2]) or 0
if now >= pausedUntil then limit = math.max(1, limit * 0.75) end
pausedUntil = math.max(pausedUntil, now + math.min(tonumber(ARGV[1]), longest))
redis.call('HSET', KEYS[1], 'limit', string.format('%.6f', limit), 'limitAt', whole(pausedUntil), 'pausedUntil', whole(pausedUntil))
redis.call('PEXPIRE', KEYS[1], whole(2 * longest / 1000))
return now
`);

/**
 * Heartbeat. Also touches the list of messages, so that other keys are evicted before it; and sets a mark as its last entry, which is
 * lost with the list.
 * KEYS: the gateways; the messages, see `FORGET`; the tenants, see `NAME_TENANT`, with a mark as well.
 * ARGV: the gateway, how long its heartbeat counts, how long to keep the two lists.
 * Returns now, how many gateways there are, and the two marks.
 */
export const BEAT = script(`${NOW}${WHOLE}
local lasts, keep = tonumber(ARGV[2]), tonumber(ARGV[3])
redis.call('ZADD', KEYS[1], whole(now), ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', whole(now - lasts))
-- From before the clock was put back.
redis.call('ZREMRANGEBYSCORE', KEYS[1], whole(now + lasts), '+inf')
redis.call('PEXPIRE', KEYS[1], 60000)
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', whole(now - keep))
local mark = redis.call('ZREVRANGE', KEYS[2], 0, 0)[1]
local markedAt = mark and tonumber(string.match(mark, '^${MARK}(%d+):'))
-- From before the clock was put back.
if markedAt and markedAt > now then redis.call('ZREM', KEYS[2], mark) end
if not markedAt or markedAt > now then
  mark = '${MARK}' .. whole(now) .. ':' .. ARGV[1]
  redis.call('ZADD', KEYS[2], '+inf', mark)
end
redis.call('PEXPIRE', KEYS[2], whole(keep / 1000))
redis.call('HSETNX', KEYS[3], '${TENANTS_MARK}', whole(now) .. ':' .. ARGV[1])
redis.call('PEXPIRE', KEYS[3], whole(keep / 1000))
return { now, redis.call('ZCARD', KEYS[1]), mark, redis.call('HGET', KEYS[3], '${TENANTS_MARK}') }
`);

/** Adds a tenant. KEYS: the tenants, as a hash. ARGV: the name of its entry, the entry, how long to keep it. Returns the mark. */
export const NAME_TENANT = script(`
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[3]) then redis.call('PEXPIRE', KEYS[1], ARGV[3]) end
return redis.call('HGET', KEYS[1], '${TENANTS_MARK}')
`);

/** Releases a lock of its owner. KEYS: the lock. ARGV: the owner. */
export const UNLOCK = script(`
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0
`);

/** Publishes a message to all gateways, and keeps it. KEYS: the messages. ARGV: the message, how long to keep it, the channel. */
export const FORGET = script(`${NOW}${WHOLE}
redis.call('ZADD', KEYS[1], whole(now), ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', whole(now - tonumber(ARGV[2])))
redis.call('PEXPIRE', KEYS[1], whole(tonumber(ARGV[2]) / 1000))
return redis.call('PUBLISH', ARGV[3], ARGV[1])
`);
