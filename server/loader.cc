// Takes in what an earlier process left on disk: the log, or a snapshot.
#include "server/loader.h"

#include <utility>

#include <fmt/format.h>

#include "base/clock.h"

namespace duplex::server {

Loader::Loader(commands::Services& services,
               commands::Executor& executor,
               LoadProgress& progress)
    : services_(services), executor_(executor), progress_(progress) {
  client_.authenticated.store(true, std::memory_order_relaxed);
  executor_.set_now(0);
}

std::expected<aof::Recovered, std::string> Loader::load_log(const aof::RecoveryOptions& options) {
  const aof::RecoverySink sink{
      .on_rdb = [this](std::string_view path, std::string_view bytes) { return load_rdb(path, bytes); },
      .on_record = [this](std::span<const std::string_view> args)
          -> std::expected<void, std::string> {
        if (auto error = executor_.replay(client_, args)) return std::unexpected(std::move(*error));
        return {};
      }};
  return aof::recover(options, sink);
}

}  // namespace duplex::server
namespace duplex::server {
std::expected<void, std::string> Loader::load_snapshot(const std::string&) { return std::unexpected("rdb"); }
std::expected<std::size_t, std::string> Loader::load_rdb(std::string_view, std::string_view) { return std::unexpected("rdb"); }
}
