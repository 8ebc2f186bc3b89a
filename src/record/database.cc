#include "record/database.h"

#include <fmt/format.h>

#include <chrono>
#include <cstring>
#include <thread>

namespace boxcar {
namespace {

constexpr std::int64_t kApplicationId = 0x62786372;  // "bxcr"

bool is_damaged(int code) {
  return (code & 0xff) == SQLITE_CORRUPT || (code & 0xff) == SQLITE_NOTADB;
}

ErrorKind kind_of(int code) {
  switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return ErrorKind::Unavailable;
    case SQLITE_FULL:
    case SQLITE_NOMEM:
      return ErrorKind::Exhausted;
    case SQLITE_PERM:
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_AUTH:
      return ErrorKind::Denied;
    default:
      return ErrorKind::Internal;
  }
}

}  // namespace

Error sqlite_error(sqlite3* database, std::string_view doing) {
  const int code = database == nullptr ? SQLITE_NOMEM : sqlite3_extended_errcode(database);
  const char* path = database == nullptr ? nullptr : sqlite3_db_filename(database, "main");
  std::string message = database == nullptr ? "out of memory" : sqlite3_errmsg(database);
  if (is_damaged(code)) message += "; move it away to start a new record";
  return Error{kind_of(code), std::move(message),
               fmt::format("{}{}{}", doing, path == nullptr || *path == 0 ? "" : " ", path == nullptr ? "" : path)};
}

Statement::Statement(sqlite3* database, std::string_view sql) : database_(database) {
  sqlite3_stmt* statement = nullptr;
  status_ = sqlite3_prepare_v3(database, sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT,
                               &statement, nullptr);
  statement_.reset(statement);
}

Statement& Statement::bind(std::int64_t value) {
  if (const int status = sqlite3_bind_int64(statement_.get(), ++bound_, value); status_ == SQLITE_OK) status_ = status;
  return *this;
}

Statement& Statement::bind(double value) {
  if (const int status = sqlite3_bind_double(statement_.get(), ++bound_, value); status_ == SQLITE_OK) status_ = status;
  return *this;
}

Statement& Statement::bind(std::string_view text) {
  // A null pointer would be NULL, and the columns are NOT NULL.
  const char* data = text.data() == nullptr ? "" : text.data();
  const int status = sqlite3_bind_text64(statement_.get(), ++bound_, data, text.size(), SQLITE_STATIC, SQLITE_UTF8);
  if (status_ == SQLITE_OK) status_ = status;
  return *this;
}

Statement& Statement::bind(const Digest& digest) {
  if (digest.is_zero()) return null();
  const int status = sqlite3_bind_blob(statement_.get(), ++bound_, digest.bytes.data(),
                                       static_cast<int>(digest.bytes.size()), SQLITE_STATIC);
  if (status_ == SQLITE_OK) status_ = status;
  return *this;
}

Statement& Statement::null() {
  if (const int status = sqlite3_bind_null(statement_.get(), ++bound_); status_ == SQLITE_OK) status_ = status;
  return *this;
}

Result<bool> Statement::next() {
  if (status_ == SQLITE_OK) {
    const int status = sqlite3_step(statement_.get());
    if (status == SQLITE_ROW) return true;
    if (status != SQLITE_DONE) status_ = status;
  }
  if (status_ != SQLITE_OK) {
    Error error = sqlite_error(database_, "the record of runs");
    reset();
    return fail(std::move(error));
  }
  reset();
  return false;
}

Result<void> Statement::run() {
  const auto row = next();
  if (!row) return fail(row.error());
  if (*row) reset();
  return {};
}

void Statement::reset() {
  sqlite3_reset(statement_.get());
  bound_ = 0;
  if (statement_ != nullptr) status_ = SQLITE_OK;
}

std::int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}

double Statement::real(int column) const {
  return sqlite3_column_double(statement_.get(), column);
}

bool Statement::is_null(int column) const {
  return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
}

