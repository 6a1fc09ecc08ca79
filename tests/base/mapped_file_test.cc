// Files as bytes: whole, empty, missing, moved.
#include "base/mapped_file.h"

#include "support/temporary_folder.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <string>
#include <string_view>
#include <utility>

namespace duplex::base {
namespace {

std::string write_file(const test::TemporaryFolder& folder,
                       const std::string& name,
                       std::string_view bytes) {
  folder.write(name, bytes);
  return (folder.path() / name).string();
}

TEST(MappedFile, ShowsTheWholeFile) {
  const test::TemporaryFolder folder;
  std::string bytes(100'000, 'x');
  bytes += std::string_view("end\0", 4);

  const auto file = MappedFile::open(write_file(folder, "file", bytes));

  ASSERT_TRUE(file.has_value());
  EXPECT_EQ(file->bytes(), bytes);
}

TEST(MappedFile, AnEmptyFileHasNoBytes) {
  const test::TemporaryFolder folder;

  const auto file = MappedFile::open(write_file(folder, "file", ""));

  ASSERT_TRUE(file.has_value());
  EXPECT_TRUE(file->bytes().empty());
}

TEST(MappedFile, TellsWhyAFileCannotBeOpened) {
  const test::TemporaryFolder folder;

  const auto file = MappedFile::open((folder.path() / "nothing").string());

  ASSERT_FALSE(file.has_value());
  EXPECT_EQ(file.error().value(), ENOENT);
}

TEST(MappedFile, MovesItsMapping) {
  const test::TemporaryFolder folder;
  auto first = MappedFile::open(write_file(folder, "first", "one"));
  auto second = MappedFile::open(write_file(folder, "second", "two"));
  ASSERT_TRUE(first && second);

  MappedFile moved(std::move(*first));
  EXPECT_EQ(moved.bytes(), "one");
  moved = std::move(*second);

  EXPECT_EQ(moved.bytes(), "two");
}

TEST(MappedFileDeathTest, APageThatCannotBeReadEndsTheProcessWithASentence) {
  const test::TemporaryFolder folder;
  const std::string path = write_file(folder, "file", std::string(100'000, 'x'));
  const auto file = MappedFile::open(path);
  ASSERT_TRUE(file.has_value());
  folder.write("file", "shorter");

  EXPECT_EXIT(
      {
        exit_on_unreadable_pages();
        const volatile char last = file->bytes().back();
        static_cast<void>(last);
      },
      testing::ExitedWithCode(1),
      "reading a file failed");
}

}  // namespace
}  // namespace duplex::base
