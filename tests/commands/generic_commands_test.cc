// Commands for keys of any type.
#include "support/command_fixture.h"

#include <gtest/gtest.h>

#include <string>

namespace duplex::tests {

namespace {

using GenericCommandsTest = CommandFixture;

TEST_F(GenericCommandsTest, DelCountsEachKeyOnce) {
  run("MSET a 1 b 2 c 3");
  EXPECT_EQ(run("DEL a a none b"), ":2");
  EXPECT_EQ(run("EXISTS a b c c"), ":2");
  EXPECT_EQ(run("UNLINK c"), ":1");
  EXPECT_EQ(run("DEL c"), ":0");
}

TEST_F(GenericCommandsTest, DelIsLoggedAsAskedAndOnlyIfItDeleted) {
  run("MSET a 1 b 2");
  EXPECT_EQ(logged("DEL a none"), "DEL a none");
  EXPECT_EQ(logged("DEL a none"), "");
  EXPECT_EQ(logged("UNLINK b"), "UNLINK b");
}

TEST_F(GenericCommandsTest, DelAnnouncesEachKey) {
  run("MSET a 1 b 2");
  EXPECT_EQ(events("DEL a none b"), "del:a del:b");
}

TEST_F(GenericCommandsTest, AnEndedKeyIsNotCountedButItsEndIsLogged) {
  run("SET a 1 PX 10");
  advance_ms(10);
  EXPECT_EQ(logged("DEL a"), "DEL a");
  EXPECT_EQ(run("DEL a"), ":0");
}

TEST_F(GenericCommandsTest, LargeValuesAreFreedBehindTheCommand) {
  run("SETRANGE big 2000000 x");
  EXPECT_EQ(run("DEL big"), ":1");
  EXPECT_EQ(server_.discarded_entries, 1u);
}

TEST_F(GenericCommandsTest, TypeAndTouch) {
  run("SET a 1");
  EXPECT_EQ(run("TYPE a"), "+string");
  EXPECT_EQ(run("TYPE none"), "+none");
  advance_ms(5000);
  EXPECT_EQ(run("OBJECT IDLETIME a"), ":5");
  EXPECT_EQ(run("TOUCH a none a"), ":2");
  EXPECT_EQ(run("OBJECT IDLETIME a"), ":0");
}

TEST_F(GenericCommandsTest, LookingAtAKeyDoesNotUseIt) {
  run("SET a 1 EX 100");
  advance_ms(5000);
  run("TYPE a");
  run("TTL a");
  run("EXISTS a");
  run("OBJECT ENCODING a");
  EXPECT_EQ(run("OBJECT IDLETIME a"), ":5");
}

TEST_F(GenericCommandsTest, RenameTakesValueAndExpiry) {
  run("SET a hello EX 100");
  run("SET b other EX 5");
  EXPECT_EQ(logged("RENAME a b"), "RENAME a b");
  EXPECT_EQ(run("GET b"), "\"hello\"");
  EXPECT_EQ(expiry_ms("b"), start_ms + 100'000);
  EXPECT_EQ(expiry_ms("a"), -2);
  run("SET c plain");
  run("RENAME c b");
  EXPECT_EQ(expiry_ms("b"), -1);
}

TEST_F(GenericCommandsTest, RenameOfNothingIsAnError) {
  EXPECT_EQ(run("RENAME none b"), "-ERR no such key");
  EXPECT_EQ(run("RENAMENX none none"), "-ERR no such key");
}

TEST_F(GenericCommandsTest, RenameToTheSameNameChangesNothing) {
  run("SET a 1");
  EXPECT_EQ(logged("RENAME a a"), "");
  EXPECT_EQ(run("RENAME a a"), "+OK");
  EXPECT_EQ(run("RENAMENX a a"), ":0");
}

TEST_F(GenericCommandsTest, RenamenxKeepsWhatIsThere) {
  run("MSET a 1 b 2");
  EXPECT_EQ(run("RENAMENX a b"), ":0");
  EXPECT_EQ(run("RENAMENX a c"), ":1");
  EXPECT_EQ(run("MGET a b c"), "[nil \"2\" \"1\"]");
}

TEST_F(GenericCommandsTest, RenameOverAnEndedKey) {
  run("SET {x}b old PX 10");
  run("SET {x}a new");
  advance_ms(10);
  EXPECT_EQ(logged("RENAMENX {x}a {x}b"), "DEL {x}b | RENAMENX {x}a {x}b");
  EXPECT_EQ(run("GET {x}b"), "\"new\"");
}

TEST_F(GenericCommandsTest, RenameAnnouncesBothKeys) {
  run("SET a 1");
  EXPECT_EQ(events("RENAME a b"), "new:b rename_from:a rename_to:b");
}

TEST_F(GenericCommandsTest, MoveCarriesTheEntryOver) {
  run("SET a 12 EX 100");
  EXPECT_EQ(logged("MOVE a 3"), "MOVE a 3");
  EXPECT_EQ(expiry_ms("a", 3), start_ms + 100'000);
  EXPECT_EQ(expiry_ms("a"), -2);
  EXPECT_EQ(run("MOVE a 3"), ":0");
  run("SET a again");
  EXPECT_EQ(run("MOVE a 3"), ":0");
  EXPECT_EQ(run("GET a"), "\"again\"");
}

TEST_F(GenericCommandsTest, MoveAnnouncesBothSides) {
  run("SET a 1");
  EXPECT_EQ(events("MOVE a 3"), "new:a move_from:a move_to:a");
}

TEST_F(GenericCommandsTest, MoveRefusesWrongDatabases) {
  EXPECT_EQ(run("MOVE a 0"), "-ERR source and destination objects are the same");
  EXPECT_EQ(run("MOVE a 16"), "-ERR DB index is out of range");
  EXPECT_EQ(run("MOVE a -1"), "-ERR DB index is out of range");
  EXPECT_EQ(run("MOVE a x"), "-ERR value is not an integer or out of range");
  EXPECT_EQ(run("MOVE a 3000000000"),
            "-ERR value is out of range, value must between -2147483648 and 2147483647");
}

TEST_F(GenericCommandsTest, CopyIsDeepAndKeepsExpiryAndEncoding) {
  run("SETRANGE a 0 hello");
  run("EXPIRE a 100");
  EXPECT_EQ(logged("COPY a b"), "COPY a b");
  EXPECT_EQ(expiry_ms("b"), start_ms + 100'000);
  run("APPEND a -more");
  EXPECT_EQ(run("GET b"), "\"hello\"");
  EXPECT_EQ(run("COPY a b"), ":0");
  EXPECT_EQ(run("COPY a b REPLACE"), ":1");
  EXPECT_EQ(run("GET b"), "\"hello-more\"");
  EXPECT_EQ(run("COPY none b REPLACE"), ":0");
}

TEST_F(GenericCommandsTest, CopyIntoAnotherDatabase) {
  run("SET a 1");
  EXPECT_EQ(events("COPY a a DB 2"), "new:a copy_to:a");
  EXPECT_EQ(logged("COPY a a DB 2 REPLACE"), "COPY a a DB 2 REPLACE");
  run("SELECT 2");
  EXPECT_EQ(run("GET a"), "\"1\"");
}

TEST_F(GenericCommandsTest, CopyRefusesWrongOptions) {
  EXPECT_EQ(run("COPY a a"), "-ERR source and destination objects are the same");
  EXPECT_EQ(run("COPY a b DB"), "-ERR syntax error");
  EXPECT_EQ(run("COPY a b DB 16"), "-ERR DB index is out of range");
  EXPECT_EQ(run("COPY a b FOO"), "-ERR syntax error");
}

TEST_F(GenericCommandsTest, ChangesSpoilTransactionsThatWatch) {
  for (const std::string_view change :
       {"DEL k", "RENAME k x", "RENAME x k", "MOVE k 1", "COPY x k REPLACE"}) {
    run("FLUSHALL");
    run("MSET k 1 x 2");
    run(other_, "WATCH k");
    run(change);
    run(other_, "MULTI");
    EXPECT_EQ(run(other_, "EXEC"), "nil*") << change;
  }
}

}  // namespace

}  // namespace duplex::tests
