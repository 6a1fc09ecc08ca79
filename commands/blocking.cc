// Clients that wait for a key: who waits for what, in which order, and how a wait ends.
#include "commands/blocking.h"

#include "commands/key_positions.h"

#include <algorithm>

namespace duplex::commands {

void Blocking::add(const WaiterPtr& waiter) {
  const base::MutexLock lock(mutex_);
  waiter->ticket = ++last_ticket_;
  for (const std::string& key : waiter->keys) {
    auto& queue = queues_[key];
    // A key may be named twice.
    if (queue.empty() || queue.back() != waiter) queue.push_back(waiter);
  }
  by_client_[waiter->client_id] = waiter;
  count_.fetch_add(1, std::memory_order_release);
}

void Blocking::remove(const Waiter& waiter) {
  for (const std::string& key : waiter.keys) {
    const auto found = queues_.find(key);
    if (found == queues_.end()) continue;
    std::erase_if(found->second, [&](const WaiterPtr& other) { return other.get() == &waiter; });
    if (found->second.empty()) queues_.erase(found);
  }
  by_client_.erase(waiter.client_id);
  count_.fetch_sub(1, std::memory_order_release);
}

bool Blocking::has_waiters(int database, std::string_view key) const {
  return next(database, key, 0) != nullptr;
}

std::vector<std::string> Blocking::keys(int database) const {
  const base::MutexLock lock(mutex_);
  std::vector<std::string> keys;
  for (const auto& [key, queue] : queues_)
    if (std::any_of(queue.begin(), queue.end(), [&](const WaiterPtr& waiter) {
          return waiter->stand_in.database.load(std::memory_order_relaxed) == database;
        }))
      keys.push_back(key);
  return keys;
}

void Blocking::append_related(std::string_view key, std::vector<std::string>& keys) const {
  const base::MutexLock lock(mutex_);
  const auto found = queues_.find(key);
  if (found == queues_.end()) return;
  std::vector<KeyPosition> positions;
  for (const WaiterPtr& waiter : found->second) {
    positions.clear();
    find_keys(*waiter->command.spec, waiter->args.view(), positions);
    for (const KeyPosition& position : positions)
      if (waiter->args.view()[position.index] != key)
        keys.emplace_back(waiter->args.view()[position.index]);
  }
}

Blocking::WaiterPtr Blocking::next(int database, std::string_view key, std::uint64_t ticket) const {
  const base::MutexLock lock(mutex_);
  const auto found = queues_.find(key);
  if (found == queues_.end()) return nullptr;
  for (const WaiterPtr& waiter : found->second)
    if (waiter->ticket > ticket &&
        waiter->stand_in.database.load(std::memory_order_relaxed) == database)
      return waiter;
  return nullptr;
}

bool Blocking::begin_serving(Waiter& waiter) {
  const base::MutexLock lock(mutex_);
  if (waiter.state != Waiter::State::waiting) return false;
  waiter.state = Waiter::State::serving;
  return true;
}

void Blocking::end_serving(const WaiterPtr& waiter, bool served) {
  const base::MutexLock lock(mutex_);
  waiter->retrying = false;
  waiter->state = served ? Waiter::State::over : Waiter::State::waiting;
  if (served) remove(*waiter);
}

bool Blocking::is_over(const Waiter& waiter) const {
  const base::MutexLock lock(mutex_);
  return waiter.state == Waiter::State::over;
}

void Blocking::ask_retry(Waiter& waiter) {
  const base::MutexLock lock(mutex_);
  waiter.retrying = true;
}

bool Blocking::wants_retry(const Waiter& waiter) const {
  const base::MutexLock lock(mutex_);
  return waiter.retrying && waiter.state == Waiter::State::waiting;
}

Blocking::Ending Blocking::end(const WaiterPtr& waiter, std::string_view text) {
  const base::MutexLock lock(mutex_);
  if (waiter->state == Waiter::State::serving) return Ending::busy;
  if (waiter->state == Waiter::State::over) return Ending::already;
  waiter->state = Waiter::State::over;
  waiter->reply.append(text);
  remove(*waiter);
  return Ending::ended;
}

bool Blocking::unblock(std::uint64_t client_id, bool with_error) {
  WaiterPtr waiter;
  {
    const base::MutexLock lock(mutex_);
    const auto found = by_client_.find(client_id);
    if (found == by_client_.end()) return false;
    waiter = found->second;
  }
  return end(waiter,
             with_error ? "-UNBLOCKED client unblocked via CLIENT UNBLOCK\r\n"
                        : timeout_reply(*waiter)) == Ending::ended;
}

std::string timeout_reply(const Waiter& waiter) {
  base::Buffer out;
  resp::ReplyWriter writer(out, waiter.stand_in.protocol.load(std::memory_order_relaxed));
  if (waiter.request.on_timeout == BlockRequest::Nothing::null_array)
    writer.null_array();
  else
    writer.null();
  return std::string(out.view());
}

}  // namespace duplex::commands
