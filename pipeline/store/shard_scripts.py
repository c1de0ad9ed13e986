"""What the servers of vector sets do as a whole, in Lua: each script sees one shard.

KEYS[1] is the shard's `state`; its other keys (see `keys`) share what is before that word. What a
shard was told last is its `token`. A writer names the token that it left: where the shard has
another, somebody else wrote, or a fail-over lost what was written, and nothing is done.

Scripts are sent whole each time: a replica that took over has none of them.
"""

_SHARED = """
local state, P = KEYS[1], string.sub(KEYS[1], 1, -6)
local told = redis.call('HMGET', state, 'token', 'expired')
local E = tonumber(told[2] or '-9e15')

local function touch()
  redis.call('HINCRBY', state, 'changes', 1)
end

local function track_of(element)
  return string.match(element, '^(.*)/([^/]*)$')
end

local function take_out(name, element)
  local score = redis.call('ZSCORE', P .. 'x:' .. name, element)
  if not score then return 0 end
  redis.call('VREM', P .. 'v:' .. name, element)
  redis.call('ZREM', P .. 'x:' .. name, element)
  if redis.call('EXISTS', P .. 'x:' .. name) == 0 then
    redis.call('HDEL', P .. 'sets', name)
    touch()
  end
  return tonumber(score) > E and 1 or 0
end

local function drop(name)
  for _, element in ipairs(redis.call('ZRANGE', P .. 'x:' .. name, 0, -1)) do
    local track, number = track_of(element)
    redis.call('HDEL', P .. 't:' .. track, number)
    local left = redis.call('HKEYS', P .. 't:' .. track)
    local any = false
    for _, field in ipairs(left) do any = any or string.sub(field, 1, 1) ~= 'g' end
    if not any then redis.call('DEL', P .. 't:' .. track) end
  end
  redis.call('UNLINK', P .. 'v:' .. name, P .. 'x:' .. name)
  redis.call('HDEL', P .. 'sets', name)
  touch()
end

local function living(name)
  return redis.call('ZCOUNT', P .. 'x:' .. name, '(' .. string.format('%.17g', E), '+inf')
end
"""

#: What makes room has to work where there is none.
_MAKES_ROOM = "#!lua flags=allow-oom"

_OF_WRITER = (
    _SHARED
    + """
if told[1] ~= ARGV[1] then return redis.error_reply('BEHIND') end
redis.call('HSET', state, 'token', ARGV[2])
"""
)

#: ARGV: the new token, and whether something was lost (1, 0).
BEGIN = """
redis.call('HSET', KEYS[1], 'token', ARGV[1])
redis.call('PERSIST', KEYS[1])
if ARGV[2] == '1' then redis.call('HSET', KEYS[1], 'behind', 1) end
return 1
"""

#: ARGV: token, new token, then eight for each shot. A reply for each: 1 for a new one, what is
#: known under its name, or 0 for one that was retired before it came.
ENTER = (
    _OF_WRITER
    + """
local replies = {}

local function keep(key, is_new, ttl)
  if ttl == '' then redis.call('PERSIST', key) return end
  local left = redis.call('PTTL', key)
  if is_new or (left >= 0 and left < tonumber(ttl)) then redis.call('PEXPIRE', key, ttl) end
end

for i = 3, #ARGV, 8 do
  local track, number, replaces, name, expires, ttl, about, vector = unpack(ARGV, i, i + 7)
  local t, element = P .. 't:' .. track, track .. '/' .. number
  local fields, alive, count = redis.call('HGETALL', t), {}, 0
  for f = 1, #fields, 2 do
    local at = fields[f + 1]
    if string.sub(fields[f], 1, 1) ~= 'g' then
      local score = redis.call('ZSCORE', P .. 'x:' .. at, track .. '/' .. fields[f])
      if score and tonumber(score) > E then
        alive[fields[f]], count = at, count + 1
      else
        take_out(at, track .. '/' .. fields[f])
        redis.call('HDEL', t, fields[f])
      end
    end
  end
  if count == 0 then redis.call('DEL', t) end
  if replaces ~= '' then
    redis.call('HSET', t, 'g' .. replaces, '')
    if alive[replaces] then
      take_out(alive[replaces], track .. '/' .. replaces)
      redis.call('HDEL', t, replaces)
      alive[replaces], count = nil, count - 1
    end
  end
  if alive[number] then
    replies[#replies + 1] = {
      alive[number], redis.call('VGETATTR', P .. 'v:' .. alive[number], element)
    }
  elseif redis.call('HEXISTS', t, 'g' .. number) == 1 then
    if count == 0 then redis.call('DEL', t) end
    replies[#replies + 1] = 0
  else
    local v, x = P .. 'v:' .. name, P .. 'x:' .. name
    local is_new = redis.call('EXISTS', x) == 0
    redis.call('VADD', v, 'FP32', vector, element, 'NOQUANT', 'EF', 8, 'SETATTR', about, 'M', 4)
    redis.call('ZADD', x, expires, element)
    redis.call('HSET', t, number, name)
    keep(v, is_new, ttl)
    keep(x, is_new, ttl)
    keep(t, count == 0, ttl)
    local known = redis.call('HGET', P .. 'sets', name)
    local first, last = string.match(known or '', '^(.*) (.*)$')
    if is_new or not known then first, last = expires, expires end
    if tonumber(expires) < tonumber(first) then first = expires end
    if tonumber(expires) > tonumber(last) then last = expires end
    if known ~= first .. ' ' .. last then
      redis.call('HSET', P .. 'sets', name, first .. ' ' .. last)
      touch()
    end
    replies[#replies + 1] = 1
  end
end
return replies
"""
)

