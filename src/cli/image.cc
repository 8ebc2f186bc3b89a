// boxcar image ls|pull|import|push|login|logout|rm|prune
#include <fcntl.h>
#include <fmt/core.h>
#include <poll.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "base/interrupt.h"
#include "base/text.h"
#include "base/user_namespace.h"
#include "cli/commands.h"
#include "cli/complete.h"
#include "cli/execute.h"
#include "cli/print.h"
#include "engine/secrets.h"
#include "image/image_store.h"
#include "image/skopeo.h"

namespace boxcar {

namespace {

int list(ImageStore& images, const Args& args) {
  Options options("boxcar image ls", "Lists the images that boxcar holds.", "boxcar image ls --json");
  bool json = false;
  options.flag("--json", json, "As JSON on stdout");
  if (const auto code = options.parse(args)) return *code;
  const auto all = images.list();
  if (!all) return say(all.error(), json);
  if (json) {
    auto out = nlohmann::ordered_json::array();
    for (const auto& entry : *all) {
      out.push_back({{"reference", entry.reference},
                     {"identity", entry.image->identity.hex()},
                     {"platform", entry.image->platform()},
                     {"bytes", entry.bytes},
                     {"imported", iso_time(entry.imported)}});
    }
    std::printf("%s\n", out.dump(2, ' ', false, nlohmann::json::error_handler_t::replace).c_str());
    return 0;
  }
  std::size_t width = 5;
  for (const auto& entry : *all) width = std::max(width, entry.reference.size());
  print_to(stdout, "{:<{}}  {:<12}  {:<13}  {:>8}  {}\n", "IMAGE", width, "IDENTITY", "PLATFORM", "SIZE", "IMPORTED");
  for (const auto& entry : *all) {
    print_to(stdout, "{:<{}}  {:<12}  {:<13}  {:>8}  {}\n", entry.reference.empty() ? "-" : entry.reference, width,
             entry.image->identity.short_hex(), entry.image->platform(), human_bytes(entry.bytes),
             iso_time(entry.imported).substr(0, 16));
  }
  return 0;
}

int pull(ImageStore& images, const Args& args) {
  Options options(
      "boxcar image pull",
      "Gets an image from a local Docker or Podman, or from its registry. A pull that broke goes on where it was.",
      "boxcar image pull kliko/simms:latest");
  std::string name;
  options.required("IMAGE", name, "Its name");
  if (const auto code = options.parse(args)) return *code;
  block_interrupts();
  const auto image = images.resolve(name, PullPolicy::Always, say_progress);
  if (!image) return say(image.error());
  print_to(stdout, "{}  {}\n", (*image)->identity.short_hex(), (*image)->reference);
  return 0;
}

int import(ImageStore& images, const Args& args) {
  Options options(
      "boxcar image import",
      "Takes images from an archive or a layout: docker-archive:FILE, oci-archive:FILE, oci:DIRECTORY[:TAG],\n"
      "docker-daemon:NAME, containers-storage:NAME, docker://NAME.",
      "docker save kliko/simms -o simms.tar && boxcar image import docker-archive:simms.tar");
  std::string source;
  std::string as;
  options.required("SOURCE", source, "Where it lies");
  options.value("--as", as, "The name that it gets", "NAME");
  if (const auto code = options.parse(args)) return *code;
  block_interrupts();
  const auto all = images.import(source, as, say_progress);
  if (!all) return say(all.error());
  for (const auto& image : *all) print_to(stdout, "{}  {}\n", image->identity.short_hex(), image->reference);
  return 0;
}

int push(ImageStore& images, const Args& args) {
  Options options(
      "boxcar image push",
      "Gives an image to its registry, or to another place: NAME, docker-daemon:NAME, docker-archive:FILE[:NAME],\n"
      "oci:DIRECTORY[:TAG], oci-archive:FILE, containers-storage:NAME, docker://NAME.",
      "boxcar image push kliko/simms registry.example.org/kliko/simms");
  std::string name;
  std::string destination;
  options.required("IMAGE", name, "Its name here");
  options.value("destination", destination, "Where it is to go; the registry of its name when left out");
  if (const auto code = options.parse(args)) return *code;
  block_interrupts();
  const auto image = images.resolve(name, PullPolicy::Never);
  if (!image) return say(image.error());
  const auto place = images.push(**image, destination, say_progress);
  if (!place) return say(place.error());
  print_to(stdout, "{}  {}\n", (*image)->identity.short_hex(), *place);
  return 0;
}

// As Docker names it: without a scheme.
std::string registry_name(std::string text) {
  for (const std::string_view scheme : {"https://", "http://"}) {
    if (text.starts_with(scheme)) text.erase(0, scheme.size());
  }
  while (text.ends_with('/')) text.pop_back();
  return text == "index.docker.io" || text == "index.docker.io/v1" ? "docker.io" : text;
}

constexpr std::size_t kLongestPassword = std::size_t{32} << 10;  // a pipe holds that much

// A line of the terminal that is not shown. Interrupts are blocked, or they would leave it so.
Result<std::string> asked_password(const std::string& prompt) {
  termios before{};
  if (::tcgetattr(STDIN_FILENO, &before) != 0) return fail_errno("asking for the password");
  termios quiet = before;
  quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
  ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
  (void)write_all(STDERR_FILENO, prompt);
  std::array<char, 4096> line{};
  pollfd typed{STDIN_FILENO, POLLIN, 0};
  while (!interrupted() && ::poll(&typed, 1, 100) <= 0) {
  }
  const bool given_up = interrupted();
  const ssize_t n = given_up ? 0 : ::read(STDIN_FILENO, line.data(), line.size());
  ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
  (void)write_all(STDERR_FILENO, "\n");
  if (given_up) return fail(interruption());
  std::string password(line.data(), static_cast<std::size_t>(std::max<ssize_t>(n, 0)));
  ::explicit_bzero(line.data(), line.size());
  return password;
}

// The end to read from.
Result<UniqueFd> pipe_with(const std::string& text) {
  TRY(auto pipe, make_pipe());
  if (!write_all(pipe.in.get(), text)) return fail_errno("handing over the password");
  return std::move(pipe.out);
}

int login(ImageStore&, const Args& args) {
  Options options(
      "boxcar image login",
      "Keeps user and password for a registry, once it has taken them. Podman, buildah and skopeo find them "
      "too,\nand boxcar finds those of docker login.",
      "boxcar image login registry.example.org -u ann --password-stdin <password");
  std::string registry;
  std::string user;
  std::string file;
  bool from_stdin = false;
  options.required("REGISTRY", registry, "Its host, with a port where it has one");
  options.value("-u,--username", user, "The user", "USER");
  options.flag("--password-stdin", from_stdin, "Read the password from standard input");
  options.value("--password-file", file, "Read the password from this file", "FILE");
  options.hint("the password comes by --password-stdin or --password-file, or is asked for on a terminal");
  options.hide_arguments();
  if (const auto code = options.parse(args)) return *code;
  const auto refuse = [](const std::string& why) { return say(Error{ErrorKind::Invalid, why, {}}); };
  const bool ask = !from_stdin && file.empty() && ::isatty(STDIN_FILENO) == 1;
  if (!ask && from_stdin == !file.empty())
    return refuse("the password comes by either --password-stdin or --password-file, or is asked for on a terminal");
  if (user.empty()) return refuse("whose password is it? Give the user with -u");
  registry = registry_name(registry);
  if (ask) block_interrupts();
  auto password = ask          ? asked_password("Password of " + printable(user) + " for " + printable(registry) + ": ")
                  : from_stdin ? read_all(STDIN_FILENO, kLongestPassword)
                               : read_file(file, kLongestPassword);
  block_interrupts();
  if (!password) return say(password.error());
  if (password->find_first_not_of("\r\n") == std::string::npos) return refuse("the password is empty");
  const auto given = pipe_with(*password);
  wipe(*password);
  if (!given) return say(given.error());
  if (const auto done = log_in(registry, user, given->get()); !done)
    return say(Error(done.error()).in("logging in to " + printable(registry)));
  print_to(stdout, "{} takes user {}; kept in {}\n", printable(registry), printable(user), printable(login_file()));
  return 0;
}

int logout(ImageStore&, const Args& args) {
  Options options("boxcar image logout", "Forgets what boxcar image login keeps for a registry.",
                  "boxcar image logout registry.example.org");
  std::string registry;
  options.required("REGISTRY", registry, "Its host, with a port where it has one");
  if (const auto code = options.parse(args)) return *code;
  block_interrupts();
  registry = registry_name(registry);
  if (const auto done = log_out(registry); !done)
    return say(Error(done.error()).in("logging out of " + printable(registry)));
  print_to(stdout, "forgot the login for {}\n", printable(registry));
  return 0;
}

int remove(ImageStore& images, const Args& args) {
  Options options("boxcar image rm", "Removes images by name or identity, and the layers that no other image needs.",
                  "boxcar image rm kliko/simms");
  Args names;
  options.list("images", names, "Names or identities");
  if (const auto code = options.parse(args)) return *code;
  if (names.empty()) return say(Error{ErrorKind::Invalid, "boxcar image rm needs the name of an image", {}});
  int worst = 0;
  for (const auto& name : names) {
    const auto removal = images.remove(name);
    if (!removal) {
      worst = std::max(worst, say(removal.error()));
      continue;
    }
    for (const auto& reference : removal->references) print_to(stdout, "removed the name {}\n", reference);
    if (removal->stays.empty()) {
      for (const auto& image : removal->images)
        print_to(stdout, "removed the image {}, freed {}\n", image.short_hex(), human_bytes(removal->bytes));
    } else {
      print_to(stdout, "its image stays: {}\n", removal->stays);
    }
  }
  return worst;
}

int prune(ImageStore& images, const Args& args) {
  Options options("boxcar image prune",
                  "Removes images without a name, layers that no image needs, and what came of broken pulls.",
                  "boxcar image prune --dry-run");
  bool dry_run = false;
  options.flag("--dry-run", dry_run, "Only say how much it would free");
  if (const auto code = options.parse(args)) return *code;
  const auto removal = images.prune(dry_run);
  if (!removal) return say(removal.error());
  for (const auto& image : removal->images)
    print_to(stdout, "{} the image {}, which has no name\n", dry_run ? "would remove" : "removed", image.short_hex());
  print_to(stdout, "{} {}\n", dry_run ? "would free" : "freed", human_bytes(removal->bytes));
  return 0;
}

struct ImageCommand {
  const char* name;
  int (*run)(ImageStore&, const Args&);
  const char* elsewhere = "";  // what it may be looked for as; suggested, not taken
};

constexpr ImageCommand kCommands[] = {{"ls", list, "list"},     {"pull", pull},   {"import", import, "load"},
                                      {"push", push, "save"},   {"login", login}, {"logout", logout},
                                      {"rm", remove, "remove"}, {"prune", prune}};

// As did_you_mean(), of their names and of what they are called elsewhere.
std::string meant_command(const std::string& word) {
  Args all;
  for (const auto& command : kCommands) {
    all.emplace_back(command.name);
    if (*command.elsewhere != '\0') all.emplace_back(command.elsewhere);
  }
  const std::string known = nearest(word, all);
  for (const auto& command : kCommands) {
    if (known == command.name || known == command.elsewhere) return did_you_mean(command.name, {command.name});
  }
  return "";
}

}  // namespace

int run_image(const Args& args) {
  Args names;
  for (const auto& command : kCommands) names.emplace_back(command.name);
  if (completing() && args.size() <= 1) {
    for (const auto& name : names) offer(args.empty() ? "" : args[0], name, "");
    return 0;
  }
  const std::string which = args.empty() ? "--help" : args[0];
  if (which == "--help" || which == "-h") {
    print_to(stdout,
             "Usage: boxcar image {} [options]\n\nThe images that boxcar holds, below {}.\n"
             "boxcar image COMMAND --help says more.\n\nExample:\n  boxcar image import oci:./simms --as kliko/simms\n",
             join(names, "|"), ImageStore::default_directory());
    return args.empty() ? 2 : 0;
  }
  for (const auto& command : kCommands) {
    if (which != command.name) continue;
    std::ignore = enter_user_namespace();
    Pool pool;
    ImageStore images(ImageStore::default_directory(), pool);
    return command.run(images, Args(args.begin() + 1, args.end()));
  }
  if (completing()) return 0;
  return say(
      Error{ErrorKind::Invalid, "there is no command 'image " + printable(which) + "'" + meant_command(which), {}});
}

}  // namespace boxcar
