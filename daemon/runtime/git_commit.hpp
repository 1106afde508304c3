// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/desired_state.hpp"
#include "state/known.hpp"

#include <optional>
#include <string>

namespace apikeyd {

// The git commit that the desired file at this path (or the folder of them) comes from: the last one up to
// HEAD that changed it, as `git log -1 -- PATH` finds it; of a folder, the last that changed one of its
// desired files. The path is resolved first, so where a link leads is what counts. After 5,000 commits or 200
// ms without a change the search ends, and HEAD is named.
//
// `uncommitted` compares the bytes that `desired` was loaded from, which are not read again, with those of
// HEAD as they are stored there: what git converts on checkout (line ends, LFS) counts as uncommitted, as
// does a link to a file that the repository doesn't hold. git moves HEAD after it has written the files:
// asked in between, this names the commit before and says 'uncommitted'.
//
// Nothing where there is no such commit: outside of a work tree, in a bare or broken repository, before the
// first commit, and for a file that HEAD doesn't have (untracked, ignored, or added and not committed). Never
// throws for these, and prints nothing. Author and subject are valid UTF-8, but hostile otherwise.
//
// Any thread; reads files, no network: some milliseconds, with a long history some hundred. The repository is
// read on a thread of its own and waited for at most a second; after that there is no commit, and what lies
// at this path isn't asked again by this process. A thread that hangs is left behind, and doesn't keep the
// process from ending.
std::optional<Commit> commit_of(const std::string& keys_path, const DesiredState& desired);

// What commit_of() would say of `uncommitted` (false: also where it finds no commit), without the search for
// the commit: it reads HEAD alone. The same holds for it otherwise.
bool is_uncommitted(const std::string& keys_path, const DesiredState& desired);

} // namespace apikeyd
