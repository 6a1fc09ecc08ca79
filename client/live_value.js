// The value of a live key, and what a change that is told as a command makes of it.

const number = (text) => Number(text);

const setMember = (pairs, member, score) => {
  const rest = pairs.filter(([name]) => name !== member);
  const at = rest.findIndex(([name, other]) => other > score || (other === score && name > member));
  rest.splice(at < 0 ? rest.length : at, 0, [member, score]);
  return rest;
};

// By command: (value, arguments behind the key) → the new value. Values are as docs/history.md
// writes them; a command or a form that is not here is answered by asking for the value anew.
const changes = {
  APPEND: (value, [text]) => value + text,
  HSET: (value, pairs) => {
    const changed = { ...value };
    for (let i = 0; i + 1 < pairs.length; i += 2) changed[pairs[i]] = pairs[i + 1];
    return changed;
  },
  HDEL: (value, fields) =>
    Object.fromEntries(Object.entries(value).filter(([name]) => !fields.includes(name))),
  SADD: (value, members) => [...new Set([...value, ...members])],
  SREM: (value, members) => value.filter((member) => !members.includes(member)),
  RPUSH: (value, items) => [...value, ...items],
  LPUSH: (value, items) => [...items.toReversed(), ...value],
  LPOP: (value, [count]) => value.slice(number(count ?? 1)),
  RPOP: (value, [count]) => value.slice(0, Math.max(value.length - number(count ?? 1), 0)),
  LSET: (value, [index, item]) => value.with(number(index), item),
  ZREM: (value, members) => value.filter(([member]) => !members.includes(member)),
  ZADD: (value, words) => {
    let changed = value;
    for (let i = 0; i + 1 < words.length; i += 2) {
      const score = number(words[i]);
      if (Number.isNaN(score)) return undefined; // an option
      changed = setMember(changed, words[i + 1], score);
    }
    return changed;
  },
};

const setBit = (encoded, [offset, bit]) => {
  const bytes = Uint8Array.from(atob(encoded), (letter) => letter.charCodeAt(0));
  const at = number(offset) >> 3;
  const grown = new Uint8Array(Math.max(bytes.length, at + 1));
  grown.set(bytes);
  const mask = 0x80 >> (number(offset) & 7);
  if (number(bit)) grown[at] |= mask;
  else grown[at] &= ~mask;
  let text = "";
  for (const byte of grown) text += String.fromCharCode(byte);
  return btoa(text);
};

// The state after a publication of a live key; undefined if it has to be asked for anew.
export const afterChange = (state, change) => {
  if (change.op === undefined) return change;
  const [command, , ...words] = change.op;
  const next = { ...state, version: change.version };
  if (state.encoding === "base64") {
    if (command !== "SETBIT" || state.type !== "string") return undefined;
    return { ...next, value: setBit(state.value, words) };
  }
  const value = state.value === null ? undefined : changes[command]?.(state.value, words);
  return value === undefined ? undefined : { ...next, value };
};
