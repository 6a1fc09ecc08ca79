// The keys that the browsers' tokens are checked with, from the configuration and a file.
#pragma once

#include "realtime/token_keyring.h"
#include "server/config_store.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>

namespace duplex::server {

// Thread: load() and follow() are called by the main thread before the loops start, look() from
// any; CONFIG SET may act meanwhile (mutex_).
class BrowserKeys {
 public:
  // Reads the keys; the error is a sentence for the operator, and all stays as it was then.
  Outcome load(const Config& config);
  // Reads them again whenever a directive about them is set.
  void follow(ConfigStore& config);
  // Reads the file again if it is another one now. If it cannot be used that is logged once, and
  // the keys stay as they were.
  void look(const Config& config);

  std::shared_ptr<const realtime::TokenKeyring> keyring() const { return keyring_; }

 private:
  // Tells whether a file was changed.
  struct Stamp {
    std::filesystem::file_time_type changed{};
    std::uintmax_t size = 0;
    bool operator==(const Stamp&) const = default;
  };
  static Stamp stamp_of(const std::filesystem::path& file);

  std::shared_ptr<realtime::TokenKeyring> keyring_ = std::make_shared<realtime::TokenKeyring>();
  std::mutex mutex_;  // a leaf
  Stamp stamp_;       // under mutex_
};

}  // namespace duplex::server
