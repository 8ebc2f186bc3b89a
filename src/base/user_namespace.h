// An ordinary user in root's place: a user namespace in which the caller is root, of files and processes that are his
// own and those of his subordinate ids. Everything else of boxcar works in it as it does for root.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace boxcar {

// Whether this process is not root, or root of a user namespace only: entered by itself, by the boxcar that started it,
// or by whoever put it into a container.
bool rootless();

// Where the process is not root, or has not root's rights: enters a user namespace, with all subordinate ids of the
// caller (/etc/subuid and /etc/subgid, mapped by newuidmap and newgidmap), else with his own id alone. Once a process,
// before any thread is started; called again it gives the same answer. As root it does nothing. Denied or Exhausted
// with what stands in the way.
Result<void> enter_user_namespace();
bool entered_user_namespace();  // it did so, and what looks like root here is an ordinary user

// The caller as others on this machine see him: geteuid() before the namespace was entered.
uid_t outside_uid();
gid_t outside_gid();

struct IdRange {
  unsigned inside = 0;
  unsigned outside = 0;
  unsigned count = 0;
  friend bool operator==(const IdRange&, const IdRange&) = default;
};

// This process has one user or group id only: it can give nothing to another.
bool has_one_id();
// Why, a sentence: there is no range, or newuidmap failed. "" where there are more, or nothing is known.
std::string why_one_id();
// Whose files stand for whose: "" for root, else a word that changes with the map of ids.
std::string id_map_name();

// A uid_map or gid_map of /proc. Pure.
std::vector<IdRange> parse_id_map(std::string_view text);
// The ranges that /etc/subuid or /etc/subgid (`text`) gives a user, as newuidmap takes them: from 1 on, behind the
// user's own id, which is 0. Pure.
std::vector<IdRange> subordinate_ids(std::string_view text, std::string_view name, unsigned uid);
// What on this machine keeps users from having namespaces, a sentence with what to do; "" where nothing is known.
// `proc_sys`: /proc/sys.
std::string what_forbids_user_namespaces(const std::string& proc_sys);

}  // namespace boxcar
