"""What the Redis server does in one go, as scripts in Lua (Redis 7 or later).

All keys begin with the prefix of the store:

=============================  ====  ==============================================================
``meta``                       hash  ``application`` and ``format``
``shares``                     hash  the token of whoever may write a share of the scopes
``scopes``                     zset  the names of the scopes, by their age
``data``                       hash  the row of each scope
``first``                      hash  the oldest journal entry of each scope
``kinds:SCOPE``                set   the kinds of items that there are
``items:KIND:SCOPE``           hash  items by their key; no kind has a colon in it
``order:KIND:SCOPE``           zset  their keys, by their age
``sentences:LENGTH:SCOPE:ID``  list  what was heard of a task; LENGTH is that of the scope's name
``heard:SCOPE``                set   the tasks of which something was heard
``journal:SCOPE``              hash  journal entries by their ``seq``
``number``                           counts what has an age
``keys``                       hash  the scope that each key of a scope leads to
``where:KIND``                 hash  the scope that has a task, object, hosted file, temporary key
                                     or token of a MeetingJoinUrl
=============================  ====  ==============================================================

The shebang has the server refuse a script as a whole when its memory is full.
"""

from __future__ import annotations

from typing import Final

#: Gives a share to a new token, unless somebody has it whose token is not among the dead ones.
#: ARGV: prefix, share, token, application, format, dead tokens.
CLAIM: Final = """#!lua
local shares, share = ARGV[1] .. 'shares', ARGV[2]
local dead = {}
for i = 6, #ARGV do dead[ARGV[i]] = true end
local held = redis.call('HGETALL', shares)
local gone = {}
for i = 1, #held, 2 do
  if share == 'all' or held[i] == 'all' or held[i] == share then
    if not dead[held[i + 1]] then return 0 end
    gone[#gone + 1] = held[i]
  end
end
for _, name in ipairs(gone) do redis.call('HDEL', shares, name) end
redis.call('HSET', shares, share, ARGV[3])
redis.call('HSET', ARGV[1] .. 'meta', 'application', ARGV[4], 'format', ARGV[5])
return 1
"""

#: Reserves keys for a scope; returns those that are another's, and reserves none then.
#: ARGV: prefix, name of the scope, keys.
RESERVE: Final = """#!lua
local keys, name = ARGV[1] .. 'keys', ARGV[2]
local taken = {}
for i = 3, #ARGV do
  local owner = redis.call('HGET', keys, ARGV[i])
  if owner and owner ~= name then taken[#taken + 1] = ARGV[i] end
end
if #taken == 0 then
  for i = 3, #ARGV do redis.call('HSET', keys, ARGV[i], name) end
end
return taken
"""

#: Lets go of a share. ARGV: prefix, share, token.
RELEASE: Final = """#!lua
local shares = ARGV[1] .. 'shares'
if redis.call('HGET', shares, ARGV[2]) == ARGV[3] then redis.call('HDEL', shares, ARGV[2]) end
"""

#: Writes batches; or writes nothing, and returns 0 if the share is another's, -1 if everything has
#: gone.
#: ARGV: prefix, share, token, an array of batches in MessagePack, and all data, which an array
#: refers to by its place here: the server's MessagePack has no binary data. A batch is an array:
#: name, anew, data or nil, items (kind, key, data or nil), sentences (task, start, datas), entries
#: (seq, data), first seq or nil, keys of the scope.
WRITE: Final = """#!lua
local prefix, share, token = ARGV[1], ARGV[2], ARGV[3]
if redis.call('HGET', prefix .. 'shares', share) ~= token then
  return redis.call('EXISTS', prefix .. 'meta') - 1
end

local function age() return redis.call('INCR', prefix .. 'number') end

local function sentences_key(name, task)
  return prefix .. 'sentences:' .. #name .. ':' .. name .. ':' .. task
end

local looked_for = {task = true, object = true, hosted = true, key = true, token = true}

local function forget(name)
  for _, kind in ipairs(redis.call('SMEMBERS', prefix .. 'kinds:' .. name)) do
    if looked_for[kind] then
      for _, key in ipairs(redis.call('HKEYS', prefix .. 'items:' .. kind .. ':' .. name)) do
        redis.call('HDEL', prefix .. 'where:' .. kind, key)
      end
    end
    redis.call('DEL', prefix .. 'items:' .. kind .. ':' .. name)
    redis.call('DEL', prefix .. 'order:' .. kind .. ':' .. name)
  end
  for _, task in ipairs(redis.call('SMEMBERS', prefix .. 'heard:' .. name)) do
    redis.call('DEL', sentences_key(name, task))
  end
  redis.call('DEL', prefix .. 'kinds:' .. name, prefix .. 'heard:' .. name)
  redis.call('DEL', prefix .. 'journal:' .. name)
  redis.call('HDEL', prefix .. 'first', name)
  redis.call('HDEL', prefix .. 'data', name)
  redis.call('ZREM', prefix .. 'scopes', name)
  local keys = redis.call('HGETALL', prefix .. 'keys')
  for i = 1, #keys, 2 do
    if keys[i + 1] == name then redis.call('HDEL', prefix .. 'keys', keys[i]) end
  end
end

local function write_item(name, kind, key, data)
  local items = prefix .. 'items:' .. kind .. ':' .. name
  local order = prefix .. 'order:' .. kind .. ':' .. name
  if not data then
    redis.call('HDEL', items, key)
    redis.call('ZREM', order, key)
    if looked_for[kind] then redis.call('HDEL', prefix .. 'where:' .. kind, key) end
    return
  end
  if looked_for[kind] then redis.call('HSET', prefix .. 'where:' .. kind, key, name) end
  if redis.call('HSET', items, key, ARGV[data]) == 1 then
    redis.call('ZADD', order, age(), key)
    redis.call('SADD', prefix .. 'kinds:' .. name, kind)
  end
end

local function write_sentences(name, task, start, texts)
  local key, heard = sentences_key(name, task), prefix .. 'heard:' .. name
  if start == 0 then
    redis.call('DEL', key)
  else
    redis.call('LTRIM', key, 0, start - 1)
  end
  for _, text in ipairs(texts) do redis.call('RPUSH', key, ARGV[text]) end
  if start == 0 and #texts == 0 then
    redis.call('SREM', heard, task)
  else
    redis.call('SADD', heard, task)
  end
end

for _, batch in ipairs(cmsgpack.unpack(ARGV[4])) do
  local name, anew, data, items, sentences, entries, first, keys = unpack(batch, 1, 8)
  if anew then forget(name) end
  for _, key in ipairs(keys) do redis.call('HSET', prefix .. 'keys', key, name) end
  if data then
    redis.call('HSET', prefix .. 'data', name, ARGV[data])
    if not redis.call('ZSCORE', prefix .. 'scopes', name) then
      redis.call('ZADD', prefix .. 'scopes', age(), name)
    end
  end
  for _, item in ipairs(items) do write_item(name, item[1], item[2], item[3]) end
  for _, heard in ipairs(sentences) do write_sentences(name, heard[1], heard[2], heard[3]) end
  local journal = prefix .. 'journal:' .. name
  for _, entry in ipairs(entries) do
    redis.call('HSET', journal, string.format('%.0f', entry[1]), ARGV[entry[2]])
  end
  if first then
    local from = tonumber(redis.call('HGET', prefix .. 'first', name) or '1')
    for seq = from, first - 1 do redis.call('HDEL', journal, string.format('%.0f', seq)) end
    redis.call('HSET', prefix .. 'first', name, string.format('%.0f', first))
  end
end
return 1
"""
