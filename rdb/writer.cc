// Records in the version that was asked for.
#include "rdb/writer.h"

#include "rdb/crc64.h"
#include "rdb/encoder.h"
#include "rdb/format.h"
#include "rdb/value.h"

#include <fmt/format.h>

namespace duplex::rdb {

namespace {

void append_opcode(base::Buffer& out, Opcode code) {
  out.append(static_cast<char>(code));
}

}  // namespace

void append_entry_head(base::Buffer& out,
                       const store::Entry& entry,
                       const Usage& usage,
                       int version) {
  if (entry.has_expiry()) {
    append_opcode(out, Opcode::expire_ms);
    append_uint64(out, static_cast<std::uint64_t>(entry.expiry_ms()));
  }
  if (usage.idle_s) {
    append_opcode(out, Opcode::idle);
    append_length(out, *usage.idle_s);
  }
  if (usage.frequency) {
    append_opcode(out, Opcode::frequency);
    out.append(static_cast<char>(*usage.frequency));
  }
  out.append(static_cast<char>(written_type(entry, version)));
  append_string(out, entry.key(), false);
}

void append_entry(
    base::Buffer& out, const store::Entry& entry, const Usage& usage, bool compress, int version) {
  append_entry_head(out, entry, usage, version);
  append_value(out, entry, written_type(entry, version), compress);
}

template <typename Append>
void Writer::write(Append append) {
  const std::size_t before = out_.size();
  append(out_);
  if (options_.checksum) checksum_ = crc64(checksum_, out_.view().substr(before));
}

Writer::Writer(base::Buffer& out, Options options) : out_(out), options_(options) {
  write([&](base::Buffer& to) { to.append(fmt::format("{}{:04}", magic, options_.version)); });
}

void Writer::aux(std::string_view key, std::string_view value) {
  write([&](base::Buffer& to) {
    append_opcode(to, Opcode::aux);
    append_string(to, key, false);
    append_string(to, value, options_.compress);
  });
}

void Writer::function(std::string_view code) {
  write([&](base::Buffer& to) {
    append_opcode(to, Opcode::function2);
    append_string(to, code, options_.compress);
  });
}

void Writer::select(std::uint64_t number, std::uint64_t keys, std::uint64_t expiring) {
  write([&](base::Buffer& to) {
    append_opcode(to, Opcode::select_db);
    append_length(to, number);
    append_opcode(to, Opcode::resize_db);
    append_length(to, keys);
    append_length(to, expiring);
  });
}

void Writer::entry(const store::Entry& entry, const Usage& usage) {
  write([&](base::Buffer& to) {
    append_entry(to, entry, usage, options_.compress, options_.version);
  });
}

void Writer::records(std::string_view bytes) {
  write([&](base::Buffer& to) { to.append(bytes); });
}

void Writer::end() {
  write([](base::Buffer& to) { append_opcode(to, Opcode::end); });
  append_uint64(out_, options_.checksum ? checksum_ : 0);
}

}  // namespace duplex::rdb
