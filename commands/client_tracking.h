// CLIENT TRACKING, CACHING, TRACKINGINFO and GETREDIR.
#pragma once

namespace duplex::commands {

class CommandContext;
struct Client;
struct Services;

void client_tracking(CommandContext& ctx);
void client_caching(CommandContext& ctx);
void client_trackinginfo(CommandContext& ctx);
void client_getredir(CommandContext& ctx);

// Forgets how the client tracks. What it has read stays in the table until it changes. Thread: the
// client's loop.
void stop_tracking(Services& services, Client& client);

}  // namespace duplex::commands
