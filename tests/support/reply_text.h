// Replies in a short readable form, for expectations of tests.
#pragma once

#include <string>
#include <string_view>

namespace duplex::tests {

// One reply per piece, separated by blanks:
//
//   status +OK          error -ERR text      integer :1       bulk "a\x00b" (quotes escaped by \)
//   null nil            null array nil*      array [:1 "a"]   map {"k"=>:1 "l"=>:2}
//   set ~[:1]           push >[:1]           double ,1.5      boolean #t
//   verbatim =txt:"…"   big number (123
//
// Anything that is not RESP ends the text with "<garbage …>".
std::string reply_text(std::string_view bytes);

// The bytes between double quotes, with everything that is not printable as \xHH.
std::string bytes_text(std::string_view bytes);

}  // namespace duplex::tests
