type Release = () => Promise<unknown> | void;

/** What was opened, to be given back in the opposite order, whenever the end comes. */
export class Closing {
  readonly #releases: Release[] = [];
  #closed: Promise<void> | null = null;

  /** Something was opened. After the end it is given back at once: opening took longer than the story. */
  async opened(release: Release): Promise<void> {
    if (this.#closed === null) this.#releases.push(release);
    else await quietly(release);
  }

  /** Gives everything back, once; one that fails does not keep the others. */
  close(): Promise<void> {
    return (this.#closed ??= this.#releaseAll());
  }

  async #releaseAll(): Promise<void> {
    for (let release = this.#releases.pop(); release !== undefined; release = this.#releases.pop())
      await quietly(release);
  }
}

/** At the end there is nobody left to tell. */
async function quietly(release: Release): Promise<void> {
  try {
    await release();
  } catch {}
}
