// SPDX-License-Identifier: Apache-2.0
#include "daemon/plan/change.hpp"

namespace apikeyd {

std::string_view to_string(Reason reason) noexcept {
    switch (reason) {
    case Reason::first_seen:
        return "first_seen";
    case Reason::in_doubt:
        return "in_doubt";
    case Reason::scheduled:
        return "scheduled";
    case Reason::changed:
        return "changed";
    case Reason::removed:
        return "removed";
    case Reason::look:
        return "look";
    case Reason::resync:
        return "resync";
    case Reason::probe:
        return "probe";
    }
    return "";
}

std::string_view to_string(ChangeKind kind) noexcept {
    switch (kind) {
    case ChangeKind::assert_key:
        return "assert";
    case ChangeKind::enable:
        return "enable";
    case ChangeKind::disable:
        return "disable";
    case ChangeKind::rename:
        return "rename";
    case ChangeKind::update:
        return "update";
    case ChangeKind::look:
        return "look";
    }
    return "";
}

ChangeKind Change::kind() const noexcept {
    if (to.empty()) {
        return ChangeKind::look;
    }
    if (!known.observed) {
        return ChangeKind::assert_key;
    }
    if (to.name && to.enabled) {
        return ChangeKind::update;
    }
    if (to.enabled) {
        return *to.enabled ? ChangeKind::enable : ChangeKind::disable;
    }
    return ChangeKind::rename;
}

} // namespace apikeyd