std::string Statement::text(int column) const {
  const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement_.get(), column));
  return text == nullptr ? "" : std::string(text, sqlite3_column_bytes(statement_.get(), column));
}

Digest Statement::digest(int column) const {
  Digest digest;
  const void* blob = sqlite3_column_blob(statement_.get(), column);
  if (blob != nullptr && sqlite3_column_bytes(statement_.get(), column) == static_cast<int>(digest.bytes.size())) {
    std::memcpy(digest.bytes.data(), blob, digest.bytes.size());
  }
  return digest;
}

Result<Database> Database::open(const std::string& path, int busy_milliseconds) {
  sqlite3* handle = nullptr;
  // No mutex inside SQLite: whoever owns a Database serialises its use.
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
  const int status = sqlite3_open_v2(path.c_str(), &handle, flags, nullptr);
  Database database;
  database.handle_.reset(handle);
  if (status != SQLITE_OK) return fail(sqlite_error(handle, "opening"));
  sqlite3_busy_timeout(handle, busy_milliseconds);
  return database;
}

Result<void> Database::execute(const char* sql) {
  if (sqlite3_exec(handle_.get(), sql, nullptr, nullptr, nullptr) != SQLITE_OK) {
    return fail(sqlite_error(handle_.get(), "the record of runs"));
  }
  return {};
}

Result<std::int64_t> Database::number(std::string_view sql) {
  Statement statement = prepare(sql);
  TRY(const bool row, statement.next());
  return row ? statement.integer(0) : 0;
}

Result<void> migrate(Database& database, std::span<const char* const> steps) {
  const auto newest = static_cast<std::int64_t>(steps.size());
  std::int64_t version = 0;
  std::int64_t application = 0;
  const auto look = [&]() -> Result<void> {
    TRY(version, database.number("PRAGMA user_version"));
    TRY(application, database.number("PRAGMA application_id"));
    const std::string path = sqlite3_db_filename(database.get(), "main");
    if (version > newest && application == kApplicationId) {
      return fail(ErrorKind::Internal, fmt::format("{} was written by a newer boxcar (version {} of the record, this "
                                                   "boxcar knows {}); use that one, or move the file away",
                                                   path, version, newest));
    }
    TRY(const std::int64_t tables, database.number("SELECT count(*) FROM sqlite_schema"));
    if (application != kApplicationId && (tables != 0 || version != 0 || application != 0)) {
      return fail(ErrorKind::Internal,
                  path + " is the database of another program; move it away to start a new record");
    }
    return {};
  };
  // In a transaction: what another boxcar makes in between must not look like another program's tables.
  CHECK_OK(database.execute("BEGIN"));
  const auto looked = look();
  sqlite3_exec(database.get(), "ROLLBACK", nullptr, nullptr, nullptr);
  CHECK_OK(looked);
  if (version == newest && application == kApplicationId) return {};
  // Of two boxcars that come here at once the second finds the work done. Becoming a WAL database does not
  // wait for others by itself.
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(5);
  while (true) {
    const auto changed = database.execute("PRAGMA journal_mode = WAL");
    if (changed) break;
    if (changed.error().kind != ErrorKind::Unavailable || std::chrono::steady_clock::now() > deadline) return changed;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  CHECK_OK(database.execute("BEGIN IMMEDIATE"));
  const auto upgrade = [&]() -> Result<void> {
    CHECK_OK(look());
    for (std::int64_t step = version; step < newest; ++step) CHECK_OK(database.execute(steps[step]));
    const std::string marks =
        fmt::format("PRAGMA user_version = {}; PRAGMA application_id = {}; COMMIT", newest, kApplicationId);
    return database.execute(marks.c_str());
  };
  auto upgraded = upgrade();
  if (!upgraded) sqlite3_exec(database.get(), "ROLLBACK", nullptr, nullptr, nullptr);
  return upgraded;
}

}  // namespace boxcar
