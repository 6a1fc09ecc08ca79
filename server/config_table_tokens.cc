// Directives about the browsers' tokens.
#include "server/config_table.h"

namespace duplex::server {

namespace {

constexpr Directive tokens[] = {
    text<&Config::rt_jwks_file>("rt-jwks-file", reloaded),
    text<&Config::rt_token_hmac_secret>("rt-token-hmac-secret", sensitive),
    text<&Config::rt_token_audience>("rt-token-audience"),
    text<&Config::rt_token_issuer>("rt-token-issuer"),
};

}  // namespace

std::span<const Directive> token_directives() {
  return tokens;
}

}  // namespace duplex::server
