// One function a command: `args` are what follows its name; the exit code comes back. The table is in main.cc.
#pragma once

#include <string>
#include <vector>

namespace boxcar {

using Args = std::vector<std::string>;

int run_run(const Args& args);
int run_tool(const Args& args);
int run_chain(const Args& args);
int run_validate(const Args& args);
int run_inspect(const Args& args);
int run_schema(const Args& args);
int run_new(const Args& args);
int run_test(const Args& args);
int run_image(const Args& args);
int run_gc(const Args& args);
int run_doctor(const Args& args);
int run_runs(const Args& args);
int run_status(const Args& args);
int run_logs(const Args& args);
int run_stop(const Args& args);

// Under another name: Kliko's own programs.
int run_kliko_run(const Args& args);
int run_kliko_validate(const Args& args);
// And Kaapana's.
int run_task_api(const Args& args);

}  // namespace boxcar
