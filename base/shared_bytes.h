// Immutable bytes that several receivers send, on any thread.
#pragma once

#include <memory>
#include <string>

namespace duplex::base {

using SharedBytes = std::shared_ptr<const std::string>;

}  // namespace duplex::base
