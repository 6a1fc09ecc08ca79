// What SCAN, HSCAN, SSCAN and ZSCAN take, and what the latter three share beyond that.
#pragma once

#include "base/buffer.h"
#include "commands/command_context.h"
#include "resp/reply_writer.h"
#include "store/entry.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace duplex::commands {

struct ScanOptions {
  std::size_t count = 10;
  std::string_view pattern = "*";
  std::optional<std::string_view> type;  // SCAN only
  bool values = true;                    // or scores

  bool matches(std::string_view text) const;
};

// Reads the options from the argument at `first` on; of the words that only some commands know,
// `own_word` is taken: TYPE (with a value), NOVALUES, NOSCORES, or none if it is empty. Answers the
// error itself.
std::optional<ScanOptions> scan_options(CommandContext& ctx,
                                        std::size_t first,
                                        std::string_view own_word);

// One step through the collection at the command's key.
class ElementScan {
 public:
  // Empty when there is nothing to walk through: the reply, perhaps an error, has been given then.
  static std::optional<ElementScan> begin(CommandContext& ctx,
                                          store::ValueType type,
                                          std::string_view own_word);

  const store::Entry& entry() const { return *entry_; }
  // For the container's scan(): where it goes on, and about how many elements it visits.
  std::uint64_t hash() const { return hash_; }
  std::size_t count() const { return options_.count; }

  // Adds an element if it matches, and answers whether its value is to follow.
  bool add(std::string_view element);
  void add_value(std::string_view value);
  // Answers with what was added. `next` is what scan() returned.
  void reply(std::uint64_t next);

 private:
  ElementScan(CommandContext& ctx,
              const store::Entry& entry,
              std::uint64_t hash,
              ScanOptions options)
      : ctx_(&ctx), entry_(&entry), hash_(hash), options_(options) {}

  CommandContext* ctx_;
  const store::Entry* entry_;
  std::uint64_t hash_;
  ScanOptions options_;
  base::Buffer found_;
  std::size_t found_count_ = 0;
};

}  // namespace duplex::commands
