/** What a local OBF knows. Times are Unix seconds. */
export interface Client {
  readonly id: string;
  readonly secret: string;
  readonly name: string;
  readonly ctimeS: number;
  /** Each of its calls is refused. */
  suspended: boolean;
}

export interface Badge {
  readonly clientId: string;
  readonly id: string;
  readonly name: string;
  /** 0: never. */
  readonly expiresMonths: number;
  draft: boolean;
  readonly ctimeS: number;
}

export interface Issued {
  readonly id: string;
  readonly event: IssuingEvent;
  /** Which of its event's copies, from 0. */
  readonly place: number;
  /** As typed. */
  readonly email: string;
  readonly name: string;
  readonly salt: string;
  expiresOnS: number | null;
  revoked: boolean;
  /** Left out of every list that does not ask for its event. */
  hidden: boolean;
}

/** What an act of issuing says; the world adds the rest. */
export interface IssuingAct {
  readonly badge: Badge;
  readonly issuedOnS: number;
  readonly expiresOnS: number | null;
  readonly apiConsumerId: string | null;
  /** JSON, or null. */
  readonly logEntry: string | null;
  readonly emailMessage: unknown;
}

export interface IssuingEvent extends IssuingAct {
  readonly id: string;
  readonly ctimeS: number;
  mtimeS: number;
  /** In the order in which the recipients were given: it grows at its end, and loses none. */
  assertions: readonly Issued[];
  /** How many of them lists show, from the first; Infinity once all are written. */
  visible: number;
}

export interface Recipient {
  readonly email: string;
  readonly name: string;
}

/** The one form under which addresses are compared. */
export const sameAddressForm = (email: string): string => email.trim().toLowerCase();

/** The copies of an event that these addresses were given. */
export function copiesOf(event: IssuingEvent, emails: readonly string[]): readonly Issued[] {
  const wanted = new Set(emails.map(sameAddressForm));
  return event.assertions.filter(({ email }) => wanted.has(sameAddressForm(email)));
}

/** Whether lists show a copy: one still unwritten is nowhere, a hidden one only under its event. */
export const isListed = ({ event, place, hidden }: Issued, byEvent: boolean): boolean =>
  place < event.visible && (byEvent || !hidden);
