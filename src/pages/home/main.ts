import { whenActivated } from '../../client/browser.js';
import { byId } from '../by-id.js';
import { copy } from './copy.js';
import { joinByCode } from './join.js';
import { watchRelay } from './status.js';

/** The URL of the relay that serves this page, without a slash at the end. */
const relay = new URL('.', location.href).href.slice(0, -1);

const snippet = byId('snippet', HTMLElement);
snippet.textContent = snippet.textContent.replaceAll('{relay}', relay);
byId('mixed', HTMLElement).hidden = location.protocol === 'https:';

const copyButton = byId('copy', HTMLButtonElement);
copyButton.hidden = false;
copyButton.addEventListener('click', async () => {
  copyButton.textContent = (await copy(snippet)) ? 'Copied' : 'Press Ctrl+C';
});

joinByCode(byId('join', HTMLFormElement), {
  field: byId('code', HTMLInputElement),
  answer: byId('answer', HTMLElement),
  relay,
});
// A page that the browser loads before somebody opens it asks nothing.
await whenActivated();
watchRelay(byId('status', HTMLElement), relay);
