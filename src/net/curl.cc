#include "net/curl.h"

#include <dlfcn.h>

namespace boxcar {

namespace {

Result<Curl> load() {
  void* library = ::dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    return fail(
        ErrorKind::Unavailable,
        "libcurl, which speaks HTTP, is not installed (Debian, Ubuntu: apt install libcurl4; Fedora: dnf install "
        "libcurl)");
  }
  Curl curl{};
  bool complete = true;
  const auto find = [&](auto& function, const char* name) {
    function = reinterpret_cast<std::remove_reference_t<decltype(function)>>(::dlsym(library, name));
    complete = complete && function != nullptr;
  };
  find(curl.version, "curl_version");
  find(curl.easy_init, "curl_easy_init");
  find(curl.easy_cleanup, "curl_easy_cleanup");
  find(curl.easy_reset, "curl_easy_reset");
  find(curl.easy_setopt, "curl_easy_setopt");
  find(curl.easy_getinfo, "curl_easy_getinfo");
  find(curl.easy_pause, "curl_easy_pause");
  find(curl.easy_perform, "curl_easy_perform");
  find(curl.easy_strerror, "curl_easy_strerror");
  find(curl.slist_append, "curl_slist_append");
  find(curl.slist_free_all, "curl_slist_free_all");
  find(curl.multi_init, "curl_multi_init");
  find(curl.multi_cleanup, "curl_multi_cleanup");
  find(curl.multi_add_handle, "curl_multi_add_handle");
  find(curl.multi_remove_handle, "curl_multi_remove_handle");
  find(curl.multi_perform, "curl_multi_perform");
  find(curl.multi_poll, "curl_multi_poll");
  find(curl.multi_wakeup, "curl_multi_wakeup");
  find(curl.multi_info_read, "curl_multi_info_read");
  decltype(&curl_global_init) global_init = nullptr;
  find(global_init, "curl_global_init");
  if (!complete) return fail(ErrorKind::Unavailable, "libcurl is older than 7.68");
  if (global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) return fail(ErrorKind::Internal, "libcurl does not start");
  return curl;
}

}  // namespace

Result<const Curl*> curl_library() {
  static const Result<Curl> curl = load();
  if (!curl) return fail(curl.error());
  return &*curl;
}

}  // namespace boxcar
