import { randomBytes } from 'node:crypto';
import * as fc from 'fast-check';
import { asEarnerKey, asClientId } from '../../src/ids.js';
import { createVault } from '../../src/platform/vault.js';
import { evaluate } from '../../src/rules/evaluate.js';
import { buildExplanation } from '../../src/rules/explain/explanation.js';
import { explainJson } from '../../src/rules/explain/json.js';
import { explainText } from '../../src/rules/explain/text.js';
import { storeAssertions } from '../../src/earners/assertions.js';
import { readPerson } from '../../src/earners/person.js';
import { world } from '../rules/model.js';
import { REGION } from '../support/house.js';
import { testRedis, type TestRedis } from '../support/redis.js';
import { storesIn } from '../support/stores.js';

let redis: TestRedis;
beforeAll(async () => {
  redis = await testRedis();
});
afterAll(() => redis.close());

test('whatever the order and however often, by whichever process: the same explanation, to the letter', async () => {
  const vault = createVault(randomBytes(32));
  let count = 0;
  const told = fc.record({
    one: world,
    order: fc.array(fc.nat({ max: 8 }), { maxLength: 24 }),
    restarts: fc.array(fc.boolean(), { minLength: 8, maxLength: 8 }),
  });
  await fc.assert(
    fc.asyncProperty(told, async ({ one: { scheme, portfolio, nowS }, order, restarts }) => {
      const earner = asEarnerKey('k1');
      const facts = portfolio.assertions.map((assertion) => ({
        earner,
        assertion,
        contact: { address: 'lou@example.org', name: null },
      }));
      const explanationOf = async (sequence: readonly number[]): Promise<string> => {
        const prefix = `${redis.prefix}${(count += 1)}`;
        const process = () => storesIn(redis.connection, prefix, vault);
        let store = process();
        for (const [step, at] of sequence.entries()) {
          if (restarts[step % restarts.length] === true) store = process();
          await storeAssertions(store, facts.slice(at, at + 1));
        }
        const sources = {
          region: asClientId(REGION),
          earners: storesIn(redis.connection, prefix, vault).earners,
        };
        const evaluation = evaluate(scheme, (await readPerson(sources, earner)).portfolio, nowS);
        return JSON.stringify([
          explainJson(buildExplanation(scheme, evaluation)),
          explainText(buildExplanation(scheme, evaluation), 'fr'),
        ]);
      };
      const inOrder = facts.map((_, at) => at);
      expect(await explanationOf([...order, ...inOrder.toReversed(), ...order])).toBe(
        await explanationOf(inOrder),
      );
    }),
    { numRuns: 60 },
  );
});
