import { attempt } from '../../client/browser.js';

/**
 * Tells the style sheet how much of the page a keyboard leaves visible, as `--visible-height` on the
 * root element. Chromium and Firefox shrink the page itself (`interactive-widget` in the viewport's
 * meta element); Safari shrinks only its visual viewport, and scrolls the page below the keyboard.
 */
export function followVisibleHeight(): void {
  const view = attempt(() => window.visualViewport);
  if (!view) return;
  const adjust = (): void => {
    // While the user has zoomed in, the page keeps its size.
    if (view.scale > 1.01) return;
    document.documentElement.style.setProperty('--visible-height', `${view.height}px`);
    if (view.offsetTop > 0) scrollTo(0, 0);
  };
  view.addEventListener('resize', adjust);
  adjust();
}
