// Commands over HTTP: the REST door of the server (docs/http_api.md). For programs, not for pages:
// whoever has the token has the ACL user's rights.

export class CommandError extends Error {}

export class Commands {
  #origin;
  #token;

  constructor(origin, token) {
    this.#origin = new URL(origin).origin;
    this.#token = token;
  }

  // The reply of one command; errors are thrown.
  async run(...words) {
    return this.#take(await this.#post("/", words));
  }

  // The replies of many, each by itself; an error stands in its place.
  async pipeline(commands) {
    const answers = await this.#post("/pipeline", commands);
    if (!Array.isArray(answers)) return this.#take(answers);
    return answers.map(({ result, error }) =>
      error === undefined ? result : new CommandError(error));
  }

  // The replies of a transaction; throws if it was discarded.
  async transaction(commands) {
    const answers = await this.#post("/multi-exec", commands);
    if (!Array.isArray(answers)) return this.#take(answers);
    return answers.map(({ result, error }) =>
      error === undefined ? result : new CommandError(error));
  }

  async #post(path, body) {
    const response = await fetch(this.#origin + path, {
      method: "POST",
      headers: { Authorization: `Bearer ${this.#token}` },
      body: JSON.stringify(body),
    });
    return response.json();
  }

  #take({ result, error, message }) {
    if (error !== undefined || message !== undefined) throw new CommandError(error ?? message);
    return result;
  }
}
