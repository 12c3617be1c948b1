/** `l…@e….org`: enough to tell two addresses apart for whoever knows them, and no more. */
export function masked(address: string): string {
  const at = address.lastIndexOf('@');
  const [name, host] = [address.slice(0, at), address.slice(at + 1)];
  const dot = host.lastIndexOf('.');
  return `${first(name)}…@${first(host)}…${dot > 0 ? host.slice(dot) : ''}`;
}

const first = (text: string): string => /^./u.exec(text)?.[0] ?? '';
