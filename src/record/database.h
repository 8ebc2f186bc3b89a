// SQLite, as thinly wrapped as the record needs: errors as Result, statements that reset themselves.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

#include "base/result.h"
#include "base/sha256.h"

namespace boxcar {

// One prepared statement, used again and again. Bound texts and blobs are not copied: they must live until the next
// run() or next() has returned. The first error sticks and is given by run() or next().
class Statement {
 public:
  Statement() = default;
  Statement(sqlite3* database, std::string_view sql);

  explicit operator bool() const { return statement_ != nullptr; }

  Statement& bind(std::int64_t value);
  Statement& bind(double value);
  Statement& bind(std::string_view text);
  Statement& bind(const Digest& digest);  // a zero digest as NULL
  Statement& null();
  template <class T>
  Statement& bind(const std::optional<T>& value) {  // of a number
    using Column = std::conditional_t<std::is_floating_point_v<T>, double, std::int64_t>;
    return value ? bind(static_cast<Column>(*value)) : null();
  }

  Result<bool> next();  // true: there is a row. After the last row the statement is ready to be bound again
  Result<void> run();   // for statements that give no rows
  void reset();

  std::int64_t integer(int column) const;
  double real(int column) const;
  bool is_null(int column) const;
  std::string text(int column) const;
  Digest digest(int column) const;

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  sqlite3* database_ = nullptr;
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
  int bound_ = 0;
  int status_ = SQLITE_OK;
};

class Database {
 public:
  // Makes the file when there is none. Waits up to `busy_milliseconds` for other processes, then Unavailable.
  static Result<Database> open(const std::string& path, int busy_milliseconds);

  Statement prepare(std::string_view sql) { return Statement(handle_.get(), sql); }
  Result<void> execute(const char* sql);
  Result<std::int64_t> number(std::string_view sql);  // of a query that gives one
  sqlite3* get() const { return handle_.get(); }

 private:
  struct Close {
    void operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }
  };
  std::unique_ptr<sqlite3, Close> handle_;
};

// Of the last call on `database`. Unavailable: locked by another process. Internal: damaged, or no database.
Error sqlite_error(sqlite3* database, std::string_view doing);

// Brings a database up to date: version n (PRAGMA user_version) has had steps[0] … steps[n-1]. Internal when it is of a
// newer version, or is the database of another program (PRAGMA application_id).
Result<void> migrate(Database& database, std::span<const char* const> steps);

}  // namespace boxcar
