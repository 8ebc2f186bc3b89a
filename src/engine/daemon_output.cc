#include "engine/daemon_output.h"

#include <algorithm>
#include <utility>

namespace boxcar {

void DaemonOutput::attach(std::string input, std::function<void(bool)> attached) {
  HttpRequest request{.method = "POST", .path = container_ + "/attach?stream=1&stdout=1&stderr=1"};
  if (!input.empty()) {
    request.path += "&stdin=1";
    request.body = std::move(input);
    request.body_last = true;
  }
  attached_ = std::move(attached);
  stream_ = streams_.start(std::move(request), {[this](std::string_view bytes) { receive(bytes); },
                                                [this](const Result<HttpResponse>& response) {
                                                  stream_.reset();
                                                  tell_attached(false);
                                                  handlers_.over(!response);
                                                },
                                                [this] { tell_attached(true); }});
}

void DaemonOutput::tell_attached(bool good) {
  if (const auto tell = std::exchange(attached_, nullptr)) tell(good);
}

void DaemonOutput::read_log(bool follow) {
  cancel();
  std::copy_n(passed_, 2, skip_);
  frames_ = {};
  stream_ = streams_.start({.path = container_ + "/logs?stdout=1&stderr=1&follow=" + (follow ? "1" : "0")},
                           {[this](std::string_view bytes) { receive(bytes); },
                            [this](const Result<HttpResponse>& response) {
                              stream_.reset();
                              handlers_.over(!response);
                            }});
}

void DaemonOutput::cancel() {
  if (stream_) streams_.cancel(*stream_);
  stream_.reset();
}

void DaemonOutput::receive(std::string_view bytes) {
  frames_.feed(bytes, [&](Stream stream, std::string_view text) {
    const auto which = static_cast<std::size_t>(stream);
    const std::size_t known = std::min(skip_[which], text.size());
    skip_[which] -= known;
    text.remove_prefix(known);
    passed_[which] += text.size();
    if (!text.empty()) handlers_.text(stream, text);
  });
}

}  // namespace boxcar
