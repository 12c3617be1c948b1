import type { Config, OpsAccount } from '../../../src/config.js';

export interface Person extends OpsAccount {
  readonly password: string;
}

/** Their hashes cost little to check, so that tests are quick. */
export const OPERATOR: Person = {
  name: 'Marie',
  by: 'marie',
  role: 'operateur',
  password: 'mot de passe d’essai',
  hash: 'scrypt$10$8$1$HG2lYyW4LRuNzR-9x9DOyw$3ZQgsiBhGGC_sMi7lkePm-tgyVreru5_fDa6NeJQvvs',
};
export const READER: Person = {
  name: 'Jean',
  by: 'jean',
  role: 'lecture',
  password: 'un autre mot de passe',
  hash: 'scrypt$10$8$1$pYykYGqnxN3pZoSnOHeZ7g$6PMMxfkpiAzBjCrmIkkvW-9AJixfHL9D67kSHNowrEA',
};

export type OpsSettings = Pick<Config, 'opsUsers' | 'ops' | 'parcours'>;

/** The ops pages with one operator and one reader. */
export const OPS_SETTINGS: OpsSettings = {
  opsUsers: [OPERATOR, READER],
  ops: { oidc: null, name: 'Palier', logo: null, colour: '#1d4f72', publicUrl: null, trustProxy: 1 },
  parcours: null,
};

/** People have pages of their own; no mail leaves. */
export const PARCOURS: OpsSettings['parcours'] = {
  publicUrl: 'https://palier.exemple.org',
  smtpUrl: 'smtp://127.0.0.1:1',
  from: 'badges@exemple.org',
  contact: null,
  trustProxy: 0,
};
