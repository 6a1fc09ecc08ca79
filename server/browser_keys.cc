// The keys that the browsers' tokens are checked with.
#include "server/browser_keys.h"

#include "base/diagnostics.h"

#include <fmt/format.h>

#include <expected>
#include <fstream>
#include <iterator>
#include <string>
#include <system_error>
#include <utility>

namespace duplex::server {

namespace {

constexpr std::uintmax_t file_bytes_max = 1 << 20;

std::filesystem::path file_of(const Config& config) {
  return (std::filesystem::path(config.dir) / config.rt_jwks_file).lexically_normal();
}

std::expected<std::vector<realtime::TokenKey>, std::string> read_file(
    const std::filesystem::path& file) {
  std::error_code failure;
  if (std::filesystem::file_size(file, failure) > file_bytes_max && !failure)
    return std::unexpected("it is larger than 1 MiB");
  std::ifstream stream(file, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(stream), {}};
  if (failure || !stream) return std::unexpected("it cannot be read");
  return realtime::parse_jwks(text);
}

}  // namespace

BrowserKeys::Stamp BrowserKeys::stamp_of(const std::filesystem::path& file) {
  std::error_code failure;
  const auto changed = std::filesystem::last_write_time(file, failure);
  const auto size = std::filesystem::file_size(file, failure);
  return failure ? Stamp{} : Stamp{.changed = changed, .size = size};
}

Outcome BrowserKeys::load(const Config& config) {
  const std::scoped_lock lock(mutex_);
  realtime::TokenTrust trust{
      .keys = {}, .audience = config.rt_token_audience, .issuer = config.rt_token_issuer};
  if (!config.rt_jwks_file.empty()) {
    stamp_ = stamp_of(file_of(config));
    auto keys = read_file(file_of(config));
    if (!keys)
      return std::unexpected(
          fmt::format("rt-jwks-file '{}': {}", file_of(config).string(), keys.error()));
    trust.keys = *std::move(keys);
  }
  if (!config.rt_token_hmac_secret.empty()) {
    auto key = realtime::TokenKey::secret(config.rt_token_hmac_secret);
    if (!key) return std::unexpected(fmt::format("rt-token-hmac-secret: {}", key.error()));
    trust.keys.push_back(*std::move(key));
  }
  keyring_->replace(std::move(trust));
  return {};
}

void BrowserKeys::follow(ConfigStore& config) {
  for (const std::string_view name :
       {"rt-jwks-file", "rt-token-hmac-secret", "rt-token-audience", "rt-token-issuer"})
    config.on_change(name, [this](const Config& next) { return load(next); });
}

void BrowserKeys::look(const Config& config) {
  if (config.rt_jwks_file.empty()) return;
  {
    const std::scoped_lock lock(mutex_);
    if (stamp_of(file_of(config)) == stamp_) return;
  }
  if (const Outcome loaded = load(config); !loaded)
    base::log(base::LogLevel::warning, "Keys stay as they were: {}", loaded.error());
  else
    base::log(base::LogLevel::notice, "Keys read again from '{}'", file_of(config).string());
}

}  // namespace duplex::server
