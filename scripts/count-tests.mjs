// Reads jest's JSON reports and says them in one line: `N passed, N failed`. A test file that could not run at all
// counts as one failure, and so does a report that is not there: then its run ended before the first test.
import { existsSync, readFileSync } from 'node:fs';

let [passed, failed] = [0, 0];
for (const file of process.argv.slice(2)) {
  if (!existsSync(file)) {
    console.error(`No report at ${file}: that run did not begin; its reason stands above.`);
    failed += 1;
    continue;
  }
  const { numPassedTests, numFailedTests, numRuntimeErrorTestSuites } = JSON.parse(
    readFileSync(file, 'utf8'),
  );
  passed += numPassedTests;
  failed += numFailedTests + numRuntimeErrorTestSuites;
}
console.log(`${passed} passed, ${failed} failed`);
if (failed > 0) process.exitCode = 1;
