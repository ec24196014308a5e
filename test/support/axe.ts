import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

export interface AxeFinding {
  readonly id: string;
  readonly impact: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[];
}

export interface AxeResults {
  readonly violations: readonly AxeFinding[];
  /** What it could not decide. */
  readonly incomplete: readonly AxeFinding[];
}

/** Holds a page as it is now against axe-core's rules. */
export async function runAxe(page: Page, exclude: readonly string[] = []): Promise<AxeResults> {
  // Through the protocol: the page's own policy would refuse it, as it should.
  await page.evaluate(AXE);
  return page.evaluate<AxeResults>(`axe.run(${JSON.stringify({ exclude })})`);
}
