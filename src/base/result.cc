#include "base/result.h"

#include <cerrno>
#include <cstring>

#include "base/text.h"

namespace boxcar {

namespace {

ErrorKind kind_of(int number) {
  switch (number) {
    case ENOENT:
    case ENOTDIR:
      return ErrorKind::NotFound;
    case EISDIR:
      return ErrorKind::Invalid;
    case EACCES:
    case EPERM:
    case EROFS:
      return ErrorKind::Denied;
    case ENOSPC:
    case EDQUOT:
    case ENOMEM:
    case EMFILE:
    case ENFILE:
      return ErrorKind::Exhausted;
    case EAGAIN:
    case EINTR:
    case EBUSY:
    case ETXTBSY:
      return ErrorKind::Unavailable;
    default:
      return ErrorKind::Internal;
  }
}

}  // namespace

std::string Error::text() const {
  return more.empty() ? sentence() : sentence() + " (" + join(more, "; ") + ")";
}

Error errno_error(std::string_view doing, int number) {
  return Error{kind_of(number), std::string(doing) + ": " + std::strerror(number), {}};
}

tl::unexpected<Error> fail_errno(std::string_view doing) {
  return fail(errno_error(doing, errno));
}

}  // namespace boxcar
