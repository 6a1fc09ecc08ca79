// CLIENT REPLY, NO-EVICT, NO-TOUCH, CAPA and IMPORT-SOURCE: how a connection wants to be treated.
#pragma once

namespace duplex::commands {

class CommandContext;

void client_reply(CommandContext& ctx);
void client_no_evict(CommandContext& ctx);
void client_no_touch(CommandContext& ctx);
void client_capa(CommandContext& ctx);
void client_import_source(CommandContext& ctx);

}  // namespace duplex::commands
