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
=============================  ====  ==============================================================

The shebang has the server refuse a script as a whole when its memory is full.
"""

from __future__ import annotations

from typing import Final

#: Gives a share to a new token if it still is the old one's ("" for nobody's).
#: ARGV: prefix, share, old token, new token, application, format.
CLAIM: Final = """#!lua
local prefix, share, old, new = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local present = redis.call('HGET', prefix .. 'shares', share) or ''
if present ~= old then return 0 end
redis.call('HSET', prefix .. 'shares', share, new)
redis.call('HSET', prefix .. 'meta', 'application', ARGV[5], 'format', ARGV[6])
return 1
"""

#: Lets go of a share. ARGV: prefix, share, token.
RELEASE: Final = """#!lua
local shares = ARGV[1] .. 'shares'
if redis.call('HGET', shares, ARGV[2]) == ARGV[3] then redis.call('HDEL', shares, ARGV[2]) end
"""

#: Writes batches, or returns 0 and writes nothing if the share is another's.
#: ARGV: prefix, share, token, an array of batches in MessagePack, and all data, which an array
#: refers to by its place here: the server's MessagePack has no binary data. A batch is an array:
#: name, anew, data or nil, items (kind, key, data or nil), sentences (task, start, datas), entries
#: (seq, data), first seq or nil.
WRITE: Final = """#!lua
local prefix, share, token = ARGV[1], ARGV[2], ARGV[3]
if redis.call('HGET', prefix .. 'shares', share) ~= token then return 0 end

local function age() return redis.call('INCR', prefix .. 'number') end

local function sentences_key(name, task)
  return prefix .. 'sentences:' .. #name .. ':' .. name .. ':' .. task
end

local function forget(name)
  for _, kind in ipairs(redis.call('SMEMBERS', prefix .. 'kinds:' .. name)) do
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
end

local function write_item(name, kind, key, data)
  local items = prefix .. 'items:' .. kind .. ':' .. name
  local order = prefix .. 'order:' .. kind .. ':' .. name
  if not data then
    redis.call('HDEL', items, key)
    redis.call('ZREM', order, key)
    return
  end
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
  local name, anew, data, items, sentences, entries, first = unpack(batch, 1, 7)
  if anew then forget(name) end
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
