#include "image/import_session.h"

#include <stdlib.h>

#include <utility>

#include "base/fd.h"
#include "base/user_namespace.h"
#include "image/catalog.h"
#include "image/layer_store.h"
#include "image/partial_layout.h"

namespace boxcar {

namespace {

Result<FileLocks> open_store(const std::string& store) {
  CHECK_OK(enter_user_namespace());  // where that was refused it is said now, when it is needed
  CHECK_OK(make_directories(store, 0700));
  for (const auto& path : {layers_directory(store), store + "/tmp", store + "/empty"}) CHECK_OK(make_directories(path));
  return open_locks(store);
}

Result<std::string> make_scratch(const std::string& store) {
  CHECK_OK(make_directories(store + "/tmp", 0700));  // who swept may have been killed in between
  std::string path = store + "/tmp/XXXXXX";
  if (mkdtemp(path.data()) == nullptr) return fail_errno("making " + path);
  return path;
}

// The caller has the store for itself.
Result<void> sweep(const std::string& store) {
  CHECK_OK(Catalog(store).remove_leftovers());
  const std::string leftovers = store + "/tmp";
  CHECK_OK(remove_tree(leftovers));
  return make_directories(leftovers, 0700);
}

}  // namespace

Result<ImportSession> ImportSession::begin(const std::string& store) {
  TRY(FileLocks locks, open_store(store));
  return share(store, std::move(locks));
}

Result<ImportSession> ImportSession::begin_passing(const std::string& store) {
  CHECK_OK(make_directories(store, 0700));
  CHECK_OK(make_directories(store + "/tmp"));
  TRY(FileLocks locks, open_locks(store));
  return share(store, std::move(locks));
}

Result<ImportSession> ImportSession::share(const std::string& store, FileLocks locks) {
  TRY(const bool alone, locks.try_lock(kStoreLock, LockMode::Exclusive));
  if (alone) {
    // What can't be removed, such as another id's outside of the user namespace, hinders nobody.
    (void)sweep(store);
    (void)PartialLayout::remove_old(store);
  }
  CHECK_OK(locks.lock_until_interrupted(kStoreLock, LockMode::Shared));
  TRY(std::string scratch, make_scratch(store));
  return ImportSession(std::move(locks), store, std::move(scratch));
}

Result<ImportSession> ImportSession::begin_removal(const std::string& store) {
  TRY(FileLocks locks, open_store(store));
  TRY(const bool alone, locks.try_lock(kStoreLock, LockMode::Exclusive));
  if (!alone) return fail(ErrorKind::Unavailable, "another boxcar is importing an image; try again when it is done");
  CHECK_OK(sweep(store));
  TRY(std::string scratch, make_scratch(store));
  return ImportSession(std::move(locks), store, std::move(scratch));
}

ImportSession::~ImportSession() {
  if (scratch_.empty()) return;
  (void)remove_tree(scratch_);
  // One that was killed may not have been gone yet when this one began.
  const auto alone = locks_.try_lock(kStoreLock, LockMode::Exclusive);
  if (alone && *alone) (void)sweep(store_);
}

}  // namespace boxcar
