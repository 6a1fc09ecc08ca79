// FUNCTION DUMP and RESTORE, and what DEBUG RELOAD shares with them.
//
//   payload = { 245 | string of the code } | version, 2 bytes | CRC64 of everything before it
#include "base/buffer.h"
#include "rdb/crc64.h"
#include "rdb/decoder.h"
#include "rdb/encoder.h"
#include "rdb/format.h"
#include "script/engine.h"

#include <fmt/format.h>

#include <cstdint>
#include <cstring>
#include <utility>

namespace duplex::script {

namespace {
constexpr std::size_t version_bytes = 2;
constexpr std::size_t footer_bytes = version_bytes + rdb::checksum_bytes;
}  // namespace

std::string dump_libraries(const std::vector<Libraries::Pointer>& libraries) {
  base::Buffer out;
  for (const Libraries::Pointer& library : libraries) {
    out.append(static_cast<char>(rdb::Opcode::function2));
    rdb::append_string(out, library->code, true);
  }
  rdb::append_uint16(out, rdb::written_version);
  rdb::append_uint64(out, rdb::crc64(0, out.view()));
  return std::string(out.view());
}

std::expected<std::vector<Libraries::Pointer>, std::string> read_libraries(
    std::string_view payload) {
  const auto refuse = [] {
    return std::unexpected<std::string>("ERR DUMP payload version or checksum are wrong");
  };
  if (payload.size() < footer_bytes) return refuse();
  const std::string_view body = payload.substr(0, payload.size() - footer_bytes);
  std::uint16_t version = 0;
  std::uint64_t checksum = 0;
  std::memcpy(&version, payload.data() + body.size(), sizeof version);
  std::memcpy(&checksum, payload.data() + body.size() + version_bytes, sizeof checksum);
  if ((version > rdb::version_max && version != rdb::valkey_version) ||
      rdb::crc64(0, payload.substr(0, body.size() + version_bytes)) != checksum)
    return refuse();
  std::vector<Libraries::Pointer> libraries;
  rdb::Decoder decoder(body);
  std::string scratch;
  while (decoder.left() != 0) {
    const auto code = decoder.byte();
    if (!code || *code != static_cast<std::uint8_t>(rdb::Opcode::function2))
      return std::unexpected("ERR given type is not a function");
    const auto text = decoder.string(scratch);
    if (!text) return std::unexpected("ERR Failed loading functions data");
    auto library = make_library(*text);
    if (!library) return std::unexpected(std::move(library.error()));
    libraries.push_back(std::move(*library));
  }
  return libraries;
}

std::expected<void, std::string> take_in(Libraries& libraries,
                                         const std::vector<Libraries::Pointer>& added,
                                         commands::LibraryPolicy policy) {
  using commands::LibraryPolicy;
  if (policy == LibraryPolicy::flush) return libraries.replace_all(added);
  if (policy == LibraryPolicy::append)
    for (const Libraries::Pointer& library : added)
      if (libraries.get(library->name))
        return std::unexpected(fmt::format("ERR Library {} already exists", library->name));
  return libraries.add(added, policy == LibraryPolicy::replace);
}

// Logged as one FUNCTION RESTORE, so that a replay takes them in together, too.
std::expected<void, std::string> Engine::restore(commands::CommandContext& ctx,
                                                 std::span<const std::string> sources,
                                                 commands::LibraryPolicy policy) {
  using commands::LibraryPolicy;
  std::vector<Libraries::Pointer> added;
  for (const std::string& source : sources) {
    auto library = make_library(source);
    if (!library) return std::unexpected(std::move(library.error()));
    added.push_back(std::move(*library));
  }
  const bool had_any = !libraries_.list().empty();
  if (auto taken = take_in(libraries_, added, policy); !taken) return taken;
  const bool flushes = policy == LibraryPolicy::flush;
  if (added.empty() && !(flushes && had_any)) return {};
  ctx.effect({"FUNCTION",
              "RESTORE",
              ctx.keep(dump_libraries(added)),
              flushes                            ? "FLUSH"
              : policy == LibraryPolicy::replace ? "REPLACE"
                                                 : "APPEND"});
  return {};
}

}  // namespace duplex::script
