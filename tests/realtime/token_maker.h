// Tokens for tests: signed with a secret, or not at all.
#pragma once

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <string>
#include <string_view>

namespace duplex::realtime {

inline constexpr std::string_view test_secret = "a secret of at least 32 bytes for tests";

inline std::string base64url(std::string_view bytes) {
  constexpr std::string_view alphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string text;
  unsigned bits = 0;
  unsigned held = 0;
  for (const char c : bytes) {
    bits = bits << 8 | static_cast<unsigned char>(c);
    for (held += 8; held >= 6; held -= 6)
      text += alphabet[bits >> (held - 6) & 63u];
  }
  if (held > 0) text += alphabet[bits << (6 - held) & 63u];
  return text;
}

// A token with this header and payload, signed as HS256 asks for, whatever the header says.
inline std::string make_token(std::string_view payload,
                              std::string_view header = R"({"alg":"HS256"})",
                              std::string_view secret = test_secret) {
  std::string token = base64url(header) + "." + base64url(payload);
  std::array<unsigned char, EVP_MAX_MD_SIZE> signature;
  unsigned size = 0;
  HMAC(EVP_sha256(),
       secret.data(),
       static_cast<int>(secret.size()),
       reinterpret_cast<const unsigned char*>(token.data()),
       token.size(),
       signature.data(),
       &size);
  token += "." + base64url({reinterpret_cast<const char*>(signature.data()), size});
  return token;
}

}  // namespace duplex::realtime
