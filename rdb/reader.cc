// Records, their prefixes, and the checksum at the end.
#include "rdb/reader.h"

#include "rdb/crc64.h"
#include "rdb/value.h"

#include <fmt/format.h>

#include <charconv>
#include <utility>

namespace duplex::rdb {

namespace {

// Longer texts cost less per byte.
constexpr std::size_t checksum_step_bytes = 4096;

// As messages show a key: its beginning, without control bytes.
std::string printable(std::string_view key) {
  constexpr std::size_t shown_bytes_max = 128;
  std::string text;
  for (const char c : key.substr(0, shown_bytes_max)) {
    if (c >= 0x20 && c < 0x7f && c != '\\' && c != '\'')
      text += c;
    else
      text += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
  }
  return key.size() > shown_bytes_max ? text + "..." : text;
}

// The name of the module, nine characters of six bits, and the version of its data in the rest.
std::string module_name(std::uint64_t id) {
  constexpr std::string_view letters =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  constexpr unsigned version_bits = 10;
  std::string name(9, ' ');
  id >>= version_bits;
  for (auto letter = name.rbegin(); letter != name.rend(); ++letter, id >>= 6)
    *letter = letters[id & 0x3f];
  return name;
}

// The records that we cannot read, and why it would be wrong to skip them.
std::string unreadable_record(std::uint8_t code, Decoder decoder) {
  switch (code) {
    case static_cast<std::uint8_t>(Opcode::function_preview):
      return "functions in the form of a release candidate of Redis 7.0";
    case static_cast<std::uint8_t>(Opcode::module_aux):
      if (const auto id = decoder.length())
        return fmt::format("data of the module '{}', which is not here", module_name(*id));
      return "data of a module";
    case 243:
      return "metadata of keys or a slot on its way, as Redis 8.6 and Valkey 9 write them";
    default:
      return "a kind of record that RDB versions up to 12 do not have";
  }
}

// What a type that cannot be read is, as far as it is known.
std::string_view unknown_value(std::uint8_t code, int version) {
  if (code < 22) return name_of(static_cast<ValueType>(code));
  if (version == valkey_version) return code == 23 ? "hash of paths of Valkey 9.2" : "unknown";
  if (code < 26) return "hash with times of fields, which this version does not have";
  if (code < 28) return "stream of Redis 8.6 or newer";
  if (code == 28) return "array of Redis 8.8 or newer";
  return code < 33 ? "hash by template of Redis 8.8 or newer" : "unknown";
}

// Who writes versions that cannot be read.
std::string_view writer_of(bool is_valkey, int version) {
  if (is_valkey) return version > valkey_version ? " of Valkey 9.2 or newer" : " of Valkey";
  return version > version_max ? " of Redis 8.6 or newer" : "";
}

}  // namespace

std::unexpected<std::string> Reader::failure(std::string_view what) const {
  return std::unexpected(fmt::format("offset {}: {}", decoder_.offset(), what));
}

std::expected<void, std::string> Reader::read_header() {
  const auto header = decoder_.raw(header_bytes);
  if (!header) return failure("the file is too short for an RDB file");
  const bool is_valkey = header->starts_with(valkey_magic);
  const std::string_view digits = header->substr(is_valkey ? valkey_magic.size() : magic.size());
  int version = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), version);
  if ((!is_valkey && !header->starts_with(magic)) || error != std::errc() ||
      end != digits.data() + digits.size())
    return failure("this is not an RDB file");
  if (is_valkey && version != valkey_version)
    return failure(fmt::format("RDB version {}{} cannot be read, only {}",
                               version,
                               writer_of(true, version),
                               valkey_version));
  if (!is_valkey && (version < 1 || version > version_max))
    return failure(fmt::format("RDB version {}{} cannot be read, only 1 to {}",
                               version,
                               writer_of(false, version),
                               version_max));
  version_ = version;
  return {};
}

std::expected<Record, std::string> Reader::next() {
  if (version_ == 0) {
    if (auto header = read_header(); !header) return std::unexpected(header.error());
  }
  if (decoder_.offset() - checksummed_ >= checksum_step_bytes) checksum_up_to(decoder_.offset());
  Prefix prefix;
  bool has_prefix = false;
  while (true) {
    const auto code = decoder_.byte();
    if (!code) return failure(code.error());
    if (*code < lowest_opcode) {
      auto entry = read_entry(*code, prefix);
      if (!entry) return std::unexpected(std::move(entry.error()));
      if (*entry) return std::move(**entry);
      prefix = {};
      has_prefix = false;
      continue;
    }
    if (*code == static_cast<std::uint8_t>(Opcode::slot_info) && !has_prefix) {
      if (const auto skipped = skip_slot_info(); !skipped) return failure(skipped.error());
      continue;
    }
    const auto is_prefix = read_prefix(*code, prefix);
    if (!is_prefix) return failure(is_prefix.error());
    if (!*is_prefix) {
      if (has_prefix) return failure("what is said about a key is not followed by the key");
      return read_record(*code);
    }
    has_prefix = true;
  }
}

