export interface ClientOptions {
  /** A connection token, or where to get one each time that the connection is opened. */
  token?: string | (() => string | Promise<string>);
  /** A class to use where there is no such global: `ws` on Node before 22. */
  WebSocket?: new (url: string | URL, protocol: string) => unknown;
  onState?: (state: "connecting" | "open" | "closed") => void;
  /** What the server refused; `channel` is empty if it was the connection. */
  onError?: (error: Error & { code?: number }, channel: string) => void;
}

export type KeyType = "none" | "string" | "hash" | "list" | "set" | "zset" | "stream";

export type KeyValue =
  | null
  | string
  | string[]
  | Record<string, string>
  | Array<[member: string, score: number]>;

export interface KeyInfo {
  type: KeyType;
  version: number;
  /** Present if the value has bytes that are not text: all its strings are base64 then. */
  encoding?: "base64";
}

export interface Position {
  epoch: string;
  offset: number;
}

export interface Subscription {
  close(): void;
}

export interface StreamOptions {
  /** Begin behind this entry. */
  since?: Position;
  /** Entries were missed that the server does not have any more. */
  onLost?: () => void;
}

export class DuplexClient {
  constructor(url: string | URL, options?: ClientOptions);
  /** The value of a key, now and after every change. */
  key(name: string, take: (value: KeyValue, info: KeyInfo) => void): Subscription;
  /** Every entry that is appended to a stream, also those of times without a connection. */
  stream(
    key: string,
    take: (entry: Record<string, string>, info: { offset?: number }) => void,
    options?: StreamOptions,
  ): Subscription;
  close(): void;
}

export type Word = string | number | boolean;
export type Reply = null | string | number | boolean | Reply[];

export class CommandError extends Error {}

/** Commands over HTTP, for programs: the token has an ACL user's rights. */
export class Commands {
  constructor(origin: string | URL, token: string);
  run(...words: Word[]): Promise<Reply>;
  pipeline(commands: Word[][]): Promise<Array<Reply | CommandError>>;
  transaction(commands: Word[][]): Promise<Array<Reply | CommandError>>;
}
