// A fresh directory below $TMPDIR, removed with the object.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "base/fd.h"

namespace boxcar {

class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    const char* base = std::getenv("TMPDIR");
    path_ = join_path(base != nullptr ? base : "/tmp", "boxcar-test-XXXXXX");
    if (::mkdtemp(path_.data()) == nullptr) std::abort();
  }
  ~TemporaryDirectory() { EXPECT_TRUE(remove_tree(path_)); }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  const std::string& path() const { return path_; }
  std::string operator/(const std::string& name) const { return join_path(path_, name); }

 private:
  std::string path_;
};

}  // namespace boxcar
