// What a command publishes: behind what it changed in the log, and before its keys are given up.
#include "commands/command_context.h"
#include "commands/live_keys.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

namespace duplex::commands {

void CommandContext::note_live(std::string_view key) {
  if (std::find(live_changed_.begin(), live_changed_.end(), key) == live_changed_.end())
    live_changed_.emplace_back(key);
}

// Keys whose effects name further keys cannot be told by them: then none are.
void CommandContext::publish_live() {
  for (const std::string& key : live_changed_) {
    base::Buffer effects;
    resp::ReplyWriter writer(effects, resp::Protocol::resp2);
    for (const Effect& effect : effects_.unit()) {
      const auto& args = effect.args;
      if (effect.database != live_database || args.size() < 2) continue;
      if (std::find(args.begin() + 1, args.end(), key) == args.end()) continue;
      writer.array(args.size());
      for (const std::string_view arg : args)
        writer.bulk(arg);
    }
    publishing_.push_back({pubsub::Kind::control,
                           live_channel(key),
                           std::string(effects.view()),
                           {.epoch = 0,
                            .offset = services_.live_keys->next_version(),
                            .log_position = 0,
                            .info = {},
                            .tags = {}}});
  }
  live_changed_.clear();
}

void CommandContext::tell_all_changed() {
  constexpr std::string_view channels = "key:*";
  for (const std::string& channel : services_.hub.channels(pubsub::Kind::control, channels))
    note_live(std::string_view(channel).substr(channels.size() - 1));
}

void CommandContext::tell_added(const store::HashedKey& key,
                                const store::StreamId& id,
                                std::span<const std::string_view> fields) {
  LiveKeys* const live = services_.live_keys;
  if (live == nullptr || !live->is_watched(key) || database() != live_database) [[likely]]
    return;
  publishing_.push_back({pubsub::Kind::channel,
                         stream_channel(key.key),
                         live->entry_text(fields),
                         {.epoch = 0,
                          .offset = stream_offset(id.ms, id.sequence),
                          .log_position = 0,
                          .info = {},
                          .tags = {}}});
}

void CommandContext::flush_effects() {
  if (!live_changed_.empty()) [[unlikely]]
    publish_live();
  std::uint64_t position = 0;
  if (!effects_.empty()) {
    position = services_.effects.append(effects_.unit(), effects_.changes());
    if (client_ != nullptr) client_->log_position = position;
    effects_.clear();
  }
  if (publishing_.empty()) [[likely]]
    return;
  for (Publishing& next : publishing_) {
    next.publication.log_position = position;
    subscribers_.publish(std::make_shared<const pubsub::Message>(
        next.kind, next.channel, next.payload, std::move(next.publication)));
  }
  publishing_.clear();
}

std::size_t CommandContext::publish(pubsub::Kind kind,
                                    std::string_view channel,
                                    std::string_view payload,
                                    pubsub::Publication publication) {
  // What has no place in the log need not wait, unless something that was published before does.
  if (publication.offset == 0 && publishing_.empty()) [[likely]]
    return subscribers_.publish(std::make_shared<const pubsub::Message>(
        kind, channel, payload, std::move(publication)));
  publishing_.push_back(
      {kind, std::string(channel), std::string(payload), std::move(publication)});
  return subscribers_.hub().receiver_count(kind, channel);
}

}  // namespace duplex::commands
