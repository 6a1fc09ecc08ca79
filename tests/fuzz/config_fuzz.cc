// Any text is a configuration or is refused; what is accepted survives a rewrite.
#include "base/assert.h"
#include "base/text.h"
#include "server/config_rewrite.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace {

// Files outside of the input would make a run depend on the machine.
bool reads_files(std::string_view text) {
  const std::string lower = duplex::base::lowered(text);
  return lower.find("include") != std::string::npos || lower.find("dir") != std::string::npos ||
         lower.find("\\x") != std::string::npos;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  if (reads_files(text)) {
    static_cast<void>(duplex::server::split_config_line(text));
    return 0;
  }
  duplex::server::ConfigReader reader("/");
  if (!reader.read_text(text, "input")) return 0;

  const auto unchanged = duplex::server::rewritten_config(text, "/", reader.config());
  DUPLEX_ASSERT(unchanged.has_value());
  duplex::server::ConfigReader again("/");
  DUPLEX_ASSERT(again.read_text(*unchanged, "rewritten").has_value());

  // From an empty file: every value that differs from its default is written in full.
  const auto complete = duplex::server::rewritten_config("", "/", reader.config());
  DUPLEX_ASSERT(complete.has_value());
  const auto settled = duplex::server::rewritten_config(*complete, "/", reader.config());
  DUPLEX_ASSERT(settled == complete);
  return 0;
}
