// Counting the records of an RDB file.
#include "check/rdb_summary.h"

#include "base/hash.h"
#include "check/text.h"
#include "rdb/format.h"
#include "rdb/reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <utility>
#include <variant>
#include <vector>

namespace duplex::check {

namespace {

struct DatabaseCount {
  std::uint64_t keys = 0;
  std::uint64_t expiring = 0;
  std::uint64_t timed_hashes = 0;
  std::map<rdb::ValueType, std::uint64_t> by_type;
};

struct Contents {
  int version = 0;
  std::vector<std::string> aux;
  std::uint64_t functions = 0;
  std::map<std::uint64_t, DatabaseCount> databases;
  std::vector<std::uint64_t> key_hashes;  // of all keys, their databases mixed in
};

std::uint64_t hash_of(std::uint64_t database, std::string_view key) {
  constexpr std::uint64_t odd = 0x9e3779b97f4a7c15u;
  return base::hash_bytes(key) ^ (database * odd);
}

void count(Contents& contents, std::uint64_t database, const rdb::Entry& found) {
  DatabaseCount& sums = contents.databases[database];
  ++sums.keys;
  sums.expiring += found.entry->has_expiry() ? 1 : 0;
  sums.timed_hashes += found.entry->has_timed_fields() ? 1 : 0;
  ++sums.by_type[found.type];
  contents.key_hashes.push_back(hash_of(database, found.entry->key()));
}

// Those hashes that several keys have; they need not be the same key.
std::set<std::uint64_t> repeated(std::vector<std::uint64_t> hashes) {
  std::ranges::sort(hashes);
  std::set<std::uint64_t> found;
  for (std::size_t i = 1; i < hashes.size(); ++i)
    if (hashes[i] == hashes[i - 1]) found.insert(hashes[i]);
  return found;
}

// A server refuses a file in which a key stands twice. Requires: the file is read without error.
void check_repeated(const std::string& path,
                    std::string_view bytes,
                    const std::set<std::uint64_t>& suspects,
                    Report& report) {
  if (suspects.empty()) return;
  rdb::Reader reader(bytes);
  std::uint64_t database = 0;
  std::set<std::pair<std::uint64_t, std::string>> seen;
  while (true) {
    const std::size_t offset = reader.offset();
    const auto record = reader.next();
    if (!record || std::holds_alternative<rdb::End>(*record)) return;
    if (const auto* selected = std::get_if<rdb::Database>(&*record)) database = selected->number;
    const auto* found = std::get_if<rdb::Entry>(&*record);
    if (found == nullptr) continue;
    const std::string_view key = found->entry->key();
    if (!suspects.contains(hash_of(database, key))) continue;
    if (!seen.emplace(database, key).second)
      report.complain(fmt::format("{}: offset {}: key '{}' ({}) stands twice in database {}",
                                  path,
                                  offset,
                                  printable(key),
                                  rdb::name_of(found->type),
                                  database));
  }
}

void describe(const Contents& contents, Report& report) {
  for (const std::string& line : contents.aux)
    report.say("  " + line);
  if (contents.functions != 0)
    report.say("  " + fmt::format("{} of functions",
                                  contents.functions == 1
                                      ? std::string("1 library")
                                      : fmt::format("{} libraries", contents.functions)));
  for (const auto& [number, sums] : contents.databases) {
    report.say(
        fmt::format("  db {}: {}, {} expiring", number, counted(sums.keys, "key"), sums.expiring));
    for (const auto& [type, keys] : sums.by_type)
      report.say(fmt::format("    {}: {}", rdb::name_of(type), keys));
    if (sums.timed_hashes != 0)
      report.say(fmt::format("    of these, hashes with expiring fields: {}", sums.timed_hashes));
  }
}

}  // namespace

std::optional<std::size_t> check_rdb(const std::string& path,
                                     std::string_view bytes,
                                     Report& report) {
  constexpr std::size_t aux_shown_max = 32;
  rdb::Reader reader(bytes);
  Contents contents;
  std::uint64_t database = 0;
  while (true) {
    auto record = reader.next();
    if (!record) {
      report.say(fmt::format(
          "{}: {}, RDB version {}", path, counted(bytes.size(), "byte"), reader.version()));
      describe(contents, report);
      report.complain(fmt::format("{}: {}", path, record.error()));
      return std::nullopt;
    }
    if (const auto* end = std::get_if<rdb::End>(&*record)) {
      report.say(fmt::format("{}: RDB version {}, {}, {}",
                             path,
                             reader.version(),
                             counted(end->bytes, "byte"),
                             end->has_checksum ? "the checksum is right"
                                               : "without a checksum: damage inside of texts "
                                                 "cannot be seen"));
      describe(contents, report);
      check_repeated(path, bytes, repeated(std::move(contents.key_hashes)), report);
      return end->bytes;
    }
    if (const auto* selected = std::get_if<rdb::Database>(&*record)) database = selected->number;
    if (const auto* aux = std::get_if<rdb::Aux>(&*record);
        aux != nullptr && contents.aux.size() < aux_shown_max)
      contents.aux.push_back(fmt::format("{} {}", printable(aux->key), printable(aux->value)));
    if (std::holds_alternative<rdb::Function>(*record)) ++contents.functions;
    if (const auto* entry = std::get_if<rdb::Entry>(&*record)) count(contents, database, *entry);
  }
}

}  // namespace duplex::check
