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
  /** Rules that axe-core could not decide. */
  readonly incomplete: readonly AxeFinding[];
}

/** Checks the current state of a page with axe-core. */
export async function runAxe(page: Page, exclude: readonly string[] = []): Promise<AxeResults> {
  // By the debugging protocol, because the page's policy refuses other scripts.
  await page.evaluate(AXE);
  return page.evaluate<AxeResults>(`axe.run(${JSON.stringify({ exclude })})`);
}
