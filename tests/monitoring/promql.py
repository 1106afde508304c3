# SPDX-License-Identifier: Apache-2.0
"""Which metrics and labels an expression of PromQL names. Whether it is one, promtool says."""

import re
from dataclasses import dataclass, field

TOKEN = re.compile(r'''\s*(?:(?P<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
                          |(?P<duration>\d+(?:ms|[smhdwy])|\$__\w+)
                          |(?P<number>\d+(?:\.\d+)?(?:e[+-]?\d+)?)
                          |(?P<name>[a-zA-Z_:][a-zA-Z0-9_:]*)
                          |(?P<sign>=~|!~|!=|==|>=|<=|[-+*/%^(){}\[\],=<>@:]))''', re.X)
WORDS = {"and", "or", "unless", "bool", "offset", "inf", "nan"}
BEFORE_LABELS = {"by", "without", "on", "ignoring", "group_left", "group_right"}


@dataclass(frozen=True)
class Matcher:
    metric: str
    label: str
    sign: str
    value: str


@dataclass
class Named:
    metrics: set[str] = field(default_factory=set)
    matchers: set[Matcher] = field(default_factory=set)
    labels: set[str] = field(default_factory=set)  # of by (...), without (...) and their like


def tokens(text: str) -> list[tuple[str, str]]:
    found, at = [], 0
    text = text.rstrip()
    while at < len(text):
        match = TOKEN.match(text, at)
        if match is None:
            raise ValueError(f"not understood: {text[at:at + 40]!r} in {text!r}")
        assert match.lastgroup
        found.append((match.lastgroup, match[match.lastgroup]))
        at = match.end()
    return found


def named_in(text: str) -> Named:
    found, named, at = tokens(text) + [("end", "")], Named(), 0
    while found[at][0] != "end":
        (kind, word), (_, following) = found[at], found[at + 1]
        at += 1
        if kind != "name":
            if word == "{":
                raise ValueError(f"a selector without a metric's name in {text!r}")
            continue
        if word in BEFORE_LABELS:
            while following == "(" and found[at][1] != ")":
                if found[at][0] == "name":
                    named.labels.add(found[at][1])
                at += 1
        elif word not in WORDS and following not in ("(", "by", "without"):
            named.metrics.add(word)
            while following == "{" and found[at][1] != "}":
                if found[at][0] == "name":
                    named.matchers.add(Matcher(word, found[at][1], found[at + 1][1], found[at + 2][1][1:-1]))
                at += 1
    return named
