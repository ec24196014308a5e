import { whenActivated } from '../../client/browser.js';
import { openPhone } from './phone/phone.js';
import { openScreen } from './screen/screen.js';

// One page for both: `/sketch` is the big screen, `/sketch?code=ABCD` a phone.
const code = new URLSearchParams(location.search).get('code');
// A page that the browser loads before somebody opens it stores and sends nothing.
await whenActivated();
if (code === null) openScreen();
else openPhone(code);
