# The warnings every target of ours is compiled with; all of them are errors.
add_library(duplex_warnings INTERFACE)
target_compile_options(duplex_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor -Woverloaded-virtual
  -Wimplicit-fallthrough -Werror)
