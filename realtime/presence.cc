// The table of those who are present.
#include "realtime/presence.h"

#include "realtime/json_text.h"

#include <algorithm>
#include <set>
#include <utility>

namespace duplex::realtime {

std::string Present::json() const {
  std::string text = R"({"client":)";
  append_json_string(text, client);
  text += R"(,"user":)";
  append_json_string(text, user);
  if (!info.empty()) text += R"(,"conn_info":)" + info;
  text += '}';
  return text;
}

bool Presence::enter(std::string_view channel, Present who) {
  const base::MutexLock lock(mutex_);
  auto found = channels_.find(channel);
  if (found == channels_.end()) found = channels_.try_emplace(std::string(channel)).first;
  const auto same = std::find_if(due_.begin(), due_.end(), [&](const Due& due) {
    return !who.user.empty() && due.farewell.channel == channel &&
           due.farewell.who.user == who.user;
  });
  const bool is_news = same == due_.end();
  if (!is_news) due_.erase(same);
  found->second.insert_or_assign(who.client, std::move(who));
  return is_news;
}

std::optional<Present> Presence::leave(std::string_view channel, std::string_view client) {
  const base::MutexLock lock(mutex_);
  const auto found = channels_.find(channel);
  if (found == channels_.end()) return std::nullopt;
  const auto at = found->second.find(client);
  if (at == found->second.end()) return std::nullopt;
  Present who = std::move(at->second);
  found->second.erase(at);
  if (found->second.empty()) channels_.erase(found);
  return who;
}

void Presence::leave_farewell(std::string_view channel, Present who, std::int64_t due_ms) {
  const base::MutexLock lock(mutex_);
  due_.push_back({due_ms, {std::string(channel), std::move(who)}});
}

std::vector<Presence::Farewell> Presence::take_farewells(std::int64_t now_ms) {
  std::vector<Farewell> taken;
  const base::MutexLock lock(mutex_);
  std::erase_if(due_, [&](Due& due) {
    if (due.due_ms > now_ms) return false;
    taken.push_back(std::move(due.farewell));
    return true;
  });
  return taken;
}

std::vector<Present> Presence::list(std::string_view channel, std::size_t limit) const {
  std::vector<Present> result;
  const base::MutexLock lock(mutex_);
  const auto found = channels_.find(channel);
  if (found == channels_.end()) return result;
  for (const auto& [client, who] : found->second) {
    if (result.size() == limit) break;
    result.push_back(who);
  }
  return result;
}

Presence::Stats Presence::stats(std::string_view channel) const {
  Stats stats;
  std::set<std::string_view> users;
  const base::MutexLock lock(mutex_);
  const auto found = channels_.find(channel);
  if (found == channels_.end()) return stats;
  for (const auto& [client, who] : found->second) {
    ++stats.clients;
    if (who.user.empty())
      ++stats.users;
    else
      users.insert(who.user);
  }
  stats.users += users.size();
  return stats;
}

}  // namespace duplex::realtime
