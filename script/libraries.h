// The libraries of FUNCTION LOAD and their functions.
#pragma once

#include "base/mutex.h"
#include "script/code.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace duplex::script {

struct Function {
  std::string name;
  std::optional<std::string> description;
  ScriptFlags flags;
};

// Thread: immutable once it is in Libraries, but for has_strayed.
struct Library {
  Library(std::string_view library_name, std::string_view text) : name(library_name), code(text) {}

  const std::uint64_t serial = next_serial();
  const std::string name;
  const std::string code;  // with its first line
  std::vector<Function> functions;
  // One of them touched a key that it was not given: from then on they are run with the token.
  mutable std::atomic<bool> has_strayed{false};
};

// Thread: any (mutex_, rank leaf). What changes them holds all shards, so that the log has the
// changes in their order.
class Libraries {
 public:
  using Pointer = std::shared_ptr<const Library>;
  struct Found {
    Pointer library;
    const Function* function = nullptr;
  };

  // By the name of a function, in any case.
  Found find(std::string_view function) const;
  // In the order of their names.
  std::vector<Pointer> list() const;
  Pointer get(std::string_view name) const;

  // Adds libraries, all or none; with `replaces` they take the place of those with their names. The
  // error is a whole reply.
  std::expected<void, std::string> add(const std::vector<Pointer>& added, bool replaces);
  // Makes these the only ones, or changes nothing. The error is a whole reply.
  std::expected<void, std::string> replace_all(const std::vector<Pointer>& added);
  bool erase(std::string_view name);
  void flush() { (void)replace_all({}); }

  // Counts flushes: interpreters throw their states away then.
  std::uint64_t generation() const { return generation_.load(std::memory_order_acquire); }

 private:
  using ByName = std::map<std::string, Pointer, std::less<>>;
  using ByFunction = std::map<std::string, Found, std::less<>>;

  static std::expected<void, std::string> insert(ByName& libraries,
                                                 const std::vector<Pointer>& added,
                                                 bool replaces);
  static std::expected<ByFunction, std::string> index(const ByName& libraries);

  mutable base::Mutex mutex_{base::LockRank::leaf};
  ByName libraries_ DUPLEX_GUARDED_BY(mutex_);
  ByFunction functions_ DUPLEX_GUARDED_BY(mutex_);  // lower case
  std::atomic<std::uint64_t> generation_{0};
};

}  // namespace duplex::script
