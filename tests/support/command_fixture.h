// Commands run through a real executor, without sockets, with a clock the test owns.
#pragma once

#include "commands/client.h"
#include "commands/client_registry.h"
#include "commands/command_table.h"
#include "commands/executor.h"
#include "commands/migration.h"
#include "commands/observation.h"
#include "commands/services.h"
#include "pubsub/hub.h"
#include "pubsub/loop_subscribers.h"
#include "script/engine.h"
#include "store/keyspace.h"
#include "support/reply_text.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace duplex::tests {

// Keeps the write units it is given, as text: words separated by blanks (quoted if they have other
// bytes than letters), effects by " | ", a database other than 0 as "[1] " in front.
class RecordingSink : public commands::EffectSink {
 public:
  std::uint64_t append(std::span<const commands::Effect> unit, std::uint64_t changes) override;
  std::string_view refusal() const override { return refusal_; }

  void refuse(std::string text) { refusal_ = std::move(text); }
  // The units since the last call.
  std::vector<std::string> take() { return std::exchange(units_, {}); }
  // What they counted for, since the last call.
  std::uint64_t take_changes() { return std::exchange(changes_, 0); }

 private:
  std::vector<std::string> units_;
  std::uint64_t changes_ = 0;
  std::string refusal_;
  std::uint64_t position_ = 0;
};

// A configuration that is just a list of names and values.
class FakeConfig : public commands::ConfigAccess {
 public:
  std::vector<std::pair<std::string, std::string>> get(
      std::span<const std::string_view> globs) const override;
  std::optional<std::string> set(
      std::span<const std::pair<std::string_view, std::string_view>> changes) override;
  std::optional<std::string> rewrite() override;
  bool is_sensitive(std::string_view name) const override { return name == "requirepass"; }

  std::vector<std::pair<std::string, std::string>> values;
  std::optional<std::string> error;  // what set() and rewrite() answer
  int rewrites = 0;
};

class FakeServer : public commands::ServerControl {
 public:
  std::string info(std::span<const std::string_view> sections, store::ShardLock& lock) override;
  commands::MemoryUse memory() override { return memory_use; }
  std::optional<std::string> shutdown(commands::ShutdownMode mode, bool) override {
    shutdown_mode = mode;
    return std::nullopt;
  }
  std::optional<std::string> reload_log() override;
  std::optional<std::string> load_users() override { return "ERR load"; }
  std::optional<std::string> save_users() override { return "ERR save"; }
  void migrate(std::shared_ptr<commands::Migration> asked, std::function<void()> done) override {
    migration = std::move(asked);
    migrated = std::move(done);
  }
  void discard(std::vector<store::Table> tables) override { discarded_tables += tables.size(); }
  void discard(store::EntryPtr entry) override { discarded_entries += entry ? 1 : 0; }
  void discard(std::shared_ptr<void>) override {}

  commands::MemoryUse memory_use;  // what memory() answers
  std::optional<commands::ShutdownMode> shutdown_mode;
  std::optional<std::string> error;  // what reload_log() answers
  // What migrate() was given last.
  std::shared_ptr<commands::Migration> migration;
  std::function<void()> migrated;
  int reloads = 0;
  std::size_t discarded_tables = 0;
  std::size_t discarded_entries = 0;
};

class FakePersistence : public commands::PersistenceControl {
 public:
  std::optional<std::string> save() override { return error; }
  Answer begin_save(bool may_schedule, bool in_transaction) override {
    return {false, may_schedule || in_transaction ? "Background saving scheduled"
                                                  : "Background saving started"};
  }
  Answer cancel_save() override { return {false, "Background saving cancelled"}; }
  Answer begin_rewrite(bool) override {
    return {false, "Background append only file rewriting started"};
  }
  std::int64_t last_save_s() const override { return 1'000'000'000; }

  std::optional<std::string> error;  // what save() answers
};

// A client with a front end that only remembers what it was asked.
class FakeClient : public commands::Connection, public pubsub::Subscriber {
 public:
  FakeClient() {
    state.connection = this;
    state.subscriber = this;
    state.address = "127.0.0.1:50000";
    state.local_address = "127.0.0.1:6379";
  }

