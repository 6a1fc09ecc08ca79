// Reads an RDB file, record by record.
#pragma once

#include "rdb/decoder.h"
#include "rdb/entry.h"
#include "rdb/format.h"

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <variant>

namespace duplex::rdb {

// Something the writer tells; unknown keys are to be ignored.
struct Aux {
  std::string_view key;
  std::string_view value;
};
// The entries from here on are in this database.
struct Database {
  std::uint64_t number = 0;
};
// A hint about the database's tables.
struct SizeHint {
  std::uint64_t keys = 0;
  std::uint64_t expiring = 0;
};
// The source of a library of functions.
struct Function {
  std::string_view code;
};
// The file is over, and its checksum is right if it has one: old versions have none, and a writer
// may be told not to compute it. `bytes` is its length: what follows is not RDB.
struct End {
  std::size_t bytes = 0;
  bool has_checksum = false;
};

using Record = std::variant<Aux, Database, SizeHint, Function, Entry, End>;

// Gives what the file holds, in its order; versions 1 to version_max, and Valkey's. A value type or
// record that is not known is an error with the key's name, and with the module's if it is a
// module's, because skipping it would lose data silently.
//
// The checksum stands at the end of the file: until End was given, the records are not vouched for.
//
// Thread: confined to its owner. Lifetime: the bytes outlive it; a record is valid until the next
// call; an Entry is the caller's.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes), decoder_(bytes) {}

  // The error is a sentence with the offset. Requires: neither End nor an error was returned.
  std::expected<Record, std::string> next();

  // How many bytes have been read.
  std::size_t offset() const { return decoder_.offset(); }
  // The version of the file; 0 before the first call of next().
  int version() const { return version_; }

 private:
  // What is said about the next key before its type.
  struct Prefix {
    std::int64_t expiry_ms = store::no_expiry;
    Usage usage;
  };
  using Step = std::expected<Record, std::string>;

  std::expected<void, std::string> read_header();
  Decoded<void> skip_slot_info();
  Decoded<bool> read_prefix(std::uint8_t code, Prefix& prefix);
  Step read_record(std::uint8_t code);
  // Why a value of a type that is not readable cannot be read.
  std::string unreadable_value(std::uint8_t code, std::string_view key);
  // Nothing for an empty collection.
  std::expected<std::optional<Entry>, std::string> read_entry(std::uint8_t code,
                                                              const Prefix& prefix);
  Step read_end();
  std::unexpected<std::string> failure(std::string_view what) const;
  void checksum_up_to(std::size_t offset);

  std::string_view bytes_;
  Decoder decoder_;
  int version_ = 0;
  std::string key_scratch_;
  std::string value_scratch_;
  std::uint64_t checksum_ = 0;
  std::size_t checksummed_ = 0;  // checksum_ covers the bytes before this offset
};

}  // namespace duplex::rdb
