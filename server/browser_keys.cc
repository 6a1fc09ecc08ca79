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

std::expected<realtime::TokenTrust, std::string> BrowserKeys::read(const Sources& sources) {
  realtime::TokenTrust trust{.keys = {}, .audience = sources.audience, .issuer = sources.issuer};
  if (!sources.file.empty()) {
    auto keys = read_file(sources.file);
    if (!keys)
      return std::unexpected(
          fmt::format("rt-jwks-file '{}': {}", sources.file.string(), keys.error()));
    trust.keys = *std::move(keys);
  }
  if (!sources.secret.empty()) {
    auto key = realtime::TokenKey::secret(sources.secret);
    if (!key) return std::unexpected(fmt::format("rt-token-hmac-secret: {}", key.error()));
    trust.keys.push_back(*std::move(key));
  }
  return trust;
}

Outcome BrowserKeys::load(const Config& config) {
  Sources sources{.file = {},
                  .secret = config.rt_token_hmac_secret,
                  .audience = config.rt_token_audience,
                  .issuer = config.rt_token_issuer};
  if (!config.rt_jwks_file.empty())
    sources.file = (std::filesystem::path(config.dir) / config.rt_jwks_file).lexically_normal();
  const base::MutexLock lock(mutex_);
  const Stamp stamp = stamp_of(sources.file);
  auto trust = read(sources);
  if (!trust) return std::unexpected(trust.error());
  keyring_->replace(*std::move(trust));
  sources_ = std::move(sources);
  stamp_ = stamp;
  return {};
}

void BrowserKeys::follow(ConfigStore& config) {
  for (const std::string_view name :
       {"rt-jwks-file", "rt-token-hmac-secret", "rt-token-audience", "rt-token-issuer"})
    config.on_change(name, [this](const Config& next) { return load(next); });
}

void BrowserKeys::look() {
  const base::MutexLock lock(mutex_);
  if (sources_.file.empty()) return;
  const Stamp stamp = stamp_of(sources_.file);
  if (stamp == stamp_) return;
  stamp_ = stamp;
  auto trust = read(sources_);
  if (!trust)
    return base::log(
        base::LogLevel::warning, "Keys for tokens stay as they were: {}", trust.error());
  keyring_->replace(*std::move(trust));
  base::log(base::LogLevel::notice, "Keys for tokens read again");
}

}  // namespace duplex::server
