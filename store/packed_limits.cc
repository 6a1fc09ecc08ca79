// Up to which size collections are kept as one block of bytes.
#include "store/packed_limits.h"

namespace duplex::store {

PackedLimits& packed_limits() {
  static PackedLimits limits;
  return limits;
}

}  // namespace duplex::store
