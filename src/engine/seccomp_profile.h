// The system calls a container may make: an allow-list like the one Docker starts containers with.
#pragma once

#include <string>

namespace boxcar {

// The "seccomp" object of an OCI config.json for an image of that architecture ("amd64", "386", …); Docker and Podman
// take the same as a profile. The architecture of the machine needs no naming. Calls that only
// privileges would open fail with EPERM; those that nobody here has heard of with ENOSYS, so that a C library falls
// back to an older one. The filter is linear: its 300 rules cost a container start about 1 ms, and each further
// architecture several. So 32-bit programs are let through only in images that say they are of 32 bits.
const std::string& seccomp_profile(const std::string& image_architecture);

}  // namespace boxcar
