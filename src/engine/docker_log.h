// What a daemon sends of a container's output: frames of eight bytes, which say the stream and the length, and text
// (https://docs.docker.com/engine/api/v1.41/#tag/Container/operation/ContainerAttach, "Stream format").
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "engine/engine.h"

namespace boxcar {

class DockerLog {
 public:
  // Calls emit(Stream, std::string_view) for what `bytes` hold of text, in order. Frames may come in any pieces. What
  // follows something that is no frame is left out: Podman says so in JSON what went wrong under way.
  template <class Emit>
  void feed(std::string_view bytes, const Emit& emit) {
    while (!bytes.empty() && !broken_) {
      if (left_ == 0) {
        header_[have_++] = static_cast<unsigned char>(bytes.front());
        bytes.remove_prefix(1);
        if (have_ < header_.size()) continue;
        have_ = 0;
        broken_ = header_[0] > 2 || header_[1] != 0 || header_[2] != 0 || header_[3] != 0;
        left_ =
            std::size_t{header_[4]} << 24 | std::size_t{header_[5]} << 16 | std::size_t{header_[6]} << 8 | header_[7];
        continue;
      }
      const std::string_view text = bytes.substr(0, left_);
      emit(header_[0] == 2 ? Stream::Err : Stream::Out, text);
      left_ -= text.size();
      bytes.remove_prefix(text.size());
    }
  }

 private:
  std::array<unsigned char, 8> header_{};
  std::size_t have_ = 0;  // of the header
  std::size_t left_ = 0;  // of the frame's text
  bool broken_ = false;
};

}  // namespace boxcar
