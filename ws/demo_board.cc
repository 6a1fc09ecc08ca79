// Clicks to bits, bits to pages.
#include "ws/demo_board.h"

#include <boost/json/monotonic_resource.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <fmt/format.h>

#include <array>
#include <charconv>
#include <memory>
#include <utility>

namespace duplex::ws {

namespace {

constexpr std::size_t bitmap_bytes = (demo_boxes + 7) / 8;
// Changes are small; longer payloads are not even looked at.
constexpr std::size_t change_bytes_max = 256;

// The bytes of a bulk string, empty for null; nothing for anything else.
std::optional<std::string> parse_bulk(std::string_view reply) {
  if (reply.starts_with('_')) return std::string();
  if (!reply.starts_with('$')) return std::nullopt;
  const std::size_t line_end = reply.find("\r\n");
  std::size_t size = 0;
  const auto [end, error] = std::from_chars(reply.data() + 1, reply.data() + line_end, size);
  if (error != std::errc() || end != reply.data() + line_end) return std::nullopt;
  return std::string(reply.substr(line_end + 2, size));
}

}  // namespace

std::optional<BoxChange> parse_box_change(std::string_view payload) {
  namespace json = boost::json;
  if (payload.size() > change_bytes_max) return std::nullopt;
  std::array<unsigned char, 1024> room;
  json::monotonic_resource memory(room.data(), room.size());
  boost::system::error_code error;
  const json::value parsed =
      json::parse(json::string_view(payload.data(), payload.size()), error, &memory);
  const json::object* object = error ? nullptr : parsed.if_object();
  if (object == nullptr) return std::nullopt;
  const json::value* index = object->if_contains("index");
  const json::value* checked = object->if_contains("checked");
  if (index == nullptr || checked == nullptr || !index->is_int64() || !checked->is_bool())
    return std::nullopt;
  const std::int64_t number = index->get_int64();
  if (number < 0 || number >= static_cast<std::int64_t>(demo_boxes)) return std::nullopt;
  return BoxChange{static_cast<std::size_t>(number), checked->get_bool()};
}

std::string format_box_change(const BoxChange& change) {
  return fmt::format(R"({{"index":{},"checked":{}}})", change.index, change.checked);
}

void DemoBoard::start() {
  subscribers_.subscribe(*this, pubsub::Kind::channel, demo_clicks);
  subscribers_.subscribe(*this, pubsub::Kind::channel, demo_changes);
}

void DemoBoard::stop() {
  subscribers_.unsubscribe(*this, pubsub::Kind::channel, demo_clicks);
  subscribers_.unsubscribe(*this, pubsub::Kind::channel, demo_changes);
}

void DemoBoard::deliver(const pubsub::Message& message, std::string_view) {
  const std::optional<BoxChange> change = parse_box_change(message.payload());
  if (!change) return;
  if (received_.empty()) loop_.post([this] { catch_up(); });
  received_.push_back({*change, message.channel() == demo_clicks});
}

void DemoBoard::catch_up() {
  for (const Received& received : std::exchange(received_, {})) {
    const bool written = write(received.change);
    if (!received.is_click || !written) continue;
    subscribers_.publish(std::make_shared<const pubsub::Message>(
        pubsub::Kind::channel, demo_changes, format_box_change(received.change)));
  }
  subscribers_.deliver_waiting();
}

bool DemoBoard::write(const BoxChange& change) {
  const std::string index = fmt::format("{}", change.index);
  const std::string_view arguments[] = {"SETBIT", demo_key, index, change.checked ? "1" : "0"};
  return commands_.run(arguments, realtime::RunAs::server).reply.starts_with(':');
}

std::optional<std::string> DemoBoard::read_bitmap() {
  const std::string end = fmt::format("{}", bitmap_bytes - 1);
  const std::string_view arguments[] = {"GETRANGE", demo_key, "0", end};
  std::optional<std::string> bitmap =
      parse_bulk(commands_.run(arguments, realtime::RunAs::server).reply);
  if (bitmap) bitmap->resize(bitmap_bytes);
  return bitmap;
}

// A page subscribes first and reads then. A change that was published before it subscribed waits
// in this loop's queue at latest, so what has been read here after catching up includes it.
void DemoBoard::read(std::function<void(std::optional<std::string>)> done) {
  net::EventLoop& caller = *net::EventLoop::current();
  loop_.post([this, &caller, done = std::move(done)]() mutable {
    subscribers_.deliver_waiting();
    catch_up();
    caller.post([done = std::move(done), bitmap = read_bitmap()] { done(bitmap); });
  });
}

}  // namespace duplex::ws
