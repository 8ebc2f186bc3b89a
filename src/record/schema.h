// The tables of the record, and how older versions become the newest.
#pragma once

namespace boxcar {

// Never change an entry that was released; append one.
inline constexpr const char* record_schema[] = {
    // 1. Steps lie in the order in which they are written and read, without any other index: 100,000 of them are
    // written with every run, and looked for by name only to explain one. What most of them share is in `images`.
    R"(
    CREATE TABLE runs (
      seq INTEGER PRIMARY KEY,
      id TEXT NOT NULL UNIQUE,
      workflow TEXT NOT NULL,
      file TEXT NOT NULL,
      command TEXT NOT NULL,
      store TEXT NOT NULL,
      engine TEXT NOT NULL,
      status INTEGER NOT NULL,
      started INTEGER NOT NULL,
      finished INTEGER NOT NULL,
      pid INTEGER NOT NULL,
      pid_start INTEGER NOT NULL,
      total INTEGER NOT NULL
    );
    CREATE TABLE images (
      ref INTEGER PRIMARY KEY,
      digest BLOB,
      name TEXT NOT NULL
    );
    CREATE TABLE steps (
      run INTEGER NOT NULL,
      idx INTEGER NOT NULL,
      name TEXT NOT NULL,
      status INTEGER NOT NULL,
      exit_code INTEGER,
      key BLOB,
      image INTEGER NOT NULL,
      seconds REAL NOT NULL,
      peak_memory INTEGER NOT NULL,
      attempts INTEGER NOT NULL,
      message TEXT NOT NULL,
      PRIMARY KEY (run, idx)
    ) WITHOUT ROWID;
    )",
    // 2. How it came to the engine.
    "ALTER TABLE runs ADD COLUMN engine_why TEXT NOT NULL DEFAULT ''",
    // 3. Why a run failed though no step did.
    "ALTER TABLE runs ADD COLUMN problem TEXT NOT NULL DEFAULT ''",
    // 4. Since when a step runs.
    "ALTER TABLE steps ADD COLUMN began INTEGER NOT NULL DEFAULT 0",
    // 5. What kind of failure a step's was, whose result is for people, and where the outputs went.
    R"(
    ALTER TABLE steps ADD COLUMN failure INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE steps ADD COLUMN last INTEGER NOT NULL DEFAULT 0;
    CREATE TABLE outputs (
      run INTEGER NOT NULL,
      idx INTEGER NOT NULL,
      name TEXT NOT NULL,
      path TEXT NOT NULL,
      PRIMARY KEY (run, idx)
    ) WITHOUT ROWID;
    )",
    // 6. What a step requested, and its limits.
    R"(
    ALTER TABLE steps ADD COLUMN request_cpu REAL;
    ALTER TABLE steps ADD COLUMN request_memory INTEGER;
    ALTER TABLE steps ADD COLUMN request_gpus INTEGER;
    ALTER TABLE steps ADD COLUMN limit_cpu REAL;
    ALTER TABLE steps ADD COLUMN limit_memory INTEGER;
    ALTER TABLE steps ADD COLUMN limit_gpus INTEGER;
    )",
};

}  // namespace boxcar
