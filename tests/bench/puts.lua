-- SPDX-License-Identifier: Apache-2.0
-- wrk's half of puts.sh: the requests that apikeyd sends, one key after the other. Each thread of wrk begins at
-- a place of its own in the list, so that all keys have their turn.

local count = tonumber(os.getenv("BENCH_COUNT"))
local threads = 0
local number
local round = 0 -- a name that is already so would be less work for the server

function setup(thread)
  thread:set("first", threads)
  threads = threads + 1
end

function init(args)
  number = first * math.floor(count / 2)
end

function request()
  number = number % count + 1
  round = round + 1
  local id = string.format("%024x", number)
  local body = string.format('{"input":{"id":"%s","name":"bench-%d","enabled":true}}', id, round)
  return wrk.format("PUT", "/rest/v1/api-key?id=" .. id, {
    ["Authorization"] = "Bearer " .. os.getenv("BENCH_TOKEN"),
    ["Content-Type"] = "application/json",
    ["Accept"] = "application/json",
  }, body)
end
