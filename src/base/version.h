#pragma once

namespace boxcar {

const char* version();  // "0.1.0"

}  // namespace boxcar
