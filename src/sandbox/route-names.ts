/** Every route that the sandbox serves, as faults and received calls name it. */
export const ROUTE_NAMES = [
  'POST token',
  'GET ping',
  'GET client',
  'GET alias',
  'GET badges',
  'GET badge',
  'GET events',
  'GET event',
  'GET recipient',
  'POST issue',
  'PUT revoke',
  'GET credential',
  'GET revoked',
  'GET assertion',
  'GET badgeclass',
  'GET issuer',
] as const;

export type RouteName = (typeof ROUTE_NAMES)[number];

export const isRouteName = (name: string): name is RouteName => ROUTE_NAMES.some((route) => route === name);
