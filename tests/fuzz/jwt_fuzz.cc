// Fuzz target: tokens as anybody may send them, claims that are signed, and files of keys.
//
// The first byte chooses which of them the rest is.
#include "../realtime/token_maker.h"
#include "base/assert.h"
#include "realtime/json_text.h"
#include "realtime/token.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace {

namespace realtime = duplex::realtime;

const realtime::TokenTrust& trust() {
  static const realtime::TokenTrust trusted{
      .keys = {*realtime::TokenKey::secret(realtime::test_secret)}, .audience = {}, .issuer = {}};
  return trusted;
}

}  // namespace

// Whatever is accepted keeps its promises: a token, and information that is JSON in one line.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (data[0] % 3 == 0) {
    if (const auto keys = realtime::parse_jwks(text)) DUPLEX_ASSERT(!keys->empty());
    return 0;
  }
  const std::string token = data[0] % 3 == 1 ? realtime::make_token(text) : std::string(text);
  const auto claims = realtime::read_token(token, trust(), 1'700'000'000);
  if (!claims) return 0;
  DUPLEX_ASSERT(claims->identity.has_token);
  const std::string& info = claims->identity.info;
  DUPLEX_ASSERT(info.empty() || realtime::is_json(info));
  DUPLEX_ASSERT(info.find('\n') == std::string::npos);
  return 0;
}
