// Which user a client is, and what happens when that user may not do something.
#pragma once

#include "commands/acl.h"
#include "commands/client.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace duplex::commands {
struct Services;
}

namespace duplex::commands::acl {

// What every connection is at first: the user `default`, who has come in if it needs no password.
// Thread: the client's loop.
void begin_session(Services& services, Client& client);

// AUTH and HELLO: makes the client this user if the password is right; else the attempt is logged
// under `command`, the word that the client used. Returns whether it is. Thread: the client's loop.
bool authenticate(Services& services,
                  Client& client,
                  std::string_view name,
                  std::string_view password,
                  std::string_view command,
                  std::int64_t now_ms);

// Makes the client this user without a password: whoever asks has shown other proof. False if there
// is no such user, or it is off. Thread: the client's loop.
bool become_user(Services& services, Client& client, std::string_view name);

// Takes in changes of the client's user. False if the client may not stay: its user is gone, or
// does not allow a channel any more that it has subscribed to; it is nobody then.
// Thread: the client's loop.
bool refresh(Services& services, Client& client);

// Tells clients whose user has changed to look, if they might have to go. To be called after a
// change of users.
void tell_clients(Services& services);

// Writes a denial to the log. Thread: the client's loop.
void note_denial(Services& services,
                 const Client& client,
                 const Denial& denial,
                 const Command& command,
                 Args args,
                 Origin origin,
                 std::int64_t now_ms);

// "User x has no permissions to run the 'get' command"; what it says of keys and channels names
// these only if it is `verbose`.
std::string denial_text(
    const Denial& denial, const User& user, const Command& command, Args args, bool verbose);

}  // namespace duplex::commands::acl
