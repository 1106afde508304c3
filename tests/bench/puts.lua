-- SPDX-License-Identifier: Apache-2.0
-- For wrk: the requests that apikeyd sends, one key after the other.

local count = tonumber(os.getenv("BENCH_COUNT"))
local name = os.getenv("BENCH_NAME")
local number = 0
local headers = {
  ["Authorization"] = "Bearer " .. os.getenv("BENCH_TOKEN"),
  ["Content-Type"] = "application/json",
  ["Accept"] = "application/json",
  ["User-Agent"] = "wrk",
}

function request()
  number = number % count + 1
  local id = string.format("%024x", number)
  local body = '{"input":{"id":"' .. id .. '","name":"' .. name .. '","enabled":true}}'
  return wrk.format("PUT", "/rest/v1/api-key?id=" .. id, headers, body)
end
