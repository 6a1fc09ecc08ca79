// Finding an embedded page by its name.
#include "ws/pages.h"

namespace duplex::ws {

const Page* find_page(std::string_view name) {
  for (const Page& page : pages())
    if (page.name == name) return &page;
  return nullptr;
}

}  // namespace duplex::ws
