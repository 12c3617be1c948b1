/** How many badges each client may still issue. It counts down with each one, by hand or by API. */
export class Quota {
  readonly #left = new Map<string, number | null>();

  constructor(private forEveryone: number | null) {}

  /** @returns null without a limit */
  left(clientId: string): number | null {
    const own = this.#left.get(clientId);
    const left = own === undefined ? this.forEveryone : own;
    return left === null ? null : Math.max(0, left);
  }

  /** From now on. Null as client: each of them, whatever was set before. */
  set(clientId: string | null, limit: number | null): void {
    if (clientId !== null) this.#left.set(clientId, limit);
    else {
      this.#left.clear();
      this.forEveryone = limit;
    }
  }

  spend(clientId: string, count: number): void {
    const left = this.left(clientId);
    if (left !== null) this.#left.set(clientId, left - count);
  }
}
