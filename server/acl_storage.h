// Where users are kept: in an ACL file, or in `user` lines of the configuration.
#pragma once

#include "commands/acl.h"
#include "server/config.h"

#include <expected>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace duplex::server {

// Thread:    any, except load_at_start(). File work is done on the caller's thread, one after the
//            other (file_), without any other lock.
// Lifetime:  ends before the users.
class AclStorage {
 public:
  // `file` is absolute, or empty if there is none.
  AclStorage(commands::acl::Users& users, std::string file);

  // Takes in requirepass and the users of the configuration or of the file. The error is a sentence
  // for the operator.
  std::expected<void, std::string> load_at_start(const Config& config);

  // ACL LOAD, ACL SAVE. Return the error reply, or nothing.
  std::optional<std::string> load();
  std::optional<std::string> save();

  // The `user` lines that CONFIG REWRITE has to write: none if there is a file, and none as long as
  // `requirepass` alone makes the users what they are.
  std::vector<UserLine> lines(const std::string& requirepass) const;

 private:
  // The error is everything that is wrong with the file.
  std::expected<void, std::string> read_file();

  commands::acl::Users& users_;
  const std::string path_;
  std::mutex file_;
};

}  // namespace duplex::server
