import type { Place } from './fault.js';

/** "This one needs that one", and where it says so. */
export interface Edge {
  readonly to: string;
  readonly at: Place;
}

export interface Walk {
  /** Each name after every one that it needs; else in the order given. */
  readonly order: readonly string[];
  /** Each circle in full, first name repeated at its end, and the place of the edge that closes it. */
  readonly circles: readonly { readonly path: readonly string[]; readonly at: Place }[];
}

/**
 * Depth first, on a stack of its own: a chain may be as long as the file allows. An edge to a name that is
 * not among `names` leads nowhere.
 */
export function walk(names: readonly string[], edges: ReadonlyMap<string, readonly Edge[]>): Walk {
  const state = new Map<string, 'new' | 'open' | 'done'>(names.map((name) => [name, 'new']));
  const order: string[] = [];
  const circles: { path: string[]; at: Place }[] = [];
  for (const start of names) {
    const path = state.get(start) === 'new' ? [{ name: start, next: 0 }] : [];
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      state.set(top.name, 'open');
      const edge = edges.get(top.name)?.[top.next++];
      if (edge === undefined) {
        state.set(top.name, 'done');
        order.push(top.name);
        path.pop();
      } else if (state.get(edge.to) === 'new') {
        path.push({ name: edge.to, next: 0 });
      } else if (state.get(edge.to) === 'open') {
        const open = path.map(({ name }) => name);
        circles.push({ path: [...open.slice(open.indexOf(edge.to)), edge.to], at: edge.at });
      }
    }
  }
  return { order, circles };
}
