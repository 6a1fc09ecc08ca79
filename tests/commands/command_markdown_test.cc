// docs/commands.md is what the command table says; DUPLEX_WRITE_DOCS=1 writes it anew.
#include "commands/command_markdown.h"

#include "commands/command_table.h"
#include "commands/families.h"
#include "script/families.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <span>
#include <string>
#include <vector>

namespace duplex::commands {

namespace {

std::vector<std::span<const CommandSpec>> all_families() {
  auto families = command_families();
  for (const auto family : script::command_families())
    families.push_back(family);
  return families;
}

TEST(CommandMarkdownTest, ThePageIsUpToDate) {
  const std::string path = DUPLEX_SOURCE_DIR "/docs/commands.md";
  const std::string page = commands_markdown(CommandTable(all_families()));
  if (std::getenv("DUPLEX_WRITE_DOCS") != nullptr) std::ofstream(path, std::ios::binary) << page;
  std::ifstream file(path, std::ios::binary);
  const std::string written{std::istreambuf_iterator<char>(file), {}};
  EXPECT_TRUE(written == page) << "run this test with DUPLEX_WRITE_DOCS=1 and commit the page";
}

TEST(CommandMarkdownTest, SaysWhatThereIsToSay) {
  const std::string page = commands_markdown(CommandTable(all_families()));
  EXPECT_NE(page.find("* **`TTL key`**: Tells how many seconds a key has left. O(1). Since 1.0.0.\n"
                      "  * 2.8.0: Added the -2 reply.\n"),
            std::string::npos);
  EXPECT_NE(page.find("* **`CONFIG GET parameter [parameter ...]`**: "), std::string::npos);
  EXPECT_NE(page.find("\n## Generic\n\n"), std::string::npos);
}

}  // namespace

}  // namespace duplex::commands
