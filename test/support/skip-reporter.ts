import type { Reporter, TestCase, TestModule, TestSuite } from 'vitest/node';
import './tools.js';

/**
 * Lists at the end of a run the skipped tests, one line for each reason. A test that is skipped without a
 * reason fails the run: nobody would know how to run it.
 */
export default class SkipReporter implements Reporter {
  #selects = false;

  onInit({ config }: Parameters<NonNullable<Reporter['onInit']>>[0]): void {
    // A run that selects tests by name skips all others, as requested.
    this.#selects = config.testNamePattern !== undefined;
  }

  onTestRunEnd(modules: readonly TestModule[]): void {
    const counts = new Map<string, number>();
    const unexplained = new Map<string, number>();
    for (const test of modules.flatMap((module) => [...module.children.allTests('skipped')])) {
      // Tests that do not run because of a failed hook are not skipped ones.
      if (test.options.mode !== 'skip') continue;
      const reason = reasonOf(test);
      if (reason === undefined && this.#selects) continue;
      if (reason === undefined) count(unexplained, test.module.relativeModuleId);
      else count(counts, reason);
    }
    for (const [reason, times] of counts) console.log(`skipped ${tests(times)}: ${reason}`);
    for (const [file, times] of unexplained) {
      console.error(
        `${file} skips ${tests(times)} without a reason: use needs or requires of test/support/tools.ts`,
      );
      process.exitCode = 1;
    }
  }
}

function count(counts: Map<string, number>, what: string): void {
  counts.set(what, (counts.get(what) ?? 0) + 1);
}

function tests(count: number): string {
  return `${count} test${count === 1 ? '' : 's'}`;
}

/** The missing tool that the test, or a suite around it, reports. */
function reasonOf(test: TestCase): string | undefined {
  const result = test.result();
  const note = result?.state === 'skipped' ? result.note : undefined;
  let at: TestCase | TestSuite | TestModule = test;
  while (at.type !== 'module') {
    const { missing } = at.meta();
    if (missing !== undefined) return missing;
    at = at.parent;
  }
  return note;
}