// A slot and how many keys it has, with and without expiry: hints for a node of a cluster.
Decoded<void> Reader::skip_slot_info() {
  for (int i = 0; i < 3; ++i)
    if (const auto number = decoder_.length(); !number) return std::unexpected(number.error());
  return {};
}

// Returns false when `code` begins something else.
Decoded<bool> Reader::read_prefix(std::uint8_t code, Prefix& prefix) {
  constexpr std::int64_t ms_per_s = 1000;
  const auto store = [](const auto& taken, auto& target) -> Decoded<bool> {
    if (!taken) return std::unexpected(taken.error());
    target = *taken;
    return true;
  };
  switch (static_cast<Opcode>(code)) {
    case Opcode::expire_ms:
      return store(decoder_.int64(), prefix.expiry_ms);
    case Opcode::expire_s: {
      const auto stored = store(decoder_.int32(), prefix.expiry_ms);
      if (stored) prefix.expiry_ms *= ms_per_s;
      return stored;
    }
    case Opcode::idle:
      return store(decoder_.length(), prefix.usage.idle_s);
    case Opcode::frequency:
      return store(decoder_.byte(), prefix.usage.frequency);
    default:
      return false;
  }
}

Reader::Step Reader::read_record(std::uint8_t code) {
  switch (static_cast<Opcode>(code)) {
    case Opcode::aux: {
      const auto key = decoder_.string(key_scratch_);
      if (!key) return failure(key.error());
      const auto value = decoder_.string(value_scratch_);
      if (!value) return failure(value.error());
      return Aux{*key, *value};
    }
    case Opcode::select_db: {
      const auto number = decoder_.length();
      if (!number) return failure(number.error());
      return Database{*number};
    }
    case Opcode::resize_db: {
      const auto keys = decoder_.length();
      if (!keys) return failure(keys.error());
      const auto expiring = decoder_.length();
      if (!expiring) return failure(expiring.error());
      return SizeHint{*keys, *expiring};
    }
    case Opcode::function2: {
      const auto code_text = decoder_.string(value_scratch_);
      if (!code_text) return failure(code_text.error());
      return Function{*code_text};
    }
    case Opcode::end:
      return read_end();
    default:
      return failure(fmt::format("code {}: {}", code, unreadable_record(code, decoder_)));
  }
}

std::expected<std::optional<Entry>, std::string> Reader::read_entry(std::uint8_t code,
                                                                    const Prefix& prefix) {
  const auto key = decoder_.string(key_scratch_);
  if (!key) return failure(key.error());
  const auto type = readable_type(code, version_);
  if (!type) return failure(unreadable_value(code, *key));
  auto entry = read_value(decoder_, *type, *key, prefix.expiry_ms);
  if (!entry)
    return failure(
        fmt::format("key '{}' ({}): {}", printable(*key), name_of(*type), entry.error()));
  if (*entry == nullptr) return std::nullopt;
  return Entry{.entry = std::move(*entry), .usage = prefix.usage, .type = *type};
}

std::string Reader::unreadable_value(std::uint8_t code, std::string_view key) {
  std::string what(unknown_value(code, version_));
  Decoder ahead = decoder_;
  if (code == static_cast<std::uint8_t>(ValueType::module_2))
    if (const auto id = ahead.length())
      what = fmt::format("value of module '{}'", module_name(*id));
  return fmt::format("key '{}' has type {} ({}), which cannot be read",
                     printable(key),
                     static_cast<int>(code),
                     what);
}

Reader::Step Reader::read_end() {
  checksum_up_to(decoder_.offset());
  if (version_ < first_version_with_checksum) return End{.bytes = decoder_.offset()};
  const auto stored = decoder_.int64();
  if (!stored) return failure("the checksum is missing");
  // Zero: the writer was told not to compute it.
  if (*stored != 0 && static_cast<std::uint64_t>(*stored) != checksum_)
    return failure("the checksum is wrong");
  return End{.bytes = decoder_.offset(), .has_checksum = *stored != 0};
}

// In steps, so that the bytes are still in the cache.
void Reader::checksum_up_to(std::size_t offset) {
  if (version_ < first_version_with_checksum) return;
  checksum_ = crc64(checksum_, bytes_.substr(checksummed_, offset - checksummed_));
  checksummed_ = offset;
}

}  // namespace duplex::rdb
