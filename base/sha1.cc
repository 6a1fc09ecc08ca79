// SHA-1 over OpenSSL.
#include "base/sha1.h"

#include <openssl/sha.h>

namespace duplex::base {

static_assert(sha1_bytes == SHA_DIGEST_LENGTH);

Sha1Digest sha1(std::string_view bytes) {
  Sha1Digest digest;
  ::SHA1(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), digest.data());
  return digest;
}

}  // namespace duplex::base
