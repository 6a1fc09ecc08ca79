// What a client that caches is told to forget.
#include "commands/invalidation.h"

#include "base/buffer.h"
#include "resp/reply_writer.h"

#include <memory>
#include <string>

namespace duplex::commands {

base::SharedBytes encoded_keys(std::span<const std::string_view> keys) {
  base::Buffer out;
  resp::ReplyWriter writer(out, resp::Protocol::resp2);
  writer.array(keys.size());
  for (const std::string_view key : keys)
    writer.bulk(key);
  return std::make_shared<const std::string>(out.view());
}

}  // namespace duplex::commands
