// digest STORE PATH: the digest of a file or tree, as a run takes it of its inputs, with the digests kept in that
// store.
#include <fmt/core.h>

#include "store/store.h"

int main(int argc, char** argv) {
  using namespace boxcar;
  if (argc != 3) return 2;
  Pool pool;
  auto store = Store::open(argv[1], pool);
  if (!store) {
    fmt::print(stderr, "{}\n", store.error().text());
    return 1;
  }
  const auto tree = (*store)->digest_host(argv[2]);
  if (!tree) {
    fmt::print(stderr, "{}\n", tree.error().text());
    return 1;
  }
  fmt::print("{}\n", (*tree)->digest.hex());
}
