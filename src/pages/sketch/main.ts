import { whenActivated } from '../../client/browser.js';
import { openPhone } from './phone/phone.js';
import { openScreen } from './screen/screen.js';

// One page for all: `/sketch` is the big screen, `/sketch?code=ABCD` a phone, and `/sketch?watch=ABCD`
// a phone that only watches.
const query = new URLSearchParams(location.search);
const watched = query.get('watch');
const code = watched ?? query.get('code');
// A page that the browser loads before somebody opens it stores and sends nothing.
await whenActivated();
if (code === null) openScreen();
else openPhone(code, watched !== null);
