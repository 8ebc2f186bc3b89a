// What boxcar asks of the kernel that older ones lack.
#pragma once

#include <string>
#include <vector>

namespace boxcar {

std::string kernel_release();  // "6.1.0-18-amd64"
bool has_mount_setattr();
// Of the system calls and facilities that boxcar cannot do without: those that are missing here, or forbidden (in a
// container).
std::vector<std::string> missing_in_kernel();
// Of those it can do without, with what is worse then: "mount_setattr (mounts below inputs stay writable)".
std::vector<std::string> wanted_of_kernel();

}  // namespace boxcar
