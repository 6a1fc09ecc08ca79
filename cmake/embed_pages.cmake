# Writes a .cc with the bytes of files: cmake -DOUT=o.cc -DFOLDER=web "-DFILES=a.html;b.css" -P …
set(tables "")
set(rows "")
set(index 0)
foreach(file ${FILES})
  get_filename_component(extension ${file} LAST_EXT)
  if(extension STREQUAL ".html")
    set(type "text/html; charset=utf-8")
  elseif(extension STREQUAL ".css")
    set(type "text/css; charset=utf-8")
  elseif(extension STREQUAL ".js")
    set(type "text/javascript; charset=utf-8")
  elseif(extension STREQUAL ".svg")
    set(type "image/svg+xml")
  else()
    message(FATAL_ERROR "${file}: no content type is known for ${extension}")
  endif()
  file(READ ${FOLDER}/${file} hex HEX)
  file(SHA256 ${FOLDER}/${file} hash)
  string(SUBSTRING ${hash} 0 16 tag)
  string(REGEX REPLACE "(..)" "0x\\1," bytes "${hex}")
  # Lines of twenty bytes: each byte has become five letters.
  string(REPEAT "." 100 line)
  string(REGEX REPLACE "(${line})" "\\1\n" bytes "${bytes}")
  string(APPEND tables "constexpr unsigned char file_${index}[] = {\n${bytes}};\n\n")
  string(APPEND rows "      {\"${file}\", \"${type}\", R\"(\"${tag}\")\", text(file_${index})},\n")
  math(EXPR index "${index} + 1")
endforeach()
file(WRITE ${OUT} "// The files of web/. Written by cmake/embed_pages.cmake.
#include \"ws/pages.h\"

#include <cstddef>

namespace duplex::ws {

namespace {

${tables}template <std::size_t size>
std::string_view text(const unsigned char (&bytes)[size]) {
  return {reinterpret_cast<const char*>(bytes), size};
}

}  // namespace

std::span<const Page> pages() {
  static const Page all[] = {
${rows}  };
  return all;
}

}  // namespace duplex::ws
")
