// The keys that the browsers' tokens are checked with, from the configuration and a file.
#pragma once

#include "base/mutex.h"
#include "realtime/token_keyring.h"
#include "server/config_store.h"

#include <cstdint>
#include <expected>
#include <filesystem>
#include <memory>
#include <string>

namespace duplex::server {

// Thread: follow() is called by the main thread before the loops start, the others from any
// (mutex_).
class BrowserKeys {
 public:
  // Reads the keys; the error is a sentence for the operator, and all stays as it was then.
  Outcome load(const Config& config);
  // Reads them again whenever a directive about them is set.
  void follow(ConfigStore& config);
  // Reads the file again if it is another one now. If it cannot be used that is logged once, and
  // the keys stay as they were.
  void look();

  std::shared_ptr<const realtime::TokenKeyring> keyring() const { return keyring_; }

 private:
  // Where keys come from, as they were loaded last.
  struct Sources {
    std::filesystem::path file;  // empty: none
    std::string secret;          // empty: none
    std::string audience;
    std::string issuer;
  };
  // Tells whether a file was changed.
  struct Stamp {
    std::filesystem::file_time_type changed{};
    std::uintmax_t size = 0;
    bool operator==(const Stamp&) const = default;
  };
  static Stamp stamp_of(const std::filesystem::path& file);
  static std::expected<realtime::TokenTrust, std::string> read(const Sources& sources);

  const std::shared_ptr<realtime::TokenKeyring> keyring_ =
      std::make_shared<realtime::TokenKeyring>();
  base::Mutex mutex_{base::LockRank::log};  // the keyring's is taken under it
  Sources sources_ DUPLEX_GUARDED_BY(mutex_);
  Stamp stamp_ DUPLEX_GUARDED_BY(mutex_);
};

}  // namespace duplex::server
