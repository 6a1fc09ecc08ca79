# The warnings every target of ours is compiled with; all of them are errors.
add_library(duplex_warnings INTERFACE)
target_compile_options(duplex_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor -Woverloaded-virtual
  -Wimplicit-fallthrough -Werror)
# What clang says of the headers of GCC 12, of offsetof in a class with private parts, which GCC
# allows, and of `|` between comparisons that are meant to be made both.
target_compile_options(duplex_warnings INTERFACE $<$<CXX_COMPILER_ID:Clang>:
  -Wno-deprecated-declarations;-Wno-invalid-offsetof;-Wno-bitwise-instead-of-logical>)
