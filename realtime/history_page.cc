// Asking for a part of a history, and reading the answer.
#include "realtime/history_page.h"

#include "resp/reply_value.h"

#include <utility>

namespace duplex::realtime {

namespace {

using resp::ReplyValue;

PastPublication publication_of(const ReplyValue& value) {
  const auto& parts = value.elements;
  return {.offset = static_cast<std::uint64_t>(parts[0].integer),
          .data = parts[1].text,
          .info = parts[2].text,
          .tags = parts[3].text};
}

}  // namespace

std::expected<HistoryPage, std::string> read_history(CommandRunner& commands,
                                                     RunAs as,
                                                     std::string_view channel,
                                                     const HistoryQuery& query) {
  constexpr std::string_view stream_prefix = "stream:";
  const bool is_stream = channel.starts_with(stream_prefix);
  if (is_stream) channel.remove_prefix(stream_prefix.size());
  const std::string limit = std::to_string(query.limit);
  std::vector<std::string_view> words = {
      is_stream ? "RT.STREAM" : "RT.HISTORY", channel, "LIMIT", limit};
  std::string offset;
  if (query.since) {
    offset = std::to_string(query.since->offset);
    words.push_back("SINCE");
    if (!is_stream) words.push_back(query.since->epoch);
    words.push_back(offset);
  }
  if (query.reverse) words.push_back("REVERSE");
  if (query.make && !is_stream) words.push_back("MAKE");
  const Ran ran = commands.run(words, as);
  std::string_view bytes = ran.reply;
  const auto reply = resp::read_reply(bytes);
  if (!reply || reply->type != ReplyValue::Type::map)
    return std::unexpected(reply ? reply->text : std::string("ERR no reply"));
  HistoryPage page;
  page.top = {reply->find("epoch")->text,
              static_cast<std::uint64_t>(reply->find("offset")->integer)};
  for (const ReplyValue& value : reply->find("publications")->elements)
    page.publications.push_back(publication_of(value));
  page.log_position = ran.log_position;
  if (const ReplyValue* complete = reply->find("complete"))
    page.is_complete = complete->integer != 0;
  return page;
}

}  // namespace duplex::realtime
