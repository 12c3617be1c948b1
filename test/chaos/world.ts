/** Who takes part in a run, and what the Région gives for what. */
export const REGION = 'REGION';

/** Three with an API key; one whose credentials are only pushed; one that no longer takes part. */
export const KEYED = ['P1', 'P2', 'P3'] as const;
export const PUSHING = 'P4';
export const RETIRED = 'P5';

export const REGION_BADGES = ['R_C1', 'R_C2', 'R_O1', 'R_G'] as const;

/** Of the first partner, and enrolled nowhere. */
export const OLD_BADGE = 'P1OLD';

interface Line {
  readonly id: string;
  readonly competency: 'communiquer' | 'organiser';
  readonly level: 1 | 2;
}

export interface PartnerBadge extends Line {
  readonly partner: string;
}

const linesOf = (partner: string): Line[] =>
  partner === PUSHING || partner === RETIRED
    ? [
        { id: `${partner}C1`, competency: 'communiquer', level: 1 },
        { id: `${partner}C2`, competency: 'communiquer', level: 2 },
      ]
    : [
        { id: `${partner}C1a`, competency: 'communiquer', level: 1 },
        { id: `${partner}C1b`, competency: 'communiquer', level: 1 },
        { id: `${partner}C2`, competency: 'communiquer', level: 2 },
        { id: `${partner}O1`, competency: 'organiser', level: 1 },
      ];

export const PARTNERS = [...KEYED, PUSHING, RETIRED];
export const BADGES: readonly PartnerBadge[] = PARTNERS.flatMap((partner) =>
  linesOf(partner).map((line) => ({ ...line, partner })),
);

export const keyVariable = (partner: string): string => `KEY_${partner}`;

export const SCHEME = `
scheme: Chaos
competencies:
  communiquer: { name: Communiquer }
  organiser: { name: Organiser }
awards:
  communiquer-1:
    name: "Communiquer : je pratique"
    badge: R_C1
    rule: { at_least: 3, of: { competency: communiquer }, issuers: 2 }
  communiquer-2:
    name: "Communiquer : je maîtrise"
    badge: R_C2
    rule: { all: [ { holds: communiquer-1 }, { at_least: 2, of: { competency: communiquer, level: 2 } } ] }
  organiser-1:
    name: "Organiser : je pratique"
    badge: R_O1
    rule: { at_least: 2, of: { competency: organiser }, per_issuer: 1 }
  general:
    name: Général
    badge: R_G
    rule: { all: [ { holds: communiquer-2 }, { holds: organiser-1 } ] }
`;

export const PARTNERS_YAML = JSON.stringify({
  partners: PARTNERS.map((partner) => ({
    client_id: partner,
    name: `Organisme ${partner}`,
    active: partner !== RETIRED,
    ...(partner === PUSHING || partner === RETIRED ? {} : { secret_env: keyVariable(partner) }),
    badges: linesOf(partner),
  })),
});
