// Clients that cache what they have read.
#include "commands/executor.h"

#include <cstddef>

namespace duplex::commands {

namespace {

// How many keys one unit gives up at most: what is left is for those after it.
constexpr std::size_t given_up_max = 100;
constexpr std::string_view client_container = "CLIENT";

bool is_about_clients(const Command* command) {
  return command != nullptr && command->container != nullptr &&
         command->container->spec->name == client_container;
}

}  // namespace

void Executor::remember_read(const Client& client, const Command& command) {
  // A script's reads are remembered one by one.
  if (!has(command.spec->flags, Flag::readonly) || has(command.spec->flags, Flag::runs_script))
    return;
  const std::uint8_t mode = client.tracking.load(std::memory_order_relaxed);
  if ((mode & tracking::broadcast) != 0) return;
  const bool caching_given = (mode & tracking::caching) != 0;
  if ((mode & tracking::opt_in) != 0 && !caching_given) return;
  if ((mode & tracking::opt_out) != 0 && caching_given) return;
  const Reader reader(client.id, client.loop);
  for (const store::HashedKey& key : context_.keys_) {
    services_.tracking.remember(key, reader);
    has_remembered_ = true;
  }
}

void Executor::end_caching(Client& client, const Command* command) {
  if (client.unit != nullptr || client.transaction.open || is_about_clients(command)) return;
  client.tracking.fetch_and(static_cast<std::uint8_t>(~tracking::caching),
                            std::memory_order_relaxed);
}

void Executor::limit_tracked_keys() {
  has_remembered_ = false;
  Tracking& tracking = services_.tracking;
  const std::size_t allowed = services_.settings.tracked_keys_max.load(std::memory_order_relaxed);
  if (allowed == 0 || tracking.key_count() <= allowed) [[likely]]
    return;
  const auto random_shard = [this] { return context_.random().below(store::shard_count); };
  std::size_t shard = random_shard();
  std::size_t given_up = 0;
  for (std::size_t looked_at = 0; looked_at < store::shard_count && given_up < given_up_max &&
                                  tracking.key_count() > allowed;) {
    // What a suspended script has is left alone.
    const bool is_locked = tracking.shard_key_count(shard) != 0 && context_.lock_.lock_shard(shard);
    if (is_locked) {
      if (tracking.forget_one(shard, subscribers_.loop(), context_.random().next())) {
        ++given_up;
        looked_at = 0;
      }
      context_.lock_.unlock();
      shard = random_shard();
    } else {
      ++looked_at;
      shard = (shard + 1) % store::shard_count;
    }
  }
}

}  // namespace duplex::commands
