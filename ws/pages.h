// The pages in web/, compiled into the program.
#pragma once

#include <span>
#include <string_view>

namespace duplex::ws {

struct Page {
  std::string_view name;  // of the file in web/
  std::string_view content_type;
  std::string_view etag;
  std::string_view bytes;
};

// Written by the build (cmake/embed_pages.cmake). Lives for ever.
std::span<const Page> pages();

// nullptr if there is none of that name.
const Page* find_page(std::string_view name);

}  // namespace duplex::ws
