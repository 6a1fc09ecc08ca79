// Where the executors' write units go: into the log, if there is one.
#pragma once

#include "aof/log.h"
#include "commands/effects.h"

#include <atomic>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace duplex::server {

// Thread: any.
class LogSink final : public commands::EffectSink {
 public:
  enum class Target : std::uint8_t {
    nowhere,
    unconfirmed_log,  // it has no base yet: nobody waits for it, and its failures refuse nothing
    log,
  };

  // `log` holds nullptr without appendonly and until the data is loaded.
  explicit LogSink(const std::atomic<aof::Log*>& log) : log_(log) {}

  std::uint64_t append(std::span<const commands::Effect> unit, std::uint64_t changes) override;
  std::string_view refusal() const override;

  // Where units go from now on. Who holds all shards knows which unit is the first to go there.
  void send(Target target) { target_.store(target, std::memory_order_release); }

  // With `refuses`, writes are refused because snapshots fail (stop-writes-on-bgsave-error).
  void refuse_unsaved(bool refuses) { unsaved_.store(refuses, std::memory_order_relaxed); }

  // As append() was told, since the start.
  std::uint64_t changes() const { return changes_.load(std::memory_order_relaxed); }

 private:
  const std::atomic<aof::Log*>& log_;
  std::atomic<std::uint64_t> changes_{0};
  std::atomic<bool> unsaved_{false};
  std::atomic<Target> target_{Target::nowhere};
};

}  // namespace duplex::server
