// Commands run through a real executor, without sockets, with a clock the test owns.
#include "support/command_fixture.h"

#include "base/buffer.h"
#include "base/glob.h"
#include "commands/acl_session.h"
#include "commands/families.h"
#include "resp/inline_arguments.h"
#include "realtime/families.h"
#include "script/families.h"
#include "store/shard_lock.h"

#include <fmt/format.h>

#include <algorithm>

namespace duplex::tests {

namespace {

std::string word_text(std::string_view word) {
  const bool plain = !word.empty() && std::all_of(word.begin(), word.end(), [](char c) {
    return c > ' ' && c < 0x7f && c != '"' && c != '|';
  });
  return plain ? std::string(word) : bytes_text(word);
}

std::vector<std::span<const commands::CommandSpec>> all_families() {
  auto families = commands::command_families();
  for (const auto family : script::command_families())
    families.push_back(family);
  for (const auto family : realtime::command_families())
    families.push_back(family);
  return families;
}

std::string joined(const std::vector<std::string>& parts, std::string_view separator) {
  std::string text;
  for (const std::string& part : parts) {
    if (!text.empty()) text += separator;
    text += part;
  }
  return text;
}

}  // namespace

std::uint64_t RecordingSink::append(std::span<const commands::Effect> unit, std::uint64_t changes) {
  changes_ += changes;
  std::vector<std::string> effects;
  for (const commands::Effect& effect : unit) {
    std::vector<std::string> words;
    if (effect.database != 0) words.push_back(fmt::format("[{}]", effect.database));
    for (const std::string_view word : effect.args)
      words.push_back(word_text(word));
    effects.push_back(joined(words, " "));
  }
  units_.push_back(joined(effects, " | "));
  return ++position_;
}

std::vector<std::pair<std::string, std::string>> FakeConfig::get(
    std::span<const std::string_view> globs) const {
  std::vector<std::pair<std::string, std::string>> found;
  for (const auto& entry : values)
    if (std::any_of(globs.begin(), globs.end(), [&](std::string_view glob) {
          return base::glob_match(glob, entry.first, base::GlobCase::insensitive);
        }))
      found.push_back(entry);
  return found;
}

std::optional<std::string> FakeConfig::set(
    std::span<const std::pair<std::string_view, std::string_view>> changes, bool) {
  if (error) return error;
  for (const auto& [name, value] : changes) {
    const auto at = std::find_if(
        values.begin(), values.end(), [&](const auto& entry) { return entry.first == name; });
    if (at == values.end())
      values.emplace_back(name, value);
    else
      at->second = value;
  }
  return std::nullopt;
}

std::optional<std::string> FakeConfig::rewrite() {
  if (!error) ++rewrites;
  return error;
}

std::string FakeServer::info(std::span<const std::string_view> sections, store::ShardLock&) {
  std::string text = "# Fake";
  for (const std::string_view section : sections)
    text += fmt::format(" {}", section);
  return text + "\r\n";
}

std::optional<std::string> FakeServer::reload_log() {
  if (!error) ++reloads;
  return error;
}

void FakeClient::deliver(const pubsub::Message& message, std::string_view pattern) {
  messages.push_back(pattern.empty()
                         ? fmt::format("{} {}", message.channel(), message.payload())
                         : fmt::format("{} {} {}", pattern, message.channel(), message.payload()));
}

CommandFixture::CommandFixture()
    : table_(all_families()),
      services_{.table = table_,
                .keyspace = keyspace_,
                .hub = hub_,
                .clients = clients_,
                .watchers = watchers_,
                .tracking = tracking_,
                .blocking = blocking_,
                .settings = settings_,
                .users = users_,
                .effects = sink_,
                .config = config_,
                .server = server_,
                .persistence = persistence_,
                .observation = observation_,
                .statistics = {},
                .scripts = &scripts_} {
  statistics_.push_back(std::make_unique<commands::LoopStatistics>(table_.all().size()));
  services_.statistics = statistics_;
  hub_.attach(0, [] {});
  executor_ = std::make_unique<commands::Executor>(services_, subscribers_, *statistics_[0]);
  executor_->set_now(now_ms_);
  clients_.add(client_.state);
  clients_.add(other_.state);
  for (FakeClient* client : {&client_, &other_})
    commands::acl::begin_session(services_, client->state);
}

CommandFixture::~CommandFixture() {
  for (FakeClient* client : {&client_, &other_}) {
    executor_->forget(client->state);
    clients_.remove(client->state);
  }
}

std::string CommandFixture::run(FakeClient& client, std::string_view line) {
  const auto words = resp::split_inline_arguments(line);
  if (!words) return "<unbalanced quotes>";
  return run_args(client, {words->begin(), words->end()});
}

std::string CommandFixture::run_args(FakeClient& client,
                                     const std::vector<std::string_view>& args) {
  base::Buffer out;
  commands::Request request;
  request.args = args;
  if (executor_->execute(client.state, request, out) == commands::Outcome::postponed)
    return "<postponed>";
  return reply_text(out.view());
}

void CommandFixture::play(std::initializer_list<Step> steps) {
  for (const Step& step : steps)
    EXPECT_EQ(run(step.line), step.reply) << step.line;
}

std::string CommandFixture::raw(std::string_view line) {
  const auto words = resp::split_inline_arguments(line);
  if (!words) return "<unbalanced quotes>";
  const std::vector<std::string_view> args(words->begin(), words->end());
  base::Buffer out;
  commands::Request request;
  request.args = args;
  if (executor_->execute(client_.state, request, out) == commands::Outcome::postponed)
    return "<postponed>";
  return std::string(out.view());
}

std::string CommandFixture::take_log() {
  return joined(sink_.take(), " || ");
}

std::string CommandFixture::logged(std::string_view line) {
  sink_.take();
  const std::string reply = run(line);
  EXPECT_FALSE(reply.starts_with('-')) << line << ": " << reply;
  return take_log();
}

std::string CommandFixture::events(std::string_view line) {
  // "KEA", and the misses and creations that A leaves out.
  const std::uint16_t before = settings_.events.exchange(0xffff & ~1);
  FakeClient listener;
  subscribers_.subscribe(listener, pubsub::Kind::pattern, "__keyevent@*");
  run(line);
  subscribers_.deliver_waiting();
  subscribers_.unsubscribe(listener, pubsub::Kind::pattern, "__keyevent@*");
  settings_.events.store(before);
  std::string text;
  for (const std::string& message : listener.messages) {
    const std::size_t name = message.find(":") + 1;
    const std::size_t key = message.find(' ', name);
    if (!text.empty()) text += ' ';
    text += message.substr(name, key - name) + ":" + message.substr(key + 1);
  }
  return text;
}

const store::Entry* CommandFixture::entry(std::string_view key, int database) {
  store::ShardLock lock(keyspace_);
  const store::HashedKey hashed(key);
  lock.lock(hashed);
  const store::Table::Position at = lock.find(database, hashed);
  return at ? at.entry() : nullptr;
}

std::string CommandFixture::encoding(std::string_view key) {
  const store::Entry* found = entry(key);
  return found == nullptr ? std::string() : std::string(encoding_name(found->encoding()));
}

std::int64_t CommandFixture::expiry_ms(std::string_view key, int database) {
  const store::Entry* found = entry(key, database);
  if (found == nullptr) return -2;
  return found->has_expiry() ? found->expiry_ms() : -1;
}

}  // namespace duplex::tests
