import { simulate as simulateAll } from '../../scheme/make-plan.js';
import { answer } from './answer.js';
import type { Call, Command, Context } from './context.js';
import { EXIT } from './exit.js';
import { interruptible } from './interrupt.js';
import { READING, THOSE_TOLD } from './plan.js';
import { planCsv, requireOneForm } from './plan/csv.js';
import { planLines } from './plan/lines.js';
import { withPlanParts } from './plan/session.js';
import { withProgress } from './progress.js';
import { simulateJson } from './simulate/json.js';
import { filesOf, requireProposal } from './simulate/proposal.js';
import { standingLines } from './simulate/standings.js';

export const simulate: Command = {
  name: 'simulate',
  summary: {
    fr: "essaie des règles qui ne sont qu'une proposition : qui gagnerait, qui en est près",
    en: 'tries rules that are a proposal only: who would gain, who is near',
  },
  details: [
    {
      fr: "Le même tableau que « plan », pour d'autres fichiers, et pour chaque badge Région combien de personnes ont 0, 1, 2... badges du seuil. Ne change rien, et n'appelle pas OBF.",
      en: 'The same table as "plan", for other files, and for each award how many people have 0, 1, 2... badges of the threshold. Changes nothing, and does not call OBF.',
    },
    {
      fr: 'Les personnes y sont par leur clé. docs/schema/simulate.json dit la forme de --json.',
      en: 'People are there by their key. docs/schema/simulate.json tells the form of --json.',
    },
  ],
  args: [],
  options: [
    {
      flag: '--rules',
      value: { fr: 'fichier', en: 'file' },
      about: {
        fr: 'les règles proposées, à la place de scheme.yaml',
        en: 'the rules proposed, in place of scheme.yaml',
      },
    },
    {
      flag: '--partners',
      value: { fr: 'fichier', en: 'file' },
      about: {
        fr: 'les inscriptions proposées, à la place de partners.yaml',
        en: 'the enrolments proposed, in place of partners.yaml',
      },
    },
    {
      flag: '--csv',
      about: { fr: 'une ligne CSV par personne et badge', en: 'a line of CSV for each person and award' },
    },
  ],
  run: async (call, context) => {
    requireOneForm(call);
    const { made, limits } = await simulateNow(call, context);
    if (call.flags['csv'] === true) context.streams.out(planCsv(made.plan));
    else answer(call, context, linesOf(made, limits, call), simulateJson(made, limits.floor));
    return EXIT.good;
  },
};

const simulateNow = (call: Call, context: Context) =>
  interruptible(context, (signal) =>
    withProgress({ ...context, lang: call.lang }, READING, (report) =>
      withPlanParts(
        context,
        ({ configDir, timeZone }) => requireProposal(context, filesOf(call, configDir), timeZone),
        async ({ parts, scheme, maxRps }) => {
          const made = await simulateAll(parts, { scheme, maxRps, keeps: THOSE_TOLD }, report, signal);
          return { made, limits: { floor: parts.pace.quota.floor, maxRps } };
        },
      ),
    ),
  );

type Simulated = Awaited<ReturnType<typeof simulateNow>>;

const linesOf = (
  made: Simulated['made'],
  limits: Simulated['limits'],
  { lang }: Pick<Call, 'lang'>,
): readonly string[] => [
  ...planLines(made, limits, PROPOSAL, lang),
  '',
  ...standingLines(made.rules.scheme, made.census, lang),
  UNCHANGED[lang],
];

const PROPOSAL = { fr: 'la proposition', en: 'the proposal' };
const UNCHANGED = {
  fr: "Rien n'est changé : c'est un essai.",
  en: 'Nothing is changed: it is a trial.',
};
