// JSON and YAML from outside -> model::Value, within limits.
#pragma once

#include <string_view>

#include "remora/core/error.hpp"
#include "remora/model/value.hpp"

namespace remora::autodiscovery {

/// Strict JSON (RFC 8259). Of a repeated key the last value counts; integers past 64 bits become
/// real numbers. Messages name the byte of a syntax error and never repeat the text: it may hold a
/// password. Pure.
/// Errors: too_large (bytes, depth, nodes), malformed_payload (syntax, not UTF-8).
[[nodiscard]] Result<model::Value> parse_json(std::string_view text,
                                              const model::ValueLimits& limits = {});

/// The first document of a YAML text, with the types of YAML 1.1 as the Agent reads it: plain yes,
/// no, on, off, true and false are booleans, 0x1f, 017 and 0b1 integers; merge keys (<<) are
/// applied; aliases count as if written out. `%%variables%%` need no quotes. Pure.
/// Errors: as parse_json, with line and column; a key that is no scalar is malformed.
[[nodiscard]] Result<model::Value> parse_yaml(std::string_view text,
                                              const model::ValueLimits& limits = {});

/// The same for a CloudFormation template: every scalar is the text it was written as (null where
/// there is none), and a node with a tag of its own, `!Sub x`, is the map {"!Sub": x}.
/// Errors: as parse_yaml.
[[nodiscard]] Result<model::Value> parse_tagged_yaml(std::string_view text,
                                                     const model::ValueLimits& limits = {});

}  // namespace remora::autodiscovery
