// A client as commands see it: who it is, what it has selected, and what mode it is in.
#pragma once

#include "commands/command_table.h"
#include "commands/connection.h"
#include "pubsub/loop_subscribers.h"
#include "resp/reply_writer.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace duplex::commands {

// Arguments that were copied because they outlive the read buffer.
class OwnedArgs {
 public:
  explicit OwnedArgs(std::span<const std::string_view> args) {
    std::size_t bytes = 0;
    for (const std::string_view arg : args)
      bytes += arg.size();
    bytes_ = std::make_unique_for_overwrite<char[]>(bytes);
    char* at = bytes_.get();
    for (const std::string_view arg : args) {
      if (!arg.empty()) std::memcpy(at, arg.data(), arg.size());
      views_.emplace_back(at, arg.size());
      at += arg.size();
    }
  }
  std::span<const std::string_view> view() const { return views_; }
  // What they take up outside of this object.
  std::size_t memory_bytes() const {
    std::size_t bytes = views_.capacity() * sizeof(std::string_view);
    for (const std::string_view view : views_)
      bytes += view.size();
    return bytes;
  }

 private:
  std::unique_ptr<char[]> bytes_;
  std::vector<std::string_view> views_;
};

// MULTI's queue and WATCH's verdict.
struct Transaction {
  struct Queued {
    const Command* command;
    OwnedArgs args;
  };
  struct Watched {
    int database;
    std::string key;
    bool was_there;  // false: the key did not exist, or had ended already
  };

  bool open = false;
  bool failed = false;  // a command could not be queued: EXEC must refuse
  std::vector<Queued> queue;
  std::vector<Watched> watched;
  // Set by whoever changes a watched key, under the key's shard lock.
  std::shared_ptr<std::atomic<bool>> dirty;
};

enum class ReplyMode : std::uint8_t { on, off, skip_next, skip_this };

struct ScriptUnit;
struct Waiter;
namespace acl {
struct User;
}

// Thread: confined to its loop, except the atomics, which any thread may read, and `name`,
// `library_name`, `library_version` and `user`, which change under the registry's lock only.
struct Client {
  std::uint64_t id = 0;
  Connection* connection = nullptr;
  pubsub::Subscriber* subscriber = nullptr;  // nullptr if the front end has no pushes
  std::size_t loop = 0;

  std::string address;        // "127.0.0.1:50412"
  std::string local_address;  // "127.0.0.1:6379"
  int fd = -1;
  std::int64_t created_ms = 0;

  std::string name;
  std::string library_name;
  std::string library_version;
  // Who the client is, as that user was when acl_version was acl::Users::version(); nullptr: nobody
  // whom access control knows, who may do anything (acl_session.h).
  std::shared_ptr<const acl::User> user;
  std::uint64_t acl_version = 0;
  bool is_restricted = false;  // there is something to check for this user

  std::atomic<int> database{0};
  std::atomic<resp::Protocol> protocol{resp::Protocol::resp2};
  std::atomic<bool> authenticated{false};
  std::atomic<bool> no_evict{false};
  std::atomic<bool> no_touch{false};
  std::atomic<bool> is_monitor{false};
  std::atomic<bool> closing{false};
  std::atomic<const Command*> last_command{nullptr};
  std::atomic<std::int64_t> last_active_ms{0};
  std::atomic<std::uint64_t> commands_run{0};
  std::atomic<std::uint64_t> input_bytes_total{0};
  std::atomic<std::uint64_t> output_bytes_total{0};
  std::atomic<std::uint32_t> channels_count{0};
  std::atomic<std::uint32_t> patterns_count{0};
  std::atomic<std::uint32_t> shard_channels_count{0};
  std::atomic<std::int32_t> multi_count{-1};  // queued commands, -1 outside MULTI
  std::atomic<std::size_t> multi_bytes{0};        // of the queued commands
  std::atomic<std::uint32_t> watch_count{0};
  std::atomic<std::uint8_t> tracking{0};  // bits of commands::tracking
  // Whose connection gets what this client has to forget; 0: its own.
  std::atomic<std::uint64_t> tracking_redirect{0};
  std::atomic<bool> is_import_source{false};
  std::atomic<bool> is_postponed{false};  // by CLIENT PAUSE, or by a script that has its keys

  // Waiting for a key (blocking.h); `is_blocked` tells other threads.
  std::shared_ptr<Waiter> waiter;
  std::atomic<bool> is_blocked{false};
  // The script that runs for the client, once it was suspended (script_unit.h).
  ScriptUnit* unit = nullptr;

  ReplyMode reply_mode = ReplyMode::on;
  Transaction transaction;
  std::set<std::string, std::less<>> channels;
  std::set<std::string, std::less<>> patterns;
  std::set<std::string, std::less<>> shard_channels;
  std::set<std::string, std::less<>> tracking_prefixes;  // BCAST
  // The log position behind the last write of this client; replies wait for it.
  std::uint64_t log_position = 0;

  bool is_subscribed() const {
    return !channels.empty() || !patterns.empty() || !shard_channels.empty();
  }
};

}  // namespace duplex::commands
