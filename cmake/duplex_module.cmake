# The functions that declare rooms, tests, benchmarks and fuzz targets.

# duplex_module(NAME [DEPENDS room...] [LIBS target...] HEADERS file... SOURCES file...)
# Declares one room. It sees its own headers and those of DEPENDS, nothing else: its include root
# holds only a link to its own folder, so an include that points up the ladder does not compile.
function(duplex_module name)
  cmake_parse_arguments(M "" "" "DEPENDS;LIBS;HEADERS;SOURCES" ${ARGN})
  set(root ${CMAKE_BINARY_DIR}/include/${name})
  file(MAKE_DIRECTORY ${root})
  file(CREATE_LINK ${CMAKE_SOURCE_DIR}/${name} ${root}/${name} SYMBOLIC)
  add_library(duplex_${name} STATIC ${M_SOURCES})
  add_library(duplex::${name} ALIAS duplex_${name})
  list(TRANSFORM M_HEADERS PREPEND ${root}/${name}/ OUTPUT_VARIABLE headers)
  target_sources(duplex_${name} PUBLIC FILE_SET HEADERS BASE_DIRS ${root} FILES ${headers})
  list(TRANSFORM M_DEPENDS PREPEND duplex::)
  target_link_libraries(duplex_${name} PUBLIC ${M_DEPENDS} ${M_LIBS} PRIVATE duplex_warnings)
  target_compile_features(duplex_${name} PUBLIC cxx_std_23)
  set_target_properties(duplex_${name} PROPERTIES VERIFY_INTERFACE_HEADER_SETS ON)
endfunction()

# duplex_test(NAME [LIBS target...] SOURCES file...)
# Declares one GoogleTest program; ctest runs it as a whole.
function(duplex_test name)
  cmake_parse_arguments(T "" "" "LIBS;SOURCES" ${ARGN})
  add_executable(${name} ${T_SOURCES})
  target_link_libraries(${name} PRIVATE ${T_LIBS} duplex_warnings GTest::gmock GTest::gtest_main)
  target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR}/tests)
  add_test(NAME ${name} COMMAND ${name})
endfunction()

# duplex_bench(NAME LIBS target... SOURCES file...)
# Declares one Google Benchmark program; ctest runs it briefly so that it cannot rot.
function(duplex_bench name)
  cmake_parse_arguments(B "" "" "LIBS;SOURCES" ${ARGN})
  add_executable(${name} ${B_SOURCES})
  target_link_libraries(${name} PRIVATE ${B_LIBS} duplex_warnings benchmark::benchmark_main)
  add_test(NAME ${name}_smoke COMMAND ${name} --benchmark_min_time=0.001)
endfunction()

# duplex_fuzz(NAME LIBS target... SOURCES file... CORPUS folder)
# Declares one fuzz target. With clang and DUPLEX_FUZZ it is a libFuzzer program; otherwise a small
# driver replays the corpus, so that ctest covers it with every compiler.
function(duplex_fuzz name)
  cmake_parse_arguments(F "" "CORPUS" "LIBS;SOURCES" ${ARGN})
  if(DUPLEX_FUZZ)
    add_executable(${name} ${F_SOURCES})
    target_compile_options(${name} PRIVATE -fsanitize=fuzzer)
    target_link_options(${name} PRIVATE -fsanitize=fuzzer)
  else()
    add_executable(${name} ${F_SOURCES} ${CMAKE_SOURCE_DIR}/tests/fuzz/replay_corpus.cc)
    add_test(NAME ${name}_corpus COMMAND ${name} ${F_CORPUS})
  endif()
  target_link_libraries(${name} PRIVATE ${F_LIBS} duplex_warnings)
endfunction()