#: ARGV: token, new token, now; then names of collections, each behind a colon, and their floors.
#: A set has the shots of an hour, so only the one in which the floor lies is looked through.
EXPIRE = (
    _OF_WRITER
    + """
local now, gone, sets, floors = tonumber(ARGV[3]), 0, redis.call('HGETALL', P .. 'sets'), {}
for i = 4, #ARGV, 2 do floors[ARGV[i]] = tonumber(ARGV[i + 1]) end

local function cut(name, floor)
  for _, element in ipairs(redis.call('ZRANGE', P .. 'x:' .. name, 0, -1)) do
    local about = redis.call('VGETATTR', P .. 'v:' .. name, element)
    if about and cjson.decode(about).a <= floor then
      local track, number = track_of(element)
      gone = gone + take_out(name, element)
      redis.call('HDEL', P .. 't:' .. track, number)
      local left = false
      for _, field in ipairs(redis.call('HKEYS', P .. 't:' .. track)) do
        left = left or string.sub(field, 1, 1) ~= 'g'
      end
      if not left then redis.call('DEL', P .. 't:' .. track) end
    end
  end
end

for i = 1, #sets, 2 do
  local hour, collection = string.match(sets[i], '^([^:]*)(:.*)$')
  local floor, first = floors[collection], tonumber(hour) and tonumber(hour) * 3600
  if floor and first and first + 3600 <= floor then
    gone = gone + living(sets[i])
    drop(sets[i])
  elseif floor and (not first or first <= floor) then
    cut(sets[i], floor)
  end
end
sets = redis.call('HGETALL', P .. 'sets')
for i = 1, #sets, 2 do
  local first, last = string.match(sets[i + 1], '^(.*) (.*)$')
  if tonumber(first) <= now then
    local later = '(' .. string.format('%.17g', E)
    gone = gone + redis.call('ZCOUNT', P .. 'x:' .. sets[i], later, ARGV[3])
    if tonumber(last) <= now then drop(sets[i]) end
  end
end
if now > E then redis.call('HSET', state, 'expired', ARGV[3]) end
return gone
"""
)

#: ARGV: token, new token, and the name of a collection behind a colon.
REMOVE_COLLECTION = (
    _OF_WRITER
    + """
local gone = 0
for _, name in ipairs(redis.call('HKEYS', P .. 'sets')) do
  if string.match(name, '^[^:]*(:.*)$') == ARGV[3] then
    gone = gone + living(name)
    drop(name)
  end
end
return gone
"""
)

#: ARGV: token, new token, number, position.
CHECKPOINT = (
    _OF_WRITER
    + """
redis.call('HSET', state, 'number', ARGV[3], 'position', ARGV[4])
redis.call('HDEL', state, 'behind')
return 1
"""
)

#: ARGV: tracks. It takes no writer. Something is written in any case: who does it again, for it
#: may not be on a replica yet, waits for that.
REMOVE = (
    _MAKES_ROOM
    + _SHARED
    + """
local gone = 0
redis.call('HINCRBY', state, 'removals', 1)
for _, track in ipairs(ARGV) do
  local fields = redis.call('HGETALL', P .. 't:' .. track)
  for f = 1, #fields, 2 do
    if string.sub(fields[f], 1, 1) ~= 'g' then
      gone = gone + take_out(fields[f + 1], track .. '/' .. fields[f])
    end
  end
  redis.call('DEL', P .. 't:' .. track)
end
return gone
"""
)

CLEAR = (
    _MAKES_ROOM
    + _SHARED
    + """
for _, name in ipairs(redis.call('HKEYS', P .. 'sets')) do drop(name) end
redis.call('HINCRBY', state, 'removals', 1)
redis.call('DEL', state, P .. 'sets')
return 1
"""
)

#: ARGV: how long (ms) the shard says that it is given up. Nobody writes to it from now on, and what
#: a search finds in it is not all. The reply names the sets that are left to be dropped.
GIVE_UP = (
    _MAKES_ROOM
    + """
local state, sets = KEYS[1], string.sub(KEYS[1], 1, -6) .. 'sets'
if redis.call('HEXISTS', state, 'token') == 0 and redis.call('EXISTS', sets) == 0 then return {} end
redis.call('HDEL', state, 'token', 'number', 'position', 'expired')
redis.call('HSET', state, 'behind', 1)
if redis.call('HEXISTS', state, 'shards') == 0 then redis.call('PEXPIRE', state, ARGV[1]) end
return redis.call('HKEYS', sets)
"""
)

#: ARGV: as of `GIVE_UP`. The end of it, told to the shard that knows how many there are; it goes on
#: knowing where somebody has begun the index anew meanwhile.
FORGET = (
    _MAKES_ROOM
    + """
local state = KEYS[1]
if redis.call('HEXISTS', state, 'token') == 1 then return 0 end
redis.call('HDEL', state, 'shards')
redis.call('PEXPIRE', state, ARGV[1])
return 1
"""
)

#: ARGV: the name of a set. Each is dropped by itself: a server does nothing else meanwhile.
DROP = (
    _MAKES_ROOM
    + _SHARED
    + """
drop(ARGV[1])
return 1
"""
)