  void close_after_reply() override { closed_after_reply = true; }
  void request_close() override { close_requested = true; }
  void request_resume() override { resumed = true; }
  void request_unblock() override { unblocked = true; }
  void request_user_check() override { user_check_requested = true; }
  std::size_t output_bytes() const override { return 0; }
  std::size_t input_bytes() const override { return 0; }
  // Messages as "channel payload" or "pattern channel payload".
  void deliver(const pubsub::Message& message, std::string_view pattern) override;

  commands::Client state;
  std::vector<std::string> messages;
  bool closed_after_reply = false;
  bool close_requested = false;
  bool resumed = false;
  bool unblocked = false;
  bool user_check_requested = false;
};

// Tests inherit from this (`using StringTest = tests::CommandFixture;` is enough).
//
//   EXPECT_EQ(run("SET k v EX 10"), "+OK");                        // reply_text()'s form
//   EXPECT_EQ(logged("SET k v EX 10"), "SET k v PXAT 1000000010000");  // what the log was given
//   EXPECT_EQ(events("SET k v"), "set");                           // keyspace events
//   advance_ms(10'000);
class CommandFixture : public testing::Test {
 protected:
  static constexpr std::int64_t start_ms = 1'000'000'000'000;

  CommandFixture();
  ~CommandFixture() override;

  // Runs a command line (quoted as for redis-cli) and returns its reply as reply_text().
  std::string run(std::string_view line) { return run(client_, line); }
  std::string run(FakeClient& client, std::string_view line);
  // The same for exact arguments.
  std::string run_args(std::vector<std::string_view> args) { return run_args(client_, args); }
  std::string run_args(FakeClient& client, const std::vector<std::string_view>& args);
  // Runs command lines one after the other and expects the replies beside them.
  struct Step {
    std::string_view line;
    std::string_view reply;
  };
  void play(std::initializer_list<Step> steps);
  // The reply as bytes.
  std::string raw(std::string_view line);

  // What the log was given since the last look: units separated by " || ".
  std::string take_log();
  // Runs a command and returns what it gave to the log. The reply must not be an error.
  std::string logged(std::string_view line);
  // Runs a command and returns its keyspace events as "name:key" separated by blanks.
  std::string events(std::string_view line);

  void advance_ms(std::int64_t ms) { set_now(now_ms_ + ms); }
  void set_now(std::int64_t now_ms) {
    now_ms_ = now_ms;
    executor_->set_now(now_ms);
  }
  void use_protocol(resp::Protocol protocol) { client_.state.protocol.store(protocol); }

  // What cannot be asked with the commands of the family under test. nullptr if there is no key;
  // a key that has ended is still found. Valid until the next command.
  const store::Entry* entry(std::string_view key, int database = 0);
  // "int", "embstr", "raw", or "" if there is no key.
  std::string encoding(std::string_view key);
  // The time at which a key ends, -1 if never, -2 if there is no key.
  std::int64_t expiry_ms(std::string_view key, int database = 0);

  FakeClient client_;
  FakeClient other_;  // a second client of the same loop
  RecordingSink sink_;
  FakeConfig config_;
  FakeServer server_;
  FakePersistence persistence_;
  commands::CommandTable table_;
  store::Keyspace keyspace_{16};
  pubsub::Hub hub_{1};
  commands::ClientRegistry clients_;
  commands::Watchers watchers_;
  commands::Tracking tracking_{1};
  commands::Blocking blocking_;
  script::Engine scripts_;
  commands::Settings settings_;
  commands::Observation observation_{1};
  commands::acl::Users users_{table_};
  std::vector<std::unique_ptr<commands::LoopStatistics>> statistics_;
  commands::Services services_;
  pubsub::LoopSubscribers subscribers_{hub_, 0};
  std::unique_ptr<commands::Executor> executor_;
  std::int64_t now_ms_ = start_ms;
};

}  // namespace duplex::tests
