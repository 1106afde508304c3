// SPDX-License-Identifier: Apache-2.0
#include "config/schema.hpp"

namespace apikeyd {

namespace {

// For editors and pipelines. It can't say that ids are unique, that one time is before another, or which
// years have a 29 February; everything else is as strict as the loader, and stricter in one thing: to other
// tools an unquoted 123 is a number, while we take it for the text it is. (?!\n): to some of them, Python's
// re for one,
// '$' is also where a last line ends.
constexpr std::string_view schema = R"json({
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "apikeyd desired file",
  "description": "The API keys that apikeyd manages, and what it keeps them at.",
  "type": "object",
  "additionalProperties": false,
  "required": ["version", "keys"],
  "properties": {
    "version": {
      "title": "Version of this format",
      "description": "Always 1.",
      "type": "integer",
      "const": 1
    },
    "keys": {
      "title": "Managed keys",
      "description": "Each key once, also across the files of a folder. An empty list manages none.",
      "type": "array",
      "items": { "$ref": "#/$defs/key" }
    }
  },
  "$defs": {
    "key": {
      "title": "API key",
      "description": "A key and what is managed of it. A field left out is not managed and stays as it is.",
      "type": "object",
      "additionalProperties": false,
      "required": ["id"],
      "properties": {
        "id": {
          "title": "Id",
          "description": "The id of the key, 24 hex digits in any case. Quote one that has digits only.",
          "type": "string",
          "pattern": "^[0-9A-Fa-f]{24}$",
          "examples": ["5e5677d71bdc2ae76344968c"]
        },
        "name": {
          "title": "Name",
          "description": "One line of text without control characters. Left out: the name is not managed. Quote a name that looks like a number, a boolean or null.",
          "type": "string",
          "minLength": 1,
          "pattern": "^[^\\u0000-\\u001F\\u007F-\\u009F\\u2028\\u2029]+$(?!\\n)",
          "examples": ["billing-service"]
        },
        "enabled": {
          "title": "Enabled",
          "description": "Whether the key works: true or false, nothing else. Left out, and no time given either: the state is not managed. false outranks the times.",
          "type": "boolean",
          "examples": [true]
        },
        "enabled_from": {
          "title": "Enabled from",
          "description": "The key is disabled before this moment and enabled from then on. An RFC 3339 date and time with Z or an offset from UTC.",
          "$ref": "#/$defs/moment"
        },
        "enabled_until": {
          "title": "Enabled until",
          "description": "The key is enabled before this moment and disabled from then on. After enabled_from, where both are given. An RFC 3339 date and time with Z or an offset from UTC.",
          "$ref": "#/$defs/moment"
        }
      },
      "examples": [
        { "id": "5e5677d71bdc2ae76344968c", "name": "billing-service", "enabled": true }
      ]
    },
    "moment": {
      "type": "string",
      "format": "date-time",
      "pattern": "^[0-9]{4}-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)|02-(0[1-9]|[12][0-9]))[Tt]([01][0-9]|2[0-3]):[0-5][0-9]:([0-5][0-9]|60)(\\.[0-9]+)?([Zz]|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$",
      "examples": ["2026-12-31T00:00:00Z"]
    }
  },
  "examples": [
    {
      "version": 1,
      "keys": [
        { "id": "5e5677d71bdc2ae76344968c", "name": "billing-service", "enabled": true },
        { "id": "5e5677d71bdc2ae76344968d", "enabled": false }
      ]
    }
  ]
}
)json";

} // namespace

std::string_view desired_schema() {
    return schema;
}

} // namespace apikeyd
