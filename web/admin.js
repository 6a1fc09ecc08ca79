// The admin door: commands as the server itself, and channels as they come (docs/http_api.md).

const storageKey = "duplex-admin-token";

export const admin = {
  token: sessionStorage.getItem(storageKey) ?? "",
  get isOpen() {
    return this.token !== "";
  },
  remember(token) {
    this.token = token;
    if (token) sessionStorage.setItem(storageKey, token);
    else sessionStorage.removeItem(storageKey);
  },
};

const fields = () => ({ Authorization: `Bearer ${admin.token}` });

const ask = async (commands) => {
  const response = await fetch("/admin/command", {
    method: "POST",
    headers: fields(),
    body: JSON.stringify(commands),
  });
  if (response.status === 401 || response.status === 403) admin.remember("");
  const answer = await response.json();
  if (!response.ok)
    throw Object.assign(new Error(answer.message ?? answer.error), { status: response.status });
  return answer;
};

// The result of one command; errors are thrown.
export const run = async (...words) => {
  const [answer] = await ask([words.map(String)]);
  if (answer.error !== undefined) throw new Error(answer.error);
  return answer.result;
};

// The results of many; those that failed are null.
export const runAll = async (commands) =>
  (await ask(commands.map((words) => words.map(String)))).map((answer) => answer.result ?? null);

// Calls `take(channel, data)` for every message until the signal says stop.
export const listen = async (channels, signal, take) => {
  const query = channels.map((channel) => `ch=${encodeURIComponent(channel)}`).join("&");
  const response = await fetch(`/admin/events?${query}`, { headers: fields(), signal });
  if (!response.ok) throw new Error((await response.json()).message);
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const events = (rest + value).split("\n\n");
    rest = events.pop();
    for (const event of events) {
      const lines = event.split("\n");
      const name = lines.find((line) => line.startsWith("event: "));
      const data = lines.filter((line) => line.startsWith("data: ")).map((line) => line.slice(6));
      if (name) take(name.slice(7), data.join("\n"));
    }
  }
};

// The text of INFO as { section: { name: value } }.
export const parseInfo = (text) => {
  const sections = {};
  let section = {};
  for (const line of text.split(/\r?\n/)) {
    if (line.startsWith("# ")) section = sections[line.slice(2).toLowerCase()] = {};
    const colon = line.indexOf(":");
    if (colon > 0 && !line.startsWith("#")) section[line.slice(0, colon)] = line.slice(colon + 1);
  }
  return sections;
};

// "calls=1,usec=2" as { calls: 1, usec: 2 }.
export const parsePairs = (text) =>
  Object.fromEntries(text.split(",").map((pair) => {
    const [name, value] = pair.split("=");
    return [name, Number(value)];
  }));
