import type { CommanderError } from 'commander';
import { withoutAddresses } from '../../platform/logger.js';
import type { Localized } from '../shared/words.js';

/** A part of the command line as it may be shown again: an address may have been typed in its place. */
const shown = (part: string): string => withoutAddresses(part).slice(0, 60);

type Teller = (what: string, meant: string | null) => Localized;

const guess = (meant: string | null): Localized =>
  meant === null
    ? { fr: '', en: '' }
    : { fr: ` : vouliez-vous dire « ${meant} » ?`, en: `: did you mean "${meant}"?` };

const unknown =
  (fr: string, en: string): Teller =>
  (what, meant) => ({
    fr: `${fr} inconnue « ${what} »${guess(meant).fr}`,
    en: `Unknown ${en} "${what}"${guess(meant).en}`,
  });

/** By commander's stable error codes. */
const TELLERS: Readonly<Record<string, Teller>> = {
  'commander.unknownCommand': unknown('Commande', 'command'),
  'commander.unknownOption': unknown('Option', 'option'),
  'commander.missingArgument': (what) => ({
    fr: `Il manque : <${what}>`,
    en: `Missing: <${what}>`,
  }),
  'commander.optionMissingArgument': (what) => ({
    fr: `Il manque une valeur à l'option « ${what} »`,
    en: `A value is missing for the option "${what}"`,
  }),
  'commander.invalidArgument': (what) => ({
    fr: `L'option « ${what} » ne prend pas cette valeur`,
    en: `The option "${what}" does not take this value`,
  }),
  'commander.excessArguments': () => ({ fr: "Trop d'arguments", en: 'Too many arguments' }),
  'commander.help': () => ({ fr: 'Il manque une commande', en: 'A command is missing' }),
};

/** What was typed wrongly, from commander's (English) error; what to do next ends it. */
export function usageWords({ code, message }: CommanderError): Localized {
  // "error: unknown option '--jsn'\n(Did you mean --json?)"
  const what = shown(/'([^']*)'/.exec(message)?.[1] ?? '');
  const meant = /\(Did you mean (?:one of )?(.+)\?\)/.exec(message)?.[1] ?? null;
  const teller = TELLERS[code] ?? (() => ({ fr: 'Commande mal tapée', en: 'The command was typed wrongly' }));
  const { fr, en } = teller(what, meant);
  return {
    fr: `${ended(fr)} Aide : npx palier --help`,
    en: `${ended(en)} Help: npx palier --lang en --help`,
  };
}

const ended = (sentence: string): string => (sentence.endsWith('?') ? sentence : `${sentence}.`);
